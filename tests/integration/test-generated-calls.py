#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright 2026 The bgcopyd authors
"""Calls made from the interface's own description, right ones, nearly right ones and nonsense, at every
method and property: each is answered with a value or a named error, and the daemon lives on."""

import os
import xml.etree.ElementTree as ElementTree

import tap
from gi.repository import Gio, GLib
from job import JOB, MANAGER, NAME, ROOT, TYPES, UNKNOWN
from tap import equal, true

CALLS = int(os.environ.get('BGC_CALLS', '10000'))
PENDING = 128  # on a connection; more is LimitsExceeded
STANDARD = 'org.freedesktop.DBus.'
# What the bus binding may answer before a call is ours to judge.
BINDING_ERRORS = {STANDARD + 'Error.' + name for name in (
    'InvalidArgs', 'UnknownMethod', 'UnknownObject', 'UnknownInterface', 'UnknownProperty', 'PropertyReadOnly',
    'NotSupported')}


class Description:
    """Methods and properties of the interfaces, from their XML."""

    def __init__(self):
        path = os.path.join(os.environ.get('TOP_SRCDIR', '.'), 'dbus', NAME + '.xml')
        self.methods, self.properties = [], []
        for interface in ElementTree.parse(path).getroot().iter('interface'):
            name = interface.get('name')
            for method in interface.iter('method'):
                types = [a.get('type') for a in method.iter('arg') if a.get('direction') != 'out']
                self.methods.append((name, method.get('name'), '(' + ''.join(types) + ')'))
            for prop in interface.iter('property'):
                self.properties.append((name, prop.get('name'), prop.get('type')))


class Generator:
    """Values of any type that lean towards what might hurt."""

    def __init__(self, world):
        self.world, self.random = world, world.random
        self.paths = []
        self.large = 40  # strings of 1 MiB that are left to send

    def string(self):
        r = self.random
        if self.large and r.random() < 0.002:
            self.large -= 1
            return 'x' * (1 << 20)
        folder = self.world.downloads
        return r.choice([
            lambda: '', lambda: 'x', lambda: 'x' * r.choice([255, 256, 257, 1024, 1025, 4096, 8192, 8193]),
            lambda: 'Größe 中 \U0001f600 \u202e', lambda: '%s%n%d%%', lambda: 'a\tb\nc\r\x01\x7f', lambda: "'; DROP TABLE jobs; --",
            lambda: r.choice(['download', 'upload', 'upload-reply', 'high', 'foreground', 'server', 'basic', 'transferred']),
            lambda: r.choice(list(TYPES)), lambda: f'{r.getrandbits(128):032x}',
            lambda: r.choice(self.paths)[-32:] if self.paths else 'none', lambda: r.choice([JOB, MANAGER, NAME, ROOT, STANDARD]),
            lambda: f'http://127.0.0.1:9/{r.getrandbits(32)}', lambda: f'https://127.0.0.1:9/{r.getrandbits(32)}?q#f',
            lambda: r.choice(['http://', 'http://[', 'http://[::1]:9/', 'http://a:b@c/', 'HTTP://127.0.0.1:9', 'ftp://x/', '//x', 'http:x',
                              'http://127.0.0.1:99999/', 'http://\u4e2d/', 'http://127.0.0.1:9/%00%ff%zz']),
            lambda: os.path.join(folder, f'f{r.randrange(1000)}'), lambda: os.path.join(folder, '..', '..', 'nowhere', 'f'),
            lambda: r.choice(['/', '//', '.', '..', folder, folder + '/', folder + '/./f', 'relative', '~/f', folder + '/\n']),
            lambda: 'sha256:' + f'{r.getrandbits(256):064x}', lambda: 'sha512:zz', lambda: '0x80200010', lambda: '0x',
            lambda: r.choice(['Empty', 'org.example.BackgroundCopy.Error.Empty', 'org.example.BackgroundCopy.Error.'])])()

    def number(self, bits, signed=False):
        r = self.random
        value = r.choice([0, 1, 2, 5, 999, 1000, 1001, 65535, (1 << (bits - 1)) - 1, (1 << bits) - 1, UNKNOWN, r.getrandbits(bits)])
        value &= (1 << bits) - 1
        return value - (1 << bits) if signed and value >= 1 << (bits - 1) else value

    def signature(self):
        return self.random.choice(['s', 'u', 't', 'x', 'b', 'i', 'y', 'n', 'q', 'd', 'o', 'g', 'as', 'a(tt)', 'a{sv}', '(su)', 'v', 'ay',
                                   'a{us}', 'av', 'aas', 'a(ssa{sv})'])

    def dictionary(self, depth=0):
        """Not nested without end: GLib gives up a connection on which comes what it finds nested too deeply."""
        r, found = self.random, {}
        for _ in range(r.choice([0, 0, 1, 1, 2, 5, 30])):
            key = r.choice(list(TYPES)) if r.random() < 0.8 else self.string()
            kind = TYPES[key] if key in TYPES and r.random() < 0.7 else self.signature()
            kind = 's' if depth > 6 else kind
            found[key] = GLib.Variant(kind, self.value(kind, depth + 1))
        return found

    def value(self, signature, depth=0):
        """A Python value of one complete type."""
        r, first = self.random, signature[0]
        if first == 's':
            return self.string()
        if first in 'yqut':
            return self.number({'y': 8, 'q': 16, 'u': 32, 't': 64}[first])
        if first in 'nix':
            return self.number({'n': 16, 'i': 32, 'x': 64}[first], signed=True)
        if first == 'b':
            return r.random() < 0.5
        if first == 'd':
            return r.choice([0.0, -1.5, float('inf'), 1e308])
        if first == 'o':
            return r.choice(self.paths + ['/', ROOT, ROOT + '/Job/' + '0' * 32])
        if first == 'g':
            return r.choice(['', 's', 'a{sv}', '(((s)))'])
        if first == 'v':
            kind = 's' if depth > 3 else r.choice(['s', 'u', 'v', 'as'])
            return GLib.Variant(kind, self.value(kind, depth + 1))
        if signature == 'a{sv}':
            return self.dictionary(depth)
        if signature == 'a{us}':
            return {self.number(32): self.string()}
        if signature == 'a{st}':
            return {self.string(): self.number(64)}
        if first == 'a':
            return [self.value(signature[1:], depth + 1) for _ in range(r.choice([0, 1, 1, 2, 3, 20]) if depth < 2 else 1)]
        if first == '(':
            return tuple(self.value(part, depth) for part in self.parts(signature[1:-1]))
        raise ValueError(signature)

    @staticmethod
    def parts(text):
        """Complete types one after another."""
        found = []
        while text:
            for end in range(1, len(text) + 1):
                if GLib.VariantType.string_is_valid(text[:end]):
                    found.append(text[:end])
                    text = text[end:]
                    break
            else:
                raise ValueError(text)
        return found

    def call(self, description):
        """(path, interface, member, arguments as a variant)"""
        r = self.random
        path = r.choice(self.paths) if self.paths and r.random() < 0.85 else r.choice(
            [ROOT, ROOT + '/Job', ROOT + '/Job/' + '0' * 32, ROOT + '/Job/x', '/', '/org', ROOT + '/Job/' + 'F' * 32])
        kind = r.random()
        if kind < 0.6:
            interface, member, signature = r.choice(description.methods)
            path = ROOT if interface == MANAGER and r.random() < 0.95 else path
        elif kind < 0.9:
            interface, name, its_type = r.choice(description.properties)
            path = ROOT if interface == MANAGER and r.random() < 0.95 else path
            if r.random() < 0.5:
                return path, STANDARD + 'Properties', 'Get', GLib.Variant('(ss)', (interface, name))
            its_type = its_type if r.random() < 0.8 else self.signature()
            return (path, STANDARD + 'Properties', 'Set',
                    GLib.Variant('(ssv)', (interface, name, GLib.Variant(its_type, self.value(its_type)))))
        else:
            interface, member, signature = r.choice([
                (STANDARD + 'Properties', 'GetAll', '(s)'), (STANDARD + 'Properties', 'Get', '(ss)'),
                (STANDARD + 'Properties', 'Set', '(ssv)'), (STANDARD + 'Introspectable', 'Introspect', '()'),
                (STANDARD + 'Peer', 'Ping', '()'), (STANDARD + 'ObjectManager', 'GetManagedObjects', '()'),
                (NAME + '.Nothing', 'Nothing', '(s)'), (JOB, 'Nothing', '()'), (MANAGER, 'Cancel', '()')])
        if r.random() < 0.1:
            signature = '(' + ''.join(self.signature() for _ in range(r.randrange(4))) + ')'
        return path, interface, member, GLib.Variant(signature, self.value(signature))


class Thrower:
    """Keeps up to PENDING calls under way on each of two connections and looks at every answer."""

    def __init__(self, world):
        self.world = world
        self.lanes = [world.bus.connect(), world.bus.connect()]
        self.pending, self.sent, self.answers, self.wrong = [0, 0], 0, {}, []
        self.generator = Generator(world)
        self.description = Description()
        self.reached = set()

    def throw(self, lane):
        self.sent += 1
        if len(self.generator.paths) < 3:
            # Most calls are made at jobs, and Cancel and Complete are among them.
            path, interface, member = ROOT, MANAGER, 'CreateJob'
            kind = self.world.random.choice(['download', 'upload', 'upload-reply'])
            arguments = GLib.Variant('(ssa{sv})', (f'job {self.sent}', kind, {}))
        else:
            path, interface, member, arguments = self.generator.call(self.description)
        self.pending[lane] += 1
        name = f'{interface}.{member}'
        if member in ('Get', 'Set') and arguments.n_children() > 1:
            name += f' {arguments.get_child_value(1).print_(False)[:60]}'
        self.reached.add((interface, member))
        self.lanes[lane].call(NAME, path, interface, member, arguments, None, Gio.DBusCallFlags.NO_AUTO_START, 60000, None,
                              self.answered, (lane, name, member, path))

    def answered(self, connection, result, data):
        lane, name, member, path = data
        self.pending[lane] -= 1
        try:
            reply = connection.call_finish(result)
            error = 'ok'
            if member in ('CreateJob', 'Submit') and reply.get_type_string() == '(o)':
                self.generator.paths = (self.generator.paths + [reply.unpack()[0]])[-50:]
        except GLib.Error as failure:
            error = Gio.DBusError.get_remote_error(failure) or f'{failure.domain}: {failure.message}'
            if error.endswith('.InvalidState') and path in self.generator.paths:
                self.generator.paths.remove(path)
            known = error in BINDING_ERRORS or error.startswith(NAME + '.Error.')
            if not known or error.endswith(('.StoreFailed', '.WorkerLost')):
                self.wrong.append(f'{name}: {error}: {failure.message[:200]}')
        self.answers[error] = self.answers.get(error, 0) + 1


def test_generated_calls(world):
    service = world.service
    thrower = Thrower(world)
    # So that some of the paths that are made up are those of files that can be uploaded.
    for number in range(0, 1000, 3):
        with open(world.local(f'f{number}'), 'wb') as f:
            f.write(bytes(number))
    kinds = ('download', 'upload', 'upload-reply')
    thrower.generator.paths = [service.create(f'seed {n}', kinds[n % 3]).path for n in range(6)]
    context = GLib.MainContext.default()
    while thrower.sent < CALLS or sum(thrower.pending):
        for lane in (0, 1):
            while thrower.sent < CALLS and thrower.pending[lane] < PENDING:
                thrower.throw(lane)
        context.iteration(True)
        if world.daemon.process.poll() is not None:
            raise AssertionError(f'the daemon ended with {world.daemon.process.returncode}')
    for error, count in sorted(thrower.answers.items(), key=lambda pair: -pair[1]):
        tap.diagnose(f'{count:6} {error}')
    equal('\n'.join(thrower.wrong[:20]), '')
    equal(sum(thrower.answers.values()), CALLS, 'answers')
    every = {(i, m) for i, m, _ in thrower.description.methods}
    if CALLS >= 10000:
        equal(sorted(every - thrower.reached), [], 'methods never called')
    # It still does what it is for.
    job = service.submit([(world.web.put('x', b'after all that'), world.local('after'))], AutoComplete=True, Priority='foreground')
    job.wait_state('acknowledged')
    equal(world.read('after'), b'after all that')


def test_too_many_pending(world):
    """The 129th unanswered call of a connection is refused by name, and others are still served."""
    connection = world.bus.connect()
    world.service.manager('Subscribe')
    answers = []

    def answered(source, result):
        try:
            source.call_finish(result)
            answers.append('ok')
        except GLib.Error as failure:
            answers.append((Gio.DBusError.get_remote_error(failure) or '').rsplit('.', 1)[-1])

    for n in range(1000):
        connection.call(NAME, ROOT, MANAGER, 'CreateJob', GLib.Variant('(ssa{sv})', (f'{n}', 'download', {})), None,
                        Gio.DBusCallFlags.NONE, 60000, None, answered)
    world.service.wait(lambda: len(answers) == 1000, '1000 answers')
    equal(sorted(set(answers) - {'ok', 'LimitsExceeded'}), [])
    true(answers.count('ok') >= PENDING, f'only {answers.count("ok")} were served')
    equal(len(world.service.list(limit=1000)), answers.count('ok'), 'jobs')


test_generated_calls.limit = 600

tap.main(globals())
