#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright 2026 The bgcopyd authors
"""Background transfers of several users on one network: what each carries is told to the others, in memory that
nobody can do anything else with; what foreground transfers carry is told to nobody."""

import os
import shutil
import struct

import machine_world
import tap
from machine_world import PORT, USERS
from tap import equal, true

FOLDER = '/var/hostile'
# Beyond an interface: what is within the machine takes nothing from anybody, and is not told.
NEAR, FAR, INTERFACE = '10.9.0.2', '10.9.0.1', 'near'


def serve(world):
    """A web server at the other end of an interface; returns what makes a URL of a name."""
    run = world.machine.run
    run('ip', 'netns', 'add', 'far')
    run('ip', 'link', 'add', INTERFACE, 'type', 'veth', 'peer', 'name', 'far', 'netns', 'far')
    for space, name, address in ((['ip'], INTERFACE, NEAR), (['ip', '-n', 'far'], 'far', FAR)):
        run(*space, 'address', 'add', address + '/24', 'dev', name)
        run(*space, 'link', 'set', 'dev', name, 'up')
    run('ip', '-n', 'far', 'link', 'set', 'dev', 'lo', 'up')
    with open(world.machine.path('/var/web/nginx.conf'), encoding='utf-8') as f:
        text = f.read().replace('127.0.0.1', FAR).replace('/run/test-nginx.pid', '/run/test-nginx2.pid')
    with open(world.machine.path('/var/web/nginx2.conf'), 'w', encoding='utf-8') as f:
        f.write(text)
    world.machine.start('ip', 'netns', 'exec', 'far', 'nginx', '-p', '/var/web', '-c', '/var/web/nginx2.conf', '-e',
                        '/var/web/error.log')
    world.until(lambda: os.path.exists(world.machine.path('/run/test-nginx2.pid')), 'nginx')
    return lambda name: f'http://{FAR}:{PORT}/{name}'


def index(world):
    """The interface's number."""
    return int(world.machine.out('cat', f'/sys/class/net/{INTERFACE}/ifindex'))


def maps(world, user):
    """How the worker of a user has the pages: each with what it may do."""
    said = world.machine.out('cat', f'/proc/{world.worker_pid(user)}/maps')
    return sorted((line.split()[1], line.split()[4]) for line in said.splitlines() if 'memfd:bgcopyd-counters' in line)


def own_page(world, user):
    """Inode of the page that the worker writes to; None before it has one."""
    return next((inode for rights, inode in maps(world, user) if rights == 'rw-s'), None)


def read_page(world, inode):
    """{interface: (received, sent)}"""
    numbers = world.machine.out('sh', '-c', f'for f in /proc/{world.pid}/fd/*; do test "$(stat -Lc %i:%s $f)" = {inode}:4096 && '
                                'exec od -An -v -tu8 -w8 $f; done')
    page = struct.unpack_from('=' + 'Q' * 25, b''.join(struct.pack('=Q', int(n)) for n in numbers.split()))
    equal(page[0], 1, 'layout')
    return {page[i]: page[i + 1:i + 3] for i in range(1, 25, 3) if page[i]}


def submit(world, user, url, **properties):
    return world.as_user(user).submit([(url, f'/home/{user}/file')], AutoComplete=True, **properties)


def test_pages(world):
    """Who carries background transfers writes to one page and reads those of the others."""
    url = serve(world)
    world.put('file', content := world.bytes(3_000_000))
    jobs = {'alice': submit(world, 'alice', url('slow/256/file')),
            'bob': submit(world, 'bob', url('slow/256/file'), Priority='low')}
    for job in jobs.values():
        job.wait_state('transferring')
    world.until(lambda: all([rights for rights, _ in maps(world, user)] == ['r--s', 'rw-s'] for user in jobs), 'the pages')
    number = index(world)
    inodes = {user: own_page(world, user) for user in jobs}
    equal([dict(maps(world, user))['r--s'] for user in ('bob', 'alice')], list(inodes.values()), 'whose page is read')
    for user, job in jobs.items():
        world.until(lambda: job.get('BytesTransferred') > 500_000, 'some bytes')
        told = read_page(world, inodes[user])
        equal(list(told), [number], 'interfaces')
        true(told[number][0] >= 500_000 and told[number][1] > 0, f'{user} tells {told}')
    for user, job in jobs.items():
        job.wait_state('acknowledged', seconds=60)
        equal(world.read_home(user, 'file') == content, True, user)
        # Nothing is lost, and nothing counted that was not carried: headers are a small part of it.
        received = read_page(world, inodes[user])[number][0]
        true(len(content) <= received < len(content) * 1.1, f'{user} tells {received} of {len(content)} bytes')


def test_foreground(world):
    """Is nobody's to tell of, and background transfers of anybody give way to it."""
    url = serve(world)
    world.put('file', world.bytes(4_000_000))
    other = submit(world, 'alice', url('slow/64/file'))
    job = submit(world, 'bob', url('slow/64/file'))
    for each in (other, job):
        each.wait_state('transferring')
    world.until(lambda: own_page(world, 'bob'), 'a page')
    inode = own_page(world, 'bob')
    job.cancel()
    number, before = index(world), read_page(world, inode)
    foreground = submit(world, 'bob', url('slow/1024/file'), Priority='foreground')
    other.service.wait(lambda: other.get('YieldsTo') == 'others', 'it to give way')
    foreground.wait_state('acknowledged', seconds=60)
    after = read_page(world, inode)
    true(after[number][0] - before[number][0] < 500_000, f'told {before}, then {after}')


def test_scribbler(world):
    """A worker that a hostile server has made its own writes what it likes: others carry on, and it gets nowhere else."""
    url = serve(world)
    world.put('file', content := world.bytes(1_500_000))
    folder = world.machine.path(FOLDER)
    os.mkdir(folder)
    os.chmod(folder, 0o1777)
    shutil.copy(os.path.join(os.environ['TOP_SRCDIR'], 'tests', 'machine', 'hostile_worker.py'), folder)
    honest = world.machine.out('systemctl', 'cat', 'bgcopy-worker@.service').split('ExecStart=')[1].split('\n')[0]
    world.drop_in(f'bgcopy-worker@{USERS["bob"]}.service',
                  f'ExecStart=\nExecStart=/usr/bin/python3 {FOLDER}/hostile_worker.py scribbles {FOLDER} {honest}\n')
    alice = submit(world, 'alice', url('slow/256/file'))
    alice.wait_state('transferring')
    daemon = world.pid
    world.until(lambda: own_page(world, 'alice'), 'a page')
    bob = submit(world, 'bob', url('slow/256/file'), MinimumRetryDelay=5)
    broke = os.path.join(folder, 'broke')
    world.until(lambda: os.path.exists(broke) and os.path.getsize(broke), 'the worst to be tried')
    with open(broke, encoding='ascii') as f:
        equal(f.read(), '1 others: ')
    for user, job in (('alice', alice), ('bob', bob)):
        job.wait_state('acknowledged', seconds=90)
        equal(world.read_home(user, 'file') == content, True, user)
    equal((world.pid, alice.get('ErrorCount'), alice.get('RetryCount')), (daemon, 0, 0), 'the daemon, and what alice noticed')


if __name__ == '__main__':
    machine_world.main(globals())
