#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright 2026 The bgcopyd authors
"""SIGKILL before each change that Cancel and Complete make to the disk, one after the other: disk-shim.so ends
the process that is about to make the Nth. After the next start the job is whole or its end was reached, what was
answered is so, and no temporary file is left."""

import os
import struct
import subprocess
import time

import child
import tap
from daemon import program
from job import BusError
from tap import equal, true

SHIM = os.path.join(os.environ['TOP_BUILDDIR'], 'tests', 'lib', 'disk-shim.so')
FILES = 4
# More changes than either makes: a run that gets so far goes round for ever.
STEPS_MAX = 100


def sanitized():
    found = subprocess.run(['ldd', program('bgcopyd')], capture_output=True, text=True).stdout
    return [line.split()[2] for line in found.splitlines() if 'libasan' in line or 'libubsan' in line]


class Stairs:
    def __init__(self, world):
        self.world = world
        self.count = os.path.join(world.folder, 'count')
        self.contents = {f'f{n}': world.bytes(3000 + n) for n in range(FILES)}
        for name, content in self.contents.items():
            world.web.put(name, content)
        os.mkdir(os.path.join(world.folder, 'graveyard'))
        world.start()

    def start(self, cut=None):
        """@cut: None without the shim, 0 only counting, else the change before which the process ends."""
        environment = {}
        if cut is not None:
            if os.path.exists(self.count):
                os.unlink(self.count)
            environment = {'LD_PRELOAD': ' '.join(sanitized() + [SHIM]), 'DISK_ROOT': self.world.folder,
                           'DISK_LOG': os.path.join(self.world.folder, 'disk.log'), 'DISK_COUNT': self.count,
                           'DISK_GRAVEYARD': os.path.join(self.world.folder, 'graveyard'), 'DISK_CUT': str(cut),
                           'ASAN_OPTIONS': 'detect_leaks=0'}
        self.world.daemon.environment = environment
        self.world.again()

    def counted(self):
        with open(self.count, 'rb') as f:
            return struct.unpack('<Q', f.read(8))[0]

    def stop(self):
        self.world.service.close()
        self.world.daemon.stop()

    def prepare(self, missing):
        """A job with its files whole, and with @missing one that never comes; its place in the count."""
        world = self.world
        with open(world.local('f0'), 'wb') as f:
            f.write(b'was here before')
        job = world.service.submit([(world.web.url(name), world.local(name)) for name in self.contents])
        job.wait_state('transferred')
        if missing:
            # The job would go on for it.
            job.add('http://127.0.0.1:9/missing', world.local('missing'))
            job.wait_state('transient-error')
            job.suspend()
        self.stop()
        self.start(cut=0)
        equal(world.find(job).state, 'suspended' if missing else 'transferred')
        # Every start changes the same.
        base = self.counted()
        self.stop()
        return job, base

    def end(self):
        """Nobody survives it."""
        daemon, workers = self.world.daemon, self.world.daemon.workers()
        self.world.service.close()
        if daemon.process.poll() is None:
            daemon.process.kill()
        daemon.process.wait()
        for pid in workers:
            true(child.wait_gone(pid), f'worker {pid} stayed')

    def settle(self):
        """Until no temporary file is left; told by nobody, since their job has gone."""
        for _ in range(200):
            if not any(name.startswith('.') for name in self.world.listing()):
                return
            time.sleep(0.05)
        raise AssertionError(f'left: {self.world.listing()}')


def step(stairs, member, number):
    """Ends before change @number of @member. True if there was no such change any more."""
    world = stairs.world
    job, base = stairs.prepare(missing=member == 'Complete')
    stairs.start(cut=base + number)
    job = world.find(job)
    try:
        answer = job.call(member)
    except BusError as error:
        answer = error.name
    over = stairs.counted() <= base + number
    stairs.end()
    stairs.start()
    listed = world.service.list()
    if answer in ('ok', 'partial'):
        equal(listed, [], f'answered {answer} before step {number}')
    if listed and member == 'Cancel':
        equal(world.find(job).state, 'transferred', f'step {number}')
        equal(len(world.listing()), FILES + 1, f'step {number}')
        equal(world.find(job).cancel(), 'ok')
    elif listed:
        try:
            equal(world.find(job).complete(), 'partial', f'step {number}')
        except BusError as error:
            # It went on by itself meanwhile.
            true(error.name in ('InvalidState', 'NotFound'), f'step {number}: {error}')
    stairs.settle()
    equal(world.service.list(), [], f'jobs after step {number}')
    if member == 'Cancel':
        equal(world.listing(), ['f0'], f'step {number}')
        equal(world.read('f0'), b'was here before')
    else:
        equal({name: world.read(name) for name in world.listing()} == stairs.contents, True,
              f'step {number}: {world.listing()}')
    for name in world.listing():
        os.unlink(world.local(name))
    return over


def climb(world, member):
    stairs = Stairs(world)
    number = 1
    while not step(stairs, member, number):
        true(number < STEPS_MAX, f'{member} does not end')
        number += 1
    true(number > 5, f'{member} made only {number - 1} changes: the shim did not see them')
    tap.diagnose(f'{number - 1} steps')


def test_cancel(world):
    climb(world, 'Cancel')


def test_complete(world):
    climb(world, 'Complete')


for test in (test_cancel, test_complete):
    test.limit = 240

if __name__ == '__main__':
    tap.main(globals())
