#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright 2026 The bgcopyd authors
"""Whom polkit lets act on jobs of others, and what one user's flood costs another."""

import os
import time

from gi.repository import GLib

import machine_world
import tap
from job import JOB, MANAGER, NAME, ROOT
from machine_world import USERS, UserBus
from tap import equal, true

PREFIX = 'org.example.BackgroundCopy.'
RULE = '''
polkit.addRule(function(action, subject) {
    if (subject.user == "bob" && %s.indexOf(action.id) >= 0)
        return polkit.Result.YES;
});
'''
# As bob: 64 connections, each with 128 calls that wait for their answers; a new one for each answer.
FLOOD = '''
import sys
from gi.repository import Gio, GLib
NAME, ROOT = "org.example.BackgroundCopy", "/org/example/BackgroundCopy"
flags = Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT | Gio.DBusConnectionFlags.MESSAGE_BUS_CONNECTION
answers = [0, 0]
def again(connection, result):
    try:
        connection.call_finish(result)
        answers[0] += 1
    except GLib.Error:
        answers[1] += 1
    call(connection)
def call(connection):
    connection.call(NAME, ROOT, NAME + ".Manager", "ListJobs", GLib.Variant("(a{sv})", ({},)), None, 0, 60000, None, again)
kept = []
for number in range(64):
    kept.append(Gio.DBusConnection.new_for_address_sync("unix:path=/run/dbus/system_bus_socket", flags, None, None))
    for waiting in range(128):
        call(kept[-1])
loop = GLib.MainLoop()
GLib.timeout_add(1000, lambda: print("begun", flush=True))
GLib.timeout_add(int(float(sys.argv[1]) * 1000), loop.quit)
loop.run()
print(*answers, flush=True)
'''


# Milliseconds. 100 is what is wanted: what is on its way between bus and daemon goes in the order sent, whoever
# sent it, and all of it is read before its senders can be told apart.
MOST = 1500


def allow_bob(world, *actions):
    """Waits until polkit has read it."""
    with open(world.machine.path('/etc/polkit-1/rules.d/10-test.rules'), 'w', encoding='ascii') as f:
        f.write(RULE % [PREFIX + a for a in actions])
    os.chmod(f.name, 0o644)
    world.machine.run('systemctl', 'restart', 'polkit.service')


def refusal(function, *arguments, **options):
    try:
        function(*arguments, **options)
    except Exception as error:  # the name is looked at
        return str(error)
    raise AssertionError('was let through')


def test_rights(world):
    alice, bob = world.as_user('alice'), world.as_user('bob')
    job = alice.create()
    everybody = ({'all-users': GLib.Variant('b', True)},)
    true('AccessDenied' in refusal(bob.call, ROOT, MANAGER, 'ListJobs', '(a{sv})', everybody), 'bob listed all')
    true('UnknownObject' in refusal(bob.call, job.path, JOB, 'Suspend'), 'bob suspended')
    allow_bob(world, 'list-all')
    time.sleep(2.5)  # a denial is remembered for 2 s
    true(job.path in bob.call(ROOT, MANAGER, 'ListJobs', '(a{sv})', everybody), 'bob lists all')
    true('UnknownObject' in refusal(bob.call, job.path, JOB, 'Suspend'), 'bob suspended')
    allow_bob(world, 'modify-others', 'take-ownership')
    time.sleep(2.5)
    bob.call(job.path, JOB, 'Suspend')
    true('AccessDenied' in refusal(bob.call, job.path, JOB, 'SetCredentials', '(ssss)', ('server', 'basic', 'u', 'p')),
         'bob gave a password')
    bob.call(job.path, JOB, 'TakeOwnership')
    true('UnknownObject' in refusal(alice.call, job.path, JOB, 'Suspend'), 'alice has it still')
    equal(world.machine.out('busctl', 'get-property', NAME, job.path, JOB, 'Owner').strip(), f'u {USERS["bob"]}')


def test_root_takes_over(world):
    """Not where the old owner could send what root writes elsewhere."""
    alice, root = world.as_user('alice'), world.as_user('root')
    content = world.bytes(400_000)
    job = alice.submit([(world.put('f', content), '/home/alice/f')])
    job.wait_state('transferred')
    true('AccessDenied' in refusal(root.call, job.path, JOB, 'TakeOwnership'), 'into the home of alice')
    equal(job.get('State'), 'transferred')
    equal(job.complete(), 'ok')
    shared = world.machine.path('/var/shared')
    os.makedirs(shared, mode=0o755)
    os.chown(shared, USERS['alice'], 0)
    job = alice.submit([(world.url('f'), '/var/shared/f')])
    job.wait_state('transferred')
    held = os.listdir(shared)
    os.chown(shared, 0, 0)
    root.call(job.path, JOB, 'TakeOwnership')
    world.until(lambda: world.machine.out('busctl', 'get-property', NAME, job.path, JOB, 'State').strip() == 's "transferred"',
                'transferred again')
    tap.diagnose(f'alice held {held}, now {os.listdir(shared)}')
    root.call(job.path, JOB, 'Complete')
    equal(os.stat(os.path.join(shared, 'f')).st_uid, 0)
    with open(os.path.join(shared, 'f'), 'rb') as f:
        equal(f.read(), content)


def percentile(times, share):
    return sorted(times)[min(int(len(times) * share), len(times) - 1)] * 1000


def measure(connection, count):
    times = []
    for _ in range(count):
        begun = time.monotonic()
        connection.call_sync(NAME, ROOT, MANAGER, 'ListJobs', GLib.Variant('(a{sv})', ({},)), None, 0, 30000, None)
        times.append(time.monotonic() - begun)
    return times


def test_flood(world):
    world.as_user('alice').create()
    alice = UserBus(world.machine, USERS['alice']).connect()
    quiet = measure(alice, 200)
    flood = world.machine.start('/usr/bin/python3', '-c', FLOOD, '12', user='bob', stdout=-1, text=True)
    equal(flood.stdout.readline(), 'begun\n')
    times = measure(alice, 200)
    answered, refused = flood.communicate(timeout=60)[0].split()
    tap.diagnose(f'alice p50 {percentile(times, 0.5):.1f} ms, p99 {percentile(times, 0.99):.1f} ms; '
                 f'without bob p50 {percentile(quiet, 0.5):.1f}, p99 {percentile(quiet, 0.99):.1f} ms; '
                 f'bob was answered {answered} times and refused {refused} times')
    true(percentile(times, 0.99) <= MOST, f'p99 {percentile(times, 0.99):.1f} ms')
    alice.close_sync(None)


if __name__ == '__main__':
    machine_world.main(globals())
