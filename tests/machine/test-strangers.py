#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright 2026 The bgcopyd authors
"""What bob can do about alice's jobs and workers: nothing. While he tries, her transfer goes on and ends right."""

import os
import time
import xml.etree.ElementTree as ElementTree

from gi.repository import Gio, GLib

import machine_world
import tap
from job import JOB, MANAGER, NAME, ROOT, BusError
from machine_world import USERS, UserBus
from tap import equal, true

PROPERTIES = 'org.freedesktop.DBus.Properties'
SOCKET = '/run/bgcopyd/workers'
# Each runs inside as bob, says "begun", and tries until told to end.
SILENT = '''
import socket, sys
kept, closed = [], 0
for number in range(1000):
    s = socket.socket(socket.AF_UNIX)
    s.connect(%r)
    kept.append(s)
print("begun", flush=True)
for s in kept:
    s.settimeout(10)
    try:
        closed += s.recv(1) == b""
    except ConnectionResetError:
        closed += 1
print(closed, flush=True)
''' % SOCKET
ENDLESS = '''
import socket, sys
print("begun", flush=True)
ended = 0
for number in range(20):
    s = socket.socket(socket.AF_UNIX)
    s.settimeout(10)
    s.connect(%r)
    try:
        s.sendall(b"\\0")
        while True:
            s.sendall(b"AUTH EXTERNAL " * 1000)
    except (BrokenPipeError, ConnectionResetError):
        ended += 1
print(ended, flush=True)
''' % SOCKET
# Pretends to be a worker: says who it is, as D-Bus wants it, as fast as it can.
FAKE = '''
import os, socket, sys, time
print("begun", flush=True)
answered, end = 0, time.monotonic() + float(sys.argv[1])
while time.monotonic() < end:
    s = socket.socket(socket.AF_UNIX)
    s.settimeout(10)
    try:
        s.connect(%r)
        s.sendall(b"\\0AUTH EXTERNAL " + str(os.getuid()).encode().hex().encode() + b"\\r\\n")
        answered += s.recv(100) != b""
    except OSError:
        pass
    s.close()
print(answered, flush=True)
''' % SOCKET

# Owns a directory that alice writes to, and exchanges all that is in it, and itself, for links to what is hers.
SWAP = '''
import os, sys, time
print("begun", flush=True)
folder, aside, secret, swaps = sys.argv[1], sys.argv[1] + ".aside", sys.argv[2], 0
end = time.monotonic() + 8
while time.monotonic() < end:
    try:
        for name in os.listdir(folder):
            if not os.path.islink(os.path.join(folder, name)):
                os.rename(os.path.join(folder, name), os.path.join(folder, name + ".moved"))
                (os.symlink if swaps % 2 else os.link)(secret if swaps % 2 else sys.argv[3], os.path.join(folder, name))
                swaps += 1
        os.rename(folder, aside)
        os.symlink(os.path.dirname(secret), folder)
        time.sleep(0.002)
        os.unlink(folder)
        os.rename(aside, folder)
        swaps += 1
    except OSError:
        pass
    time.sleep(0.002)
if os.path.islink(folder):
    os.unlink(folder)
    os.rename(aside, folder)
print(swaps, flush=True)
'''


def start_transfer(world, user='alice', size=1_500_000):
    content = world.bytes(size)
    world.put(user, content)
    job = world.as_user(user).submit([(world.url('slow/256/' + user), f'/home/{user}/file')], AutoComplete=True)
    job.wait_state('transferring')
    return job, content


def check_transfer(world, job, content, user='alice'):
    job.wait_state('acknowledged', seconds=60)
    equal(world.read_home(user, 'file'), content)
    equal(job.get('ErrorCount'), 0)
    equal(os.stat(world.home(user, 'file')).st_uid, USERS[user])


def raises(names, call, *arguments):
    try:
        result = call(*arguments)
    except BusError as error:
        true(error.name in names, f'got {error}, wanted one of {names}')
        return
    raise AssertionError(f'got {result!r}, wanted one of {names}')


def resources(world):
    return (int(world.machine.out('sh', '-c', f'ls /proc/{world.pid}/fd | wc -l')),
            int(world.machine.out('sh', '-c', f'ls /proc/{world.pid}/task | wc -l')))


def run_inside(world, script, *arguments, user='bob'):
    """What the script says after "begun"."""
    said = world.machine.out('/usr/bin/python3', '-c', script, *arguments, user=user, seconds=90)
    first, _, rest = said.partition('\n')
    equal(first, 'begun')
    return int(rest)


def test_silent_connections(world):
    job, content = start_transfer(world)
    before = resources(world)
    equal(run_inside(world, SILENT), 1000, 'connections that were closed')
    after = resources(world)
    true(after[0] <= before[0] + 2 and after[1] <= before[1] + 2, f'descriptors and threads {before} became {after}')
    check_transfer(world, job, content)


def test_endless_line(world):
    job, content = start_transfer(world)
    equal(run_inside(world, ENDLESS), 20, 'connections that were closed')
    check_transfer(world, job, content)


def test_fake_worker_of_another(world):
    """Bob answers while alice's worker is being started."""
    pretender = world.machine.start('/usr/bin/python3', '-c', FAKE, '6', user='bob', stdout=-1, text=True)
    equal(pretender.stdout.readline(), 'begun\n')
    job, content = start_transfer(world)
    check_transfer(world, job, content)
    equal(int(pretender.communicate(timeout=30)[0]), 0, 'answers that the pretender got')


def test_fake_worker_of_ones_own(world):
    """A program of alice's own that pretends to be her worker is none, and costs nobody but her."""
    pretender = world.machine.start('/usr/bin/python3', '-c', FAKE, '6', user='alice', stdout=-1, text=True)
    equal(pretender.stdout.readline(), 'begun\n')
    other, other_content = start_transfer(world, 'bob')
    content = world.bytes(100_000)
    world.put('late', content)
    service = world.as_user('alice')
    made = service.create(MinimumRetryDelay=5)
    equal(int(pretender.communicate(timeout=30)[0]), 0, 'answers that the pretender got')
    made.add(world.url('late'), '/home/alice/late')
    made.resume()
    made.wait_state('transferred', seconds=60)
    equal(made.complete(), 'ok')
    equal(world.read_home('alice', 'late'), content)
    check_transfer(world, other, other_content, 'bob')


def test_swapped_files_and_directories(world):
    """In a directory of bob's alice gets what bob lets her get, but no file of hers is touched, nor does she give any."""
    shared = world.machine.path('/var/shared')
    os.makedirs(shared + '/bobs')
    for path in (shared, shared + '/bobs'):
        os.chown(path, USERS['bob'], USERS['bob'])
        os.chmod(path, 0o777)
    secret, bobs = world.home('alice', 'secret'), world.machine.path('/var/shared/own')
    for path, owner in ((secret, 'alice'), (bobs, 'bob')):
        with open(path, 'w', encoding='ascii') as f:
            f.write(f'of {owner}')
        os.chown(path, USERS[owner], USERS[owner])
        os.chmod(path, 0o600)
    world.put('file', world.bytes(400_000))
    service = world.as_user('alice')
    swapper = world.machine.start('/usr/bin/python3', '-c', SWAP, '/var/shared/bobs', '/home/alice/secret', '/var/shared/own',
                                  user='bob', stdout=-1, text=True)
    equal(swapper.stdout.readline(), 'begun\n')
    jobs = []
    while swapper.poll() is None:
        try:
            jobs.append(service.submit([(world.url('slow/1024/file'), f'/var/shared/bobs/secret{len(jobs) % 7 or ""}')],
                                       AutoComplete=True))
        except BusError as error:
            true(error.name in ('InvalidPath', 'AccessDenied', 'FileExists', 'TooManyJobs', 'LimitsExceeded'), str(error))
        time.sleep(0.1)
    swaps = int(swapper.stdout.read())
    for job in jobs:
        job.wait_state('acknowledged', 'error', 'transient-error', seconds=60)
    ends = [job.state for job in jobs]
    tap.diagnose(f'{swaps} swaps, {len(jobs)} jobs: {dict((e, ends.count(e)) for e in set(ends))}')
    true(swaps > 50 and jobs, 'nothing was tried')
    with open(secret, encoding='ascii') as f:
        equal(f.read(), 'of alice')
    with open(bobs, encoding='ascii') as f:
        equal(f.read(), 'of bob')
    equal((os.stat(secret).st_uid, os.stat(secret).st_mode & 0o7777), (USERS['alice'], 0o600), "alice's file")
    left = set(os.listdir(world.home('alice'))) - {'secret', '.local'}
    # A temporary file of her own may have gone astray; it stays on the list of those to delete.
    true(all(name.startswith(('secret', '.bgcopy-')) for name in left), f"in alice's home: {left}")


def test_through_a_link(world):
    """A name of alice's own that leads where she may not write."""
    world.put('file', b'x')
    service = world.as_user('alice')
    for name, target in (('etc', '/etc'), ('bob', '/home/bob'), ('root', '/root'), ('queue', '/var/lib/bgcopyd')):
        os.symlink(target, world.home('alice', name))
        os.lchown(world.home('alice', name), USERS['alice'], USERS['alice'])
        raises(('AccessDenied', 'InvalidPath'), service.submit, [(world.url('file'), f'/home/alice/{name}/x')])
    equal(service.list(), [])


def sample(signature):
    """A value of a type that is right in form."""
    plain = {'s': 'x', 'u': 0, 'b': True, 't': 1, 'x': 1, 'o': '/x'}
    if signature in plain:
        return GLib.Variant(signature, plain[signature])
    return GLib.Variant.new_array(GLib.VariantType(signature[1:]), [])


def described():
    """(interface, member, arguments' types) of every method, and (interface, name, type, writable) of every property."""
    with open(os.path.join(os.environ['TOP_SRCDIR'], 'dbus', 'org.example.BackgroundCopy.xml'), encoding='utf-8') as f:
        tree = ElementTree.fromstring(f.read())
    methods, properties = [], []
    for interface in tree.iter('interface'):
        for method in interface.iter('method'):
            types = [a.get('type') for a in method.iter('arg') if a.get('direction') != 'out']
            methods.append((interface.get('name'), method.get('name'), types))
        for prop in interface.iter('property'):
            properties.append((interface.get('name'), prop.get('name'), prop.get('type')))
    return methods, properties


def answer(connection, path, interface, member, arguments):
    """The whole reply as text, with the path and the id asked for taken out."""
    try:
        reply = connection.call_sync(NAME, path, interface, member, GLib.Variant.new_tuple(*arguments), None,
                                     Gio.DBusCallFlags.NONE, 30000, None)
        text = reply.print_(True)
    except GLib.Error as error:
        text = f'{Gio.DBusError.get_remote_error(error)}: {error.message}'
    job_id = path.rsplit('/', 1)[-1]
    return text.replace(job_id, 'ID')


def test_every_call_on_anothers_job(world):
    job, content = start_transfer(world)
    bob = UserBus(world.machine, USERS['bob']).connect()
    alice = UserBus(world.machine, USERS['alice']).connect()
    other = ''.join(world.random.choice('0123456789abcdef') for _ in range(32))
    methods, properties = described()
    asked = 0
    calls = [(interface, name, [sample(t) for t in types]) for interface, name, types in methods if interface == JOB]
    calls += [(PROPERTIES, 'Get', [GLib.Variant('s', JOB), GLib.Variant('s', name)]) for i, name, _ in properties if i == JOB]
    calls += [(PROPERTIES, 'Set', [GLib.Variant('s', JOB), GLib.Variant('s', name), GLib.Variant('v', sample(kind))])
              for i, name, kind in properties if i == JOB]
    calls += [(PROPERTIES, 'GetAll', [GLib.Variant('s', JOB)]), (PROPERTIES, 'Get', [GLib.Variant('s', JOB), GLib.Variant('s', '?')]),
              (JOB, 'NoSuchMethod', []), ('no.such.Interface', 'Get', []),
              ('org.freedesktop.DBus.Introspectable', 'Introspect', []), ('org.freedesktop.DBus.ObjectManager', 'GetManagedObjects', [])]
    for interface, member, arguments in calls:
        got, wanted = (answer(bob, f'{ROOT}/Job/{which}', interface, member, arguments) for which in (job.id, other))
        equal(got, wanted, f"bob's {interface}.{member}{[a.print_(False) for a in arguments]}")
        asked += 1
    dashed = [f'{i[:8]}-{i[8:12]}-{i[12:16]}-{i[16:20]}-{i[20:]}' for i in (job.id, other)]
    for pair in ((job.id, other), dashed):
        got, wanted = (answer(bob, ROOT, MANAGER, 'GetJob', [GLib.Variant('s', i)]).replace(i, 'ID') for i in pair)
        equal(got, wanted, "bob's GetJob")
        asked += 1
    for interface, member, arguments in ((MANAGER, 'ListJobs', [GLib.Variant('a{sv}', {})]),
                                         (MANAGER, 'ListJobs', [GLib.Variant('a{sv}', {'all-users': GLib.Variant('b', True)})]),
                                         ('org.freedesktop.DBus.ObjectManager', 'GetManagedObjects', []),
                                         ('org.freedesktop.DBus.Introspectable', 'Introspect', [])):
        for path in (ROOT, ROOT + '/Job'):
            text = answer(bob, path, interface, member, arguments)
            true(job.id not in text, f'{member} tells bob of it: {text}')
            asked += 1
    tap.diagnose(f'{asked} calls of bob compared')
    # The oracle is worth something: alice is answered otherwise.
    true('alice' in answer(alice, job.path, JOB, 'ListFiles', [GLib.Variant('u', 0), GLib.Variant('u', 0)]), 'nobody is answered')
    check_transfer(world, job, content)
    for connection in (bob, alice):
        connection.close_sync(None)


def test_signals(world):
    """Bob asks the bus for all signals there are, and calls what would make him a listener."""
    bob = world.as_user('bob')
    heard = []
    for rule in ("type='signal'", f"type='signal',sender='{NAME}'", f"type='signal',path_namespace='{ROOT}'"):
        bob.connection.call_sync('org.freedesktop.DBus', '/org/freedesktop/DBus', 'org.freedesktop.DBus', 'AddMatch',
                                 GLib.Variant('(s)', (rule,)), None, Gio.DBusCallFlags.NONE, 10000, None)

    def filter_message(_connection, message, incoming):
        if incoming and message.get_message_type() == Gio.DBusMessageType.SIGNAL:
            heard.append((message.get_path(), message.get_interface(), message.get_member()))
        return message
    bob.connection.add_filter(filter_message)
    bob.managed()
    job, content = start_transfer(world, size=600_000)
    try:
        bob.call(job.path, JOB, 'Suspend')
        raise AssertionError("bob suspended alice's job")
    except Exception as error:  # any refusal will do here
        true('Unknown' in str(error), str(error))
    check_transfer(world, job, content)
    job.complete()
    time.sleep(0.5)
    ours = [h for h in heard if h[1].startswith(NAME) or h[0].startswith(ROOT)]
    equal(ours, [], 'signals that bob heard')


def test_network_is_the_workers_alone(world):
    """The daemon's network namespace has nothing in it, and no socket of another kind can be had there."""
    job, content = start_transfer(world)
    pid = world.pid
    links = world.machine.out('nsenter', f'--net=/proc/{pid}/ns/net', 'cat', '/proc/self/net/dev').splitlines()[2:]
    equal([line.split(':')[0].strip() for line in links], ['lo'])
    own = os.readlink(f'/proc/{world.machine.pid}/ns/net')
    true(world.machine.out('readlink', f'/proc/{pid}/ns/net') != own, "the daemon is in the machine's network")
    equal(world.machine.out('readlink', f'/proc/{world.worker_pid("alice")}/ns/net'), own, "the worker's network")
    # The worker cannot reach the buses.
    done = world.machine.run('nsenter', f'--mount=/proc/{world.worker_pid("alice")}/ns/mnt', 'ls', '/run/dbus', user=None,
                             check=False)
    true('system_bus_socket' not in done.stdout, 'the worker sees the bus')
    check_transfer(world, job, content)


if __name__ == '__main__':
    machine_world.main(globals())
