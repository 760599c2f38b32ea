#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright 2026 The bgcopyd authors
"""What bob may fill: his own share. Over it he is refused by name and nothing changes, and alice notices nothing."""

import os

from gi.repository import Gio, GLib

import machine_world
import tap
from job import NAME, ROOT, BusError
from machine_world import USERS, UserBus
from tap import equal, true

BUS = ('org.freedesktop.DBus', '/org/freedesktop/DBus')
# What is refused at the default takes minutes to reach; the code that refuses is the same.
LIMITS = {'MaxJobsPerUser': 100, 'MaxFilesPerUser': 5000, 'MaxStoredBytesPerUser': 1 << 20}


class Alice:
    """Her transfer, which goes on meanwhile, and what else she wants."""

    def __init__(self, world):
        self.world, self.content, self.later = world, world.bytes(1_500_000), []
        world.put('alice', self.content)
        self.service = world.as_user('alice')
        self.job = self.service.submit([(world.url('slow/256/alice'), '/home/alice/file')], AutoComplete=True)
        self.job.wait_state('transferring')
        world.put('small', b'small')

    def goes_on(self):
        """She makes a job, which is done, whatever bob has filled."""
        name = f'/home/alice/small{len(self.later)}'
        self.later.append(self.service.submit([(self.world.url('small'), name)], Priority='foreground', AutoComplete=True))
        self.later[-1].wait_state('acknowledged')

    def check(self):
        self.job.wait_state('acknowledged', seconds=60)
        equal(self.world.read_home('alice', 'file'), self.content)
        for job in [self.job] + self.later:
            equal(job.get('ErrorCount'), 0)
        true(self.later, 'she wanted nothing else')


def refused(name, call, *arguments, **options):
    try:
        result = call(*arguments, **options)
    except BusError as error:
        equal(error.name, name, str(error))
        return
    raise AssertionError(f'got {result!r}, wanted {name}')


def fill(call, name, most=100_000):
    """Calls with 0, 1, 2, … until it is refused by that name: how often that went."""
    for number in range(most):
        try:
            call(number)
        except BusError as error:
            equal(error.name, name, str(error))
            return number
    raise AssertionError(f'{most} were let through')


def photograph(service):
    """All that the service says of all jobs of one user."""
    jobs, taken = [], {}
    while page := service.list(offset=len(jobs)):
        jobs += page
    for path in jobs:
        properties = service.call(path, 'org.freedesktop.DBus.Properties', 'GetAll', '(s)', (NAME + '.Job',))
        taken[path] = (properties, service.call(path, NAME + '.Job', 'ListFiles', '(uu)', (0, 1000)))
    return taken


def nothing_changes(bob, name, *calls):
    before = photograph(bob)
    for call in calls:
        refused(name, call)
    equal(photograph(bob), before)


def test_jobs(world):
    world.configure('Limits', **LIMITS)
    alice, bob = Alice(world), world.as_user('bob')
    most = LIMITS['MaxJobsPerUser']
    made = []
    equal(fill(lambda number: made.append(bob.create(f'{number}')), 'TooManyJobs'), most, 'jobs')
    nothing_changes(bob, 'TooManyJobs', bob.create, lambda: bob.submit([(world.url('small'), '/home/bob/small')]))
    equal(len(bob.list(limit=1000)), most)
    true(not os.path.exists(world.home('bob', 'small')), 'the file of a job that was refused')
    alice.goes_on()
    # What is taken away is free again, once, and on whatever connection.
    made[0].cancel()
    other = world.as_user('bob')
    other.create()
    refused('TooManyJobs', bob.create)
    alice.goes_on()
    alice.check()


def test_files(world):
    world.configure('Limits', **LIMITS)
    alice, bob = Alice(world), world.as_user('bob')
    most, step = LIMITS['MaxFilesPerUser'], 1000
    jobs = [bob.create() for _ in range(3)]

    def add(number, count=step):
        jobs[number % 3].add_all([('http://127.0.0.1/f', f'/home/bob/{number}.{n}') for n in range(count)])
    equal(fill(add, 'LimitsExceeded') * step, most, 'files')
    nothing_changes(bob, 'LimitsExceeded', lambda: add(100), lambda: add(101, 1),
                    lambda: bob.submit([(world.url('small'), '/home/bob/small')]))
    alice.goes_on()
    jobs[0].cancel()
    add(1000, 1)
    alice.goes_on()
    alice.check()


def test_bytes(world):
    world.configure('Limits', **LIMITS)
    alice, bob = Alice(world), world.as_user('bob')
    job, others = bob.create(), [bob.create() for _ in range(40)]
    long = 'http://127.0.0.1/' + 'x' * 8000
    added = fill(lambda number: job.add(f'{long}{number:04}', f'/home/bob/{number}'), 'LimitsExceeded')
    true(100 <= added <= LIMITS['MaxStoredBytesPerUser'] // 8000, f'{added} files of 8 kB')
    # What is too small for a file has room for something else; then for nothing.
    words = fill(lambda number: others[number].set('Description', 'x' * 1000), 'LimitsExceeded', 20)
    words += fill(lambda number: others[words + number].set('Description', 'x' * 64), 'LimitsExceeded', 20)
    nothing_changes(bob, 'LimitsExceeded', lambda: others[words].set('Description', 'x' * 64),
                    lambda: job.add(f'{long}y', '/home/bob/y'), lambda: job.call('SetRemoteName', '(us)', 0, f'{long}{"y" * 150}'),
                    lambda: bob.submit([(f'{long}y', '/home/bob/y')]))
    alice.goes_on()
    job.call('RemoveFile', '(u)', 0)
    job.add(f'{long}zzzz', '/home/bob/z')
    alice.goes_on()
    alice.check()


def connect_all(world, user):
    """As many connections as the bus lets a user have."""
    kept = []
    while len(kept) < 1000:
        try:
            kept.append(UserBus(world.machine, USERS[user]).connect())
        except GLib.Error:
            return kept
    raise AssertionError('the bus has no bound')


def test_subscriptions(world):
    """All connections that the bus gives bob listen, to all that he has; alice hears of hers."""
    alice, bob = Alice(world), world.as_user('bob')
    jobs = [bob.create(f'{number}') for number in range(20)]
    kept = connect_all(world, 'bob')
    answers = []

    def answered(connection, result):
        try:
            connection.call_finish(result)
            answers.append('ok')
        except GLib.Error as error:
            answers.append((Gio.DBusError.get_remote_error(error) or str(error)).rsplit('.', 1)[-1])
    for connection in kept:
        connection.call(NAME, ROOT, NAME + '.Manager', 'Subscribe', None, None, 0, 120000, None, answered)
        for job in jobs:
            connection.call(NAME, job.path, NAME + '.Job', 'ListFiles', GLib.Variant('(uu)', (0, 0)), None, 0, 120000, None, answered)
    # Not only asked for: she hears by signals, with bob's before and behind.
    alice.goes_on()
    bob.wait(lambda: len(answers) == len(kept) * (1 + len(jobs)), 'every answer', seconds=120)
    tap.diagnose(f'{len(kept)} connections: ' + str({a: answers.count(a) for a in sorted(set(answers))}))
    equal(set(answers) - {'ok', 'LimitsExceeded'}, set())
    true(answers.count('ok') >= len(answers) // 4, 'few were served')
    for job in jobs:
        job.set('DisplayName', 'told to all')
    alice.goes_on()
    for connection in kept:
        connection.close_sync(None)
    # What they had is given back.
    again = world.as_user('bob')
    equal(len(again.list()), len(jobs))
    alice.check()


def test_eavesdropping(world):
    """Bob asks the bus for what others send and get, by every rule that it takes, and hears what is his alone."""
    bob = world.as_user('bob')
    heard, taken = [], 0

    def listen(_connection, message, incoming):
        if incoming:
            heard.append(message.print_(0))
        return message
    bob.connection.add_filter(listen)
    for kind in ('', ",type='signal'", ",type='method_call'", ",type='method_return'", ",type='error'"):
        for more in ('', f",sender='{NAME}'", f",destination='{NAME}'", f",path_namespace='{ROOT}'"):
            # The last word is refused by the policies that we know, and to be without effect where it is not.
            for rule in (kind + more, kind + more + ",eavesdrop='true'"):
                try:
                    bob.connection.call_sync(*BUS, BUS[0], 'AddMatch', GLib.Variant('(s)', (rule.lstrip(','),)), None, 0, 10000, None)
                    taken += 1
                except GLib.Error as error:
                    true('AccessDenied' in str(Gio.DBusError.get_remote_error(error)), f'{rule}: {error.message}')
    monitor = UserBus(world.machine, USERS['bob']).connect()
    try:
        monitor.call_sync(*BUS, 'org.freedesktop.DBus.Monitoring', 'BecomeMonitor', GLib.Variant('(asu)', ([], 0)), None, 0, 10000, None)
        raise AssertionError('bob is a monitor')
    except GLib.Error as error:
        true('AccessDenied' in str(Gio.DBusError.get_remote_error(error)), error.message)
    alice = Alice(world)
    alice.job.set('DisplayName', 'a word of hers')
    alice.goes_on()
    alice.check()
    # The bus works in order: all that it had for him is in.
    bob.list()
    about = [text for text in heard if alice.job.id in text or 'a word of hers' in text or alice.service.connection.get_unique_name()
             in text and 'NameOwnerChanged' not in text]
    equal(about, [], 'what bob heard')
    tap.diagnose(f'{taken} rules taken, {len(heard)} messages heard')
    true(taken >= 20, 'the bus took no rule')
    # He does hear: what is his.
    before = len(heard)
    bob.create('his own')
    true(len(heard) > before, 'he hears nothing at all')
    monitor.close_sync(None)


if __name__ == '__main__':
    machine_world.main(globals())
