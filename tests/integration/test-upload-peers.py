#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright 2026 The bgcopyd authors
"""The worker's uploads, without daemon, against real servers: bgcopy-server, alone and behind nginx, and nginx alone.
With logins its downloads, too."""

import http.server
import os
import random
import re
import signal
import subprocess
import threading
import time
import urllib.request

import child
import tap
from tap import equal, true
from upload_server import Proxy, Server, hash_of, wait_listening
from web import free_port, nginx

MIB = 1 << 20
STORE = '''
{user}
worker_processes 1;
daemon off;
pid {folder}/store.pid;
events {{ worker_connections 256; }}
http {{
  access_log off;
  client_body_temp_path {folder}/s-body; proxy_temp_path {folder}/s-proxy; fastcgi_temp_path {folder}/s-fcgi;
  uwsgi_temp_path {folder}/s-uwsgi; scgi_temp_path {folder}/s-scgi;
  server {{
    listen 127.0.0.1:{port};
    root {folder}/root;
    location / {{ client_max_body_size 0; dav_methods PUT; }}
    location /small/ {{ client_max_body_size 1m; dav_methods PUT; }}
    location /nothing/ {{ client_max_body_size 0; }}
    location /asked/ {{ auth_basic "who"; auth_basic_user_file {folder}/users; client_max_body_size 0; dav_methods PUT; }}
  }}
}}
'''


def source(world, size, name='source'):
    path = os.path.join(world.folder, name)
    with open(path, 'wb') as f:
        f.write(random.Random(size).randbytes(size))
    return path


def download(url, path, *options):
    program = os.path.join(os.environ['TOP_BUILDDIR'], 'tests', 'httpd', 'drive-transfer')
    done = subprocess.run([program, '--verbose', *options, url, path], capture_output=True, text=True, timeout=120)
    return done.returncode, done.stdout


def content(path):
    with open(path, 'rb') as f:
        return f.read()


def start(path, url, *options):
    program = os.path.join(os.environ['TOP_BUILDDIR'], 'tests', 'httpd', 'drive-upload')
    return child.start([program, '--verbose', *options, path, url], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def upload(path, url, *options):
    """(exit status, what it printed)"""
    process = start(path, url, *options)
    output = process.communicate(timeout=120)[0]
    return process.returncode, output


def url_of(server, path):
    return 'http://%s:%d%s' % (*server.address, path)


def store(world):
    """nginx, which takes files by PUT; its port."""
    folder, port = os.path.join(world.folder, 'store'), free_port()
    os.makedirs(os.path.join(folder, 'root', 'small'))
    os.chmod(world.folder, 0o755)
    os.chmod(folder, 0o755)
    os.makedirs(os.path.join(folder, 'root', 'asked'))
    with open(os.path.join(folder, 'users'), 'w', encoding='ascii') as f:
        f.write('alice:{PLAIN}geheim\n')
    for name in ('root', 'root/small', 'root/asked'):
        os.chmod(os.path.join(folder, name), 0o777)
    config = os.path.join(folder, 'nginx.conf')
    with open(config, 'w', encoding='utf-8') as f:
        f.write(STORE.format(user='user root;' if os.geteuid() == 0 else '', folder=folder, port=port))
    with open(os.path.join(folder, 'out.log'), 'ab') as log:
        process = child.start([nginx(), '-p', folder, '-c', config, '-e', os.path.join(folder, 'error.log')],
                              stdout=log, stderr=log, stdin=subprocess.DEVNULL)
    world._undo.append(lambda: child.stop(process))
    true(wait_listening(('127.0.0.1', port), process), 'nginx does not listen')
    return port, os.path.join(folder, 'root')


def test_bits(world):
    server = Server(world)
    for size in (0, 1, MIB, MIB + 1, 20 * MIB):
        path = source(world, size, f'source-{size}')
        status, output = upload(path, url_of(server, f'/drop/file-{size}'), '--protocol', 'bits')
        equal(status, 0, output)
        equal(server.published()[f'file-{size}'], content(path), 'what is published')
    equal(server.held(), {}, 'sessions left')
    server.stop()


def test_found_out(world):
    """Which protocol is spoken need not be said."""
    server, (port, root) = Server(world), store(world)
    path = source(world, 100000)
    status, output = upload(path, url_of(server, '/drop/x'))
    true(status == 0 and 'whole at 100000 bits' in output, output)
    status, output = upload(path, f'http://127.0.0.1:{port}/x')
    true(status == 0 and 'whole at 100000 put' in output, output)
    equal(content(os.path.join(root, 'x')), content(path))


def test_put(world):
    port, root = store(world)
    for size in (0, 1, 20 * MIB):
        path = source(world, size, f'source-{size}')
        for _ in range(2):
            status, output = upload(path, f'http://127.0.0.1:{port}/file-{size}', '--protocol', 'put')
            equal(status, 0, output)
            equal(content(os.path.join(root, f'file-{size}')), content(path))
    path = source(world, 20 * MIB)
    begin = time.monotonic()
    status, output = upload(path, f'http://127.0.0.1:{port}/small/x', '--protocol', 'put')
    true(status == 1 and 'does not take a file of this size' in output, output)
    true(time.monotonic() - begin < 4, 'the refusal was not heard at once')
    status, output = upload(path, f'http://127.0.0.1:{port}/nothing/x', '--protocol', 'put')
    true(status == 1 and 'answered 405' in output, output)


def test_refusals(world):
    server = Server(world, {'drop': {'MaximumUploadSize': 1000}, 'off': {'UploadEnabled': 'no'}})
    small, large = source(world, 10, 'small'), source(world, 1001, 'large')
    equal(upload(small, url_of(server, '/drop/x'), '--protocol', 'bits')[0], 0)
    for path, target in ((large, '/drop/y'), (small, '/drop/x'), (small, '/off/x'), (small, '/drop/missing/x')):
        status, output = upload(path, url_of(server, target), '--protocol', 'bits')
        true(status == 1 and 'failed at 0' in output, f'{target}: {output}')
    equal(server.published(), {'x': content(small)})


def test_cancel(world):
    server = Server(world)
    path = source(world, 3 * MIB)
    status, output = upload(path, url_of(server, '/drop/x'), '--protocol', 'bits', '--cancel')
    true(status == 0 and 'cancel settled 1' in output, output)
    equal(server.held(), {}, 'sessions left')
    equal(server.published()['x'], content(path), 'what was accepted stays')


def test_proxy(world):
    """nginx lets 1 MiB through unless it is told otherwise: what is larger shrinks."""
    servers = [Server(world, name='one')]
    proxy = Proxy(world, servers, limit='')
    path = source(world, 10 * MIB)
    status, output = upload(path, url_of(proxy, '/drop/x'), '--protocol', 'bits')
    equal(status, 0, output)
    equal(servers[0].published()['x'], content(path))


def test_round_robin(world):
    """Three servers, one directory, no affinity; many uploads at once."""
    keys = {'Path': os.path.join(world.folder, 'drop'), 'Url': '/drop'}
    servers = [Server(world, {'drop': dict(keys)}, name=f'server-{i}') for i in range(3)]
    proxy = Proxy(world, servers)
    path = source(world, 5 * MIB)
    status, output = upload(path, url_of(proxy, '/drop/file-%d'), '--protocol', 'bits', '--repeat', '8')
    equal(status, 0, output)
    equal({name: data == content(path) for name, data in servers[0].published().items()},
          {f'file-{i}': True for i in range(8)})
    equal(servers[0].held(), {}, 'sessions left')


def test_server_killed(world):
    """Again and again in the midst of uploads: each file is whole at the end, and none is seen before."""
    server = Server(world)
    path = source(world, 30 * MIB)
    process = start(path, url_of(server, '/drop/file-%d'), '--protocol', 'bits', '--repeat', '4', '--retry', '500')
    for _ in range(8):
        time.sleep(world.random.uniform(0.02, 0.25))
        os.kill(server.process.pid, signal.SIGKILL)
        server.process.wait()
        true(all(data == content(path) for data in server.published().values()), 'a partial file is visible')
        server.start()
    output = process.communicate(timeout=120)[0]
    equal(process.returncode, 0, output[-2000:])
    equal({name: data == content(path) for name, data in server.published().items()},
          {f'file-{i}': True for i in range(4)})


def test_reply(world):
    """The application's reply has a URL when the upload has ended; it is there until the session is closed."""
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers['Content-Length']))
            reply = b'%d bytes' % len(body)
            self.send_response(200)
            self.send_header('Content-Length', str(len(reply)))
            self.end_headers()
            self.wfile.write(reply)

        def log_message(self, *arguments):
            pass

    application = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler)
    threading.Thread(target=application.serve_forever, daemon=True).start()
    world._undo.append(application.shutdown)
    server = Server(world, {'drop': {'NotificationType': 'value',
                                     'NotificationUrl': f'http://127.0.0.1:{application.server_port}/take'}})
    path = source(world, 2 * MIB)
    status, output = upload(path, url_of(server, '/drop/x'), '--protocol', 'bits', '--reply', '--keep')
    equal(status, 0, output)
    url = re.search(r'whole .* reply (http:\S+)', output).group(1)
    with urllib.request.urlopen(url) as answer:
        equal(answer.read(), b'%d bytes' % (2 * MIB))
    status, output = upload(path, url_of(server, '/drop/y'), '--protocol', 'bits', '--reply')
    true(status == 0 and 'closed' in output, output)


RIGHT, WRONG = ('--login', 'basic:alice:geheim'), ('--login', 'basic:alice:falsch')


def test_login_nginx(world):
    """Also a body that nginx is asked about first, and one that goes with the first request."""
    port, root = store(world)
    for size in (0, 1000, 3 * MIB):
        path, url = source(world, size, f'source-{size}'), f'http://127.0.0.1:{port}/asked/file-{size}'
        for login in ((), WRONG, ('--login', 'digest:alice:geheim')):
            status, output = upload(path, url, '--protocol', 'put', *login)
            true(status == 1 and '401' in output, output)
        true(not os.path.exists(os.path.join(root, 'asked', f'file-{size}')), 'it was published')
        status, output = upload(path, url, '--protocol', 'put', *RIGHT)
        equal(status, 0, output)
        equal(content(os.path.join(root, 'asked', f'file-{size}')), content(path), 'what is published')
        for login in ((), WRONG):
            status, output = download(url, path + '-back', *login)
            true(status == 1 and '401' in output, output)
        status, output = download(url, path + '-back', *RIGHT)
        equal(status, 0, output)
        equal(content(path + '-back'), content(path), 'what came')


def test_login_bits(world):
    passwords = os.path.join(world.folder, 'passwords')
    with open(passwords, 'w', encoding='ascii') as f:
        f.write(f'alice:{hash_of("geheim")}\n')
    server = Server(world, {'drop': {'PasswordFile': passwords}})
    path, url = source(world, 3 * MIB), url_of(server, '/drop/x')
    for login in ((), WRONG):
        status, output = upload(path, url, *login)
        true(status == 1 and '401' in output, output)
    equal((server.published(), server.held()), ({}, {}), 'what is there')
    status, output = upload(path, url, *RIGHT)
    true(status == 0 and f'whole at {3 * MIB} bits' in output, output)
    equal(server.published(), {'x': content(path)}, 'what is published')
    status, output = upload(path, url_of(server, '/drop/y'), '--cancel', *RIGHT)
    true('cancel settled 1' in output, output)
    equal(server.held(), {}, 'sessions left')


tap.main(globals())
