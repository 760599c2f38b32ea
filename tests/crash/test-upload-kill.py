#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright 2026 The bgcopyd authors
"""SIGKILL of bgcopy-server, worker and daemon at 100 random moments of uploads, five at a time: every published file is
whole and published once, no partial file is ever visible, no job fails or is lost, and no session outlives the server's
sweep.

A daemon killed in the milliseconds between a server's word that a session is open and the storing of that word forgets
the session. No byte is in it then, so that it publishes nothing; the server's sweep removes it."""

import os
import signal
import time

import child
import tap
from tap import equal, true
from upload_peers import Gate
from upload_server import Server

KILLS = int(os.environ.get('BGC_KILLS', '100'))
SIZES = (0, 1, 70_000, 1_100_000, 2_500_000)
RATE = 8 << 20  # bytes a second; a round lasts long enough for kills to hit it everywhere


def make_sources(world):
    contents = {f'f{n}': world.bytes(size) for n, size in enumerate(SIZES)}
    for name, content in contents.items():
        with open(world.local(name), 'wb') as f:
            f.write(content)
    return contents


def submit(world, gate, contents, number):
    return [world.service.submit([(gate.url(f'/drop/{number}-{name}'), world.local(name))], type='upload', name=f'{number}-{name}',
                                 AutoComplete=True, Priority='foreground', MinimumRetryDelay=5) for name in contents]


def kill(world, server, victim):
    if victim == 'server':
        server.kill()
    elif victim == 'worker':
        for pid in world.daemon.workers():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            child.wait_gone(pid)
    else:
        world.daemon.kill()


def check_published(server, contents, number):
    """What is visible at this moment is whole."""
    for name, content in server.published().items():
        true(content == contents[name.split('-')[1]], f'{name} is visible and wrong, {len(content)} bytes')
        true(name.startswith(f'{number}-'), f'{name} came back after it was taken away')


def one_round(world, server, gate, contents, number, longest):
    jobs = submit(world, gate, contents, number)
    kills = []
    for _ in range(world.random.randint(1, 4)):
        # The moment is the test's subject: nothing announces it.
        time.sleep(world.random.uniform(0, longest))
        victim = world.random.choice(['server', 'worker', 'daemon'])
        kills.append(victim)
        kill(world, server, victim)
        check_published(server, contents, number)
        if victim == 'server':
            server.start()
        if victim == 'daemon':
            world.again()
        for job in (world.find(j) for j in jobs):
            if job.state == 'transient-error':
                job.resume()
    for job in (world.find(j) for j in jobs):
        job.wait_state('acknowledged', seconds=60)
        equal(job.complete(), 'ok')
    equal(sorted(server.published()), sorted(f'{number}-{name}' for name in contents), 'published')
    check_published(server, contents, number)
    # A second publication of any of them would be seen from here on.
    for name in contents:
        os.unlink(os.path.join(server.path(), f'{number}-{name}'))
    return kills


def test_a_hundred_kills_of_uploads(world):
    contents = make_sources(world)
    server = Server(world, {'drop': {'SessionLimit': 0}})
    gate = Gate(world, server.address, rate=RATE)
    begun = time.monotonic()
    for job in submit(world, gate, contents, 'calm'):
        job.wait_state('acknowledged')
        job.complete()
    longest = time.monotonic() - begun
    check_published(server, contents, 'calm')
    for name in contents:
        os.unlink(os.path.join(server.path(), f'calm-{name}'))
    kills = []
    rounds = 0
    while len(kills) < KILLS:
        kills += one_round(world, server, gate, contents, rounds, longest)
        rounds += 1
    world.service.wait(lambda: not world.service.list(), 'no job to be left')
    left = server.held().get('session', 0)
    # A client that is killed before it has stored its session leaves that to the sweep.
    server.stop()
    server.directories['drop']['SessionTimeout'] = 1
    server.write_config()
    time.sleep(1.5)
    server.start()
    until = time.monotonic() + 10
    while server.held() and time.monotonic() < until:
        time.sleep(0.05)
    equal((server.held(), server.published()), ({}, {}), 'after the sweep')
    server.stop()
    tap.diagnose(f'{len(kills)} kills in {rounds} rounds: ' + ', '.join(f'{v} {kills.count(v)}' for v in ('server', 'worker', 'daemon'))
                 + f'; {left} sessions left to the sweep; an undisturbed round takes {longest:.2f} s')


test_a_hundred_kills_of_uploads.limit = 900

if __name__ == '__main__':
    tap.main(globals())
