#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright 2026 The bgcopyd authors
"""When not to run, as the system service hears of it: through its sandbox and the system bus, whose policies for the
services asked are such as those services bring along."""

import subprocess
import time

import machine_world
import surroundings
import tap
from machine_world import PORT, USERS, UserBus
from tap import equal, true

# Seconds from a change to the stop of what it stops.
SOON = 1.0
NAMES = ('org.freedesktop.NetworkManager', 'org.freedesktop.UPower', 'net.hadess.PowerProfiles', 'org.freedesktop.login1')
INTERFACES = ('org.freedesktop.DBus.Properties', 'org.freedesktop.DBus.Introspectable', 'org.freedesktop.DBus.Peer',
              'org.freedesktop.login1.Manager')
POLICY = '''<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-BUS Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <policy user="root">{own}</policy>
  <policy context="default">{deny}{allow}</policy>
  <policy user="root">{all}</policy>
</busconfig>
'''.format(own=''.join(f'<allow own="{n}"/>' for n in NAMES), deny=''.join(f'<deny send_destination="{n}"/>' for n in NAMES),
           allow=''.join(f'<allow send_destination="{n}" send_interface="{i}"/>' for n in NAMES for i in INTERFACES),
           all=''.join(f'<allow send_destination="{n}"/>' for n in NAMES))


class Inside(surroundings.Mock):
    """A service on the machine's own bus."""

    def _start(self, world, template):
        self.bus = UserBus(world.machine, 0).connect()
        self.process = world.machine.start('/usr/bin/python3', '-m', 'dbusmock', '--system', '--template', template,
                                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


class LogindInside(Inside, surroundings.Logind):
    pass


def allow_mocks(world):
    with open(world.machine.path('/etc/dbus-1/system.d/test-conditions.conf'), 'w', encoding='ascii') as f:
        f.write(POLICY)
    world.machine.run('busctl', 'call', 'org.freedesktop.DBus', '/org/freedesktop/DBus', 'org.freedesktop.DBus', 'ReloadConfig')


def stops(job, reason, spread, change, *arguments, **values):
    since = time.monotonic()
    change(*arguments, **values)
    job.service.wait(lambda: (job.get('State'), job.get('WaitReason')) == ('queued', reason), reason)
    spread.append(time.monotonic() - since)


def test_conditions(world):
    allow_mocks(world)
    manager = surroundings.network_manager(world, Inside)
    profiles = surroundings.power_profiles(world, Inside)
    battery = surroundings.upower(world, Inside)
    display, device = '/org/freedesktop/UPower/devices/DisplayDevice', 'org.freedesktop.UPower.Device'
    content = world.bytes(2_500_000)
    world.put('slow', content)
    job = world.as_user('alice').submit([(f'http://127.0.0.1:{PORT}/slow/256/slow', '/home/alice/slow')], AutoComplete=True,
                                        Priority='low')
    job.wait_state('transferring')
    spread = []
    for reason, on, off in (('metered', lambda: manager.update(Metered=1), lambda: manager.update(Metered=2)),
                            ('power', lambda: profiles.update(ActiveProfile='power-saver'),
                             lambda: profiles.update(ActiveProfile='balanced')),
                            ('power', lambda: (battery.update(OnBattery=True), battery.update(display, device, WarningLevel=3)),
                             lambda: battery.update(display, device, WarningLevel=1))):
        stops(job, reason, spread, on)
        off()
        job.wait_state('transferring')
    tap.diagnose('stopped after ' + ', '.join(f'{seconds:.3f}' for seconds in spread) + ' s')
    true(min(spread) < SOON, f'stopped after {spread}')
    job.wait_state('acknowledged', seconds=60)
    equal((world.read_home('alice', 'slow') == content, job.get('ErrorCount')), (True, 0))
    with open(world.machine.path('/var/web/access.log'), encoding='utf-8') as f:
        equal([line.split()[8] for line in f if '/slow/256/slow' in line], ['200', '206', '206', '206'], 'answers')


def test_only_while_logged_in(world):
    allow_mocks(world)
    logind = LogindInside(world)
    world.configure('Limits', OnlyWhileLoggedIn='yes')
    content = world.bytes(1_500_000)
    world.put('slow', content)
    job = world.as_user('alice').submit([(f'http://127.0.0.1:{PORT}/slow/256/slow', '/home/alice/slow')], AutoComplete=True)
    job.service.wait(lambda: job.get('WaitReason') == 'owner-logged-out', 'nobody is there')
    logind.log_in(USERS['alice'])
    job.wait_state('transferring')
    spread = []
    for _ in range(2):
        stops(job, 'owner-logged-out', spread, logind.set_state, USERS['alice'], 'closing')
        logind.set_state(USERS['alice'], 'online')
        job.wait_state('transferring')
    tap.diagnose('stopped after ' + ', '.join(f'{seconds:.3f}' for seconds in spread) + ' s')
    true(min(spread) < SOON, f'stopped after {spread}')
    job.wait_state('acknowledged', seconds=60)
    equal(world.read_home('alice', 'slow') == content, True)


if __name__ == '__main__':
    machine_world.main(globals())
