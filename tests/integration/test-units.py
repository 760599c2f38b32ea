#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright 2026 The bgcopyd authors
"""Units, users and directories as systemd reads them."""

import os
import re
import shutil
import subprocess

import tap
from tap import equal, true
from world import Skip

SOURCE = os.path.join(os.environ['TOP_SRCDIR'], 'systemd')
BUILT = os.path.join(os.environ['TOP_BUILDDIR'], 'systemd', 'system')
EXPOSURE_MAX = 1.5  # of 10, as systemd-analyze reckons it


def run(*arguments, **options):
    if not shutil.which(arguments[0]):
        raise Skip(f'{arguments[0]} is not installed')
    return subprocess.run(arguments, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, **options)


def test_exposure(world):
    """What a captured bgcopy-server could still do."""
    done = run('systemd-analyze', 'security', '--offline=true', '--no-pager', os.path.join(BUILT, 'bgcopy-server.service'))
    figure = re.search(r'Overall exposure level for [^:]*: ([0-9.]+)', done.stdout)
    true(figure, done.stdout)
    tap.diagnose(f'exposure {figure.group(1)}')
    true(float(figure.group(1)) <= EXPOSURE_MAX, f'exposure {figure.group(1)}, wanted at most {EXPOSURE_MAX}')


def test_units_are_understood(world):
    """No key or value that systemd does not know. The programs need not be installed."""
    folder = world.local('units')
    os.makedirs(folder)
    for path in (os.path.join(BUILT, 'bgcopy-server.service'), os.path.join(SOURCE, 'bgcopy-server.socket')):
        with open(path, encoding='utf-8') as f:
            text = re.sub(r'^ExecStart=\S+', 'ExecStart=/bin/true', f.read(), flags=re.M)
        with open(os.path.join(folder, os.path.basename(path)), 'w', encoding='utf-8') as f:
            f.write(text)
    done = run('systemd-analyze', 'verify', '--man=no', os.path.join(folder, 'bgcopy-server.socket'),
               os.path.join(folder, 'bgcopy-server.service'), env={**os.environ, 'SYSTEMD_UNIT_PATH': folder + ':'})
    wrong = [line for line in done.stdout.splitlines() if 'bgcopy-server' in line]
    equal(wrong, [])


def test_user_is_made(world):
    root = world.local('root')
    os.makedirs(os.path.join(root, 'etc'))
    done = run('systemd-sysusers', '--root=' + root, os.path.join(SOURCE, 'sysusers.d', 'bgcopy-server.conf'))
    equal(done.returncode, 0, done.stdout)
    with open(os.path.join(root, 'etc', 'passwd'), encoding='utf-8') as f:
        line = f.read().strip().split(':')
    equal((line[0], line[5]), ('bgcopy-server', '/nonexistent'))
    true(0 < int(line[2]) < 1000, f'uid {line[2]} is no system user')
    true(line[6].endswith('nologin'), line[6])


def test_every_user_of_a_unit_exists(world):
    """What the units name is what sysusers makes."""
    with open(os.path.join(SOURCE, 'sysusers.d', 'bgcopy-server.conf'), encoding='utf-8') as f:
        made = set(re.findall(r'^u (\S+)', f.read(), flags=re.M))
    for path in (os.path.join(BUILT, 'bgcopy-server.service'), os.path.join(SOURCE, 'bgcopy-server.socket')):
        with open(path, encoding='utf-8') as f:
            named = set(re.findall(r'^(?:Socket)?(?:User|Group)=(\S+)', f.read(), flags=re.M))
        equal(named - made, set(), path)


tap.main(globals())
