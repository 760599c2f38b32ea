#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright 2026 The bgcopyd authors
"""bgcopyctl with the real daemon, as a person at a shell has it."""

import http.server
import json
import os
import pty
import select
import signal
import subprocess
import threading
import time

import child
import tap
from daemon import program
from tap import equal, true
from upload_peers import Gate
from upload_server import Server

LONG = 60  # seconds


def start(world, *arguments, **options):
    world.service  # noqa: B018  starts the daemon
    options.setdefault('stderr', subprocess.PIPE)
    return child.start([program('bgcopyctl'), *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, cwd=world.downloads,
                       env={**os.environ, 'DBUS_SESSION_BUS_ADDRESS': world.bus.address, 'BGCOPY_BUS': 'session',
                            'PWD': world.downloads, 'LC_ALL': 'C.UTF-8'}, **options)


def end(process):
    out, err = process.communicate(timeout=LONG)
    return process.returncode, out.decode(), err.decode() if err is not None else ''


def run(world, *arguments):
    return end(start(world, *arguments))


def the_job(world):
    """The only one there is, once it is there."""
    world.service.wait(lambda: world.service.list(), 'a job')
    return world.service.job(world.service.list()[0].rsplit('/', 1)[1])


def test_get(world):
    content = world.bytes(300_000)
    world.web.put('a file', content)
    status, out, err = run(world, 'get', '--checksum', world.sha256(content), world.web.url('a%20file'))
    equal((status, err), (0, ''), out)
    true(world.local('a file') in out, out)
    equal(world.read('a file') == content, True, 'content')
    # Its end was taken note of.
    equal(world.service.list(), [])
    equal(world.listing(), ['a file'])


def test_get_that_fails_leaves_nothing(world):
    world.web.put('f', b'x' * 1000)
    for url, more in ((world.web.url('missing'), []), (world.web.url('f'), ['--checksum=sha256:' + '0' * 64])):
        status, out, err = run(world, 'get', *more, url)
        equal((status, out), (1, ''), err)
        true(err.startswith('bgcopyctl: '), err)
        equal((world.service.list(), world.listing()), ([], []), 'what is left')
    status, out, err = run(world, 'get', '--keep', world.web.url('missing'))
    equal((status, out), (1, ''), err)
    equal(the_job(world).state, 'error')


def test_get_interrupted_goes_on(world):
    content = world.bytes(2_000_000)
    world.web.put('big', content)
    process = start(world, 'get', world.web.url('slow/1024/big'))
    job = the_job(world)
    job.wait_state('transferring')
    process.send_signal(signal.SIGINT)
    status, out, err = end(process)
    equal((status, out), (130, ''), err)
    true(job.id in err, err)
    equal(end(start(world, 'watch', job.id))[0], 0)
    equal(world.read('big') == content, True, 'content')
    equal(run(world, 'complete', job.id[:8]), (0, '', ''))
    equal(world.service.list(), [])


def test_get_through_a_crash(world):
    content = world.bytes(3_000_000)
    world.web.put('big', content)
    process = start(world, 'get', world.web.url('slow/1024/big'))
    the_job(world).wait_state('transferring')
    world.restart(kill=True)
    status, out, err = end(process)
    equal((status, err), (0, ''), out)
    equal(world.read('big') == content, True, 'content')


def test_get_on_a_terminal(world):
    world.web.put('big', world.bytes(5_000_000))
    master, slave = pty.openpty()
    process = start(world, 'get', world.web.url('slow/1024/big'), stderr=slave)
    shown, until = b'', time.monotonic() + LONG
    while b'ETA 0:' not in shown or b'iB/s' not in shown:
        true(select.select([master], [], [], max(0, until - time.monotonic()))[0], f'no progress: {shown!r}')
        shown += os.read(master, 65536)
    process.send_signal(signal.SIGINT)
    equal(end(process)[0], 130)
    os.close(slave)
    os.close(master)


def test_the_life_of_a_job(world):
    content = world.bytes(4_000_000)
    world.web.put('big', content)
    status, out, err = run(world, 'get', '--detach', '--name=nightly', world.web.url('slow/1024/big'), 'x')
    equal((status, err), (0, ''))
    job = world.service.job(out.strip())
    job.wait_state('transferring')
    equal(run(world, 'suspend', job.id), (0, '', ''))
    shown = json.loads(run(world, 'show', '--json', job.id)[1])
    equal((shown['State'], shown['DisplayName'], shown['Files'][0]['local']), ('suspended', 'nightly', world.local('x')))
    true('nightly' in run(world, 'show', job.id[:6])[1], 'the name')
    listed = json.loads(run(world, 'list', '--json', '--state=suspended')[1])
    equal([j['Id'] for j in listed], [job.id])
    equal(json.loads(run(world, 'list', '--json', '--state=error')[1]), [])
    equal(run(world, 'resume', job.id), (0, '', ''))
    job.wait_state('transferring')
    equal(run(world, 'cancel', job.id), (0, '', ''))
    equal(world.listing(), [])
    equal(run(world, 'cancel', job.id)[0], 6)
    equal(run(world, 'show', 'f' * 32)[0], 3)


def make(world, name, size):
    content = world.bytes(size)
    with open(world.local(name), 'wb') as f:
        f.write(content)
    return content


def test_put(world):
    server = Server(world)
    content = make(world, 'a file', 3_000_000)
    url = 'http://127.0.0.1:%d/drop/' % server.address[1]
    status, out, err = run(world, 'put', 'a file', url)
    equal((status, err), (0, ''), out)
    true(out.startswith(url + 'a%20file: 2.9 MiB in '), out)
    equal(server.published() == {'a file': content}, True)
    equal((world.service.list(), server.held()), ([], {}), 'what is left')
    server.stop()


def test_put_that_fails(world):
    """Nothing is left of it on either side, and the source stays."""
    server = Server(world)
    make(world, 'f', 1000)
    url = 'http://127.0.0.1:%d/drop/f' % server.address[1]
    equal(run(world, 'put', 'f', url)[0], 0)
    for arguments, wanted in ((['f', url], 1), (['missing', url + 'x'], 2), (['.', url + 'x'], 2), (['f', 'ftp://h.example/f'], 2)):
        status, out, err = run(world, 'put', *arguments)
        equal((arguments, status, out), (arguments, wanted, ''), err)
        true(err.startswith('bgcopyctl: '), err)
    # Who refused it, and what for; the query may be a secret.
    status, out, err = run(world, 'put', 'f', url + '?token=secret')
    equal((status, out, err), (1, '', f'bgcopyctl: {url}: The server refused the file: The server answered 403 Forbidden\n'))
    equal((world.service.list(), server.held(), world.listing()), ([], {}, ['f']), 'what is left')
    # It has the file, but nothing that answers.
    status, out, err = run(world, 'put', '--reply=answer', 'f', url + '2')
    equal((status, out, world.listing()), (1, '', ['f']), err)
    true(err.startswith(f'bgcopyctl: {url}2: The server took the file and has no reply'), err)
    equal(world.service.list(), [])
    server.stop()


def test_get_that_fails(world):
    """The URL is named, not where the file was to go; without what may be a secret."""
    status, out, err = run(world, 'get', world.web.url('missing') + '?token=secret')
    equal((status, out), (1, ''), err)
    equal(err, f'bgcopyctl: {world.web.url("missing")}: The server answered 404 Not Found\n')
    # So it is while it will be tried again, where somebody looks.
    master, slave = pty.openpty()
    process = start(world, 'get', 'http://127.0.0.1:1/f?token=secret', stderr=slave)
    shown, until = b'', time.monotonic() + LONG
    while b'tried again' not in shown:
        true(select.select([master], [], [], max(0, until - time.monotonic()))[0], f'no trouble: {shown!r}')
        shown += os.read(master, 65536)
    process.send_signal(signal.SIGINT)
    equal(end(process)[0], 130)
    os.close(slave)
    os.close(master)
    true(b'bgcopyctl: http://127.0.0.1:1/f: The server could not be connected to' in shown, shown)
    true(b'secret' not in shown, shown)


def test_put_interrupted_and_cancelled(world):
    """The server is away when the job is cancelled: until when it is told is said; then it is back."""
    server = Server(world)
    gate = Gate(world, server.address, 3 << 19)
    make(world, 'f', 4 << 20)
    process = start(world, 'put', '--retry-delay=5', 'f', gate.url('/drop/'))
    gate.wait_held()
    job = the_job(world)
    process.send_signal(signal.SIGINT)
    status, out, err = end(process)
    equal((status, out), (130, ''), err)
    true(job.id in err, err)
    server.kill()
    gate.open()
    status, out, err = run(world, 'cancel', '--json', job.id)
    equal((status, err), (0, ''), out)
    (said,) = json.loads(out)
    equal((said['Outcome'], said['ServerCancelPending'], said['CancelDeadline']), ('ok', True, job.get('CancelDeadline')))
    true('told' in run(world, 'list')[1] and 'yet to drop' in run(world, 'show', job.id)[1], 'list and show say so')
    server.start()
    world.service.wait(lambda: not world.service.list(), 'the job to be removed')
    equal((server.held(), server.published()), ({}, {}))
    server.stop()


def test_put_with_a_reply(world):
    """An application behind the server answers with what it got, backwards."""
    class Application(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers['Content-Length']))[::-1]
            self.send_response(200)
            self.send_header('Content-Length', str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments):
            pass

    application = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Application)
    threading.Thread(target=application.serve_forever, daemon=True).start()
    try:
        server = Server(world, {'drop': {'NotificationType': 'value',
                                         'NotificationUrl': f'http://127.0.0.1:{application.server_port}/take'}})
        content = make(world, 'f', 1_500_000)
        url = 'http://127.0.0.1:%d/drop/f' % server.address[1]
        status, out, err = run(world, 'put', '--reply=answer', 'f', url)
        equal((status, err), (0, ''), out)
        true(f'{world.local("answer")}: the reply, 1.4 MiB\n' in out, out)
        equal(world.read('answer') == content[::-1], True, 'the reply')
        equal((world.service.list(), server.held(), world.listing()), ([], {}, ['answer', 'f']), 'what is left')
        server.stop()
    finally:
        application.shutdown()


def test_refusals(world):
    for arguments, status in ((['ftp://h.example/f'], 2), (['http://u:secret@h.example/f'], 2), (['http://h.example/f', '/missing/f'], 2),
                              (['--checksum=md5:00', 'http://h.example/f'], 2), (['--name', 'n' * 257, 'http://h.example/f'], 2)):
        got, out, err = run(world, 'get', *arguments)
        equal((got, out), (status, ''), err)
        true('secret' not in err, err)
    equal(world.service.list(), [])


def test_top(world):
    """What runs, and what was moved: what was held when the job stopped is not received again."""
    content = world.bytes(600_000)
    world.web.put('big', content)
    process = start(world, 'get', world.web.url('slow/256/big'))
    job = the_job(world)
    world.service.wait(lambda: job.get('Counters')['received'] > 0, 'a byte')
    (shown,) = json.loads(run(world, 'top', '--json')[1])['Jobs']
    equal((shown['Id'], shown['YieldsTo']), (job.id, 'nobody'))
    equal(run(world, 'suspend', job.id)[0], 0)
    held = job.get('BytesTransferred')
    status, out, err = run(world, 'top', '-n', '1')
    equal((status, err), (0, ''), out)
    true('0 jobs run, 0 wait' in out and job.id[:8] not in out, out)
    equal(run(world, 'resume', job.id)[0], 0)
    equal(end(process)[0], 0)
    moved = json.loads(run(world, 'top', '--json')[1])['Counters']
    equal((moved['received'] - moved['refetched'], moved['saved'], moved['sent']), (600_000, held, 0), moved)
    equal(world.read('big') == content, True, 'content')


def test_limit_is_shown(world):
    world.web.put('f', world.bytes(2_000_000))
    job = world.service.submit([(world.web.url('f'), world.local('f'))], BandwidthLimit=100_000)
    world.service.wait(lambda: job.get('YieldsTo') == 'limit', 'that it is held')
    for command in (['show', job.id], ['top', '-n', '1']):
        status, out, err = run(world, *command)
        equal((status, err), (0, ''), out)
        true('is at its limit' in out, out)
    true('Limit of its own: ' in run(world, 'show', job.id)[1], 'show names it')
    job.cancel()


def test_watch(world):
    world.web.put('f', b'x' * 1000)
    process = start(world, 'watch', '--json', bufsize=0)
    run(world, 'get', world.web.url('f'))
    seen = []
    while 'Transferred' not in seen or 'Removed' not in seen:
        true(select.select([process.stdout], [], [], LONG)[0], f'nothing after {seen}')
        seen.append(json.loads(process.stdout.readline())['Event'])
    process.terminate()
    equal(end(process)[0], 143)


if __name__ == '__main__':
    tap.main(globals())
