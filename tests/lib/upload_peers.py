# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright 2026 The bgcopyd authors
"""Servers of others that uploads go to: nginx with WebDAV, a tus server of npm; and a gate in front of any server."""

import os
import select
import shutil
import socket
import subprocess
import threading
import time

import child
from upload_server import wait_listening
from web import free_port, nginx
from world import Skip

DAV = '''
{user}
worker_processes 1;
daemon off;
pid {folder}/dav.pid;
error_log {folder}/error.log info;
events {{ worker_connections 1024; }}
http {{
  log_format lines '$request_method $request_uri $status';
  access_log {folder}/access.log lines;
  client_body_temp_path {folder}/temporary; proxy_temp_path {folder}/d-proxy; fastcgi_temp_path {folder}/d-fcgi;
  uwsgi_temp_path {folder}/d-uwsgi; scgi_temp_path {folder}/d-scgi;
  server {{
    listen 127.0.0.1:{port} backlog=511;
    client_max_body_size 0;
    location / {{ root {root}; dav_methods PUT DELETE; }}
  }}
}}
'''


class Dav:
    """nginx that takes PUT."""

    def __init__(self, world):
        self.folder = os.path.join(world.folder, 'dav')
        self.root = os.path.join(self.folder, 'root')
        os.makedirs(self.root)
        os.chmod(world.folder, 0o755)
        self.address = ('127.0.0.1', free_port())
        config = os.path.join(self.folder, 'nginx.conf')
        with open(config, 'w', encoding='utf-8') as f:
            f.write(DAV.format(user='user root;' if os.geteuid() == 0 else '', folder=self.folder, root=self.root, port=self.address[1]))
        with open(os.path.join(self.folder, 'out.log'), 'ab') as log:
            self.process = child.start([nginx(), '-p', self.folder, '-c', config, '-e', os.path.join(self.folder, 'error.log')],
                                       stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        world._undo.append(lambda: child.stop(self.process))
        if not wait_listening(self.address, self.process):
            raise RuntimeError('nginx does not listen')

    def read(self, name):
        with open(os.path.join(self.root, name), 'rb') as f:
            return f.read()

    def names(self):
        return sorted(os.listdir(self.root))

    def temporary(self):
        return os.listdir(os.path.join(self.folder, 'temporary'))

    def requests(self):
        with open(os.path.join(self.folder, 'access.log'), encoding='utf-8', errors='replace') as f:
            return f.read().splitlines()


class Tus:
    """The npm server that tests/peers pins; `./bootstrap peers` installs it."""

    def __init__(self, world):
        self.peers = os.environ.get('BGC_PEERS') or os.path.join(os.environ['TOP_BUILDDIR'], 'peers')
        if not shutil.which('node') or not os.path.exists(os.path.join(self.peers, 'node_modules', '@tus', 'server')):
            raise Skip('no tus server; ./bootstrap peers installs it')
        self.folder = os.path.join(world.folder, 'tus')
        os.makedirs(self.folder)
        self.log = os.path.join(world.folder, 'tus-server.log')
        self.address = ('127.0.0.1', free_port())
        self.process = None
        world._undo.append(self.kill)
        self.start()

    def start(self):
        script = os.path.join(os.environ['TOP_SRCDIR'], 'tests', 'peers', 'tus-server.js')
        with open(self.log, 'ab') as log:
            self.process = child.start(['node', script, str(self.address[1]), self.folder], stdout=log, stderr=log,
                                       stdin=subprocess.DEVNULL, env={**os.environ, 'BGC_PEERS': self.peers})
        if not wait_listening(self.address, self.process):
            with open(self.log, encoding='utf-8', errors='replace') as f:
                raise RuntimeError('the tus server does not listen: ' + f.read()[-2000:])

    def kill(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def requests(self):
        """Lines "METHOD /path STATUS"."""
        with open(self.log, encoding='utf-8', errors='replace') as f:
            return [line.rstrip() for line in f]

    def count(self, method, status):
        return sum(1 for line in self.requests() if line.startswith(method + ' ') and line.endswith(f' {status}'))

    def held(self):
        """{name: bytes} of the uploads it has."""
        return {name: os.path.getsize(os.path.join(self.folder, name)) for name in os.listdir(self.folder) if '.' not in name}

    def read(self, name):
        with open(os.path.join(self.folder, name), 'rb') as f:
            return f.read()


class Gate:
    """A way to a server that lets so many bytes through and no more, until it is opened; or that is away."""

    def __init__(self, world, target, limit=None, rate=None):
        """limit: bytes from clients to the server, over all connections; None = all. rate: bytes a second of each connection."""
        self.target, self.limit, self.rate = target, limit, rate
        self.passed = 0
        self.held = threading.Event()
        self._changed = threading.Condition()
        self._sockets = set()
        self.address = ('127.0.0.1', 0)
        self._listener = None
        self.up()
        world._undo.append(self.down)

    def url(self, path):
        return f'http://{self.address[0]}:{self.address[1]}{path}'

    def up(self):
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(self.address)
        listener.listen(64)
        self.address = listener.getsockname()
        self._listener = listener
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()

    def down(self):
        """Nobody listens, and every connection breaks."""
        if self._listener:
            # Closing alone does not wake whoever accepts.
            self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
            self._listener = None
        self.cut()

    def cut(self):
        with self._changed:
            for s in self._sockets:
                try:
                    s.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass

    def open(self):
        with self._changed:
            self.limit = None
            self._changed.notify_all()

    def close_after(self, count):
        """From now on, @count bytes and no more."""
        with self._changed:
            self.held.clear()
            self.passed, self.limit = 0, count

    def wait_held(self, seconds=30):
        if not self.held.wait(seconds):
            raise AssertionError(f'{self.passed} bytes came in {seconds} s, not {self.limit}')

    def _accept(self, listener):
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            try:
                server = socket.create_connection(self.target, 10) if not isinstance(self.target, str) else self._unix()
            except OSError:
                client.close()
                continue
            server.settimeout(None)
            with self._changed:
                self._sockets |= {client, server}
            for arguments in ((client, server, True), (server, client, False)):
                threading.Thread(target=self._carry, args=arguments, daemon=True).start()

    def _unix(self):
        s = socket.socket(socket.AF_UNIX)
        s.connect(self.target)
        return s

    def _share(self, client, wanted):
        """How many bytes may pass, once some may; 0 when the client went away meanwhile."""
        watch = select.poll()
        watch.register(client, select.POLLRDHUP)
        with self._changed:
            while self.limit is not None and self.passed >= self.limit:
                self.held.set()
                self._changed.wait(0.05)
                if watch.poll(0):
                    return 0
            share = wanted if self.limit is None else min(wanted, self.limit - self.passed)
            self.passed += share
            return share

    def _carry(self, source, sink, counted):
        try:
            while True:
                data = source.recv(65536)
                if not data:
                    break
                while data:
                    share = self._share(source, len(data)) if counted else len(data)
                    if share == 0:
                        raise OSError('the client is gone')
                    sink.sendall(data[:share])
                    data = data[share:]
                    if counted and self.rate:
                        time.sleep(share / self.rate)
        except OSError:
            pass
        with self._changed:
            for s in (source, sink):
                try:
                    s.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass
                # The other direction may still read it: the last reference closes it.
                self._sockets.discard(s)
