#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright 2026 The bgcopyd authors
"""SIGKILL of daemon and workers at 100 random moments of a job of 20 files: afterwards every file is right,
no temporary file is left, no job is lost or doubled."""

import os
import signal
import time

import child
import tap
from job import BusError
from tap import equal, true

KILLS = int(os.environ.get('BGC_KILLS', '100'))
SIZES = (0, 1, 4096, 65_536, 65_537, 300_000, 1_000_000)


def make_files(world):
    sizes = [SIZES[n] if n < len(SIZES) else world.random.randrange(1, 400_000) for n in range(20)]
    contents = {f'f{n:02}': world.bytes(size) for n, size in enumerate(sizes)}
    for name, content in contents.items():
        world.web.put(name, content)
    return contents


def submit(world, contents, round_number):
    """Asks for the job without waiting for the answer. What the answer says must hold whatever comes."""
    folder = world.local(str(round_number))
    os.mkdir(folder)
    files = [(world.web.url(f'slow/4096/{n}'), os.path.join(folder, n)) for n in contents]
    return world.service.submit(files, name=str(round_number), AutoComplete=True, Priority='foreground')


def kill_something(world):
    """The daemon, its workers, or both; in both orders."""
    workers = world.daemon.workers()
    victims = world.random.choice([[world.daemon.pid], workers, [world.daemon.pid, *workers], [*workers, world.daemon.pid]])
    for pid in victims:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
    for pid in victims:
        if pid == world.daemon.pid:
            world.daemon.process.wait()
    for pid in workers:
        true(world.daemon.process.poll() is None or child.wait_gone(pid), f'worker {pid} outlived its daemon')


def named(world, name):
    """The jobs of that name, as the service lists them."""
    return [path for path in world.service.list() if world.service._job(path).get('DisplayName') == name]


def one_round(world, contents, round_number, longest):
    """A job with one to three kills in its life; gives how many there were."""
    job, kills = None, 0
    wanted = world.random.randint(1, 3)
    begun = time.monotonic()
    try:
        job = submit(world, contents, round_number)
    except BusError as error:
        true(False, f'Submit failed: {error}')
    while kills < wanted:
        # The moment is the test's subject: nothing announces it.
        time.sleep(world.random.uniform(0, longest))
        kill_something(world)
        kills += 1
        if world.daemon.process.poll() is not None:
            world.again()
        equal(len(named(world, str(round_number))), 1, 'jobs of this name')
    job = world.find(job)
    job.wait_state('acknowledged', seconds=60)
    for name, content in contents.items():
        true(world.read(f'{round_number}/{name}') == content, f'{name} is wrong')
    equal(sorted(os.listdir(world.local(str(round_number)))), sorted(contents), 'what stands there')
    equal(job.complete(), 'ok')
    return kills, time.monotonic() - begun


def test_a_hundred_kills(world):
    contents = make_files(world)
    begun = time.monotonic()
    job = submit(world, contents, 'calm')
    job.wait_state('acknowledged')
    longest = time.monotonic() - begun
    job.complete()
    kills = rounds = 0
    while kills < KILLS:
        kills += one_round(world, contents, rounds, longest)[0]
        rounds += 1
    equal(world.service.list(), [], 'jobs left')
    tap.diagnose(f'{kills} kills in {rounds} jobs; one undisturbed takes {longest:.2f} s')


test_a_hundred_kills.limit = 600

if __name__ == '__main__':
    tap.main(globals())
