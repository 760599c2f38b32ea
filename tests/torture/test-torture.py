#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright 2026 The bgcopyd authors
"""The Nth open, write, sync, rename, unlink, truncate or allocation of daemon or worker fails, SQLite's
included, one N after the other. Whatever fails: nobody crashes, the error has a name, and after a start
without the failure the queue is as the answers said and every file comes out right.

Every N takes long; without BGC_TORTURE=all each kind is tried at a few places drawn from the seed."""

import errno
import os
import shutil
import subprocess
import time

import tap
from daemon import Daemon
from job import BusError, Service
from tap import equal, true

ALL = os.environ.get('BGC_TORTURE') == 'all'
PLACES = 4
SHIM = os.path.join(os.environ['TOP_BUILDDIR'], 'tests', 'lib', 'disk-shim.so')
SIZES = {'a': 0, 'b': 30_000, 'c': 1_300_000}
OURS = 'org.example.BackgroundCopy.Error.'
# What waits is cut short with Resume at most so often; a failure that happens once cannot need more.
RESUMES = 6


def preload():
    """The shim, behind the runtime that a sanitized build wants loaded first."""
    build = os.path.join(os.environ['TOP_BUILDDIR'], 'src', 'daemon', 'bgcopyd')
    found = subprocess.run(['ldd', build], capture_output=True, text=True).stdout
    first = [line.split()[2] for line in found.splitlines() if 'libasan' in line or 'libubsan' in line]
    return ' '.join(first + [SHIM])


class Scene:
    def __init__(self, world, name):
        self.world = world
        self.base = os.path.join(world.folder, name)
        self.state = os.path.join(self.base, 'disk', 'state')
        self.target = os.path.join(self.base, 'disk', 'files')
        self.count = os.path.join(self.base, 'count')
        os.makedirs(self.target)
        self.promised = {}   # name → path of jobs whose creation was answered
        self.ended = set()   # names of jobs whose Complete or Cancel was answered with success
        self.asked = set()   # names of jobs that were asked to end

    def start(self, program=None, kind=None, number=0, code=0):
        environment = {}
        if kind:
            environment = {'LD_PRELOAD': preload(), 'DISK_ROOT': os.path.join(self.base, 'disk'),
                           'DISK_COUNT': self.count, 'DISK_FAIL_OPS': kind, 'DISK_FAIL_PROGRAM': program,
                           'DISK_FAIL_NTH': str(number), 'DISK_FAIL_ERRNO': str(code)}
        self.daemon = Daemon(self.world.bus, self.state, os.path.join(self.world.folder, 'bgcopyd.log'), None, environment)
        self.world.daemon = self.daemon
        try:
            self.daemon.start()
        except RuntimeError:
            equal(self.daemon.process.wait(), 1, 'a start that fails ends with 1, it')
            return False
        return True

    def counted(self):
        with open(self.count, 'rb') as f:
            return int.from_bytes(f.read(8), 'little')

    def files(self, prefix, slow=False):
        return [(self.world.web.url(('slow/4096/' if slow else '') + n), os.path.join(self.target, prefix + n)) for n in SIZES]

    def attempt(self, call, *arguments):
        """The call's result, or None where it failed with an error of ours."""
        try:
            return call(*arguments)
        except BusError as error:
            true(error.whole.startswith(OURS), f'an error without a name of ours: {error}')
            return None

    def play(self):
        service = Service(self.world.bus)
        kept = self.attempt(lambda: service.submit(self.files('k-'), name='kept'))
        if kept:
            self.promised['kept'] = kept.path
        doomed = self.attempt(lambda: service.submit(self.files('d-', slow=True), name='doomed', Priority='foreground'))
        if doomed:
            self.promised['doomed'] = doomed.path
        if kept:
            self.drive(kept, 'transferred')
            self.asked.add('kept')
            if self.attempt(kept.complete):
                self.ended.add('kept')
        if doomed:
            self.drive(doomed, 'transferring', 'transferred')
            self.asked.add('doomed')
            if self.attempt(doomed.cancel):
                self.ended.add('doomed')
        service.close()

    def drive(self, job, *wanted):
        """Resumes what waits or failed, a few times; its error must have a name."""
        for _ in range(RESUMES):
            state = job.wait_state('transient-error', 'error', *wanted)
            if state in wanted:
                return True
            error = job.get('Error')
            if error:
                true(error['name'] not in ('', 'Unknown'), f'an error without a name: {error}')
            self.attempt(job.resume)
        return False

    def check(self, contents):
        """After a start without failures."""
        service = Service(self.world.bus)
        # Looked at once: what had begun to end goes on to its end meanwhile.
        paths = service.list()
        listed = {service._job(path).get('DisplayName'): service._job(path) for path in paths}
        equal(len(listed), len(paths), 'jobs of different names')
        for name, path in self.promised.items():
            if name in self.ended:
                true(name not in listed, f'{name} is back')
            elif name not in self.asked:
                true(name in listed and listed[name].path == path, f'{name} is lost')
        for name, job in listed.items():
            try:
                equal(job.get('FilesTotal'), len(SIZES), f'files of {name}')
                job.resume()
                true(self.drive(job, 'transferred'), f'{name} does not end: {job.state} {job.get("Error")}')
                equal(job.complete(), 'ok')
            except BusError as error:
                # What had begun to end, and was answered with an error, is ended at start.
                true(name in self.asked and error.name in ('InvalidState', 'UnknownObject'), f'{name}: {error}')
        self.wait_clean()
        for name in os.listdir(self.target):
            with open(os.path.join(self.target, name), 'rb') as f:
                true(f.read() == contents[name[2:]], f'{name} is wrong')
        if 'kept' in self.ended or 'kept' in listed:
            for name in SIZES:
                true(os.path.exists(os.path.join(self.target, 'k-' + name)), f'k-{name} is missing')
        service.close()

    def wait_clean(self):
        """What could not be deleted is tried again at start; nothing announces its end."""
        for _ in range(500):
            left = [name for name in os.listdir(self.target) if name.startswith('.')]
            if not left:
                return
            time.sleep(0.02)
        raise AssertionError(f'{left} is left')


def make_contents(world):
    contents = {name: world.bytes(size) for name, size in SIZES.items()}
    for name, content in contents.items():
        world.web.put(name, content)
    return contents


def torture(world, program, kind, *codes):
    contents = make_contents(world)
    calm = Scene(world, 'calm')
    true(calm.start(program, kind), 'it does not start under the shim')
    calm.play()
    equal(sorted(calm.ended), ['doomed', 'kept'], 'ended undisturbed')
    calm.daemon.stop()
    total = calm.counted()
    true(total > 0, f'{program} makes no call of the kind {kind}')
    numbers = list(range(1, total + 1))
    if not ALL and total > PLACES:
        numbers = sorted(world.random.sample(numbers, PLACES))
    for code in codes:
        for number in numbers:
            tap.diagnose(f'{program}: {kind} {number} of {total} fails with {errno.errorcode[code]}')
            one(world, contents, program, kind, number, code)


def one(world, contents, program, kind, number, code):
    scene = Scene(world, 'scene')
    if scene.start(program, kind, number, code):
        scene.play()
        equal(scene.daemon.process.poll(), None, 'exit status of the daemon')
        # A stop that cannot be written down must still be a stop.
        scene.daemon.process.terminate()
        true(scene.daemon.process.wait(20) in (0, 1), 'it ended by itself')
    true(scene.start(), 'it does not start without the failure')
    scene.check(contents)
    scene.daemon.stop()
    shutil.rmtree(scene.base)


def test_daemon_open(world):
    torture(world, 'bgcopyd', 'open', errno.EACCES, errno.ENOSPC)


def test_daemon_write(world):
    torture(world, 'bgcopyd', 'write', errno.EIO, errno.ENOSPC)


def test_daemon_sync(world):
    torture(world, 'bgcopyd', 'sync', errno.EIO)


def test_worker_open(world):
    torture(world, 'bgcopy-worker', 'open', errno.EACCES, errno.EIO)


def test_worker_write(world):
    torture(world, 'bgcopy-worker', 'write', errno.EIO, errno.ENOSPC)


def test_worker_allocate(world):
    torture(world, 'bgcopy-worker', 'allocate', errno.ENOSPC)


def test_worker_sync(world):
    torture(world, 'bgcopy-worker', 'sync', errno.EIO)


def test_worker_rename(world):
    torture(world, 'bgcopy-worker', 'rename', errno.EIO, errno.EACCES)


def test_worker_unlink(world):
    torture(world, 'bgcopy-worker', 'unlink', errno.EIO, errno.EACCES)


for name, function in list(globals().items()):
    if name.startswith('test_'):
        function.limit = 3600 if ALL else 240

if __name__ == '__main__':
    tap.main(globals())
