#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright 2026 The bgcopyd authors
"""The power goes at 100 random moments. disk-shim.so stops daemon and worker in the middle of their changes to
the disk; what they had not synced is thrown away, reordered or torn; then bgcopyd is started again. Whatever it
had told must still be so, every file must come out right, no temporary file may be left, no job lost or doubled.

A cut by SIGKILL alone would prove nothing: the kernel keeps what a killed process wrote."""

import os
import shutil
import signal
import sqlite3
import subprocess
import sys

import child
import power_cut
import tap
from daemon import Daemon
from job import BusError, Service
from tap import equal, true

TELL = ['transferred', 'error', 'modification', 'file-transferred']
CUTS = int(os.environ.get('BGC_CUTS', '100'))
SHIM = os.path.join(os.environ['TOP_BUILDDIR'], 'tests', 'lib', 'disk-shim.so')
NAMES = [f'f{n:02}' for n in range(12)]


def sanitized():
    """The runtime that a sanitized build wants loaded before anything else, or nothing."""
    build = os.path.join(os.environ['TOP_BUILDDIR'], 'src', 'daemon', 'bgcopyd')
    found = subprocess.run(['ldd', build], capture_output=True, text=True).stdout
    return [line.split()[2] for line in found.splitlines() if 'libasan' in line or 'libubsan' in line]


class Scene:
    """A disk of its own under one root: state directory and destination."""

    def __init__(self, world, number, cut=None):
        self.world, self.number, self.cut = world, number, cut
        self.base = os.path.join(world.folder, f'scene{number}')
        self.root = os.path.join(self.base, 'disk')
        self.state = os.path.join(self.root, 'state')
        self.target = os.path.join(self.root, 'files')
        self.graveyard = os.path.join(self.base, 'graveyard')
        for folder in (self.state, self.target, self.graveyard):
            os.makedirs(folder)
        os.chmod(self.state, 0o700)
        self.log = os.path.join(self.base, 'disk.log')
        self.disk = power_cut.Disk(self.root, self.graveyard)
        self.told = []          # (what, …) heard from the daemon
        self.sizes = {}

    def start(self, shimmed=True):
        environment = {'LD_PRELOAD': ' '.join(sanitized() + [SHIM]), 'DISK_ROOT': self.root, 'DISK_LOG': self.log,
                       'DISK_GRAVEYARD': self.graveyard, 'DISK_COUNT': os.path.join(self.base, 'count'),
                       'DISK_CUT': str(self.cut or 0), 'ASAN_OPTIONS': 'detect_leaks=0'} if shimmed else {}
        self.daemon = Daemon(self.world.bus, self.state, os.path.join(self.world.folder, 'bgcopyd.log'), None, environment)
        try:
            self.daemon.start()
        except RuntimeError:
            return False
        self.world.daemon = self.daemon
        return True

    def die(self):
        """The cut has come, or comes now: nobody survives it."""
        workers = self.daemon.workers()
        if self.daemon.process.poll() is None:
            self.daemon.process.kill()
        self.daemon.process.wait()
        for pid in workers:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            child.wait_gone(pid)

    def changes(self):
        with open(os.path.join(self.base, 'count'), 'rb') as f:
            return int.from_bytes(f.read(8), 'little')

    def lose(self):
        self.disk.replay(power_cut.read_log(self.log))
        self.disk.lose(self.world.random)
        for name in os.listdir(self.state):
            # Shared memory, not a file: made anew by whoever opens the database.
            if name.endswith('-shm'):
                os.unlink(os.path.join(self.state, name))

    # ---- what a client does, and hears ----

    def heard(self, path, member, arguments):
        if member == 'PropertiesChanged':
            changed = arguments[1]
            if 'BytesTransferred' in changed:
                self.told.append(('bytes', path, changed['BytesTransferred']))
            if 'State' in changed:
                self.told.append(('state', path, changed['State']))
        elif member == 'FileTransferred':
            self.told.append(('file', path, arguments[0]))

    def play(self, contents):
        """A job that completes by itself, one that is cancelled in the middle, one that waits. Ends early when the
        daemon does."""
        try:
            service = Service(self.world.bus)
        except BusError:
            return
        heard = service._heard
        service._heard = lambda *a: None
        service.connection.signal_unsubscribe(service._watch)
        service._watch = service.connection.signal_subscribe(
            None, None, None, None, None, 0,
            lambda c, s, p, i, m, v: (heard(c, s, p, i, m, v), self.heard(p, m, v.unpack())))
        try:
            self.act(service, contents)
        except BusError as error:
            gone = self.daemon.process.poll() is not None or self.dying()
            if not gone and error.name not in ('NoReply', 'ServiceUnknown', 'Disconnected'):
                raise
        except AssertionError:
            if self.daemon.process.poll() is None and not self.dying():
                raise
        finally:
            # What came before the end of the connection was told too.
            context = power_context()
            while context.iteration(False):
                pass
            service.close()

    def dying(self):
        """The daemon or its worker met the cut; the other follows at its next change."""
        return self.cut is not None and self.changes() >= self.cut

    def files(self, names, prefix):
        return [(self.world.web.url('slow/16384/' + n), os.path.join(self.target, prefix + n)) for n in names]

    def act(self, service, contents):
        self.told.append(('wanted', 'main'))
        main = service.submit(self.files(NAMES, 'a-'), name='main', AutoComplete=True, Priority='foreground',
                              NotifyFlags=TELL)
        self.told.append(('job', 'main', main.path))
        waiting = service.create('waiting')
        self.told.append(('job', 'waiting', waiting.path))
        waiting.add(*self.files(NAMES[:1], 'w-')[0])
        self.told.append(('files', waiting.path, 1))
        waiting.set('Description', 'told')
        self.told.append(('description', waiting.path, 'told'))
        doomed = service.submit(self.files(NAMES, 'c-'), name='doomed', Priority='foreground')
        self.told.append(('job', 'doomed', doomed.path))
        service.wait(lambda: self.gone() or any(t[:2] == ('bytes', doomed.path) and t[2] > 0 for t in self.told), 'bytes')
        self.told.append(('cancelling', doomed.path))
        equal(doomed.cancel(), 'ok')
        self.told.append(('cancelled', doomed.path))
        service.wait(lambda: self.gone() or ('state', main.path, 'acknowledged') in self.told, 'the end')

    def gone(self):
        if self.daemon.process.poll() is not None:
            raise AssertionError('the daemon is gone')
        return False

    # ---- what must be so afterwards ----

    def check_disk(self, contents):
        """Before anything runs again."""
        for what, *rest in self.told:
            if what == 'state' and rest[1] == 'acknowledged' and rest[0] == self.path('main'):
                for name in NAMES:
                    with open(os.path.join(self.target, 'a-' + name), 'rb') as f:
                        true(f.read() == contents[name], f'{name} was told to be in place')
        for name in os.listdir(self.target):
            if not name.startswith('.'):
                with open(os.path.join(self.target, name), 'rb') as f:
                    true(f.read() == contents[name[2:]], f'{name} stands there with wrong content')

    def path(self, name):
        return next((t[2] for t in self.told if t[0] == 'job' and t[1] == name), None)

    def check_queue(self, service):
        """The daemon runs again, the server is away: nothing can have been fetched anew."""
        listed = {path: service._job(path).all() for path in service.list()}
        names = [job['DisplayName'] for job in listed.values()]
        equal(len(names), len(set(names)), f'jobs doubled: {names}')
        cancelling = [t[1] for t in self.told if t[0] == 'cancelling']
        cancelled = [t[1] for t in self.told if t[0] == 'cancelled']
        for what, *rest in self.told:
            path = rest[0] if what != 'job' else rest[1]
            if what == 'job':
                true(path in listed or path in cancelling, f'job {rest[0]} is lost')
            elif what == 'files' and path not in cancelling:
                equal(listed[path]['FilesTotal'], rest[1], 'files told')
            elif what == 'description':
                equal(listed[path]['Description'], rest[1])
            elif what == 'bytes' and path not in cancelling:
                true(listed[path]['BytesTransferred'] >= rest[1], f'{rest[1]} bytes were told, {listed[path]["BytesTransferred"]} are there')
            elif what == 'file' and path not in cancelling:
                file = service._job(path).files(rest[1], 1)[0]
                equal(file['bytes-transferred'], file.get('bytes-total'), 'bytes of a file told to be whole')
        for path in cancelled:
            true(path not in listed, 'a cancelled job is back')

    def check_end(self, service, contents):
        """The server is back: everything ends right."""
        for path in service.list():
            job = service._job(path)
            # The cut may have come between CreateJob and AddFile.
            if job.get('FilesTotal') > 0:
                try:
                    job.resume()
                except BusError as error:
                    # It came to its end by itself meanwhile.
                    equal((error.name, job.state), ('InvalidState', 'acknowledged'))
                job.wait_state('acknowledged', 'transferred', seconds=30)
            equal(job.complete(), 'ok')
        for name in os.listdir(self.target):
            true(not name.startswith('.'), f'{name} is left')
            with open(os.path.join(self.target, name), 'rb') as f:
                true(f.read() == contents[name[2:]], f'{name} is wrong')
        equal(service.list(), [])
        if self.path('main'):
            for name in NAMES:
                true(os.path.exists(os.path.join(self.target, 'a-' + name)), f'{name} is missing')


def power_context():
    from gi.repository import GLib
    return GLib.MainContext.default()


def make_contents(world):
    contents = {}
    for number, name in enumerate(NAMES):
        contents[name] = world.bytes([0, 1, 70_000, 2_500_000][number] if number < 4 else world.random.randrange(1, 300_000))
        world.web.put(name, contents[name])
    return contents


def calm(world, contents):
    """How many changes an undisturbed scene makes; its log is checked for order too."""
    scene = Scene(world, 'calm')
    true(scene.start(), 'the daemon did not start under the shim')
    scene.play(contents)
    true(('state', scene.path('main'), 'acknowledged') in scene.told, f'the calm scene did not end: {scene.told[-5:]}')
    true(any(t[0] == 'cancelled' for t in scene.told), 'the calm scene cancelled nothing')
    count = scene.changes()
    scene.die()
    shutil.rmtree(scene.base)
    return count


def test_a_hundred_cuts(world):
    contents = make_contents(world)
    changes = calm(world, contents)
    cuts = told = 0
    while cuts < CUTS:
        cut = world.random.randint(1, changes)
        tap.diagnose(f'cut {cuts}: before change {cut} of about {changes}')
        told += one_cut(world, contents, cuts, cut)
        cuts += 1
    tap.diagnose(f'{cuts} cuts, {told} things told before them, {changes} changes in an undisturbed scene')


def one_cut(world, contents, number, cut):
    scene = Scene(world, number, cut)
    if scene.start():
        scene.play(contents)
    scene.die()
    scene.lose()
    scene.check_disk(contents)
    world.web.stop()
    true(scene.start(shimmed=False), 'it does not start after the cut')
    service = Service(world.bus)
    scene.check_queue(service)
    world.web.again()
    scene.check_end(service, contents)
    service.close()
    scene.daemon.stop()
    shutil.rmtree(scene.base)
    return len(scene.told)


def test_data_then_commit_then_signal(world):
    """Read off the log of a run of single files: the data is synced, then the commit that claims it, then it is told."""
    scene = Scene(world, 'order')
    true(scene.start(), 'the daemon did not start under the shim')
    service = Service(world.bus)
    for number in range(5):
        url = world.web.put(f'o{number}', world.bytes(50_000 * (number + 1)))
        job = service.submit([(url, os.path.join(scene.target, f'o{number}'))], name='order', NotifyFlags=TELL)
        job.wait_state('transferred')
        service.wait(lambda j=job: any(s[:2] == (j.path, 'FileTransferred') for s in service.signals), 'FileTransferred')
    service.close()
    scene.die()
    records = power_cut.read_log(scene.log)
    files = [r.inode for r in records if r.op == power_cut.CREATE and r.name.startswith('.bgcopy-')]
    wal = [r.inode for r in records if r.op == power_cut.CREATE and r.name == 'queue.db-wal'][-1]
    signals = [n for n, r in enumerate(records) if r.op == power_cut.SEND and b'FileTransferred' in r.data]
    equal(len(files), 5, 'temporary files made')
    equal(len(signals), 5, 'signals sent')
    for inode, signalled in zip(files, signals):
        written = max(n for n, r in enumerate(records) if r.op == power_cut.WRITE and r.inode == inode)
        synced = first(records, written, signalled, synced_by(inode))
        true(synced is not None, 'the data was not synced between its last write and the signal')
        commit = first(records, synced, signalled, lambda r: r.op == power_cut.WRITE and r.inode == wal)
        true(commit is not None, 'no commit between the sync of the data and the signal')
        done = first(records, commit, signalled, lambda r: r.op == power_cut.SYNC_END and r.inode == wal)
        true(done is not None, 'the commit was not synced before the signal')


def synced_by(inode):
    return lambda r: r.op == power_cut.SYNCFS_END or (r.op == power_cut.SYNC_END and r.inode == inode)


def first(records, after, before, wanted):
    return next((n for n in range(after + 1, before) if wanted(records[n])), None)


def test_the_harness_finds_a_liar(world):
    """SQLite with its syncs off must lose what it told, and with them must not: else the harness proves nothing."""
    lost = {mode: sum(sqlite_round(world, mode, n) for n in range(25)) for mode in ('FULL', 'OFF')}
    equal(lost['FULL'], 0, 'losses with synchronous=FULL')
    true(lost['OFF'] > 0, 'nothing was lost with synchronous=OFF')


LIAR = '''
import sqlite3, sys
db = sqlite3.connect(sys.argv[1], isolation_level=None)
db.execute('pragma journal_mode=wal')
db.execute('pragma synchronous=' + sys.argv[2])
db.execute('create table t (a integer primary key, b text)')
for n in range(60):
    db.execute('insert into t values (?, hex(randomblob(300)))', (n,))
    print(n, flush=True)
'''


def sqlite_round(world, mode, number):
    """1 if something told was lost."""
    scene = Scene(world, f'{mode}{number}', world.random.randint(1, 300))
    path = os.path.join(scene.state, 'db')
    environment = dict(os.environ, LD_PRELOAD=SHIM, DISK_ROOT=scene.root, DISK_LOG=scene.log, DISK_CUT=str(scene.cut),
                       DISK_GRAVEYARD=scene.graveyard, DISK_COUNT=os.path.join(scene.base, 'count'))
    told = subprocess.run([sys.executable, '-c', LIAR, path, mode], env=environment, capture_output=True, text=True).stdout
    scene.lose()
    try:
        with sqlite3.connect(path) as db:
            sound = db.execute('pragma integrity_check').fetchone() == ('ok',)
            kept = db.execute('select count(*) from t').fetchone()[0]
    except sqlite3.DatabaseError:
        sound, kept = True, 0
    shutil.rmtree(scene.base)
    return int(not sound or kept < len(told.split()))


test_a_hundred_cuts.limit = 900

if __name__ == '__main__':
    tap.main(globals())
