#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright 2026 The bgcopyd authors
"""Upload jobs, from the bus on, at real servers: nginx with WebDAV, a tus server of npm, bgcopy-server, bare and behind nginx."""

import os
import time

import tap
from awaited import is_gone, wait_for
from tap import equal, true
from upload_peers import Dav, Gate, Tus
from upload_server import Proxy, Server

MIB = 1 << 20


def source(world, size, name='source'):
    content = world.bytes(size)
    with open(world.local(name), 'wb') as f:
        f.write(content)
    return world.local(name), content


def upload(world, url, path, **properties):
    properties.setdefault('MinimumRetryDelay', 5)
    return world.service.submit([(url, path)], type=properties.pop('type', 'upload'), **properties)


def done(job, protocol, size):
    job.wait_state('transferred')
    properties = job.all()
    equal((properties['BytesTransferred'], properties['BytesTotal']), (size, size))
    equal(properties['UploadProtocol'] if protocol is None else protocol, protocol or properties['UploadProtocol'])
    equal(job.complete(), 'ok')


# ---- tus ----

def test_tus_finds_out_and_uploads(world):
    tus = Tus(world)
    path, content = source(world, 5 * MIB + 17, 'notes ä.txt')
    done(upload(world, 'http://127.0.0.1:%d/files' % tus.address[1], path), None, len(content))
    (name,) = tus.held()
    equal(tus.read(name) == content, True, 'content')
    equal(tus.count('POST', 201), 1)
    with open(os.path.join(tus.folder, name + '.json'), encoding='utf-8') as f:
        true('notes' in f.read(), 'the name of the file travels as metadata')


def test_tus_empty_file(world):
    tus = Tus(world)
    path, content = source(world, 0)
    done(upload(world, 'http://127.0.0.1:%d/files' % tus.address[1], path, UploadProtocol='tus'), None, 0)
    equal(list(tus.held().values()), [0])


def goes_on_after(world, kill):
    """An upload stands at 1.5 MiB when @kill (world, tus) happens; it goes on from where the server is."""
    tus = Tus(world)
    gate = Gate(world, tus.address, 3 * MIB // 2)
    path, content = source(world, 4 * MIB)
    job = upload(world, gate.url('/files'), path, UploadProtocol='tus')
    gate.wait_held()
    # The first request is whole and answered: durable on both sides.
    world.service.wait(lambda: job.get('BytesTransferred') >= MIB, 'the first offset to be told')
    kill(world, tus)
    gate.open()
    job = world.find(job)
    job.resume()
    done(job, None, len(content))
    (name,) = tus.held()
    equal(tus.read(name) == content, True, 'content')
    equal(tus.count('POST', 201), 1, 'one upload was created')
    true(tus.count('HEAD', 200) >= 1, 'it asked where to go on')
    true(gate.passed < len(content) + 2 * MIB, f'{gate.passed} bytes were sent: not from the beginning')


def test_tus_after_a_killed_worker(world):
    goes_on_after(world, lambda world, tus: world.daemon.kill_workers())


def test_tus_after_a_killed_daemon(world):
    goes_on_after(world, lambda world, tus: world.restart(kill=True))


def test_tus_after_a_killed_server(world):
    goes_on_after(world, lambda world, tus: (tus.kill(), tus.start()))


def test_tus_cancel_deletes(world):
    tus = Tus(world)
    gate = Gate(world, tus.address, 3 * MIB // 2)
    path, content = source(world, 4 * MIB)
    job = upload(world, gate.url('/files'), path, UploadProtocol='tus')
    gate.wait_held()
    equal(len(tus.held()), 1)
    gate.open()
    job.suspend()
    equal(job.cancel(), 'ok')
    wait_for(lambda: is_gone(world, job), 'the job to be removed')
    equal((tus.held(), tus.count('DELETE', 204)), ({}, 1))
    equal(world.read('source') == content, True, 'the source is untouched')


def test_tus_cancel_while_the_server_is_away(world):
    tus = Tus(world)
    gate = Gate(world, tus.address, 3 * MIB // 2)
    path, _ = source(world, 4 * MIB)
    job = upload(world, gate.url('/files'), path, UploadProtocol='tus')
    gate.wait_held()
    tus.kill()
    gate.open()
    begun = time.time()
    equal(job.cancel(), 'ok')
    properties = job.all()
    equal((properties['State'], properties['ServerCancelPending'], properties['WaitReason']), ('cancelled', True, 'server-cancel'))
    true(abs(properties['CancelDeadline'] / 1e6 - begun - 86400) < 30, f'the deadline is {properties["CancelDeadline"]}')
    equal([p.rsplit('/', 1)[1] for p in world.service.list()], [job.id], 'still listed')
    equal(len(tus.held()), 1)
    world.restart(kill=True)
    true(abs(world.find(job).get('CancelDeadline') - properties['CancelDeadline']) < 2e6, 'the deadline is what it was')
    tus.start()
    wait_for(lambda: is_gone(world, job), 'the job to be removed')
    equal((tus.held(), tus.count('DELETE', 204)), ({}, 1))


# ---- PUT ----

def test_put_makes_and_replaces(world):
    dav = Dav(world)
    for size, status in ((3 * MIB, 201), (0, 204), (1, 204)):
        path, content = source(world, size)
        done(upload(world, 'http://127.0.0.1:%d/f' % dav.address[1], path), None, size)
        equal(dav.read('f') == content, True, 'content')
        equal(dav.requests()[-1], f'PUT /f {status}')
    equal(dav.temporary(), [])


def test_put_refused(world):
    """A directory in the way, a method that is not allowed."""
    dav = Dav(world)
    os.mkdir(os.path.join(dav.root, 'folder'))
    path, _ = source(world, 1000)
    job = upload(world, 'http://127.0.0.1:%d/folder' % dav.address[1], path, UploadProtocol='put')
    job.wait_state('error', 'transient-error')
    error = job.get('Error')
    true(error['name'] in ('HttpStatus', 'FileExists', 'InvalidServerResponse'), error)
    equal(job.cancel(), 'ok')
    wait_for(lambda: is_gone(world, job), 'the job to be removed')


def test_put_begins_again_after_a_killed_worker(world):
    dav = Dav(world)
    gate = Gate(world, dav.address, 3 * MIB // 2)
    path, content = source(world, 4 * MIB)
    job = upload(world, gate.url('/f'), path, UploadProtocol='put')
    gate.wait_held()
    equal(dav.names(), [], 'nothing is visible before all of it is there')
    world.daemon.kill_workers()
    gate.open()
    job.resume()
    done(job, None, len(content))
    equal((dav.names(), dav.read('f') == content), (['f'], True))


def test_put_of_a_large_file(world):
    """It tells how far it is; a killed worker takes that back."""
    dav = Dav(world)
    size = 200 * MIB
    gate = Gate(world, dav.address, 150 * MIB)
    with open(world.local('large'), 'wb') as f:
        f.truncate(size)
    job = upload(world, gate.url('/f'), world.local('large'), UploadProtocol='put')
    gate.wait_held()
    job.wait_bytes(64 * MIB)
    world.daemon.kill_workers()
    gate.open()
    job.resume()
    done(job, None, size)
    equal((dav.names(), os.path.getsize(os.path.join(dav.root, 'f'))), (['f'], size))


def test_put_cancelled_leaves_nothing(world):
    dav = Dav(world)
    gate = Gate(world, dav.address, 3 * MIB // 2)
    path, _ = source(world, 4 * MIB)
    job = upload(world, gate.url('/f'), path, UploadProtocol='put')
    gate.wait_held()
    equal(job.cancel(), 'ok')
    # What was under way arrives, and then the end of the connection.
    gate.open()
    # There is no session that anybody would have to be told of.
    wait_for(lambda: is_gone(world, job), 'the job to be removed')
    wait_for(lambda: not dav.temporary(), 'nginx to drop what it got')
    equal(dav.names(), [])


# ---- bgcopy-server ----

def test_proxy_makes_fragments_smaller(world):
    """nginx takes 1 MiB at once where nobody says otherwise."""
    server = Server(world)
    proxy = Proxy(world, [server], limit='')
    path, content = source(world, 5 * MIB + 1)
    done(upload(world, 'http://127.0.0.1:%d/drop/f' % proxy.address[1], path), None, len(content))
    equal(server.published() == {'f': content}, True)
    requests = proxy.requests()
    refused = [n for _, status, n in requests if status == 413]
    taken = [n for method, status, n in requests if method == 'BITS_POST' and status == 200]
    true(refused and min(refused) > MIB, f'refused: {refused}')
    true(max(taken) <= MIB and sum(taken) == len(content), f'taken: {taken}')
    true(len(refused) <= 4, f'it learns: {refused}')
    equal(server.held(), {}, 'the session was closed')
    server.stop()


def bits_goes_on_after(world, kill):
    server = Server(world)
    gate = Gate(world, server.address, 3 * MIB // 2)
    path, content = source(world, 4 * MIB)
    job = upload(world, gate.url('/drop/f'), path)
    gate.wait_held()
    world.service.wait(lambda: job.get('BytesTransferred') >= MIB, 'the first offset to be told')
    session = job.get('SessionId')
    true(session, 'a session')
    equal(server.published(), {}, 'nothing is visible before all of it is there')
    kill(world, server)
    gate.open()
    job = world.find(job)
    job.resume()
    done(job, None, len(content))
    equal(server.published() == {'f': content}, True)
    equal(len(server.lines(r'session \S+ for ')), 1, 'one session')
    wait_for(lambda: not server.held(), 'the session to be closed')
    server.stop()


def test_bits_after_a_killed_worker(world):
    bits_goes_on_after(world, lambda world, server: world.daemon.kill_workers())


def test_bits_after_a_killed_daemon(world):
    bits_goes_on_after(world, lambda world, server: world.restart(kill=True))


def test_bits_after_a_killed_server(world):
    bits_goes_on_after(world, lambda world, server: server.restart())


def test_bits_cancel_while_the_server_is_away(world):
    server = Server(world)
    gate = Gate(world, server.address, 3 * MIB // 2)
    path, _ = source(world, 4 * MIB)
    job = upload(world, gate.url('/drop/f'), path)
    gate.wait_held()
    server.kill()
    gate.open()
    equal(job.cancel(), 'ok')
    equal((job.get('ServerCancelPending'), server.held()), (True, {'session': 1, 'data': 1}))
    server.start()
    wait_for(lambda: is_gone(world, job), 'the job to be removed')
    equal((server.held(), server.published()), ({}, {}))
    server.stop()


def test_bits_cancel_after_the_session_has_gone(world):
    """A server that forgot the session has nothing to drop."""
    server = Server(world)
    gate = Gate(world, server.address, 3 * MIB // 2)
    path, _ = source(world, 4 * MIB)
    job = upload(world, gate.url('/drop/f'), path)
    gate.wait_held()
    world.service.wait(lambda: job.get('SessionId'), 'the session to be told')
    equal(server.client().cancel('/drop/f', job.get('SessionId')).status, 200)
    gate.open()
    equal(job.cancel(), 'ok')
    wait_for(lambda: is_gone(world, job), 'the job to be removed')
    equal(server.held(), {})
    server.stop()


tap.main(globals())
