#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright 2026 The bgcopyd authors
"""The power goes amid uploads at random moments (BGC_CUTS=50 for that many; each takes some 3 s): for bgcopyd and bgcopy-server on one machine, for the one alone, for
the other alone. What was told before is so afterwards, what is published is whole, no partial file is ever visible, every
upload comes to its end, and no session outlives the sweep.

As with kills, a session that the server had opened and nobody had stored yet is forgotten; where all its bytes had been
sent meanwhile the job finds its own file in the way. That is counted, and may be rare only."""

import http.server
import os
import shutil
import subprocess
import threading
import time

import child
import power_cut
import tap
from daemon import Daemon, program
from job import BusError, Service
from tap import equal, true
from upload_peers import Gate
from upload_server import Server

CUTS = int(os.environ.get('BGC_CUTS', '15'))
SHIM = os.path.join(os.environ['TOP_BUILDDIR'], 'tests', 'lib', 'disk-shim.so')
WHO = ('both', 'client', 'server')
SIZES = {'none': 0, 'one': 1, 'small': 70_000, 'large': 1_300_000}
DOOMED_SIZE = 3_000_000
RATE = 24 << 20  # bytes a second: no wait to speak of, and time to cancel what is under way
# Every tenth cut: they come at changes to the disk, and the storing of a session is many of those.
UNSURE_MAX = max(2, CUTS // 10)
TELL = ['transferred', 'error', 'modification']


def preloads(name):
    """The runtime that a sanitized build wants loaded before anything else, and the shim."""
    found = subprocess.run(['ldd', program(name)], capture_output=True, text=True).stdout
    return ' '.join([line.split()[2] for line in found.splitlines() if 'libasan' in line or 'libubsan' in line] + [SHIM])


class Application:
    """Behind the server: answers each upload with @reply."""

    def __init__(self, world, reply):
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = 'HTTP/1.1'

            def do_POST(self):
                self.rfile.read(int(self.headers['Content-Length']))
                self.send_response(200)
                self.send_header('Content-Length', str(len(reply)))
                self.end_headers()
                self.wfile.write(reply)

            def log_message(self, *arguments):
                pass

        server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler)
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        world._undo.append(server.shutdown)
        self.url = f'http://127.0.0.1:{server.server_port}/take'


class Contents:
    def __init__(self, world):
        self.sources = {name: world.bytes(size) for name, size in SIZES.items()}
        self.sources['doomed'] = world.bytes(DOOMED_SIZE)
        self.sources['asking'] = world.bytes(100_000)
        self.reply = world.bytes(50_000)
        for name, content in self.sources.items():
            with open(world.local(name), 'wb') as f:
                f.write(content)


class Scene:
    """Two disks under one folder, the client's and the server's; the power goes for @who of them."""

    def __init__(self, world, contents, application, number, who, cut):
        self.world, self.contents, self.who, self.cut = world, contents, who, cut
        self.base = os.path.join(world.folder, f'scene{number}')
        self.disks = os.path.join(self.base, 'disks')
        self.root = self.disks if who == 'both' else os.path.join(self.disks, who)
        self.state = os.path.join(self.disks, 'client', 'state')
        self.target = os.path.join(self.disks, 'client', 'files')
        self.graveyard = os.path.join(self.base, 'graveyard')
        self.count = os.path.join(self.base, 'count')
        self.log = os.path.join(self.base, 'disk.log')
        for folder in (self.state, self.target, self.graveyard):
            os.makedirs(folder)
        os.chmod(self.state, 0o700)
        folders = {name: {'Path': os.path.join(self.disks, 'server', name), 'SessionLimit': 0} for name in ('drop', 'app')}
        folders['app'].update(NotificationType='value', NotificationUrl=application.url)
        self.server = Server(world, folders, name=f'server{number}')
        # The directories of sessions are there before the scene begins.
        for name in folders:
            client = self.server.client()
            client.cancel(f'/{name}/x', client.session(f'/{name}/x'))
        self.server.kill()
        self.gate = Gate(world, self.server.address, rate=RATE)
        self.disk = power_cut.Disk(self.root, self.graveyard)
        self.told, self.jobs = [], {}
        self.daemon = None
        self.has_died = False

    def shim(self, name):
        return {'LD_PRELOAD': preloads(name), 'DISK_ROOT': self.root, 'DISK_LOG': self.log, 'DISK_GRAVEYARD': self.graveyard,
                'DISK_COUNT': self.count, 'DISK_CUT': str(self.cut), 'ASAN_OPTIONS': 'detect_leaks=0'}

    def start_server(self, shimmed):
        prefix = ['env'] + [f'{k}={v}' for k, v in self.shim('bgcopy-server').items()] if shimmed else []
        try:
            self.server.start(prefix=prefix)
            return True
        except RuntimeError:
            if not shimmed:
                raise
            return False

    def start_daemon(self, shimmed):
        self.daemon = Daemon(self.world.bus, self.state, os.path.join(self.world.folder, 'bgcopyd.log'), None,
                             self.shim('bgcopyd') if shimmed else {})
        self.world.daemon = self.daemon
        try:
            self.daemon.start()
            return True
        except RuntimeError:
            if not shimmed:
                raise
            return False

    def start(self):
        return self.start_server(self.who != 'client') and self.start_daemon(self.who != 'server')

    def die(self):
        """The cut has come, or comes now: none of those it hits survives it."""
        self.has_died = True
        if self.who != 'client':
            self.server.kill()
        if self.who != 'server' and self.daemon:
            workers = self.daemon.workers()
            if self.daemon.process.poll() is None:
                self.daemon.process.kill()
            self.daemon.process.wait()
            for pid in workers:
                child.wait_gone(pid)

    def lose(self):
        self.disk.replay(power_cut.read_log(self.log) if os.path.exists(self.log) else [])
        self.disk.lose(self.world.random)
        if self.who != 'server':
            for name in os.listdir(self.state):
                # Shared memory, not a file: made anew by whoever opens the database.
                if name.endswith('-shm'):
                    os.unlink(os.path.join(self.state, name))

    def changes(self):
        try:
            with open(self.count, 'rb') as f:
                return int.from_bytes(f.read(8), 'little')
        except FileNotFoundError:
            return 0

    # ---- what a client does, and hears ----

    def heard(self, path, member, arguments):
        if member == 'PropertiesChanged':
            for name in ('BytesTransferred', 'State', 'SessionId', 'Error'):
                if name in arguments[1]:
                    self.told.append((name, path, arguments[1][name]))

    def is_over(self):
        """Whom the cut hits is gone, or will be at the next change."""
        return (self.cut and not self.has_died and self.changes() >= self.cut) or self.daemon.process.poll() is not None \
            or self.server.process.poll() is not None

    def play(self):
        """Uploads that complete by themselves, one that is cancelled amid, one with a reply. Ends early when a process does."""
        try:
            service = Service(self.world.bus)
        except BusError:
            return
        service.connection.signal_unsubscribe(service._watch)
        service._watch = service.connection.signal_subscribe(
            None, None, None, None, None, 0,
            lambda c, s, p, i, m, v: (service._heard(c, s, p, i, m, v), self.heard(p, m, v.unpack())))
        try:
            self.act(service)
        except BusError:
            if not self.is_over():
                raise
        finally:
            # What came before the end of the connection was told too.
            from gi.repository import GLib
            while GLib.MainContext.default().iteration(False):
                pass
            service.close()

    def submit(self, service, name, **properties):
        folder = 'app' if name == 'asking' else 'drop'
        properties.setdefault('type', 'upload')
        self.told.append(('wanted', name))
        job = service.submit([(self.gate.url(f'/{folder}/{name}'), self.world.local(name))], name=name, Priority='foreground',
                             MinimumRetryDelay=5, NotifyFlags=TELL, **properties)
        self.jobs[name] = job.path
        return job

    def until(self, service, condition, what):
        # A process that ends tells nobody on the bus: looked at now and then.
        from gi.repository import GLib
        timer = GLib.timeout_add(20, lambda: True)
        try:
            service.wait(lambda: condition() or self.is_over(), what, 60)
        finally:
            GLib.source_remove(timer)

    def was_told(self, what, path, *values):
        return any(t[:2] == (what, path) and t[2] in values for t in self.told)

    def act(self, service):
        doomed = self.submit(service, 'doomed')
        asking = self.submit(service, 'asking', type='upload-reply', ReplyFileName=os.path.join(self.target, 'answer'))
        jobs = [self.submit(service, name, AutoComplete=True) for name in SIZES]
        self.until(service, lambda: any(t[:2] == ('BytesTransferred', doomed.path) and t[2] > 0 for t in self.told), 'bytes')
        self.told.append(('cancelling', 'doomed'))
        equal(doomed.cancel(), 'ok')
        self.told.append(('cancelled', 'doomed'))
        self.until(service, lambda: self.was_told('State', asking.path, 'transferred'), 'the reply')
        if not self.is_over():
            equal(asking.complete(), 'ok')
            self.told.append(('completed', 'asking'))
        self.until(service, lambda: all(self.was_told('State', j.path, 'acknowledged') for j in jobs), 'the end')
        self.until(service, lambda: doomed.path not in service.list(), 'the cancelled job to go')

    # ---- what must be so afterwards ----

    def check_visible(self):
        for name, content in self.server.published().items():
            true(content == self.contents.sources[name], f'{name} is visible and wrong, {len(content)} bytes')
        equal(self.server.published('app'), {}, 'what only the application is given')
        for name in os.listdir(self.target):
            if not name.startswith('.'):
                with open(os.path.join(self.target, name), 'rb') as f:
                    true(name == 'answer' and f.read() == self.contents.reply, f'{name} is visible and wrong')

    def check_told(self):
        """Before anything runs again."""
        self.check_visible()
        for name in SIZES:
            if name in self.jobs and self.was_told('State', self.jobs[name], 'transferred', 'acknowledged'):
                true(name in self.server.published(), f'{name} was told to be with the server')
        if ('completed', 'asking') in self.told:
            true('answer' in os.listdir(self.target), 'the reply was told to be in place')

    def check_queue(self, service):
        """The daemon runs again; nothing it had told is missing."""
        listed = {path: service._job(path).all() for path in service.list()}
        names = [job['DisplayName'] for job in listed.values()]
        equal(len(names), len(set(names)), f'jobs doubled: {names}')
        for name, path in self.jobs.items():
            ended = ('cancelling', name) in self.told or (name == 'asking' and 'answer' in os.listdir(self.target))
            true(path in listed or ended, f'job {name} is lost')
        if ('cancelled', 'doomed') in self.told and self.jobs['doomed'] in listed:
            equal(listed[self.jobs['doomed']]['State'], 'cancelled')
        for what, path, value in (t for t in self.told if len(t) == 3):
            if what == 'BytesTransferred' and path in listed and listed[path]['State'] != 'cancelled':
                # One that began anew said so by a lower number.
                last = [t[2] for t in self.told if t[:2] == (what, path)][-1]
                true(listed[path][what] >= min(value, last), f'{value} bytes were told, {listed[path][what]} are there')

    def settle(self, service, path, unsure):
        job = service._job(path)
        name = job.get('DisplayName')
        if job.get('FilesTotal') == 0:
            return equal(job.cancel(), 'ok')
        if job.state not in ('cancelled', 'acknowledged', 'transferred'):
            try:
                job.resume()
            except BusError as error:
                # It came to its end by itself meanwhile.
                equal(error.name, 'InvalidState')
        if job.state == 'cancelled':
            return None
        # One that completes by itself is about to.
        by_itself = job.get('AutoComplete')
        reached = job.wait_state('acknowledged', 'acknowledged' if by_itself else 'transferred', 'error', seconds=60)
        if reached == 'error':
            error = job.get('Error')
            equal((name, error['name'], error['message']), (name, 'AccessDenied', error['message']))
            true(name in self.server.published(), 'refused, and not there either')
            unsure.append(name)
            return equal(job.cancel(), 'ok')
        try:
            return equal(job.complete(), 'ok')
        except BusError as error:
            # A Complete that was cut off goes on when the daemon starts.
            return equal((error.name, by_itself, job.state), ('InvalidState', False, 'acknowledged'))

    def check_end(self, service, unsure):
        for path in service.list():
            self.settle(service, path, unsure)
        try:
            self.until(service, lambda: not service.list(), 'no job to be left')
        except AssertionError:
            tap.diagnose(f'left: {[service._job(path).all() for path in service.list()]}')
            raise
        wanted = {t[1] for t in self.told if t[0] == 'wanted' and t[1] in self.jobs}
        self.check_visible()
        published = set(self.server.published())
        equal(published - {'doomed'}, (wanted | published) & set(SIZES), 'published')
        if 'asking' in wanted:
            equal(os.listdir(self.target), ['answer'])
        held = sum(self.server.held(name).get('session', 0) for name in ('drop', 'app'))
        self.server.stop()
        return held


def one_cut(world, contents, application, number, who, cut, unsure):
    scene = Scene(world, contents, application, number, who, cut)
    try:
        if scene.start():
            scene.play()
        scene.die()
        scene.lose()
        scene.check_told()
        # Who is there first is chance.
        first = world.random.random() < 0.5
        if scene.server.process.poll() is not None and first:
            scene.start_server(False)
        if scene.daemon is None or scene.daemon.process.poll() is not None:
            scene.start_daemon(False)
        service = Service(world.bus)
        if who != 'server':
            scene.check_queue(service)
        if scene.server.process.poll() is not None:
            scene.start_server(False)
        held = scene.check_end(service, unsure)
    except AssertionError:
        tap.diagnose(f'cut {number}, of {who}, before change {cut}; told {scene.told[-40:]}; jobs {scene.jobs}')
        raise
    service.close()
    scene.daemon.stop()
    scene.gate.down()
    return scene, held


def check_sweep(world, scenes):
    """One server that looks after what all the others left."""
    folders = {f'{name}{n}': {'Path': os.path.join(scene.disks, 'server', name), 'SessionTimeout': 1}
               for n, scene in enumerate(scenes) for name in ('drop', 'app')}
    time.sleep(1.1)  # until they are older than that
    server = Server(world, folders, name='sweeper')
    end = time.monotonic() + 30
    while any(server.held(name) for name in folders) and time.monotonic() < end:
        time.sleep(0.05)
    equal({name: server.held(name) for name in folders if server.held(name)}, {}, 'sessions after the sweep')
    server.stop()


def test_cuts(world):
    contents = Contents(world)
    application = Application(world, contents.reply)
    changes, unsure, scenes, left = {}, [], [], 0
    for who in WHO:
        scene, held = one_cut(world, contents, application, f'-calm-{who}', who, 0, unsure)
        equal((unsure, held), ([], 0), 'the calm scene')
        true(('completed', 'asking') in scene.told, 'the calm scene did not end')
        changes[who] = scene.changes()
        shutil.rmtree(scene.base)
    for number in range(CUTS):
        who = WHO[number % len(WHO)]
        scene, held = one_cut(world, contents, application, number, who, world.random.randint(1, changes[who]), unsure)
        scenes.append(scene)
        left += held
    check_sweep(world, scenes)
    true(len(unsure) <= UNSURE_MAX, f'failed although they were done: {unsure}')
    tap.diagnose(f'{CUTS} cuts; changes in undisturbed scenes {changes}; {left} sessions left to the sweep, '
                 f'{len(unsure)} jobs that failed although done')


test_cuts.limit = 900

if __name__ == '__main__':
    tap.main(globals())
