#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright 2026 The bgcopyd authors
"""When not to run: what the machine's services say stops a transfer and lets it go on, and nothing is fetched twice."""

import os
import re

import surroundings
import tap
from tap import equal, raises

SIZE = 1_500_000


def slow_job(world, **properties):
    """A job that runs and has had bytes, at 256 kB/s, so that there is time to stop it."""
    content = world.bytes(SIZE)
    world.web.put('slow.bin', content)
    job = world.service.submit([(world.web.url('slow/256/slow.bin'), world.local('slow.bin'))], AutoComplete=True,
                               **properties)
    job.wait_state('transferring')
    return job, content


def waits(job, reason):
    """Until it is queued for that reason; how much of it is held then."""
    job.service.wait(lambda: (job.get('State'), job.get('WaitReason')) == ('queued', reason), f'{reason}')
    equal((job.get('Error'), job.get('ErrorCount'), job.get('Rate')), ({}, 0, 0))
    return job.get('BytesTransferred')


def ends_well(world, job, content, *held):
    """Each request went on where the one before it was stopped."""
    job.wait_state('acknowledged')
    equal(world.read('slow.bin') == content, True, 'content')
    starts = [int(re.search(r'range="(?:bytes=(\d+)-)?', line).group(1) or 0) for line in world.web.requests()
              if 'slow.bin' in line]
    equal(starts, [0, *held], 'where the requests began')


def test_metered(world):
    manager = surroundings.network_manager(world)
    job, content = slow_job(world)
    foreground = world.service.create('foreground', Priority='foreground')
    equal((job.get('CostPolicy'), foreground.get('CostPolicy')), ('standard', 'always'))
    manager.update(Metered=1)
    first = waits(job, 'metered')
    raises('InvalidArgument', job.set, 'CostPolicy', 'Standard')
    # Resume is no word about money; the policy is.
    job.resume()
    waits(job, 'metered')
    job.set('CostPolicy', 'always')
    job.wait_state('transferring')
    job.set('CostPolicy', 'unrestricted')
    second = waits(job, 'metered')
    world.restart()
    job = world.find(job)
    equal(job.get('CostPolicy'), 'unrestricted')
    manager.update(Metered=4)
    ends_well(world, job, content, first, second)


def test_power_saver(world):
    profiles = surroundings.power_profiles(world)
    job, content = slow_job(world, Priority='low')
    profiles.update(ActiveProfile='power-saver')
    first = waits(job, 'power')
    profiles.update(ActiveProfile='balanced')
    job.wait_state('transferring')
    profiles.update(ActiveProfile='power-saver')
    second = waits(job, 'power')
    job.resume()
    ends_well(world, job, content, first, second)


def test_low_battery(world):
    battery = surroundings.upower(world)
    battery.update(OnBattery=True)
    job, content = slow_job(world, Priority='low')
    display = '/org/freedesktop/UPower/devices/DisplayDevice'
    battery.update(display, 'org.freedesktop.UPower.Device', WarningLevel=3)
    held = waits(job, 'power')
    # Gone, and with it what it said.
    battery.stop()
    ends_well(world, job, content, held)


def test_only_while_logged_in(world):
    logind = surroundings.Logind(world)
    world.start({'OnlyWhileLoggedIn': 'yes'})
    world.web.put('slow.bin', content := world.bytes(SIZE))
    job = world.service.submit([(world.web.url('slow/256/slow.bin'), world.local('slow.bin'))], AutoComplete=True)
    held = []
    # Root and the system's other accounts are always there.
    if os.geteuid() >= 1000:
        waits(job, 'owner-logged-out')
        logind.log_in(os.geteuid())
        job.wait_state('transferring')
        logind.set_state(os.geteuid(), 'closing')
        held.append(waits(job, 'owner-logged-out'))
        logind.set_state(os.geteuid(), 'online')
    ends_well(world, job, content, *held)


def test_nobody_to_ask(world):
    """Without a system bus everything runs."""
    world.start(environment={'DBUS_SYSTEM_BUS_ADDRESS': 'unix:path=/nonexistent/bus'})
    job, content = slow_job(world, Priority='low')
    ends_well(world, job, content)


if __name__ == '__main__':
    tap.main(globals())
