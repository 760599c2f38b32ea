#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright 2026 The bgcopyd authors
"""Uploads from the bus call to the file that bgcopy-server publishes, and cancelled ones to the server's last trace.

BGC_KILLS=100 makes the last test kill that often."""

import ast
import http.server
import os
import subprocess
import threading
import time

import tap
from awaited import is_gone, wait_for, wait_gone
from job import BusError, JOB, MANAGER, NAME, ROOT
from tap import equal, raises, true
from upload_peers import Gate
from upload_server import Server

MIB = 1 << 20


def source(world, size, name='source'):
    content = world.bytes(size)
    with open(world.local(name), 'wb') as f:
        f.write(content)
    return content


def address_of(server, path):
    return f'http://{server.address[0]}:{server.address[1]}{path}'


def upload(world, remote, name='source', type='upload', **properties):
    job = world.service.create(type=type, **properties)
    job.add(remote, world.local(name))
    job.resume()
    return job


def gdbus(world, path, member, *arguments):
    environment = {**os.environ, 'DBUS_SESSION_BUS_ADDRESS': world.bus.address}
    done = subprocess.run(['gdbus', 'call', '--session', '-d', NAME, '-o', path, '-m', member, *arguments],
                          env=environment, capture_output=True, text=True, timeout=60)
    true(done.returncode == 0, f'{member}: {done.stderr}')
    return done.stdout.strip()


def test_from_a_shell(world):
    """With gdbus alone."""
    server = Server(world)
    content = source(world, 3_000_000)
    service = world.service
    answer = gdbus(world, ROOT, MANAGER + '.CreateJob', 'report', 'upload', '{}')
    path = ast.literal_eval(answer.replace('objectpath ', ''))[0]
    gdbus(world, path, JOB + '.AddFile', address_of(server, '/drop/report'), world.local('source'), '{}')
    gdbus(world, path, JOB + '.Resume')
    job = service.job(path.rsplit('/', 1)[1])
    job.wait_state('transferred')
    equal((job.get('BytesTotal'), job.get('BytesTransferred'), job.get('FilesTransferred')), (3_000_000, 3_000_000, 1))
    equal(gdbus(world, path, JOB + '.Complete'), "('ok',)")
    true(server.published() == {'report': content}, 'other bytes were published')
    equal(server.held(), {}, 'left of the session')
    equal(world.read('source') == content, True, 'the source')
    equal(world.listing(), ['source'])
    server.stop()


def test_sizes(world):
    """Empty, one byte, and around a fragment's size."""
    server = Server(world)
    sizes = (0, 1, MIB - 1, MIB, MIB + 1, 5_000_000)
    wanted = {f'f{n}': source(world, n, f'f{n}') for n in sizes}
    jobs = [upload(world, address_of(server, '/drop/' + name), name, Priority='foreground') for name in wanted]
    for job in jobs:
        job.wait_state('transferred')
        equal(job.complete(), 'ok')
    true(server.published() == wanted, 'other bytes were published')
    equal(server.held(), {})
    server.stop()


def test_protocols(world):
    """Found out, and as the owner said."""
    server = Server(world)
    content = source(world, 100_000)
    for name, properties in (('found', {}), ('said', {'UploadProtocol': 'bits'})):
        job = upload(world, address_of(server, '/drop/' + name), **properties)
        job.wait_state('transferred')
        equal(job.complete(), 'ok')
    true(server.published() == {'found': content, 'said': content}, 'other bytes were published')
    job = upload(world, address_of(server, '/drop/other'), UploadProtocol='tus')
    equal(job.wait_state('error', 'transient-error'), 'error')
    job.cancel()
    wait_gone(world, job)
    equal(server.held(), {})
    server.stop()


# ---- half-way ----

def begun(world, server, **properties):
    """A job, its gate and its content; the gate is shut, and the server has a MiB of four and tells so."""
    gate = Gate(world, server.address, 3 * MIB // 2)
    content = source(world, 4 * MIB)
    job = upload(world, gate.url('/drop/f'), **{'Priority': 'foreground', 'MinimumRetryDelay': 5, **properties})
    gate.wait_held()
    job.wait_bytes(MIB)
    equal(server.held(), {'session': 1, 'data': 1})
    return job, gate, content


def test_suspended_and_resumed(world):
    server = Server(world)
    job, gate, content = begun(world, server)
    job.suspend()
    equal(job.state, 'suspended')
    true(job.get('BytesTransferred') >= MIB, 'bytes were forgotten')
    gate.open()
    job.resume()
    job.wait_state('transferred')
    equal(job.complete(), 'ok')
    true(server.published() == {'f': content}, 'other bytes were published')
    equal(len(server.lines(r'session \{')), 1, 'sessions')
    server.stop()


def test_cancel_while_it_runs(world):
    server = Server(world)
    job, gate, content = begun(world, server)
    gate.open()
    equal(job.cancel(), 'ok')
    equal(job.state, 'cancelled')
    for call in (job.cancel, job.complete, job.suspend, job.resume):
        raises('InvalidState', call)
    wait_gone(world, job)
    equal((server.published(), server.held()), ({}, {}))
    equal(world.read('source') == content, True, 'the source')
    equal(world.listing(), ['source'])
    server.stop()


def test_cancel_while_suspended(world):
    server = Server(world)
    job, gate, _ = begun(world, server)
    job.suspend()
    gate.open()
    equal(job.cancel(), 'ok')
    wait_gone(world, job)
    equal((server.published(), server.held()), ({}, {}))
    server.stop()


def test_cancel_before_there_is_a_session(world):
    server = Server(world)
    source(world, 1000)
    job = world.service.create(type='upload')
    job.add(address_of(server, '/drop/f'), world.local('source'))
    equal(job.cancel(), 'ok')
    true(is_gone(world, job), 'still listed')
    equal(job.get('ServerCancelPending'), False)
    equal(server.lines('Create-Session|session'), [])
    server.stop()


def test_cancel_while_a_session_is_asked_for(world):
    """The request is out and its answer held back: whatever the server made of it goes too."""
    server = Server(world)
    gate = Gate(world, server.address, 10)
    source(world, 1000)
    job = upload(world, gate.url('/drop/f'), UploadProtocol='bits')
    gate.wait_held()
    threading.Timer(0.3, gate.open).start()
    equal(job.cancel(), 'ok')
    wait_gone(world, job)
    wait_for(lambda: server.held() == {}, 'the session to be dropped')
    equal(server.published(), {})
    server.stop()


def test_cancel_after_the_last_byte(world):
    """What the server has accepted stays there."""
    server = Server(world)
    content = source(world, 1000)
    job = upload(world, address_of(server, '/drop/f'))
    job.wait_state('transferred')
    equal(job.cancel(), 'ok')
    wait_gone(world, job)
    equal((server.published(), server.held()), ({'f': content}, {}))
    server.stop()


def test_cancel_while_the_server_is_away(world):
    """The heart of it: cancelled for good at once, told to the server when it is back, and gone."""
    server = Server(world)
    job, gate, _ = begun(world, server)
    server.stop()
    gate.open()
    cancelled_at = time.time()
    equal(job.cancel(), 'ok')
    now = job.all()
    equal((now['State'], now['ServerCancelPending'], now['WaitReason']), ('cancelled', True, 'server-cancel'))
    true(abs(now['CancelDeadline'] / 1e6 - cancelled_at - 86400) < 60, f'deadline {now["CancelDeadline"]}')
    for call in (job.cancel, job.resume):
        raises('InvalidState', call)
    equal(world.service.list(), [job.path])
    equal(server.held(), {'session': 1, 'data': 1})
    world.restart(kill=True)
    job = world.find(job)
    again = job.all()
    equal((again['State'], again['ServerCancelPending']), ('cancelled', True))
    true(abs(again['CancelDeadline'] - now['CancelDeadline']) < 2_000_000, 'the deadline moved')
    wait_for(lambda: job.get('RetryCount') >= 1, 'an attempt that failed')
    true(job.get('NextAttempt') > cancelled_at * 1e6, 'no next attempt')
    server.start()
    wait_gone(world, job)
    equal((server.published(), server.held()), ({}, {}))
    equal(world.listing(), ['source'])
    server.stop()


def test_cancel_while_the_server_stays_away(world):
    """Removed at the deadline, with 5 s between two attempts."""
    server = Server(world)
    job, gate, _ = begun(world, server, NoProgressTimeout=6)
    server.stop()
    gate.open()
    begin = time.monotonic()
    equal(job.cancel(), 'ok')
    wait_gone(world, job)
    took = time.monotonic() - begin
    tap.diagnose(f'removed after {took:.2f} s')
    true(5.9 < took < 7.2, f'removed after {took:.2f} s')


def test_cancel_with_one_attempt(world):
    server = Server(world)
    job, gate, _ = begun(world, server, NoProgressTimeout=0)
    server.stop()
    gate.open()
    equal(job.cancel(), 'ok')
    wait_gone(world, job, 5)


# ---- replies ----

class Application:
    """Behind the server: answers every upload with @reply."""

    def __init__(self, world, reply):
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = 'HTTP/1.1'

            def do_POST(self):
                self.rfile.read(int(self.headers.get('Content-Length') or 0))
                self.send_response(200)
                self.send_header('Content-Length', str(len(reply)))
                self.end_headers()
                self.wfile.write(reply)

            def log_message(self, *arguments):
                pass

        self.server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        world._undo.append(self.server.shutdown)
        self.url = f'http://127.0.0.1:{self.server.server_port}/take'


def replying(world, reply):
    application = Application(world, reply)
    return Server(world, {'drop': {'NotificationType': 'value', 'NotificationUrl': application.url}})


def upload_for_reply(world, remote):
    job = world.service.create(type='upload-reply')
    job.set('ReplyFileName', world.local('answer'))
    job.add(remote, world.local('source'))
    job.resume()
    return job


def test_reply(world):
    reply = world.bytes(600_000)
    server = replying(world, reply)
    source(world, 2_000_000)
    job = upload_for_reply(world, address_of(server, '/drop/f'))
    job.wait_state('transferred')
    now = job.all()
    equal((now['ReplyBytesTotal'], now['ReplyBytesTransferred']), (600_000, 600_000))
    equal((now['BytesTotal'], now['BytesTransferred'], now['FilesTotal']), (2_000_000, 2_000_000, 1))
    true(bytes(job.call('GetReplyData')) == reply, 'another reply')
    true('answer' not in world.listing(), 'in its place before Complete')
    equal(job.complete(), 'ok')
    true(world.read('answer') == reply, 'another reply in the file')
    equal(world.listing(), ['answer', 'source'])
    equal(server.held(), {})
    server.stop()


def test_reply_sizes(world):
    """Empty; as large as GetReplyData may be; larger."""
    for size in (0, MIB, MIB + 1):
        reply = world.bytes(size)
        server = replying(world, reply)
        source(world, 1000)
        job = upload_for_reply(world, address_of(server, '/drop/f'))
        job.wait_state('transferred')
        if size > MIB:
            raises('TooLarge', job.call, 'GetReplyData')
        else:
            true(bytes(job.call('GetReplyData')) == reply, 'another reply')
        equal(job.complete(), 'ok')
        true(world.read('answer') == reply, 'another reply in the file')
        os.unlink(world.local('answer'))
        server.stop()


def test_reply_cancelled(world):
    server = replying(world, world.bytes(1000))
    source(world, 1000)
    job = upload_for_reply(world, address_of(server, '/drop/f'))
    job.wait_state('transferred')
    equal(job.cancel(), 'ok')
    wait_gone(world, job)
    equal(world.listing(), ['source'])
    equal(server.held(), {})
    server.stop()


# ---- what cannot be uploaded ----

def test_sources(world):
    job = world.service.create(type='upload')
    remote = 'http://127.0.0.1:9/f'
    raises('NotFound', job.add, remote, world.local('missing'))
    raises('InvalidPath', job.add, remote, world.downloads)
    os.mkfifo(world.local('pipe'))
    raises('InvalidPath', job.add, remote, world.local('pipe'))
    source(world, 10)
    raises('InvalidUrl', job.add, 'ftp://127.0.0.1/f', world.local('source'))
    job.add(remote, world.local('source'))
    raises('TooManyFiles', job.add, remote, world.local('source'))


def test_source_changes(world):
    server = Server(world)
    job, gate, _ = begun(world, server)
    job.suspend()
    with open(world.local('source'), 'ab') as f:
        f.write(b'more')
    gate.open()
    job.resume()
    equal(job.wait_state('error', 'transferred'), 'error')
    equal(job.get('Error')['name'], 'LocalFileChanged')
    equal(job.cancel(), 'ok')
    wait_gone(world, job)
    equal((server.published(), server.held()), ({}, {}))
    server.stop()


# ---- anything may die at any moment ----

def test_killed_at_random_moments(world):
    """SIGKILL of server, worker or daemon, each at a random byte of five uploads."""
    kills = int(os.environ.get('BGC_KILLS', '9'))
    server = Server(world)
    wanted = {f'f{n}': source(world, world.random.randrange(4 * MIB, 12 * MIB), f'f{n}') for n in range(5)}
    gates = [Gate(world, server.address, 0) for _ in wanted]
    jobs = [upload(world, gate.url('/drop/' + name), name, Priority='foreground', MinimumRetryDelay=5)
            for gate, name in zip(gates, wanted)]
    done = {'server': 0, 'worker': 0, 'daemon': 0}
    while sum(done.values()) < kills:
        for gate in gates:
            gate.close_after(world.random.randrange(200, 12 * MIB * len(gates) // kills))
        wait_for(lambda: any(g.held.is_set() for g in gates) or {j.state for j in jobs} == {'transferred'}, 'a gate', 60)
        if {job.state for job in jobs} == {'transferred'}:
            break
        victim = world.random.choice(sorted(done))
        done[victim] += 1
        if victim == 'server':
            server.restart()
        elif victim == 'worker':
            world.daemon.kill_workers()
        else:
            world.restart(kill=True)
            jobs = [world.find(job) for job in jobs]
        published = server.published()
        true(all(published[name] == wanted[name] for name in published), f'half a file is visible: {sorted(published)}')
        for job in jobs:
            try:
                job.resume()  # nobody waits for the next attempt
            except BusError as error:
                equal(error.name, 'InvalidState')
    tap.diagnose(f'kills: {done}')
    for gate in gates:
        gate.open()
    for job in jobs:
        if job.state == 'transient-error':
            job.resume()
        job.wait_state('transferred', seconds=60)
        equal(job.complete(), 'ok')
    true(server.published() == wanted, f'other bytes were published as {sorted(server.published())}')
    # A session whose Create-Session was answered to a dead worker is known to nobody: it expires.
    server.stop()
    server.directories['drop']['SessionTimeout'] = 1
    server.write_config()
    time.sleep(2)  # until they are older than that
    server.start()
    wait_for(lambda: server.held() == {}, 'the sweep')
    server.stop()


test_killed_at_random_moments.limit = 1200

if __name__ == '__main__':
    tap.main(globals())
