#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright 2026 The bgcopyd authors
"""What marks the connections of background jobs, as the kernel says of the worker's own sockets."""

import ctypes
import os
import shutil
import socket
import subprocess
import sys

import child
import tap
from skip import Skip
from tap import equal

MARK = 0x1234
SO_MARK, IPV6_TCLASS = 36, 67
LOWER_EFFORT = 0x04
PIDFD_GETFD = 438
# Not of the loopback's, and yet of this machine alone.
ADDRESSES = {socket.AF_INET: '192.0.2.1', socket.AF_INET6: '2001:db8::1'}
# Answers with the head of a long file and waits for the end.
SERVER = '''
import http.server, socket, sys, threading
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "100000000")
        self.end_headers()
        self.wfile.write(b"x" * 100000)
        self.rfile.read(1)
    def log_message(self, *_):
        pass
class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    address_family = socket.AF_INET6
    def server_bind(self):
        self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        super().server_bind()
server = Server(("::", 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
print(server.server_address[1], flush=True)
sys.stdin.read()
'''
_libc = ctypes.CDLL(None, use_errno=True)


def network(world):
    """A command that runs others in a network of their own, where those addresses are."""
    if os.geteuid() != 0 or not shutil.which('ip') or subprocess.run(['unshare', '--net', 'true'], capture_output=True).returncode != 0:
        raise Skip('needs root and a network namespace')
    holder = child.start(['unshare', '--net', 'sh', '-c', 'echo; exec cat'], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    world._undo.append(lambda: child.stop(holder))
    holder.stdout.readline()
    prefix = ['nsenter', f'--net=/proc/{holder.pid}/ns/net']
    subprocess.run([*prefix, 'ip', 'link', 'set', 'lo', 'up'], check=True)
    for family, address in ADDRESSES.items():
        length = '32' if family == socket.AF_INET else '128'
        if subprocess.run([*prefix, 'ip', 'address', 'add', f'{address}/{length}', 'dev', 'lo'], capture_output=True).returncode != 0:
            raise Skip('no IPv6 here')
    return prefix


def serve(world, prefix):
    process = child.start([*prefix, sys.executable, '-c', SERVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    world._undo.append(lambda: child.stop(process))
    return int(process.stdout.readline())


def connections(pid, family, port):
    """Copies of the process' sockets that are connected to that port."""
    found = []
    process = os.pidfd_open(pid)
    for number in os.listdir(f'/proc/{pid}/fd'):
        descriptor = _libc.syscall(PIDFD_GETFD, process, int(number), 0)
        if descriptor < 0:
            continue
        try:
            # Asks the kernel what it is of.
            copy = socket.socket(fileno=descriptor)
        except OSError:
            os.close(descriptor)
            continue
        try:
            if copy.family == family and copy.getpeername()[1] == port:
                found.append(copy)
                continue
        except OSError:
            pass
        copy.close()
    os.close(process)
    return found


def marks(world, port, family, priority):
    """(mark, traffic class) of the connection of such a job."""
    address = ADDRESSES[family]
    host = f'[{address}]' if family == socket.AF_INET6 else address
    job = world.service.submit([(f'http://{host}:{port}/file', world.local('file'))], Priority=priority)
    job.wait_state('transferring')
    [pid] = world.daemon.workers()
    [connection] = connections(pid, family, port)
    with connection:
        kind = (socket.IPPROTO_IPV6, IPV6_TCLASS) if family == socket.AF_INET6 else (socket.IPPROTO_IP, socket.IP_TOS)
        result = (connection.getsockopt(socket.SOL_SOCKET, SO_MARK), connection.getsockopt(*kind))
    job.cancel()
    return result


def test_marks(world):
    prefix = network(world)
    port = serve(world, prefix)
    world.start({'SocketMark': hex(MARK)}, prefix=prefix)
    for family in ADDRESSES:
        equal(marks(world, port, family, 'normal'), (MARK, LOWER_EFFORT), f'{family}')
        equal(marks(world, port, family, 'foreground'), (0, 0), f'{family}')


def test_refused(world):
    """Without the right for it there is one warning, and connections without."""
    prefix = network(world)
    port = serve(world, prefix)
    world.start({'SocketMark': str(MARK)}, prefix=[*prefix, 'setpriv', '--bounding-set=-net_raw,-net_admin', '--inh-caps=-net_raw,-net_admin'])
    for family in ADDRESSES:
        equal(marks(world, port, family, 'low'), (0, LOWER_EFFORT), f'{family}')
    with open(world.daemon.log, encoding='utf-8') as f:
        equal(f.read().count('SocketMark has no effect'), 1, 'warnings')


if __name__ == '__main__':
    tap.main(globals())
