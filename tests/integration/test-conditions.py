#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright 2026 The bgcopyd authors
"""When not to run: what the machine's services say stops a transfer and lets it go on, and nothing is fetched twice."""

import errno
import os
import re
import socket
import subprocess
import sys
import threading
import time
import urllib.request

import child
import surroundings
import tap
from daemon import shim
from skip import Skip
from slow_job import SIZE, ends_well, slow_job, waits
from tap import equal, raises, true

MIB = 1024 * 1024
# Seconds from a change to the stop of what it stops.
SOON = 1.0


def soon(spread):
    """What the system and the daemon take is far less; a busy machine may hold either up once."""
    tap.diagnose('stopped after ' + ', '.join(f'{seconds:.3f}' for seconds in spread) + ' s')
    true(min(spread) < SOON, f'stopped after {spread}')


def running_job(world, **properties):
    """A job that runs and has had bytes."""
    job, content = slow_job(world, **properties)
    job.wait_state('transferring')
    return job, content


def stops(job, reason, spread, change, *arguments, **properties):
    """What is held of it when it has stopped for what changes now."""
    since = time.monotonic()
    change(*arguments, **properties)
    held = waits(job, reason)
    spread.append(time.monotonic() - since)
    return held


class Steady:
    """A server whose bytes come one thousand after the other; nginx sends a second's all at once."""

    def __init__(self, world):
        script = os.path.join(os.environ['TOP_SRCDIR'], 'tests', 'httpd', 'faulty_httpd.py')
        # It ends with its standard input.
        self.process = child.start([sys.executable, script], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        world._undo.append(lambda: child.stop(self.process))
        self.port = int(self.process.stdout.readline())

    def url(self, size):
        return f'http://127.0.0.1:{self.port}/f/file?size={size}&drip=4'

    def starts(self):
        """Where each request began."""
        with urllib.request.urlopen(f'http://127.0.0.1:{self.port}/log?name=file', timeout=30) as answer:
            ranges = [line.split()[1] for line in answer.read().decode().splitlines()]
        return [int(re.search(r'\d+', words).group()) if words != '-' else 0 for words in ranges]


def small_file_system(world, size):
    folder = world.local('small')
    os.mkdir(folder)
    if subprocess.run(['mount', '-t', 'tmpfs', '-o', f'size={size}', 'small', folder], capture_output=True).returncode != 0:
        raise Skip('needs to mount a small file system')
    world._undo.append(lambda: subprocess.run(['umount', '-l', folder], capture_output=True))
    return folder


def fill(folder, leave):
    """Another program takes what there is but for so many bytes."""
    state = os.statvfs(folder)
    with open(os.path.join(folder, 'other'), 'wb') as f:
        os.posix_fallocate(f.fileno(), 0, state.f_bavail * state.f_frsize - leave)


def is_full(job):
    return (job.get('State'), job.get('WaitReason')) == ('transient-error', 'disk-full')


def without_reservation(world):
    """The environment of a daemon whose workers are on a file system that reserves no space, as some are."""
    return {'LD_PRELOAD': shim(), 'DISK_ROOT': world.folder, 'DISK_FAIL_OPS': 'allocate',
            'DISK_FAIL_NTH': '1', 'DISK_FAIL_FROM': '1', 'DISK_FAIL_ERRNO': str(errno.EOPNOTSUPP),
            'DISK_FAIL_PROGRAM': 'bgcopy-worker', 'DISK_COUNT': os.path.join(world.folder, 'count')}


def test_full_while_transferring(world):
    folder = small_file_system(world, '16m')
    # A foreground job obeys too, and what is held of it is told every second.
    world.start({'FreeSpaceReserve': '1M'}, environment=without_reservation(world))
    server = Steady(world)
    job = world.service.submit([(server.url(SIZE), folder + '/file')], AutoComplete=True, Priority='foreground')
    job.service.wait(lambda: job.get('BytesTransferred') > 0, 'bytes')
    held, spread = [], []
    for _ in range(2):
        fill(folder, MIB // 2)
        since = time.monotonic()
        job.service.wait(lambda: is_full(job), 'disk-full')
        spread.append(time.monotonic() - since)
        held.append(job.get('BytesTransferred'))
        error = job.get('Error')
        equal((error['name'], error['context'], error['transient'], job.get('NextAttempt'), job.get('Rate')),
              ('NoSpace', 'local-file', True, 0, 0))
        true('1048576 bytes stay free' in error['message'], error['message'])
        os.unlink(folder + '/other')
        if len(held) == 1:
            job.wait_state('transferring')
            job.service.wait(lambda: job.get('BytesTransferred') > held[0], 'more bytes')
    soon(spread)
    job.wait_state('acknowledged')
    equal((os.stat(folder + '/file').st_size, server.starts()), (SIZE, [0, *held]))


def test_full_before(world):
    """While there is no room nobody is asked again for what would have no place."""
    folder = small_file_system(world, '16m')
    world.start({'FreeSpaceReserve': '1M', 'MinimumRetryDelay': '1h'})
    fill(folder, 2 * MIB)
    content = world.bytes(2 * SIZE)
    url = world.web.put('large.bin', content)
    job = world.service.submit([(url, folder + '/large.bin')], AutoComplete=True)
    job.service.wait(lambda: is_full(job), 'disk-full')
    # Longer than until the first look, and still for less than what is to be reserved and stay free.
    time.sleep(6)
    equal((is_full(job), job.get('ErrorCount'), len(world.web.requests())), (True, 1, 1))
    os.unlink(folder + '/other')
    job.wait_state('acknowledged', seconds=60)
    equal((world.read('small/large.bin') == content, len(world.web.requests())), (True, 2))


def test_metered(world):
    manager = surroundings.network_manager(world)
    job, content = running_job(world)
    foreground = world.service.create('foreground', Priority='foreground')
    equal((job.get('CostPolicy'), foreground.get('CostPolicy')), ('standard', 'always'))
    spread = []
    first = stops(job, 'metered', spread, manager.update, Metered=1)
    raises('InvalidArgument', job.set, 'CostPolicy', 'Standard')
    # Resume is no word about money; the policy is.
    job.resume()
    waits(job, 'metered')
    job.set('CostPolicy', 'always')
    job.wait_state('transferring')
    second = stops(job, 'metered', spread, job.set, 'CostPolicy', 'unrestricted')
    world.restart()
    job = world.find(job)
    equal(job.get('CostPolicy'), 'unrestricted')
    manager.update(Metered=4)
    job.wait_state('transferring')
    third = stops(job, 'metered', spread, manager.update, Metered=3)
    manager.update(Metered=2)
    soon(spread)
    ends_well(world, job, content, first, second, third)


def test_power_saver(world):
    profiles = surroundings.power_profiles(world)
    job, content = running_job(world, Priority='low')
    spread = []
    first = stops(job, 'power', spread, profiles.update, ActiveProfile='power-saver')
    profiles.update(ActiveProfile='balanced')
    job.wait_state('transferring')
    second = stops(job, 'power', spread, profiles.update, ActiveProfile='power-saver')
    soon(spread)
    job.resume()
    ends_well(world, job, content, first, second)


def test_low_battery(world):
    battery = surroundings.upower(world)
    battery.update(OnBattery=True)
    job, content = running_job(world, Priority='low')
    display = '/org/freedesktop/UPower/devices/DisplayDevice'
    device = 'org.freedesktop.UPower.Device'
    spread = []
    held = [stops(job, 'power', spread, battery.update, display, device, WarningLevel=3)]
    battery.update(display, device, WarningLevel=1)
    job.wait_state('transferring')
    held.append(stops(job, 'power', spread, battery.update, display, device, WarningLevel=4))
    soon(spread)
    # Gone, and with it what it said.
    battery.stop()
    ends_well(world, job, content, *held)


def test_only_while_logged_in(world):
    logind = surroundings.Logind(world)
    world.start({'OnlyWhileLoggedIn': 'yes'})
    job, content = slow_job(world)
    held = []
    # Root and the system's other accounts are always there.
    if os.geteuid() >= 1000:
        waits(job, 'owner-logged-out')
        logind.log_in(os.geteuid())
        job.wait_state('transferring')
        spread = []
        held.append(stops(job, 'owner-logged-out', spread, logind.set_state, os.geteuid(), 'closing'))
        logind.set_state(os.geteuid(), 'online')
        soon(spread)
    ends_well(world, job, content, *held)


def answer_once(listener, body):
    """Takes one request and answers it."""
    connection, _address = listener.accept()
    with connection:
        while b'\r\n\r\n' not in connection.recv(4096):
            pass
        connection.sendall(b'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s' % (len(body), body))


def test_offline(world):
    """No network by what is said: who can be reached is reached, who cannot is tried again as soon as there is one."""
    manager = surroundings.network_manager(world)
    manager.update(State=20)
    # Where it has no monitor of its own, as in its sandbox.
    world.start(environment={'GIO_USE_NETWORK_MONITOR': 'base'})
    world.web.put('near.bin', content := world.bytes(1000))
    with socket.socket() as listener:
        listener.bind(('127.0.0.1', 0))
        url = f'http://127.0.0.1:{listener.getsockname()[1]}/far'
        # Tried again soon, and knows by then.
        early = world.service.submit([(url, world.local('early.bin'))])
        world.service.wait(lambda: early.get('WaitReason') == 'network', 'the network to be missed')
        equal(early.get('ErrorCount') <= 1, True, 'being offline is no error')
        near = world.service.submit([(world.web.url('near.bin'), world.local('near.bin'))], AutoComplete=True)
        near.wait_state('acknowledged')
        equal(world.read('near.bin') == content, True, 'content')
        early.cancel()
        far = world.service.submit([(url, world.local('far.bin'))], AutoComplete=True, MinimumRetryDelay=3600)
        world.service.wait(lambda: far.get('WaitReason') == 'network', 'the network to be missed')
        listener.listen()
        answering = threading.Thread(target=answer_once, args=(listener, b'hello'), daemon=True)
        answering.start()
        manager.update(State=70)
        far.wait_state('acknowledged')
        answering.join()
    equal((world.read('far.bin'), far.get('ErrorCount')), (b'hello', 0))


def test_nobody_to_ask(world):
    """Without a system bus everything runs."""
    world.start(environment={'DBUS_SYSTEM_BUS_ADDRESS': 'unix:path=/nonexistent/bus'})
    job, content = running_job(world, Priority='low')
    ends_well(world, job, content)


if __name__ == '__main__':
    tap.main(globals())
