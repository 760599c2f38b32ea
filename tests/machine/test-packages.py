#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright 2026 The bgcopyd authors
"""The packages of debian/: built, clean under lintian, installed into a machine, used, upgraded, purged.

Building takes minutes, so that it is only done where BGC_PACKAGES says that it is wanted: 1, or the folder in
which the packages are already."""

import glob
import os
import shutil
import subprocess
import tempfile

import tap
from machine import Machine
from skip import Skip
from tap import equal, true

NAMES = ('bgcopy-server', 'bgcopyctl', 'bgcopyd')
SOURCE = os.environ['TOP_SRCDIR']
NAME = 'org.example.BackgroundCopy'
_built = []


def build():
    """The folder with the packages."""
    wanted = os.environ.get('BGC_PACKAGES', '')
    if not wanted:
        raise Skip('BGC_PACKAGES is not set')
    if wanted != '1':
        return wanted
    if not os.path.isdir(os.path.join(SOURCE, 'debian')):
        raise Skip('a tarball has no debian/')
    for program in ('dpkg-buildpackage', 'dh', 'lintian'):
        if not shutil.which(program):
            raise Skip(f'there is no {program}')
    if not _built:
        folder = tempfile.mkdtemp(prefix='bgcopyd-packages-', dir=os.environ.get('BGC_TEST_DIR'))
        _built.append(folder)
        tree = os.path.join(folder, 'bgcopyd')
        names = subprocess.run(['git', '-C', SOURCE, 'ls-files', '-z'], check=True, capture_output=True, text=True).stdout
        for name in names.rstrip('\0').split('\0'):
            os.makedirs(os.path.dirname(os.path.join(tree, name)), exist_ok=True)
            shutil.copy2(os.path.join(SOURCE, name), os.path.join(tree, name))
        done = subprocess.run(['dpkg-buildpackage', '-us', '-uc', '-b', '-j2'], cwd=tree, capture_output=True, text=True, check=False,
                              env={k: v for k, v in os.environ.items() if not k.startswith('MAKE') and k != 'MFLAGS'})
        if done.returncode != 0:
            raise RuntimeError(done.stdout[-3000:] + done.stderr[-3000:])
    return _built[0]


def packages(folder):
    found = {name: glob.glob(os.path.join(folder, name + '_*.deb')) for name in NAMES}
    for name, paths in found.items():
        equal(len(paths), 1, f'packages {name}')
    return [paths[0] for paths in found.values()]


def contents(package):
    said = subprocess.run(['dpkg-deb', '--fsys-tarfile', package], check=True, capture_output=True).stdout
    listed = subprocess.run(['tar', 't'], input=said, check=True, capture_output=True).stdout.decode().split('\n')
    return {line.removeprefix('./') for line in listed if line and not line.endswith('/')}


def test_lintian():
    folder = build()
    done = subprocess.run(['lintian', '--allow-root', '--fail-on', 'error,warning', *packages(folder)], capture_output=True,
                          text=True, check=False)
    equal((done.returncode, done.stdout), (0, ''))


def test_contents():
    server, control, daemon = (contents(package) for package in packages(build()))
    for part in ('usr/bin/bgcopyctl', 'usr/share/bash-completion/completions/bgcopyctl',
                 'usr/share/zsh/vendor-completions/_bgcopyctl', 'usr/share/fish/vendor_completions.d/bgcopyctl.fish'):
        true(part in control, f'{part} is not in {sorted(control)}')
    for part in ('usr/sbin/bgcopyd', 'usr/libexec/bgcopy-worker', 'usr/lib/systemd/catalog/bgcopyd.catalog',
                 'usr/share/man/man5/bgcopyd.conf.5.gz', f'usr/share/dbus-1/system.d/{NAME}.conf',
                 f'usr/share/polkit-1/actions/{NAME}.policy', 'usr/share/polkit-1/rules.d/50-bgcopyd.rules'):
        true(part in daemon, f'{part} is not in {sorted(daemon)}')
    true('usr/sbin/bgcopy-server' in server, 'the server is missing')
    equal((server & control, server & daemon, control & daemon), (set(), set(), set()), 'files of two packages')


def files_of_ours(machine):
    """What there is inside that bears our name and dpkg does not count among its own notes."""
    said = machine.out('find', '/etc', '/usr', '/lib', '/var', '-xdev', '-iname', '*bgcop*', '-o', '-xdev', '-name', NAME + '*')
    return {line for line in said.splitlines() if not line.startswith('/var/log/journal')}


def test_install_upgrade_purge():
    found = packages(build())
    folder = tempfile.mkdtemp(prefix='bgcopyd-machine-', dir=os.environ.get('BGC_TEST_DIR'))
    machine = Machine(folder)
    try:
        machine.add_user('alice', 2001)
        # Where it stands it forbids packages to start anything.
        if os.path.exists(machine.path('/usr/sbin/policy-rc.d')):
            os.unlink(machine.path('/usr/sbin/policy-rc.d'))
        machine.boot()
        before = files_of_ours(machine)
        inside = []
        for package in found:
            inside.append('/var/tmp/' + os.path.basename(package).replace('bgcop', 'p'))
            shutil.copy(package, machine.path(inside[-1]))
        machine.run('dpkg', '--install', *inside, seconds=180)
        equal(machine.out('systemctl', 'is-enabled', 'bgcopyd.timer'), 'enabled')
        equal(machine.run('systemctl', 'is-enabled', 'bgcopy-server.socket', check=False).stdout.strip(), 'disabled')
        equal(machine.show('bgcopyd.service', 'ActiveState'), 'inactive')
        true(machine.out('id', '-u', 'bgcopyd').isdigit(), 'no user bgcopyd')
        # The first call starts it, and a job makes a queue.
        said = machine.out('gdbus', 'call', '--system', '-d', NAME, '-o', '/org/example/BackgroundCopy', '-m',
                           NAME + '.Manager.CreateJob', 'a job', 'download', '{}', user='alice')
        true('/Job/' in said, said)
        machine.run('bgcopyctl', 'list', user='alice')
        machine.run('bgcopyd', '--check-config')
        first = machine.show('bgcopyd.service', 'MainPID')
        # The same again is what an upgrade does: it is restarted, and keeps the queue.
        machine.run('dpkg', '--install', *inside, seconds=180)
        true(machine.show('bgcopyd.service', 'MainPID') != first, 'the old one still runs')
        true(said.split('/')[-1][:8] in machine.out('bgcopyctl', 'list', user='alice'), 'the job is gone')
        machine.run('dpkg', '--remove', *NAMES, seconds=180)
        equal(machine.show('bgcopyd.service', 'ActiveState'), 'inactive')
        true(os.path.exists(machine.path('/var/lib/bgcopyd/queue.db')), 'removing took the queue')
        machine.run('dpkg', '--purge', *NAMES, seconds=180)
        equal(files_of_ours(machine) - before, set(), 'left after purge')
    finally:
        machine.close()
        shutil.rmtree(folder, ignore_errors=True)


def clean():
    for folder in _built:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == '__main__':
    try:
        tap.main(globals(), limit=600)
    finally:
        clean()
