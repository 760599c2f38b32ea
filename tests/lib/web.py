# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright 2026 The bgcopyd authors
"""nginx with the files of a test: http, https with a CA of our own, and a forward proxy."""

import os
import shutil
import socket
import subprocess
import time

import child

CONFIG = '''
{user}
worker_processes 1;
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log info;
events {{ worker_connections 1024; }}
http {{
  log_format lines '$server_port $status $request_method $host$request_uri range="$http_range" if_range="$http_if_range" bytes=$body_bytes_sent';
  access_log {folder}/access.log lines;
  client_body_temp_path {folder}/t-body; proxy_temp_path {folder}/t-proxy; fastcgi_temp_path {folder}/t-fcgi;
  uwsgi_temp_path {folder}/t-uwsgi; scgi_temp_path {folder}/t-scgi;
  types {{ }} default_type application/octet-stream;
  sendfile on; tcp_nopush on; keepalive_timeout 65; keepalive_requests 100000; reset_timedout_connection on;
  proxy_max_temp_file_size 0;
  server {{
    listen 127.0.0.1:{http} backlog=511;
    {locations}
  }}
  server {{
    listen 127.0.0.1:{https} ssl;
    ssl_certificate {folder}/server.pem; ssl_certificate_key {folder}/server.key;
    ssl_session_cache shared:s:1m;
    {locations}
  }}
  server {{
    listen 127.0.0.1:{proxy};
    access_log {folder}/proxy.log lines;
    location / {{ proxy_pass http://$http_host$request_uri; proxy_set_header Host $http_host; proxy_buffering off; }}
  }}
}}
'''
# /slow/N/name: the file at N KiB/s, N one of those below. /to/name redirects there, /loop for ever.
LOCATIONS = '''
    root {root};
    location / {{ }}
    {slow}
    location /to/ {{ rewrite ^/to/(.*)$ /$1 redirect; }}
    location /to-permanently/ {{ rewrite ^/to-permanently/(.*)$ /$1 permanent; }}
    location /to-https/ {{ rewrite ^/to-https/(.*)$ https://127.0.0.1:{https}/$1 redirect; }}
    location /to-http/ {{ rewrite ^/to-http/(.*)$ http://127.0.0.1:{http}/$1 redirect; }}
    location /loop {{ return 302 /loop; }}
    location /private/ {{ auth_basic "members"; auth_basic_user_file {folder}/users; }}
    location /keyed/ {{ if ($http_x_key != "hunter4") {{ return 403; }} }}
    location /status/401 {{ add_header WWW-Authenticate 'Basic realm="x"' always; return 401; }}
    location /status/403 {{ return 403; }}
    location /status/404 {{ return 404; }}
    location /status/407 {{ return 407; }}
    location /status/410 {{ return 410; }}
    location /status/500 {{ return 500; }}
    location /status/503 {{ return 503; }}
'''
SPEEDS = (64, 256, 1024, 4096, 16384)
BUNDLES = ('/etc/ssl/certs/ca-certificates.crt', '/etc/pki/tls/certs/ca-bundle.crt', '/etc/ssl/ca-bundle.pem')
WRAPPER = '''#!/bin/sh
# The worker, in a mount namespace where the system's trust store also holds the test's CA.
exec {unshare} sh -c 'mount --bind "$1" "$2" || exit 99; shift 2; exec "$@"' sh '{bundle}' '{system}' '{worker}' "$@"
'''


def free_port():
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        return s.getsockname()[1]


def nginx():
    return shutil.which('nginx') or '/usr/sbin/nginx'


class Web:
    def __init__(self, folder, root=None):
        self.folder = folder
        self.root = root or os.path.join(folder, 'root')
        os.makedirs(self.root, exist_ok=True)
        # nginx' worker is another user when the test is root, unless told otherwise.
        os.chmod(folder, 0o755)
        self._make_certificates()
        with open(os.path.join(folder, 'users'), 'w', encoding='ascii') as f:
            f.write('alice:{PLAIN}hunter2\n')
        self.process = None
        self.start()

    def start(self):
        # A port found free may be taken before nginx has it: then others are tried.
        for _ in range(5):
            self.http, self.https, self.proxy = free_port(), free_port(), free_port()
            self._write_config()
            with open(os.path.join(self.folder, 'out.log'), 'ab') as log:
                self.process = child.start([nginx(), '-p', self.folder, '-c', os.path.join(self.folder, 'nginx.conf'),
                                            '-e', os.path.join(self.folder, 'error.log')], stdout=log, stderr=log,
                                           stdin=subprocess.DEVNULL)
            if self._wait_listening():
                return
            child.stop(self.process)
        raise RuntimeError(f'nginx did not start; see {self.folder}')

    def stop(self):
        if self.process:
            child.stop(self.process)
            self.process = None

    def again(self):
        """Starts it on the same ports after stop()."""
        with open(os.path.join(self.folder, 'out.log'), 'ab') as log:
            self.process = child.start([nginx(), '-p', self.folder, '-c', os.path.join(self.folder, 'nginx.conf'),
                                        '-e', os.path.join(self.folder, 'error.log')], stdout=log, stderr=log)
        if not self._wait_listening():
            raise RuntimeError('nginx did not start again')

    def _wait_listening(self):
        # Nothing tells when a server of another process listens: asked for at most 5 s.
        for _ in range(500):
            if self.process.poll() is not None:
                return False
            try:
                for port in (self.http, self.https, self.proxy):
                    socket.create_connection(('127.0.0.1', port), 1).close()
                return True
            except OSError:
                time.sleep(0.01)
        return False

    def _write_config(self):
        slow = '\n    '.join(f'location /slow/{n}/ {{ alias {self.root}/; limit_rate {n}k; }}' for n in SPEEDS)
        locations = LOCATIONS.format(root=self.root, folder=self.folder, slow=slow, http=self.http, https=self.https)
        with open(os.path.join(self.folder, 'nginx.conf'), 'w', encoding='utf-8') as f:
            f.write(CONFIG.format(user='user root;' if os.geteuid() == 0 else '', folder=self.folder, http=self.http,
                                  https=self.https, proxy=self.proxy, locations=locations))

    def _make_certificates(self):
        def openssl(*arguments):
            subprocess.run(['openssl', *arguments], cwd=self.folder, check=True, capture_output=True)
        if os.path.exists(os.path.join(self.folder, 'ca.pem')):
            return
        key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
        openssl('req', '-x509', *key, '-keyout', 'ca.key', '-out', 'ca.pem', '-days', '2', '-subj', '/CN=bgcopyd test CA',
                '-addext', 'basicConstraints=critical,CA:TRUE', '-addext', 'keyUsage=critical,keyCertSign')
        openssl('req', *key, '-keyout', 'server.key', '-out', 'server.csr', '-subj', '/CN=localhost')
        with open(os.path.join(self.folder, 'server.ext'), 'w', encoding='ascii') as f:
            f.write('subjectAltName=IP:127.0.0.1,DNS:localhost\n')
        openssl('x509', '-req', '-in', 'server.csr', '-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '2',
                '-extfile', 'server.ext', '-out', 'server.pem')

    @property
    def ca(self):
        return os.path.join(self.folder, 'ca.pem')

    def trusting(self, worker):
        """A program that is @worker with our CA among the system's, or None where that cannot be had:
        it takes a mount namespace, which needs root or unprivileged user namespaces."""
        system = next((os.path.realpath(b) for b in BUNDLES if os.path.exists(b)), None)
        if system is None:
            return None
        unshare = 'unshare -m' if os.geteuid() == 0 else 'unshare -c -m --keep-caps'
        if subprocess.run([*unshare.split(), 'mount', '--bind', self.ca, system], capture_output=True).returncode != 0:
            return None
        bundle = os.path.join(self.folder, 'bundle.pem')
        with open(bundle, 'wb') as out:
            for path in (system, self.ca):
                with open(path, 'rb') as f:
                    out.write(f.read())
        wrapper = os.path.join(self.folder, 'trusting-worker')
        with open(wrapper, 'w', encoding='utf-8') as f:
            f.write(WRAPPER.format(unshare=unshare, bundle=bundle, system=system, worker=worker))
        os.chmod(wrapper, 0o755)
        return wrapper

    def put(self, name, content):
        """Makes a file on the server; gives its URL."""
        path = os.path.join(self.root, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, 'wb') as f:
            f.write(content)
        # Old enough for Last-Modified to be a validator one can trust.
        os.utime(path, (time.time() - 86400, time.time() - 86400))
        return self.url(name)

    def url(self, name, secure=False):
        return (f'https://127.0.0.1:{self.https}/' if secure else f'http://127.0.0.1:{self.http}/') + name

    def requests(self, log='access.log'):
        """Lines "port status method host/path range=… if_range=… bytes=…" of what was answered so far."""
        try:
            with open(os.path.join(self.folder, log), encoding='utf-8', errors='replace') as f:
                return f.read().splitlines()
        except FileNotFoundError:
            return []
