#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright 2026 The bgcopyd authors
"""Credentials and headers: from the bus over the disk to a server that asks for them, and to nobody else."""

import ctypes
import glob
import os
import shutil
import sqlite3
import subprocess

import tap
from awaited import wait_for, wait_gone
from job import BusError
from tap import equal, true
from upload_peers import Gate
from upload_server import Server

PASSWORD = 'hunter2'
KEY = 'hunter4'


def give(job, user='alice', password=PASSWORD, target='server', scheme='basic'):
    job.call('SetCredentials', '(ssss)', target, scheme, user, password)


def refused(names, function, *arguments):
    try:
        function(*arguments)
    except BusError as error:
        true(error.name in names, f'{error.name}, expected one of {names}')
        true(PASSWORD not in error.message and KEY not in error.message, error.message)
        return error
    raise AssertionError(f'accepted, expected {names}')


def private(world, name='f', size=100000):
    content = world.bytes(size)
    return world.web.put('private/' + name, content), content


def with_secrets(world, url, **properties):
    job = world.service.create(**properties)
    job.call('AddFile', '(ssa{sv})', url, world.local('f'), {})
    give(job)
    return job


def everything_kept(world):
    """All bytes that the daemon has on disk or has logged."""
    found = b''
    for path in glob.glob(os.path.join(world.folder, 'state', '**'), recursive=True) + [world.daemon.log]:
        if os.path.isfile(path):
            with open(path, 'rb') as f:
                found += f.read()
    return found


def assert_hidden(world, words=(PASSWORD, KEY)):
    kept = everything_kept(world)
    true(len(kept) > 1000, 'nothing was looked at')
    for word in words:
        true(word.encode() not in kept, f'{word} is in the state directory or the log')


def test_basic(world):
    """A server that asks gets an answer; who is not told gets 401."""
    url, content = private(world)
    without = world.service.submit([(url, world.local('g'))])
    without.wait_state('error')
    equal(without.get('Error')['http-status'], 401)
    job = with_secrets(world, url)
    job.call('Resume')
    job.wait_state('transferred')
    job.call('Complete')
    equal(world.read('f'), content)
    assert_hidden(world)


def test_after_restart(world):
    """They outlive the daemon, however it ended."""
    url, content = private(world)
    for kill in (False, True):
        job = with_secrets(world, url)
        world.restart(kill=kill)
        job = world.find(job)
        job.call('Resume')
        job.wait_state('transferred')
        job.call('Complete')
        equal(world.read('f'), content)
        os.unlink(world.local('f'))
    assert_hidden(world)


def test_headers(world):
    """Each request has them; write-only ones are shown to nobody, the others to their owner."""
    content = world.bytes(1000)
    url = world.web.put('keyed/f', content)
    job = world.service.create()
    job.call('AddFile', '(ssa{sv})', url, world.local('f'), {})
    job.call('SetCustomHeaders', '(asb)', ['X-Key: ' + KEY], False)
    equal(job.get('CustomHeaders'), ['X-Key: ' + KEY])
    equal(job.all()['CustomHeaders'], ['X-Key: ' + KEY])
    job.call('SetCustomHeaders', '(asb)', ['X-Key: ' + KEY], True)
    equal(job.get('CustomHeaders'), [])
    true(KEY not in repr(job.all()), 'GetAll tells what is write-only')
    job.call('Resume')
    job.wait_state('transferred')
    job.call('Complete')
    equal(world.read('f'), content)
    refused(('InvalidArgument',), job_headers, world, ['Range: bytes=0-0'])
    refused(('InvalidArgument',), job_headers, world, ['X-Key: ' + KEY + '\r\nHost: evil'])
    refused(('StringTooLong',), job_headers, world, ['X-Key: ' + KEY + 'k' * 16384])
    assert_hidden(world)


def job_headers(world, headers):
    world.service.create().call('SetCustomHeaders', '(asb)', headers, False)


def test_too_large(world):
    job = world.service.create()
    refused(('CredentialsTooLarge',), give, job, 'u' * 301)
    refused(('CredentialsTooLarge',), give, job, 'u', PASSWORD + 'p' * 65536)
    give(job, 'ü' * 300, '€' * 65535)
    true(job.call('RemoveCredentials', '(ss)', 'server', 'basic') is True, 'they were there')
    true(job.call('RemoveCredentials', '(ss)', 'server', 'basic') is False, 'they are gone')


def test_told_nowhere(world):
    """Not by any property, list, signal or program, nor on a command line, while the job runs."""
    world.web.put('private/f', world.bytes(1000000))
    url = world.web.url('slow/64/private/f')
    job = with_secrets(world, url)
    job.call('SetCustomHeaders', '(asb)', ['X-Key: ' + KEY], True)
    job.call('Resume')
    job.wait_state('transferring')
    told = [repr(job.all()), repr(job.call('ListFiles', '(uu)', 0, 0)), repr(world.service.managed()),
            repr(world.service.list())]
    environment = {**os.environ, 'DBUS_SESSION_BUS_ADDRESS': world.bus.address, 'LC_ALL': 'C.UTF-8'}
    ctl = os.path.join(os.environ['TOP_BUILDDIR'], 'src', 'client', 'bgcopyctl')
    for command in (['show', job.id], ['show', '--json', job.id], ['list'], ['list', '--json']):
        done = subprocess.run([ctl, '--session', *command], env=environment, capture_output=True, text=True, check=True)
        told.append(done.stdout + done.stderr)
    told += [repr(s) for s in world.service.signals]
    for pid in [world.daemon.pid] + world.daemon.workers():
        for name in ('cmdline', 'environ'):
            with open(f'/proc/{pid}/{name}', 'rb') as f:
                told.append(f.read().decode(errors='replace'))
    for word in (PASSWORD, KEY):
        for text in told:
            true(word not in text, f'{word} is told: {text[:200]}')
    job.call('Cancel')
    assert_hidden(world)


def test_given_while_running(world):
    """A running job's next request has them: here the job is waiting for its turn with a server that is slow."""
    content = world.bytes(300000)
    world.web.put('f', content)
    secret, secret_content = private(world, 'g')
    job = world.service.create()
    job.call('AddFile', '(ssa{sv})', world.web.url('slow/64/f'), world.local('f'), {})
    job.call('Resume')
    job.wait_state('transferring')
    give(job)
    job.call('AddFile', '(ssa{sv})', secret, world.local('g'), {})
    job.wait_state('transferred')
    job.call('Complete')
    equal(world.read('f'), content)
    equal(world.read('g'), secret_content)


def test_gone_with_the_job(world):
    """Of a job that is cancelled or complete no record stays, in the database or in its log."""
    url, _content = private(world)
    jobs = [with_secrets(world, url) for _ in range(2)]
    records = stored(world)
    equal(len(records), 2)
    jobs[0].call('Cancel')
    jobs[1].call('Resume')
    jobs[1].wait_state('transferred')
    jobs[1].call('Complete')
    equal(stored(world), [])
    world.daemon.stop()
    kept = everything_kept(world)
    for record in records:
        true(record not in kept, 'a record is still on the disk')
    world.again()


def stored(world):
    """The records of secrets, out of a copy of the database: the daemon has locked its own."""
    copy = os.path.join(world.folder, 'copy')
    shutil.rmtree(copy, ignore_errors=True)
    os.mkdir(copy)
    for path in glob.glob(os.path.join(world.folder, 'state', 'queue.db*')):
        shutil.copy(path, copy)
    connection = sqlite3.connect(os.path.join(copy, 'queue.db'))
    try:
        return [row[0] for row in connection.execute('SELECT record FROM secrets')]
    finally:
        connection.close()


def hashed(password):
    crypt = ctypes.CDLL('libcrypt.so.1').crypt
    crypt.restype = ctypes.c_char_p
    return crypt(password.encode(), b'$6$saltsalt$').decode()


def test_cancelled_upload(world):
    """The server that asks who cancels is told, also after a restart; then nothing is left."""
    passwords = world.local('passwords')
    with open(passwords, 'w', encoding='ascii') as f:
        f.write(f'alice:{hashed(PASSWORD)}\n')
    server = Server(world, {'drop': {'PasswordFile': passwords}})
    gate = Gate(world, server.address, 1_500_000)
    with open(world.local('source'), 'wb') as f:
        f.write(world.bytes(4_000_000))
    job = world.service.create(type='upload', Priority='foreground', MinimumRetryDelay=5)
    job.add(gate.url('/drop/f'), world.local('source'))
    give(job)
    job.resume()
    gate.wait_held()
    job.wait_bytes(1 << 20)
    server.stop()
    gate.open()
    equal(job.cancel(), 'ok')
    equal(len(stored(world)), 1)
    world.restart(kill=True)
    job = world.find(job)
    wait_for(lambda: job.get('RetryCount') >= 1, 'an attempt that failed')
    server.start()
    wait_gone(world, job)
    equal((server.published(), server.held()), ({}, {}))
    equal(stored(world), [])
    assert_hidden(world)
    server.stop()


def test_from_a_shell(world):
    """bgcopyctl with a password out of a file."""
    url, content = private(world)
    password = os.path.join(world.folder, 'password')
    with open(password, 'w', encoding='ascii') as f:
        f.write(PASSWORD + '\n')
    world.service  # noqa: B018  starts the daemon
    environment = {**os.environ, 'DBUS_SESSION_BUS_ADDRESS': world.bus.address, 'LC_ALL': 'C.UTF-8'}
    ctl = [os.path.join(os.environ['TOP_BUILDDIR'], 'src', 'client', 'bgcopyctl'), '--session', 'get', url, world.local('f')]
    done = subprocess.run(ctl, env=environment, capture_output=True, text=True, timeout=60, check=False)
    true(done.returncode != 0 and '401' in done.stderr, done.stderr)
    done = subprocess.run([*ctl, '--user=alice', '--password-file', password], env=environment, capture_output=True, text=True,
                          timeout=60, check=False)
    equal((done.returncode, done.stderr), (0, ''))
    equal(world.read('f'), content)
    equal(stored(world), [])
    assert_hidden(world)


def test_key_lost(world):
    """With another key the jobs are there, and say what is missing; set again, they go on."""
    url, content = private(world)
    job = with_secrets(world, url)
    world.daemon.stop()
    os.rename(os.path.join(world.folder, 'state', 'secrets.key'), os.path.join(world.folder, 'aside'))
    world.again()
    job = world.find(job)
    job.call('Resume')
    job.wait_state('error')
    error = job.get('Error')
    equal((error['name'], error['context']), ('AccessDenied', 'queue-manager'))
    true('decrypted' in error['message'], error['message'])
    true('private' not in repr(world.web.requests()), 'a request was made without them')
    give(job)
    job.call('Resume')
    job.wait_state('transferred')
    job.call('Complete')
    equal(world.read('f'), content)


def test_key_is_private(world):
    """A key that others may read is none: the daemon says so and does not start."""
    with_secrets(world, 'http://127.0.0.1:9/f')
    key = os.path.join(world.folder, 'state', 'secrets.key')
    equal(os.stat(key).st_mode & 0o7777, 0o600)
    world.daemon.stop()
    os.chmod(key, 0o644)
    world.daemon.start(wait=False)
    true(world.daemon.process.wait(30) != 0, 'it starts')
    with open(world.daemon.log, encoding='utf-8') as f:
        true('secrets.key' in f.read(), 'it does not say why')
    os.chmod(key, 0o600)
    world.again()


def test_key_given(world):
    """A key from systemd is used, and none is made."""
    folder = os.path.join(world.folder, 'credentials')
    os.mkdir(folder)
    with open(os.path.join(folder, 'bgcopyd.key'), 'wb') as f:
        f.write(world.bytes(32))
    world.start(environment={'CREDENTIALS_DIRECTORY': folder})
    url, content = private(world)
    job = with_secrets(world, url)
    world.restart()
    job = world.find(job)
    job.call('Resume')
    job.wait_state('transferred')
    job.call('Complete')
    equal(world.read('f'), content)
    true(not os.path.exists(os.path.join(world.folder, 'state', 'secrets.key')), 'a key was made')
    assert_hidden(world)


def test_no_core_dump(world):
    """Neither process may be dumped or looked into by others of the same user."""
    url, _content = private(world)
    world.web.put('f', world.bytes(1000000))
    job = with_secrets(world, world.web.url('slow/64/f'))
    job.call('Resume')
    job.wait_state('transferring')
    for pid in [world.daemon.pid] + world.daemon.workers():
        # The kernel gives the files of a process that may not be dumped to root.
        equal(os.stat(f'/proc/{pid}/mem').st_uid, 0)
    job.call('Cancel')


tap.main(globals())
