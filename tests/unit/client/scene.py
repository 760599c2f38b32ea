# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright 2026 The bgcopyd authors
"""What the tests of bgcopyctl have: a bus, a service that the test plays, and the program."""

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import tempfile
import termios
import time

import child
import tap
from fake_service import LONG, FakeService
from gi.repository import GLib
from private_bus import PrivateBus

PROGRAM = os.path.join(os.environ['TOP_BUILDDIR'], 'src', 'client', 'bgcopyctl')
URL = 'http://server.example/folder/file.iso'


class Scene:
    """A bus, the service on it (unless silent), and a directory to be in."""

    def __init__(self, silent=False):
        self.folder = tempfile.TemporaryDirectory(prefix='bgcopyctl-test-')
        self.cwd = os.path.join(self.folder.name, 'here')
        os.mkdir(self.cwd)
        self.bus = PrivateBus(self.folder.name)
        self.service = FakeService(self.bus)
        if not silent:
            self.service.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.service.close()
        self.bus.stop()
        self.folder.cleanup()

    def environment(self, **more):
        environment = {k: v for k, v in os.environ.items() if not k.startswith(('LC_', 'LANG', 'BGCOPY_'))}
        environment.update(DBUS_SESSION_BUS_ADDRESS=self.bus.address, LC_ALL='C.UTF-8', TZ='UTC',
                           DBUS_SYSTEM_BUS_ADDRESS='unix:path=' + os.path.join(self.folder.name, 'nobody'),
                           PWD=self.cwd)
        environment.update(more)
        return environment

    def start(self, *arguments, bus='--session', env=None, **options):
        options.setdefault('stdout', subprocess.PIPE)
        options.setdefault('stderr', subprocess.PIPE)
        return child.start([PROGRAM, *([bus] if bus else []), *arguments], stdin=subprocess.DEVNULL, cwd=self.cwd,
                           env=self.environment(**(env or {})), **options)

    def run(self, *arguments, **options):
        return end(self.start(*arguments, **options))


def end(process):
    out, err = process.communicate(timeout=LONG)
    out, err = (x.decode() if x is not None else '' for x in (out, err))
    for bad in ('CRITICAL', 'WARNING', 'Sanitizer', 'runtime error'):
        tap.true(bad not in err, f'{bad} in standard error:\n{err}')
    return process.returncode, out, err


def expect(result, status, out=None, err=None):
    """Exit code, and patterns that must be found in what was printed; '' = nothing may be."""
    tap.equal(result[0], status, f'exit code (stdout {result[1]!r}, stderr {result[2]!r})')
    for text, pattern in ((result[1], out), (result[2], err)):
        if pattern == '':
            tap.equal(text, '')
        elif pattern is not None:
            tap.true(re.search(pattern, text, re.S), f'no {pattern!r} in {text!r}')


class Terminal:
    """The other side of what bgcopyctl takes for a terminal."""

    def __init__(self, columns=80):
        self.master, self.slave = pty.openpty()
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ, struct.pack('HHHH', 24, columns, 0, 0))
        self.text = ''

    def read_until(self, pattern):
        until = time.monotonic() + LONG
        while not re.search(pattern, self.text):
            ready, _, _ = select.select([self.master], [], [], max(0, until - time.monotonic()))
            tap.true(ready, f'no {pattern!r} on the terminal: {self.text!r}')
            self.text += os.read(self.master, 65536).decode()
        return self.text

    def rest(self):
        os.close(self.slave)
        try:
            while True:
                piece = os.read(self.master, 65536)
                if not piece:
                    break
                self.text += piece.decode()
        except OSError:  # EIO is how a terminal ends
            pass
        os.close(self.master)
        return self.text


def read_line(process):
    ready, _, _ = select.select([process.stdout], [], [], LONG)
    tap.true(ready, 'no line')
    return process.stdout.readline().decode()


def unique_name(scene, process):
    """The bus name of a child, by its process id."""
    connection = scene.service.connection

    def ask(method, *arguments):
        return connection.call_sync('org.freedesktop.DBus', '/org/freedesktop/DBus', 'org.freedesktop.DBus', method,
                                    GLib.Variant('(s)', arguments) if arguments else None, None, 0, -1, None).unpack()[0]

    return next(n for n in ask('ListNames') if n.startswith(':') and ask('GetConnectionUnixProcessID', n) == process.pid)
