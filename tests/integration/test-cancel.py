#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright 2026 The bgcopyd authors
"""Cancel in each situation a job can be in: cancelled durably, its files gone, once."""

import os
import time

from gi.repository import GLib

import tap
from tap import equal, raises, true


def cancelled(world, job, outcome='ok', left=()):
    equal(job.cancel(), outcome)
    equal(job.state, 'cancelled')
    equal(world.listing(), sorted(left), 'files left')
    equal(world.service.list(), [])
    raises('NotFound', world.service.job, job.id)
    for call in (job.cancel, job.complete, job.suspend, job.resume):
        raises('InvalidState', call)
    raises('InvalidState', job.add, 'http://127.0.0.1/x', world.local('x'))
    raises('InvalidState', job.set, 'Description', 'too late')
    world.restart()
    equal(world.service.list(), [], 'jobs after a restart')
    equal(world.listing(), sorted(left), 'files left after a restart')


def test_suspended_and_empty(world):
    cancelled(world, world.service.create())


def test_suspended_with_files(world):
    job = world.service.create()
    job.add('http://127.0.0.1:9/x', world.local('x'))
    cancelled(world, job)


def test_while_connecting(world):
    """A server that accepts and never answers."""
    import socket
    with socket.socket() as listener:
        listener.bind(('127.0.0.1', 0))
        listener.listen(5)
        job = world.service.submit([(f'http://127.0.0.1:{listener.getsockname()[1]}/x', world.local('x'))])
        job.wait_state('connecting')
        listener.settimeout(10)
        peer, _ = listener.accept()
        begun = time.monotonic()
        cancelled(world, job)
        true(time.monotonic() - begun < 20, 'took long')
        peer.close()


def test_while_transferring(world):
    world.web.put('big', world.bytes(2_000_000))
    with open(world.local('big'), 'w', encoding='ascii') as f:
        f.write('was here before')
    job = world.service.submit([(world.web.url('slow/256/big'), world.local('big'))])
    job.wait_state('transferring')
    # The answer is told before the first bytes are written.
    world.service.wait(lambda: len(world.listing()) == 2, 'the temporary file')
    hidden = [n for n in world.listing() if n != 'big']
    equal(len(hidden), 1, f'temporary files {hidden}')
    equal(os.stat(world.local(hidden[0])).st_mode & 0o777, 0o600, 'mode of the temporary file')
    cancelled(world, job, left=['big'])
    equal(world.read('big'), b'was here before')


def test_while_paused(world):
    world.web.put('big', world.bytes(2_000_000))
    job = world.service.submit([(world.web.url('slow/256/big'), world.local('big'))])
    job.wait_state('transferring')
    job.suspend()
    equal(len(world.listing()), 1)
    cancelled(world, job)


def test_while_waiting_for_a_retry(world):
    job = world.service.submit([(world.web.url('status/503'), world.local('x'))])
    job.wait_state('transient-error')
    cancelled(world, job)


def test_in_error(world):
    job = world.service.submit([(world.web.put('ok', b'x'), world.local('ok')), (world.web.url('missing'), world.local('x'))])
    job.wait_state('error')
    cancelled(world, job)


def test_transferred(world):
    job = world.service.submit([(world.web.put('x', b'x'), world.local('x'))])
    job.wait_state('transferred')
    equal(len(world.listing()), 1)
    cancelled(world, job)


def test_acknowledged(world):
    job = world.service.submit([(world.web.put('x', b'x'), world.local('x'))])
    job.wait_state('transferred')
    job.complete()
    raises('InvalidState', job.cancel)
    equal(world.listing(), ['x'])


def test_temporary_file_already_gone(world):
    job = world.service.submit([(world.web.put('x', b'x'), world.local('x'))])
    job.wait_state('transferred')
    os.unlink(job.files()[0]['temporary'])
    cancelled(world, job)


def test_unable_to_delete(world):
    folder = world.local('locked')
    os.mkdir(folder)
    job = world.service.submit([(world.web.put('x', b'x'), os.path.join(folder, 'x'))])
    job.wait_state('transferred')
    undo = world.unwritable(folder)
    equal(job.cancel(), 'unable-to-delete-files')
    equal(job.state, 'cancelled')
    equal(world.service.list(), [])
    equal(len(os.listdir(folder)), 1)
    with open(world.daemon.log, encoding='utf-8', errors='replace') as f:
        true(folder in f.read(), 'the path is not in the log')
    # Tried again at the next start.
    world.restart()
    equal(len(os.listdir(folder)), 1)
    undo()
    world.restart()
    # Told by nobody: the job has no object any more. Looked at for 10 s.
    for _ in range(100):
        if not os.listdir(folder):
            break
        time.sleep(0.1)
    equal(os.listdir(folder), [], 'left after it could be deleted')


def test_killed_in_the_middle(world):
    """SIGKILL at moments spread over the whole of a Cancel: afterwards the job is whole or gone, never between."""
    from gi.repository import Gio, GLib
    from job import JOB, NAME
    contents = [world.bytes(2000) for _ in range(30)]
    urls = [world.web.put(f'f{n}', c) for n, c in enumerate(contents)]
    ends = {'gone': 0, 'whole': 0}
    for delay in (0, 0.0005, 0.001, 0.002, 0.003, 0.005, 0.008, 0.012, 0.02, 0.05):
        job = world.service.submit([(u, world.local(f'f{n}')) for n, u in enumerate(urls)], Priority='foreground')
        job.wait_state('transferred')
        world.service.connection.call(NAME, job.path, JOB, 'Cancel', None, GLib.VariantType('(s)'),
                                      Gio.DBusCallFlags.NONE, -1, None, None)
        world.service.connection.flush_sync(None)
        # The delay is the point here: it is where in the Cancel the kill falls.
        time.sleep(delay)
        world.restart(kill=True)
        listed = world.service.list()
        if listed:
            ends['whole'] += 1
            equal(listed, [job.path])
            job = world.find(job)
            equal(job.state, 'transferred')
            equal(job.complete(), 'ok')
            for n, content in enumerate(contents):
                equal(world.read(f'f{n}'), content)
                os.unlink(world.local(f'f{n}'))
        else:
            ends['gone'] += 1
            for _ in range(100):
                if not world.listing():
                    break
                time.sleep(0.1)
        equal(world.listing(), [], f'left after a kill {delay} s into Cancel')
    tap.diagnose(f'ended {ends}')


def test_while_the_home_is_away(world):
    """What is on a disk that was taken out goes when it is back."""
    world.web.put('big', world.bytes(2_000_000))
    home = world.local('home')
    os.mkdir(home)
    job = world.service.submit([(world.web.url('slow/256/big'), os.path.join(home, 'big'))])
    job.wait_state('transferring')
    job.suspend()
    os.rename(home, home + '.away')
    equal(job.cancel(), 'unable-to-delete-files')
    os.rename(home + '.away', home)
    equal(len(os.listdir(home)), 1)
    world.restart()
    ticks = GLib.timeout_add(50, lambda: True)
    world.service.wait(lambda: not os.listdir(home), 'the temporary file to go')
    GLib.source_remove(ticks)


def hang_disk(world):
    """A transfer whose worker hangs in a write; gives its job and the file that holds it there."""
    flag = os.path.join(world.folder, 'hang')
    world.start(environment={
        'LD_PRELOAD': os.path.join(os.environ['TOP_BUILDDIR'], 'tests/lib/disk-shim.so'),
        'ASAN_OPTIONS': 'verify_asan_link_order=0:' + os.environ.get('ASAN_OPTIONS', ''),
        'DISK_ROOT': world.downloads,
        'DISK_COUNT': os.path.join(world.folder, 'count'),
        'DISK_HANG': flag,
    })
    world.web.put('big', world.bytes(20_000_000))
    job = world.service.submit([(world.web.url('slow/1024/big'), world.local('big'))])
    job.wait_state('transferring')
    with open(flag, 'w', encoding='ascii'):
        pass
    return job, flag


def test_on_a_hanging_disk(world):
    """The worker answers pings all the while."""
    job, _ = hang_disk(world)
    begun = time.monotonic()
    equal(job.call('Cancel', seconds=30), 'unable-to-delete-files')
    true(9 < time.monotonic() - begun < 20, f'took {time.monotonic() - begun:.1f} s')
    equal(job.state, 'cancelled')
    equal(world.service.list(), [])


def test_suspend_on_a_hanging_disk(world):
    job, flag = hang_disk(world)
    job.call('Suspend', seconds=30)
    equal(job.state, 'suspended')
    os.unlink(flag)
    job.resume()
    job.wait_state('transferring')
    equal(job.cancel(), 'ok')
    equal(world.listing(), [])


def test_ending_on_a_hanging_disk(world):
    hang_disk(world)
    begun = time.monotonic()
    world.daemon.stop()
    true(time.monotonic() - begun < 20, f'took {time.monotonic() - begun:.1f} s')


def test_against_complete(world):
    """Both at once: one wins, the other is told InvalidState, and the files agree with the winner."""
    from gi.repository import Gio, GLib
    from job import JOB, NAME
    for first, second in (('Cancel', 'Complete'), ('Complete', 'Cancel')):
        job = world.service.submit([(world.web.put('x', b'x'), world.local('x'))])
        job.wait_state('transferred')
        answers = {}

        def done(connection, result, member, answers=answers):
            try:
                answers[member] = connection.call_finish(result).unpack()[0]
            except GLib.Error as error:
                answers[member] = Gio.DBusError.get_remote_error(error).rsplit('.', 1)[-1]

        for member in (first, second):
            world.service.connection.call(NAME, job.path, JOB, member, None, None, Gio.DBusCallFlags.NONE, -1, None,
                                          done, member)
        world.service.wait(lambda answers=answers: len(answers) == 2, 'both answers')
        equal(sorted(answers.values()), ['InvalidState', 'ok'], f'{answers}')
        equal(world.listing(), ['x'] if answers['Complete'] == 'ok' else [])
        if world.listing():
            os.unlink(world.local('x'))


tap.main(globals())
