#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright 2026 The bgcopyd authors
"""Limits on bandwidth and their hours: what a reload and the hour stop goes on by itself, and nothing is fetched twice."""

import os
import signal
import subprocess
import time

import tap
from awaited import wait_for
from daemon import program
from slow_job import ends_well, slow_job, waits
from tap import equal, true

ALWAYS = '00:00-24:00'
POLICY = 'bandwidth-policy'


class Configuration:
    """The file that the daemon reads, and reads again."""

    def __init__(self, world, **environment):
        self.world = world
        self.readings = 0
        world.start({'FilesAtOnce': 4}, environment=environment)

    def log(self):
        with open(self.world.daemon.log, encoding='utf-8') as f:
            return f.read()

    def reload(self, *lines):
        """What the daemon said of them."""
        before = len(self.log())
        with open(self.world.daemon.config, 'w', encoding='utf-8') as f:
            f.write('[Bandwidth]\n' + ''.join(line + '\n' for line in lines))
        os.kill(self.world.daemon.pid, signal.SIGHUP)
        wait_for(lambda: 'Configuration read again' in self.log()[before:], 'the configuration to be read')
        return self.log()[before:]


def test_reload(world):
    """Caps of 0 in all the ways in which they can be written, live."""
    configuration = Configuration(world)
    job, content = slow_job(world)
    held, spread = [], []
    equal(world.service.property('Bandwidth'), {})
    for line, shown in (('Limit=0', 'Limit'), ('LimitPerOwner=0', 'LimitPerOwner'), (f'Window={ALWAYS} normal=0', 'LimitNormal')):
        job.wait_state('transferring')
        since = time.monotonic()
        configuration.reload(line, 'LimitForeground=1000M')
        held.append(waits(job, POLICY))
        spread.append(time.monotonic() - since)
        equal(world.service.property('Bandwidth'), {shown: 0, 'LimitForeground': 1000 << 20})
        equal(job.get('NextAttempt'), 0)
        # Resume is no word about other people's line.
        job.resume()
        waits(job, POLICY)
        configuration.reload(line, f'Maintenance={ALWAYS}')
    tap.diagnose(f'stopped within {", ".join(f"{t * 1000:.0f}" for t in spread)} ms')
    true(min(spread) < 1, f'stopped within {spread} s')
    ends_well(world, job, content, *held)


def test_other_priorities(world):
    """Only those of the priority that the cap is for, and at once when it changes."""
    configuration = Configuration(world)
    configuration.reload('LimitLow=0')
    job, content = slow_job(world, Priority='low')
    equal(waits(job, POLICY), 0)
    job.set('Priority', 'normal')
    job.wait_state('transferring')
    job.set('Priority', 'low')
    first = waits(job, POLICY)
    configuration.reload()
    ends_well(world, job, content, first)


def test_the_hour(world):
    """Held until the window ends, which is shown, also over a restart; then it goes on by itself."""
    # Local time is 11:59:52 now, whatever it is elsewhere, and this is noon.
    now = int(time.time())
    end = now + 8
    ahead = (43200 - end) % 86400
    configuration = Configuration(world, TZ=f'XXX-{ahead // 3600:02}:{ahead // 60 % 60:02}:{ahead % 60:02}')
    configuration.reload('Window=00:00-12:00 limit=0', 'Window=12:00-24:00 high=1000M')
    job, content = slow_job(world, 1024)
    if time.time() < end - 4:
        equal(waits(job, POLICY), 0)
        equal(job.get('NextAttempt'), end * 1_000_000)
        equal(world.service.property('Bandwidth'), {'Limit': 0, 'Until': end * 1_000_000})
    if time.time() < end - 4:
        world.restart()
        job = world.find(job)
    ends_well(world, job, content)
    true(time.time() >= end, 'it ended before it was to begin')
    equal(job.get('NextAttempt'), 0)
    equal(sorted(world.service.property('Bandwidth')), ['LimitHigh', 'Until'])


WRONG = [
    ('Limit=fast', 'Limit must be a whole number of bytes a second'),
    ('LimitLow=1T', 'LimitLow must be a whole number of bytes a second'),
    ('LimitPerOwner=-1', 'LimitPerOwner must be a whole number of bytes a second'),
    ('Window=Mon..Fri 25:00-26:00 limit=1M', 'Window=: 25:00 is no time of day'),
    ('Window=Mon-Fri 08:00-18:00 limit=1M', 'Window=: Mon-Fri is no day of the week'),
    ('Window=08:00-18:00', 'Window=: nothing is limited'),
    ('Window=08:00-18:00 limit=1M limit=2M', 'Window=: limit=2M names what was named before'),
    ('Maintenance=Sun 02:00', 'Maintenance=: 02:00 is no time from HH:MM-HH:MM'),
    ('Maintenance=Sun 02:00-02:00', 'Maintenance=: 02:00-02:00 ends when it begins'),
    ('Maintenance=02:00-04:00 speed=1', 'Maintenance=: speed=1 is none of limit=, '),
]


def test_mistakes(world):
    """By file, line and name, in the log and by --check-config; what was refused stays as it was."""
    configuration = Configuration(world)
    configuration.reload('Limit=7M', 'LimitLow=6M', 'LimitPerOwner=5M', f'Window={ALWAYS} high=4M')
    before = world.service.property('Bandwidth')
    equal(before, {'Limit': 7 << 20, 'LimitHigh': 4 << 20, 'LimitLow': 6 << 20, 'LimitPerOwner': 5 << 20})
    log = configuration.reload('Limit=7M', 'LimitLow=6M', 'LimitPerOwner=5M', f'Window={ALWAYS} high=4M',
                               *(line for line, _ in WRONG))
    path = world.daemon.config
    checked = subprocess.run([program('bgcopyd'), '--check-config', path], capture_output=True, text=True, check=False)
    equal((checked.returncode, checked.stdout), (1, path + '\n'))
    equal(checked.stderr.count('\n'), len(WRONG))
    for number, (_line, message) in enumerate(WRONG, 6):
        true(f'{path}:{number}: {message}' in log, f'line {number} is not in the log')
        true(f'error: {path}:{number}: {message}' in checked.stderr, f'line {number} is not told: {checked.stderr}')
    equal(world.service.property('Bandwidth'), before)
    missing = subprocess.run([program('bgcopyd'), '--check-config', '/nonexist'], capture_output=True, text=True,
                             check=False)
    equal((missing.returncode, missing.stderr), (1, 'error: /nonexist: No such file or directory\n'))


if __name__ == '__main__':
    tap.main(globals())
