#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright 2026 The bgcopyd authors
"""What is installed: units that are locked in as far as they can be, rules that allow what they should and nothing
else, an interface that others find, and nothing left after uninstalling."""

import os
import re
import xml.etree.ElementTree as ElementTree

import machine_world
import tap
from machine_world import NAME, ROOT
from tap import equal, true

UNITS = ('bgcopyd.service', 'bgcopyd.timer', 'bgcopy-worker@2001.service', 'bgcopy-worker@0.service', 'bgcopy-server.service',
         'bgcopy-server.socket')
# As systemd-analyze counts: 10 is wide open.
HIGHEST = {'bgcopyd.service': 1.4, 'bgcopy-worker@2001.service': 2.4, 'bgcopy-worker@0.service': 2.8,
           'bgcopy-server.service': 1.5}
# Would change what the owner's files look like or who they belong to, hide them, or take the network.
OFF_IN_WORKERS = {'PrivateTmp': 'no', 'ProtectHome': 'no', 'PrivateUsers': 'no', 'PrivateNetwork': 'no', 'RootDirectory': '',
                  'RootImage': '', 'ReadWritePaths': '', 'TemporaryFileSystem': '', 'DynamicUser': 'no'}
# Would show the daemon every worker's uid as nobody's.
OFF_IN_DAEMON = {'PrivateUsers': 'no', 'DynamicUser': 'no'}
ON_IN_ALL = {'CapabilityBoundingSet': '', 'NoNewPrivileges': 'yes', 'MemoryDenyWriteExecute': 'yes', 'RestrictSUIDSGID': 'yes',
             'PrivateDevices': 'yes', 'ProtectProc': 'invisible', 'LimitCORE': '0'}
ON_IN_DAEMON = {'PrivateNetwork': 'yes', 'ProtectHome': 'yes', 'ProtectSystem': 'strict', 'RestrictAddressFamilies': 'AF_UNIX',
                'User': 'bgcopyd', 'WatchdogUSec': '3min', 'Type': 'notify'}
ON_IN_WORKERS = {'CPUWeight': '20', 'IOWeight': '20', 'MemoryMax': str(256 << 20), 'StartLimitIntervalUSec': '0',
                 'TasksMax': '64', 'InaccessiblePaths': re.compile('(^| )-/run/dbus( |$)')}


def show(world, unit):
    said = world.machine.out('systemctl', 'show', unit)
    return dict(line.split('=', 1) for line in said.splitlines() if '=' in line)


def check_settings(world, unit, wanted):
    have = show(world, unit)
    for name, value in wanted.items():
        got = have.get(name, '')
        good = value.search(got) if isinstance(value, re.Pattern) else got == value
        true(good, f'{unit}: {name} is {got!r}, wanted {value!r}')


def test_settings(world):
    # Some are only told of a unit that runs.
    world.machine.run('systemctl', 'start', 'bgcopyd.service')
    check_settings(world, 'bgcopyd.service', {**ON_IN_ALL, **ON_IN_DAEMON, **OFF_IN_DAEMON})
    for unit in ('bgcopy-worker@2001.service', 'bgcopy-worker@0.service'):
        check_settings(world, unit, {**ON_IN_ALL, **ON_IN_WORKERS, **OFF_IN_WORKERS})
    check_settings(world, 'bgcopy-worker@2001.service', {'User': '2001', 'ProtectSystem': 'no'})
    check_settings(world, 'bgcopy-worker@0.service', {'ProtectSystem': 'full', 'ProtectKernelTunables': 'yes',
                                                       'ReadOnlyPaths': re.compile('/root' + r'/\.ssh')})


def test_security(world):
    for unit, highest in HIGHEST.items():
        said = world.machine.out('systemd-analyze', 'security', '--no-pager', unit)
        score = float(re.search(r'Overall exposure level for \S+: ([0-9.]+)', said).group(1))
        tap.diagnose(f'{unit}: {score} (at most {highest})')
        true(score <= highest, f'{unit} is exposed {score}:\n{said}')


def test_verify(world):
    done = world.machine.run('systemd-analyze', 'verify', '--man=no', *UNITS, check=False)
    equal((done.returncode, done.stdout + done.stderr), (0, ''))


def start_unit(world, user, verb, unit):
    return world.machine.run('busctl', '--system', 'call', 'org.freedesktop.systemd1', '/org/freedesktop/systemd1',
                             'org.freedesktop.systemd1.Manager', verb, 'ss', unit, 'replace', user=user, check=False)


def test_polkit(world):
    """bgcopyd's own user starts and stops workers, and nothing else; nobody else does."""
    # As the launcher's worker would find nobody to call, it ends at once: started it was.
    for unit in ('bgcopy-worker@2001.service', 'bgcopy-worker@0.service'):
        for verb in ('StartUnit', 'StopUnit'):
            done = start_unit(world, 'bgcopyd', verb, unit)
            equal(done.returncode, 0, f'{verb} {unit}: {done.stderr}')
    for unit in ('bgcopy-worker@00.service', 'bgcopy-worker@root.service', 'bgcopy-worker@alice.service',
                 'bgcopy-worker@12345678901.service', 'bgcopy-worker@-1.service', 'bgcopy-worker@.service', 'bgcopyd.service',
                 'polkit.service', 'rescue.target', 'bgcopy-worker@0.socket', 'xbgcopy-worker@0.service',
                 'bgcopy-server.service'):
        done = start_unit(world, 'bgcopyd', 'StartUnit', unit)
        true(done.returncode != 0, f'{unit} was started')
    for verb in ('RestartUnit', 'ReloadUnit', 'TryRestartUnit', 'ReloadOrRestartUnit'):
        done = start_unit(world, 'bgcopyd', verb, 'bgcopy-worker@2001.service')
        true(done.returncode != 0, f'{verb} was allowed')
    for user in ('alice', 'bob'):
        for verb in ('StartUnit', 'StopUnit'):
            done = start_unit(world, user, verb, 'bgcopy-worker@2001.service')
            true(done.returncode != 0, f'{verb} was allowed to {user}')


def test_not_as_root(world):
    program = world.machine.show('bgcopyd.service', 'ExecStart').split('path=')[1].split(' ')[0]
    done = world.machine.run(program, check=False)
    equal(done.returncode, 1)
    true('does not run as root' in done.stderr, done.stderr)


def test_bus_name(world):
    """The name is bgcopyd's alone."""
    for user in ('alice', None):
        done = world.machine.run('busctl', '--system', 'call', 'org.freedesktop.DBus', '/org/freedesktop/DBus',
                                 'org.freedesktop.DBus', 'RequestName', 'su', NAME, '0', user=user, check=False)
        true(done.returncode != 0, f'{user or "root"} took the name')


def members(xml):
    return {(interface.get('name'), member.tag, member.get('name')) for interface in ElementTree.fromstring(xml)
            for member in interface if interface.tag == 'interface' and member.tag in ('method', 'property', 'signal')}


def test_introspection(world):
    job = world.as_user('alice').create()
    with open(os.path.join(os.environ['TOP_SRCDIR'], 'dbus', 'org.example.BackgroundCopy.xml'), encoding='utf-8') as f:
        documented = members(f.read())
    for path, interface in ((ROOT, NAME + '.Manager'), (job.path, NAME + '.Job')):
        wanted = {m for m in documented if m[0] == interface}
        said = world.machine.out('gdbus', 'introspect', '--system', '-x', '-d', NAME, '-o', path, user='alice')
        equal({m for m in members(said) if m[0] == interface}, wanted, f'gdbus at {path}')
        said = world.machine.out('busctl', '--system', '--xml-interface', 'introspect', NAME, path, user='alice')
        equal({m for m in members(said) if m[0] == interface}, wanted, f'busctl at {path}')
        said = world.machine.out('busctl', '--system', 'introspect', NAME, path, interface, user='alice')
        for _, _, name in wanted:
            true(f'.{name} ' in said, f'busctl does not list {name}')


def installed(world):
    found = set()
    for place in ('etc', 'usr', 'var'):
        for folder, _, files in os.walk(os.path.join(world.machine.folder, 'upper-' + place)):
            found |= {os.path.join('/', place, os.path.relpath(os.path.join(folder, f), os.path.join(
                world.machine.folder, 'upper-' + place))) for f in files if re.search(r'bgcop|BackgroundCopy', folder + '/' + f)}
    return {f for f in found if not f.startswith('/var/')}


def test_uninstall(world):
    before = installed(world)
    for part in ('sbin/bgcopyd', 'systemd/system/bgcopyd.service', 'systemd/system/bgcopy-worker@.service',
                 'systemd/system/bgcopy-worker@0.service.d/root.conf', 'system-services/' + NAME + '.service',
                 'dbus-1/system.d/' + NAME + '.conf', 'polkit-1/rules.d/50-bgcopyd.rules', 'sysusers.d/bgcopyd.conf'):
        true(any(f.endswith(part) for f in before), f'{part} is not among {sorted(before)}')
    world.machine.make('uninstall')
    # What an overlay keeps to say that a file is gone is a device, not a file.
    left = {f for f in installed(world) if os.path.isfile(world.machine.path(f))}
    equal(left, set(), 'files left')


if __name__ == '__main__':
    machine_world.main(globals())
