# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright 2026 The bgcopyd authors
"""A client and a server in network namespaces of their own with a slow link between them, nginx, and a UDP echo."""

import array
import fcntl
import os
import socket
import struct
import subprocess
import sys
import tempfile

import child
from web import nginx

SERVER, CLIENT, PORT, ECHO = '10.91.1.1', '10.91.1.2', 8000, 9999
HASTE = ('nice', '-n', '-15')  # the laboratory's own programs: what they wait for is measured
NGINX = '''
daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log; worker_processes 1; user root;
events {{ worker_connections 512; }}
http {{
  access_log off; sendfile on; keepalive_requests 100000; client_max_body_size 0;
  client_body_temp_path {folder}/t1; proxy_temp_path {folder}/t2; fastcgi_temp_path {folder}/t3;
  uwsgi_temp_path {folder}/t4; scgi_temp_path {folder}/t5;
  server {{
    listen {server}:{port}; root {folder}/www;
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


class Lab:
    """rate: bit/s; buffer: bytes; delay: seconds of a round trip."""

    def __init__(self, link, rate, buffer, delay, control):
        self.folder = tempfile.mkdtemp(prefix='bgc-lab-')
        os.chmod(self.folder, 0o755)
        self.names = {n: f'bgc{os.getpid()}-{n}' for n in ('srv', 'rt', 'cli')}
        self.made, self.processes = [], []
        self.rate = rate
        try:
            self._wire(control)
            self._serve(link, buffer, delay)
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

    def _start(self, name, *command, say='ready'):
        process = child.start(self.inside(name, *command), stdout=subprocess.PIPE, stdin=subprocess.DEVNULL)
        self.processes.append(process)
        if say and not process.stdout.readline().startswith(say.encode()):
            raise RuntimeError(f'{command[0]} did not start')
        return process

    def _serve(self, link, buffer, delay):
        www = os.path.join(self.folder, 'www')
        os.makedirs(os.path.join(www, 'up'))
        with open(os.path.join(www, 'big'), 'wb') as f:
            f.truncate(int(self.rate / 8 * 120))
        with open(os.path.join(www, 'page'), 'wb') as f:
            f.write(os.urandom(100_000))
        config = os.path.join(self.folder, 'nginx.conf')
        with open(config, 'w', encoding='ascii') as f:
            f.write(NGINX.format(folder=self.folder, server=SERVER, port=PORT))
        self._start('rt', link, 'r0', 'r1', str(self.rate), str(buffer), str(int(delay * 1e6 / 2)))
        self._start('srv', sys.executable, '-c', ECHO_PROGRAM.format(server=SERVER, port=ECHO))
        self._start('srv', nginx(), '-p', self.folder, '-c', config, '-e', self.folder + '/error.log', say=None)

    @staticmethod
    def url(path):
        return f'http://{SERVER}:{PORT}/{path}'

    @property
    def big(self):
        return os.path.join(self.folder, 'www', 'big')

    def client(self, *command):
        """What it prints, once it has ended, whatever its status."""
        return subprocess.run(self.inside('cli', *command), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                              check=False).stdout.decode()

    def bytes(self):
        """Received and sent by the client's interface."""
        out = subprocess.run(['ip', '-n', self.names['cli'], '-s', '-o', 'link', 'show', 'c0'], check=True,
                             capture_output=True).stdout.decode().split('\\')
        return int(out[3].split()[0]), int(out[5].split()[0])

    def close(self):
        for process in self.processes:
            child.stop(process)
        for name in self.made:
            subprocess.run(['ip', 'netns', 'del', name], check=False)
        subprocess.run(['rm', '-rf', self.folder], check=False)


if __name__ == '__main__':
    plain_frames(sys.argv[1])
