#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright 2026 The bgcopyd authors
"""What is left when the daemon, the worker or both end in the middle."""

import tap
from tap import equal, true

FILES = 20


def start_slow(world, **properties):
    content = world.bytes(3_000_000)
    world.web.put('big', content)
    job = world.service.submit([(world.web.url('slow/1024/big'), world.local('big'))], MinimumNotificationInterval=50,
                               **properties)
    job.wait_state('transferring')
    return job, content


def finish(world, job, content):
    job = world.find(job)
    job.wait_state('transferred', seconds=60)
    equal(job.complete(), 'ok')
    equal(world.read('big') == content, True, 'content')
    equal(world.listing(), ['big'])


def test_stop_in_the_middle(world):
    job, content = start_slow(world)
    before = world.sha256(content)
    world.restart()
    finish(world, job, content)
    equal(world.sha256(world.read('big')), before)
    # What was received before the stop was kept: the second request asked for the rest.
    ranges = [r for r in world.web.requests() if 'range="bytes=' in r]
    true(ranges, f'no range was asked for: {world.web.requests()}')


def test_daemon_killed(world):
    job, content = start_slow(world)
    world.restart(kill=True)
    finish(world, job, content)


def test_worker_killed(world):
    job, content = start_slow(world, MinimumRetryDelay=5)
    true(world.daemon.workers(), 'no worker runs')
    world.daemon.kill_workers()
    job.wait_state('transient-error', 'queued', 'connecting', 'transferring')
    job.wait_state('transferred', seconds=60)
    equal(job.complete(), 'ok')
    equal(world.read('big') == content, True)


def test_worker_killed_again_and_again(world):
    job, content = start_slow(world)
    for _ in range(3):
        world.daemon.kill_workers()
        job.resume()
        if job.wait_state('transferring', 'transferred') == 'transferred':
            break
    job.wait_state('transferred', seconds=60)
    equal(job.complete(), 'ok')
    equal(world.read('big') == content, True)


def test_queue_survives(world):
    service = world.service
    made = {}
    for n in range(30):
        job = service.create(f'job {n}', Priority=world.random.choice(['foreground', 'high', 'normal', 'low']))
        if n % 3 == 0:
            job.add_all([(f'http://127.0.0.1:9/{n}/{i}', world.local(f'{n}-{i}')) for i in range(n % 5 + 1)])
        made[job.path] = (job.all(), job.every_file())
    gone = service.create('gone')
    gone.cancel()
    world.restart(kill=True)
    equal(world.service.list(), list(made))
    for path, (properties, files) in made.items():
        job = world.service.job(path.rsplit('/', 1)[1])
        equal(job.all(), properties)
        equal(job.every_file(), files)


def test_error_and_wait_survive(world):
    failed = world.service.submit([(world.web.url('missing'), world.local('m'))])
    failed.wait_state('error')
    waiting = world.service.submit([(world.web.url('status/503'), world.local('w'))], MinimumRetryDelay=3600)
    waiting.wait_state('transient-error')
    wanted = [(j.all()['State'], j.all()['Error'], j.all()['ErrorCount']) for j in (failed, waiting)]
    world.restart()
    got = [(j.all()['State'], j.all()['Error'], j.all()['ErrorCount']) for j in map(world.find, (failed, waiting))]
    equal(got, wanted)
    true(world.find(waiting).get('NextAttempt') > 0, 'the next attempt is planned')
    equal(len([r for r in world.web.requests() if '/missing' in r]), 1, 'requests for what failed')


def test_transferred_survives(world):
    content = world.bytes(100_000)
    job = world.service.submit([(world.web.put('t', content), world.local('t'))])
    job.wait_state('transferred')
    world.restart(kill=True)
    job = world.find(job)
    equal(job.state, 'transferred')
    world.service.wait(lambda: (job.path, 'Transferred', ()) in world.service.signals, 'Transferred repeated')
    equal(job.complete(), 'ok')
    equal(world.read('t') == content, True)
    equal(len(world.web.requests()), 1, 'requests')


def test_queue_lost(world):
    """Temporary files that no job knows any more go with the next transfer; others' and other queues' stay."""
    import os
    for damage in ('gone', 'garbage'):
        start_slow(world)
        world.daemon.kill()
        lost = [name for name in world.listing() if name.startswith('.bgcopy-')]
        equal(len(lost), 1, 'orphans')
        strangers = ['.bgcopy-' + 32 * 'f', lost[0][:16] + 24 * '0', 'mine']
        for name in strangers[::2]:
            with open(world.local(name), 'wb') as f:
                f.write(b'x')
        os.mkdir(world.local(strangers[1]))
        for name in os.listdir(world.daemon.state):
            path = os.path.join(world.daemon.state, name)
            if name.startswith('queue.db'):
                os.unlink(path)
        if damage == 'garbage':
            with open(os.path.join(world.daemon.state, 'queue.db'), 'wb') as f:
                f.write(b'SQLite format 3\0' + 20000 * b'garbage ')
        world.again()
        content = world.bytes(2_000_000)
        world.web.put('next', content)
        job = world.service.submit([(world.web.url('slow/1024/next'), world.local('next'))])
        job.wait_state('transferred')
        equal(world.listing(), sorted(strangers + [os.path.basename(job.files()[0]['temporary'])]))
        equal(job.complete(), 'ok')
        equal(world.read('next') == content, True)
        os.rmdir(world.local(strangers[1]))
        for name in ['next'] + strangers[::2]:
            os.unlink(world.local(name))


def test_a_second_daemon(world):
    """One plain line says why it ends, whether it meets the other at the queue or on the bus; before it waits it says so."""
    import os
    import subprocess
    import child
    from daemon import program
    equal(world.service.list(), [])
    environment = dict(os.environ, DBUS_SESSION_BUS_ADDRESS=world.bus.address, LC_ALL='C.UTF-8')
    for state, waits, why in ((world.daemon.state, 1, 'Another daemon uses the queue in'),
                              (os.path.join(world.folder, 'other'), 0, 'org.example.BackgroundCopy is owned by another process')):
        process = child.start([program('bgcopyd'), '--session', '--state-dir', state], env=environment,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if waits:
            said = process.stdout.readline()
            true(said.endswith('waiting 10 s for it to end\n') and process.poll() is None, said)
        said = process.communicate(timeout=30)[0].splitlines()
        equal(process.returncode, 1, 'exit status')
        equal(len(said), 1, f'lines: {said}')
        true(said[0].startswith('bgcopyd: ' + why), said[0])
    equal(world.service.list(), [])


def test_calls_while_it_ends(world):
    """Whoever calls all the time, by the name or by the connection, is answered, told Busy, or told that nobody
    is there; never that there are no such objects."""
    import collections
    import os
    import signal
    from gi.repository import Gio, GLib
    from job import JOB, NAME
    job, _ = start_slow(world)
    seen = collections.Counter()
    context = GLib.MainContext.default()
    ticks = GLib.timeout_add(20, lambda: True)
    for _ in range(5):
        connection = world.bus.connect()
        owner = connection.call_sync('org.freedesktop.DBus', '/org/freedesktop/DBus', 'org.freedesktop.DBus',
                                     'GetNameOwner', GLib.Variant('(s)', (NAME,)), None, 0, -1, None).unpack()[0]
        out, going = [0], [True]

        def done(connection, result, name, out=out, going=going):
            out[0] -= 1
            try:
                connection.call_finish(result)
                seen['answered'] += 1
            except GLib.Error as error:
                seen[(Gio.DBusError.get_remote_error(error) or str(error)).rsplit('.', 1)[-1]] += 1
            if going[0]:
                fire(connection, name, out)

        def fire(connection, name, out, done=done):
            out[0] += 1
            connection.call(name, job.path, 'org.freedesktop.DBus.Properties', 'GetAll', GLib.Variant('(s)', (JOB,)),
                            None, Gio.DBusCallFlags.NO_AUTO_START, 5000, None, done, name)

        for n in range(10):
            fire(connection, (NAME, owner)[n % 2], out)
        process = world.daemon.process
        before = seen['answered']
        while seen['answered'] < before + 50:
            context.iteration(True)
        os.kill(process.pid, signal.SIGTERM)
        while process.poll() is None:
            context.iteration(True)
        going[0] = False
        while out[0] > 0:
            context.iteration(True)
        equal(process.returncode, 0, 'exit status')
        world.again()
    GLib.source_remove(ticks)
    tap.diagnose(str(dict(seen)))
    equal(set(seen) - {'answered', 'Busy', 'ServiceUnknown', 'NameHasNoOwner', 'NoReply'}, set(), 'answers')


def test_waits_for_the_one_before(world):
    """One that is started while another still ends comes up when that has left the queue."""
    import fcntl
    import os
    import threading
    equal(world.service.list(), [])
    world.daemon.stop()
    lock = os.open(os.path.join(world.daemon.state, 'queue.lock'), os.O_RDWR)
    fcntl.flock(lock, fcntl.LOCK_EX)
    leave = threading.Timer(1.0, os.close, (lock,))
    leave.start()
    world.again()
    leave.join()
    equal(world.service.list(), [])


def test_killed_at_random_moments(world):
    """SIGKILL of daemon, of worker or of both, while 20 files come in; BGC_KILLS sets how often (10)."""
    import os
    kills = int(os.environ.get('BGC_KILLS', '10'))
    rng = world.random
    contents = {f'f{n}': world.bytes(rng.randrange(1, 400_000)) for n in range(FILES)}
    for name, content in contents.items():
        world.web.put(name, content)
    job = world.service.submit([(world.web.url(f'slow/64/{n}'), world.local(n)) for n in contents], Priority='foreground',
                               AutoComplete=True)
    from gi.repository import GLib
    done = 0
    for _ in range(kills):
        loop = GLib.MainLoop()
        GLib.timeout_add(rng.randrange(0, 400), loop.quit)
        loop.run()
        if world.service.job(job.id).state == 'acknowledged':
            break
        done += 1
        which = rng.choice(['daemon', 'worker', 'both'])
        if which != 'daemon':
            world.daemon.kill_workers()
        if which != 'worker':
            world.restart(kill=True)
        job = world.service.job(job.id)
        if job.state in ('transient-error', 'error'):
            job.resume()
        equal(world.service.list(), [job.path], 'jobs')
    tap.diagnose(f'{done} kills')
    state = job.wait_state('acknowledged', 'transient-error', 'error', seconds=90)
    if state != 'acknowledged':
        tap.diagnose(f'{state}: {job.get("Error")}')
        job.resume()
        job.wait_state('acknowledged', seconds=90)
    for name, content in contents.items():
        equal(world.read(name) == content, True, name)
    equal(world.listing(), sorted(contents), 'files left')
    equal(world.service.list(), [job.path], 'jobs')


test_killed_at_random_moments.limit = 1200

tap.main(globals())
