# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright 2026 The bgcopyd authors
"""A client and a server in network namespaces of their own with a slow link between them, nginx, and a UDP echo.

Names are by process, addresses and ports live inside: laboratories can stand side by side."""

import array
import fcntl
import mmap
import os
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time

import child
from web import nginx

SERVER, CLIENT, PORT, BACK_PORT, ECHO = '10.91.1.1', '10.91.1.2', 8000, 8001, 9999
HASTE = ('nice', '-n', '-15')  # the laboratory's own programs: what they wait for is measured
NGINX = '''
daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log; worker_processes 1; user root;
events {{ worker_connections 512; }}
http {{
  access_log off; sendfile on; keepalive_requests 100000; client_max_body_size 0;
  client_body_temp_path {folder}/t1; proxy_temp_path {folder}/t2; fastcgi_temp_path {folder}/t3;
  uwsgi_temp_path {folder}/t4; scgi_temp_path {folder}/t5;
  server {{
    listen {server}:{port}; listen {server}:{back_port}; root {folder}/www;
    location /up/ {{ dav_methods PUT; }}
  }}
}}
'''
ECHO_PROGRAM = '''
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(("{server}", {port})); print("ready", flush=True)
while True:
    data, peer = s.recvfrom(2000); s.sendto(data, peer)
'''
OFFLOADS = (0x17, 0x1f, 0x24, 0x2c, 0x15)  # ethtool: send checksums, TSO, GSO, GRO, receive checksums


def run(*command):
    subprocess.run(command, check=True)


def plain_frames(interface):
    """Run in a namespace: frames as they would be on a wire."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        for command in OFFLOADS:
            value = array.array('B', struct.pack('II', command, 0))
            try:
                fcntl.ioctl(s, 0x8946, struct.pack('16sQ', interface.encode(), value.buffer_info()[0]) + bytes(16))
            except OSError:
                pass


class Counts:
    """Bytes that TCP has carried, as the link counts them, and what they were at any time since."""

    def __init__(self, path):
        with open(path, 'rb') as f:
            self.map = mmap.mmap(f.fileno(), 32, prot=mmap.PROT_READ)
        self.times, self.rows = [], []
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self._sample)
        self.thread.start()

    def now(self, upload, background):
        return struct.unpack_from('4Q', self.map)[(1 if upload else 0) + (2 if background else 0)]

    def _sample(self):
        while not self.ended.wait(0.02):
            self.times.append(time.monotonic())
            self.rows.append(struct.unpack_from('4Q', self.map))

    def first(self, since, wanted, upload, background=True, window=0.5):
        """Seconds from then until the background, or the others, move so many Mbit/s for half a second; None: not yet."""
        column = (1 if upload else 0) + (2 if background else 0)
        times, rows = self.times[:len(self.rows)], self.rows
        end = 0
        for begin, begun in enumerate(times):
            if begun < since:
                continue
            while end < len(times) and times[end] < begun + window:
                end += 1
            if end == len(times):
                return None
            if (rows[end][column] - rows[begin][column]) * 8 / (times[end] - begun) / 1e6 >= wanted:
                return begun - since
        return None

    def close(self):
        self.ended.set()
        self.thread.join()


class Lab:
    """rate: bit/s; buffer: bytes; delay: seconds of a round trip. fair: behind the link stands a router that serves
    two classes alike, the background's and all else."""

    def __init__(self, link, rate, buffer, delay, control, fair=False):
        self.folder = tempfile.mkdtemp(prefix='bgc-lab-')
        os.chmod(self.folder, 0o755)
        self.names = {n: f'bgc{os.getpid()}-{n}' for n in ('srv', 'rt', 'cli')}
        self.made, self.processes = [], []
        self.rate = rate
        self.counts = None
        try:
            self._wire(control)
            if fair:
                self._queue('r1', 'sport', rate, buffer)
                self._queue('r0', 'dport', rate, buffer)
                # The router is to be the bottleneck.
                rate, buffer = rate * 1.25, buffer * 4
            self._serve(link, rate, buffer, delay)
        except BaseException:
            self.close()
            raise

    def inside(self, name, *command):
        return ['ip', 'netns', 'exec', self.names[name], *HASTE, *command]

    def _wire(self, control):
        for name in self.names.values():
            run('ip', 'netns', 'add', name)
            self.made.append(name)
            run('ip', '-n', name, 'link', 'set', 'lo', 'up')
        pairs = (('srv', 's0', 'r0', SERVER), ('cli', 'c0', 'r1', CLIENT))
        for name, near, far, address in pairs:
            run('ip', 'link', 'add', near, 'netns', self.names[name], 'type', 'veth', 'peer', 'name', far,
                'netns', self.names['rt'])
            run('ip', '-n', self.names[name], 'addr', 'add', address + '/24', 'dev', near)
            for space, interface in ((name, near), ('rt', far)):
                run('ip', 'netns', 'exec', self.names[space], sys.executable, __file__, interface)
                run('ip', '-n', self.names[space], 'link', 'set', interface, 'gso_max_size', '1500', 'gso_max_segs', '1')
                run('ip', '-n', self.names[space], 'link', 'set', interface, 'up')
            run('ip', '-n', self.names[name], 'route', 'replace', '10.91.1.0/24', 'dev', near, 'congctl', control)
            # Each connection begins as if it were the first, and what a server may keep for one is not what limits it:
            # the usual 4 MB with all that the kernel counts are 1.9 MB under way, 74 Mbit/s over 200 ms.
            if name == 'srv':
                run('ip', 'netns', 'exec', self.names[name], 'sysctl', '-q', 'net.ipv4.tcp_wmem=4096 16384 67108864')
            run('ip', 'netns', 'exec', self.names[name], 'sysctl', '-q', 'net.ipv4.tcp_no_metrics_save=1')

    def _queue(self, interface, end, rate, buffer):
        def tc(*words):
            run('tc', '-n', self.names['rt'], *words)

        tc('qdisc', 'add', 'dev', interface, 'root', 'handle', '1:', 'htb', 'default', '10')
        whole, half = f'{int(rate)}bit', f'{int(rate / 2)}bit'
        tc('class', 'add', 'dev', interface, 'parent', '1:', 'classid', '1:1', 'htb', 'rate', whole, 'quantum', '1514')
        for number in ('10', '20'):
            tc('class', 'add', 'dev', interface, 'parent', '1:1', 'classid', '1:' + number, 'htb', 'rate', half, 'ceil',
               whole, 'quantum', '1514')
            tc('qdisc', 'add', 'dev', interface, 'parent', '1:' + number, 'handle', number + ':', 'bfifo', 'limit',
               str(int(buffer)))
        tc('filter', 'add', 'dev', interface, 'parent', '1:', 'protocol', 'ip', 'u32', 'match', 'ip', end, str(BACK_PORT),
           '0xffff', 'flowid', '1:20')

    def _start(self, name, *command, say='ready'):
        process = child.start(self.inside(name, *command), stdout=subprocess.PIPE, stdin=subprocess.DEVNULL)
        self.processes.append(process)
        if say and not process.stdout.readline().startswith(say.encode()):
            raise RuntimeError(f'{command[0]} did not start')
        return process

    def _serve(self, link, rate, buffer, delay):
        www = os.path.join(self.folder, 'www')
        os.makedirs(os.path.join(www, 'up'))
        with open(os.path.join(www, 'big'), 'wb') as f:
            f.truncate(int(self.rate / 8 * 120))
        with open(os.path.join(www, 'page'), 'wb') as f:
            f.write(os.urandom(100_000))
        config = os.path.join(self.folder, 'nginx.conf')
        with open(config, 'w', encoding='ascii') as f:
            f.write(NGINX.format(folder=self.folder, server=SERVER, port=PORT, back_port=BACK_PORT))
        counts = os.path.join(self.folder, 'counts')
        self._start('rt', link, 'r0', 'r1', str(rate), str(int(buffer)), str(int(delay * 1e6 / 2)), counts, str(BACK_PORT))
        self.counts = Counts(counts)
        self._start('srv', sys.executable, '-c', ECHO_PROGRAM.format(server=SERVER, port=ECHO))
        self._start('srv', nginx(), '-p', self.folder, '-c', config, '-e', self.folder + '/error.log', say=None)

    @staticmethod
    def url(path, background=False):
        return f'http://{SERVER}:{BACK_PORT if background else PORT}/{path}'

    @property
    def big(self):
        return os.path.join(self.folder, 'www', 'big')

    def client(self, *command):
        """What it prints, once it has ended, whatever its status."""
        return subprocess.run(self.inside('cli', *command), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                              check=False).stdout.decode()

    def close(self):
        if self.counts:
            self.counts.close()
        for process in self.processes:
            child.stop(process)
        for name in self.made:
            subprocess.run(['ip', 'netns', 'del', name], check=False)
        subprocess.run(['rm', '-rf', self.folder], check=False)


if __name__ == '__main__':
    plain_frames(sys.argv[1])
