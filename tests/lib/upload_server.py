# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright 2026 The bgcopyd authors
"""bgcopy-server as a test starts, stops and kills it, and nginx in front of several."""

import ctypes
import os
import re
import signal
import socket
import subprocess
import time

import child
from bits import Client
from daemon import BROKEN, program
from web import free_port, nginx

PROXY = '''
{user}
worker_processes 1;
daemon off;
pid {folder}/proxy.pid;
error_log {folder}/proxy-error.log info;
events {{ worker_connections 4096; }}
http {{
  log_format lines '$request_method $status $content_length';
  access_log {folder}/proxy-access.log lines;
  client_body_temp_path {folder}/p-body; proxy_temp_path {folder}/p-proxy; fastcgi_temp_path {folder}/p-fcgi;
  uwsgi_temp_path {folder}/p-uwsgi; scgi_temp_path {folder}/p-scgi;
  upstream servers {{ {servers} keepalive 16; }}
  server {{
    listen 127.0.0.1:{port} backlog=511;
    {limit}
    location / {{
      proxy_pass http://servers; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Host $http_host;
      proxy_next_upstream off; proxy_read_timeout 60s;
    }}
  }}
}}
'''


def hash_of(password):
    """As it stands in a PasswordFile."""
    crypt = ctypes.CDLL('libcrypt.so.1').crypt
    crypt.restype = ctypes.c_char_p
    return crypt(password.encode(), b'$6$saltsalt$').decode()


def wait_listening(address, process, seconds=15):
    """Nothing tells when a server of another process listens: asked for."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if process.poll() is not None:
            return False
        try:
            family = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
            with socket.socket(family, socket.SOCK_STREAM) as s:
                s.connect(address)
                return True
        except OSError:
            time.sleep(0.005)
    return False


class Server:
    """One bgcopy-server. directories: {name: {key: value}}; each gets a folder, Url=/name and UploadEnabled unless given."""

    def __init__(self, world, directories=None, name='server', unix=False, start=True, verbose=True, **settings):
        self.world, self.name, self.verbose = world, name, verbose
        self.address = os.path.join(world.folder, name + '.socket') if unix else ('127.0.0.1', free_port())
        self.log = os.path.join(world.folder, name + '.log')
        self.config = os.path.join(world.folder, name + '.conf')
        self.directories = {} if directories is None else directories
        if directories is None:
            self.directories['drop'] = {}
        self.settings = settings
        self.process = None
        self.write_config()
        world._undo.append(self.kill)
        if start:
            self.start()

    def write_config(self):
        listen = 'unix:' + self.address if isinstance(self.address, str) else '%s:%d' % self.address
        lines = ['[Server]', f'Listen={listen}'] + [f'{k}={v}' for k, v in self.settings.items()]
        for name, keys in self.directories.items():
            keys.setdefault('Url', '/' + name)
            keys.setdefault('Path', os.path.join(self.world.folder, name))
            keys.setdefault('UploadEnabled', 'yes')
            os.makedirs(keys['Path'], exist_ok=True)
            lines += [f'[Directory {name}]'] + [f'{k}={v}' for k, v in keys.items()]
        with open(self.config, 'w', encoding='utf-8') as f:
            f.write('\n'.join(lines) + '\n')

    def start(self, prefix=(), wait=True, **options):
        arguments = list(prefix) + [program('bgcopy-server'), '--config', self.config] + (['--verbose'] if self.verbose else [])
        environment = {**os.environ, 'G_DEBUG': 'fatal-criticals'}
        with open(self.log, 'ab') as log:
            self.process = child.start(arguments, stdout=log, stderr=log, stdin=subprocess.DEVNULL, env=environment, **options) \
                if 'preexec_fn' not in options else subprocess.Popen(arguments, stdout=log, stderr=log,
                                                                     stdin=subprocess.DEVNULL, env=environment, **options)
        if wait and not wait_listening(self.address, self.process):
            with open(self.log, encoding='utf-8', errors='replace') as f:
                raise RuntimeError('bgcopy-server does not listen: ' + f.read()[-2000:])
        return self

    def stop(self):
        status = child.stop(self.process)
        if status != 0:
            raise AssertionError(f'bgcopy-server exited with {status}')
        self.check_log()

    def kill(self):
        if self.process and self.process.poll() is None:
            os.kill(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def restart(self):
        self.kill()
        self.start()

    def check_log(self):
        complaints = self.complaints()
        if complaints:
            raise AssertionError('in the log: ' + '\n'.join(complaints[:20]))

    def complaints(self):
        with open(self.log, encoding='utf-8', errors='replace') as f:
            return [line.rstrip() for line in f if BROKEN.search(line)]

    def lines(self, pattern):
        with open(self.log, encoding='utf-8', errors='replace') as f:
            return [line.rstrip() for line in f if re.search(pattern, line)]

    def client(self, *arguments, **options):
        return Client(self.address, *arguments, **options)

    def path(self, directory='drop'):
        return self.directories[directory]['Path']

    def published(self, directory='drop'):
        """What a reader of the directory sees, by name; the session directory is none of it."""
        found = {}
        for folder, folders, files in os.walk(self.path(directory)):
            folders[:] = [f for f in folders if f != '.bgcopy-sessions']
            for file in files:
                full = os.path.join(folder, file)
                with open(full, 'rb') as f:
                    found[os.path.relpath(full, self.path(directory))] = f.read()
        return found

    def held(self, directory='drop'):
        """Files of sessions, by kind: {'session': 1, 'data': 1}."""
        count = {}
        for _folder, _folders, files in os.walk(os.path.join(self.path(directory), '.bgcopy-sessions')):
            for file in files:
                if not file.startswith('.'):
                    kind = file.split('.', 1)[1]
                    count[kind] = count.get(kind, 0) + 1
        return count

    def rss(self):
        """Resident memory in KiB, now and at most."""
        with open(f'/proc/{self.process.pid}/status', encoding='ascii') as f:
            text = f.read()
        return int(re.search(r'VmRSS:\s+(\d+)', text).group(1)), int(re.search(r'VmHWM:\s+(\d+)', text).group(1))


class Proxy:
    """nginx in front of servers, each request to the next one."""

    def __init__(self, world, servers, limit='client_max_body_size 16m;'):
        folder = os.path.join(world.folder, 'proxy')
        os.makedirs(folder, exist_ok=True)
        os.chmod(world.folder, 0o755)
        self.address = ('127.0.0.1', free_port())
        self.log = os.path.join(folder, 'proxy-access.log')
        upstream = ' '.join(f'server unix:{s.address} max_fails=0;' if isinstance(s.address, str) else
                            'server %s:%d max_fails=0;' % s.address for s in servers)
        config = os.path.join(folder, 'nginx.conf')
        with open(config, 'w', encoding='utf-8') as f:
            f.write(PROXY.format(user='user root;' if os.geteuid() == 0 else '', folder=folder, servers=upstream,
                                 port=self.address[1], limit=limit))
        with open(os.path.join(folder, 'out.log'), 'ab') as log:
            self.process = child.start([nginx(), '-p', folder, '-c', config, '-e', os.path.join(folder, 'error.log')],
                                       stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        world._undo.append(lambda: child.stop(self.process))
        if not wait_listening(self.address, self.process):
            raise RuntimeError('nginx does not listen')

    def client(self, *arguments, **options):
        return Client(self.address, *arguments, **options)

    def requests(self):
        """(method, status, Content-Length) of what it answered or passed on."""
        with open(self.log, encoding='utf-8', errors='replace') as f:
            return [(m, int(s), int(n) if n.isdigit() else 0) for m, s, n in (line.split() for line in f)]
