# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright 2026 The bgcopyd authors
"""bgcopyd as a test starts, stops and kills it."""

import os
import re
import signal
import subprocess

from gi.repository import Gio, GLib

import child

NAME = 'org.example.BackgroundCopy'
# What must not be in a log, whatever happened.
BROKEN = re.compile(r'CRITICAL|\*\* ?ERROR|assertion|AddressSanitizer|LeakSanitizer|runtime error|UndefinedBehavior'
                    r'|Segmentation|core dumped')


def program(name):
    folder = {'bgcopyd': 'daemon', 'bgcopy-worker': 'worker', 'bgcopyctl': 'client', 'bgcopy-server': 'server'}[name]
    return os.path.join(os.environ['TOP_BUILDDIR'], 'src', folder, name)


def shim():
    """What LD_PRELOAD is for disk-shim.c: behind the runtime that a sanitized build wants loaded first."""
    found = subprocess.run(['ldd', program('bgcopyd')], capture_output=True, text=True).stdout
    runtimes = [line.split()[2] for line in found.splitlines() if 'libasan' in line or 'libubsan' in line]
    return ' '.join([*runtimes, os.path.join(os.environ['TOP_BUILDDIR'], 'tests', 'lib', 'disk-shim.so')])


class Daemon:
    """One bgcopyd on one bus and state directory; may be started again and again."""

    def __init__(self, bus, state, log, config=None, environment=None, worker=None, verbose=True):
        self.bus, self.state, self.log, self.config = bus, state, log, config
        self.environment = dict(environment or {})
        self.worker = worker or program('bgcopy-worker')
        self.verbose = verbose
        self.process = None
        self.connection = bus.connect()

    def _environment(self):
        environment = {k: v for k, v in os.environ.items()
                       if not re.fullmatch(r'(https?|no|all|ftp)_proxy', k, re.I) and k != 'G_DEBUG'}
        environment.update({
            'DBUS_SESSION_BUS_ADDRESS': self.bus.address,
            # Nothing of the machine's own services: its network may be metered today.
            'DBUS_SYSTEM_BUS_ADDRESS': self.bus.address,
            'BGCOPY_WORKER': self.worker,
            'G_DEBUG': 'fatal-criticals',
            'LC_ALL': 'C.UTF-8',
        })
        environment.update(self.environment)
        return environment

    def start(self, wait=True, prefix=()):
        arguments = list(prefix) + [program('bgcopyd'), '--session', '--state-dir', self.state]
        if self.verbose:
            arguments.append('--verbose')
        if self.config:
            arguments += ['--config', self.config]
        with open(self.log, 'ab') as log:
            self.process = child.start(arguments, stdout=log, stderr=log, env=self._environment(),
                                       stdin=subprocess.DEVNULL)
        if wait:
            self.wait_name()
        return self

    def wait_name(self, seconds=30):
        """Until the bus name is owned by our process, as NameOwnerChanged tells; fails if the process ends first."""
        loop = GLib.MainLoop.new(None, False)
        seen = {}
        watch = Gio.bus_watch_name_on_connection(
            self.connection, NAME, Gio.BusNameWatcherFlags.NONE,
            lambda _c, _n, owner: (seen.update(owner=owner), loop.quit()), None)
        descriptor = os.pidfd_open(self.process.pid)
        ended = GLib.unix_fd_add_full(0, descriptor, GLib.IOCondition.IN, lambda *_: loop.quit() or False)
        late = GLib.timeout_add_seconds(seconds, lambda: loop.quit() or True)
        loop.run()
        GLib.source_remove(late)
        # The descriptor's source is gone by itself once it fired.
        if self.process.poll() is None and 'owner' in seen:
            GLib.source_remove(ended)
        os.close(descriptor)
        Gio.bus_unwatch_name(watch)
        if 'owner' not in seen:
            status = self.process.poll()
            raise RuntimeError('bgcopyd did not take its name' + (f', it exited with {status}' if status is not None else ''))

    @property
    def pid(self):
        return self.process.pid

    def workers(self):
        return [p for p in child.children_of(self.pid) if not child.is_gone(p)]

    def stop(self):
        """Asks it to end. It must exit with 0."""
        workers = self.workers()
        status = child.stop(self.process)
        for pid in workers:
            if not child.wait_gone(pid):
                raise AssertionError(f'worker {pid} outlived the daemon by 15 s')
        if status != 0:
            raise AssertionError(f'bgcopyd exited with {status}')

    def kill(self):
        """SIGKILL, and waits until its workers noticed and ended."""
        workers = self.workers()
        os.kill(self.pid, signal.SIGKILL)
        self.process.wait()
        for pid in workers:
            if not child.wait_gone(pid):
                raise AssertionError(f'worker {pid} outlived the daemon by 15 s')

    def kill_workers(self):
        pids = self.workers()
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
            child.wait_gone(pid)
        return pids

    def complaints(self):
        """Lines of the log that should never be there."""
        try:
            with open(self.log, encoding='utf-8', errors='replace') as f:
                return [line.rstrip() for line in f if BROKEN.search(line)]
        except FileNotFoundError:
            return []
