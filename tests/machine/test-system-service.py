#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright 2026 The bgcopyd authors
"""The installed service under a real systemd: who starts it, whose files it writes, and what it survives."""

import os
import signal
import time

from gi.repository import Gio, GLib

import machine_world
import tap
from machine_world import NAME, PORT, ROOT, SECURE_PORT, USERS, UserBus
from tap import equal, raises, true

FLAG = '/var/lib/bgcopyd/start-at-boot'


def check_file(world, user, name, content):
    equal(world.read_home(user, name), content, f'content of {name}')
    status = os.stat(world.home(user, name))
    uid = USERS.get(user, 0)
    equal((status.st_uid, status.st_gid, status.st_mode & 0o7777), (uid, uid, 0o644), f'owner and mode of {name}')


def test_first_call_starts_it(world):
    content = world.bytes(300_000)
    url = world.put('file', content)
    equal(world.machine.show('bgcopyd.service', 'ActiveState'), 'inactive')
    said = world.gdbus('Manager.Submit', 'nightly', 'download', f"[('{url}', '/home/alice/file', {{}})]",
                       "{'AutoComplete': <true>}", user='alice').stdout
    true(ROOT + '/Job/' in said, f'answer {said!r}')
    job = world.as_user('alice').job(said.split('/')[-1].rstrip("',)\n"))
    job.wait_state('acknowledged')
    check_file(world, 'alice', 'file', content)
    equal(world.workers(), ['bgcopy-worker@2001.service'])
    status = world.machine.out('cat', f'/proc/{world.pid}/status')
    uid = world.machine.out('id', '-u', 'bgcopyd')
    for line in (f'Uid:\t{uid}\t{uid}\t{uid}\t{uid}', 'CapEff:\t0000000000000000', 'CapBnd:\t0000000000000000', 'NoNewPrivs:\t1',
                 'Seccomp:\t2'):
        true(line in status, f'{line!r} not in\n{status}')


def test_names_and_certificates(world):
    """The worker is not locked in so far that it can neither look up a name nor check a certificate."""
    content = world.bytes(100_000)
    world.put('file', content)
    for url in (f'http://localhost:{PORT}/file', f'https://localhost:{SECURE_PORT}/file', f'https://127.0.0.1:{SECURE_PORT}/file'):
        job = world.as_user('alice').submit([(url, '/home/alice/file')], AutoComplete=True)
        true(job.wait_state('acknowledged', 'error', 'transient-error') == 'acknowledged', f'{url}: {job.get("Error")}')
        check_file(world, 'alice', 'file', content)
        os.unlink(world.home('alice', 'file'))


def test_bgcopyctl(world):
    content = world.bytes(100_000)
    url = world.put('file', content)
    done = world.machine.run('bgcopyctl', 'get', url, '/home/alice/file', user='alice', check=False)
    equal(done.returncode, 0, done.stdout + done.stderr)
    check_file(world, 'alice', 'file', content)


def test_groups(world):
    """The worker is in the groups of its user."""
    with open(world.machine.path('/etc/group'), 'a', encoding='ascii') as f:
        f.write('team:x:2500:alice\n')
    folder = world.machine.path('/var/team')
    os.mkdir(folder)
    os.chown(folder, 0, 2500)
    os.chmod(folder, 0o2770)
    content = world.bytes(1000)
    url = world.put('file', content)
    raises('AccessDenied', world.as_user('bob').submit, [(url, '/var/team/file')])
    job = world.as_user('alice').submit([(url, '/var/team/file')], AutoComplete=True)
    job.wait_state('acknowledged')
    status = os.stat(folder + '/file')
    equal((status.st_uid, status.st_gid), (USERS['alice'], 2500))


def test_three_owners_at_once(world):
    # What root's worker may not write to is so only where it exists when it starts.
    os.makedirs(world.machine.path('/var/spool/cron'), exist_ok=True)
    content = {name: world.bytes(600_000) for name in ('alice', 'bob', 'root')}
    jobs = {}
    for name, body in content.items():
        world.put(name, body)
        folder = '/root' if name == 'root' else '/home/' + name
        jobs[name] = world.as_user(name).submit([(world.url('slow/256/' + name), f'{folder}/file')], AutoComplete=True,
                                                Priority='foreground')
    for job in jobs.values():
        job.wait_state('transferring', 'acknowledged')
    equal(world.workers(), ['bgcopy-worker@0.service', 'bgcopy-worker@2001.service', 'bgcopy-worker@2002.service'])
    for name, uid in (('alice', 2001), ('bob', 2002), ('root', 0)):
        status = world.machine.out('cat', f'/proc/{world.worker_pid(name)}/status')
        for line in (f'Uid:\t{uid}\t{uid}\t{uid}\t{uid}', f'Gid:\t{uid}\t{uid}\t{uid}\t{uid}', 'CapEff:\t0000000000000000',
                     'CapBnd:\t0000000000000000', 'NoNewPrivs:\t1', 'Seccomp:\t2'):
            true(line in status, f'{line!r} of {name} not in\n{status}')
    for name, job in jobs.items():
        job.wait_state('acknowledged')
        check_file(world, name, 'file', content[name])
    # Not where the kernel does not let them.
    for user, path in (('alice', '/home/bob/x'), ('alice', '/etc/x'), ('bob', '/root' + '/x'), ('root', '/home/alice/x'),
                       ('root', '/etc/x'), ('root', '/var/spool/cron/x')):
        raises('AccessDenied', world.as_user(user).submit, [(world.url('alice'), path)])


def waiting_jobs(world):
    """One in the middle of its file, one in a retry wait, one suspended; as (id, content) of the first."""
    content = world.bytes(1_500_000)
    world.put('file', content)
    service = world.as_user('alice')
    running = service.submit([(world.url('slow/256/file'), '/home/alice/file')], AutoComplete=True)
    retrying = service.submit([(world.url('status/503'), '/home/alice/never')])
    suspended = service.create()
    running.wait_bytes(200_000)
    retrying.wait_state('transient-error')
    return [running.id, retrying.id, suspended.id], content


def check_taken_up(world, ids, content):
    service = world.as_user('alice')
    equal(sorted(path.rsplit('/', 1)[1] for path in service.list()), sorted(ids), 'jobs')
    job = service.job(ids[0])
    job.wait_state('acknowledged', seconds=60)
    check_file(world, 'alice', 'file', content)
    true(service.job(ids[1]).state in ('transient-error', 'queued', 'connecting', 'transferring'), 'the retry is forgotten')
    equal(service.job(ids[2]).state, 'suspended')


def test_restart(world):
    ids, content = waiting_jobs(world)
    world.forget_connections()
    world.machine.run('systemctl', 'restart', 'bgcopyd.service')
    check_taken_up(world, ids, content)
    equal(world.machine.show('bgcopyd.service', 'NRestarts'), '0')


def test_kill(world):
    ids, content = waiting_jobs(world)
    world.forget_connections()
    world.machine.run('systemctl', 'kill', '--signal=SIGKILL', 'bgcopyd.service')
    world.until(lambda: world.machine.show('bgcopyd.service', 'NRestarts') == '1'
                and world.machine.show('bgcopyd.service', 'ActiveState') == 'active', 'the service to be started again')
    check_taken_up(world, ids, content)


def reboot(world, hard):
    world.machine.run('systemctl', 'enable', 'bgcopyd.timer')
    ids, content = waiting_jobs(world)
    world.reboot(hard)
    # Nobody calls: the timer starts it.
    world.until(lambda: world.machine.show('bgcopyd.service', 'ActiveState') == 'active', 'the service to be started at boot')
    check_taken_up(world, ids, content)


def test_reboot(world):
    reboot(world, False)


def test_power_loss(world):
    reboot(world, True)


def test_boot_without_jobs(world):
    world.machine.run('systemctl', 'enable', 'bgcopyd.timer')
    job = world.as_user('alice').create()
    true(os.path.exists(world.machine.path(FLAG)), 'no flag with a job')
    job.cancel()
    world.reboot()
    true(not os.path.exists(world.machine.path(FLAG)), 'a flag without jobs')
    equal(world.machine.show('bgcopyd.timer', 'ConditionResult'), 'no')
    equal(world.machine.show('bgcopyd.service', 'ActiveState'), 'inactive')


def test_idle(world):
    """It ends when idle, its worker before it, and comes back for a call; not while somebody listens or something runs."""
    program = world.machine.show('bgcopyd.service', 'ExecStart').split('path=')[1].split(' ')[0]
    world.drop_in('bgcopyd.service', f'ExecStart=\nExecStart={program} --idle-exit=2\n')
    content = world.bytes(1_000_000)
    world.put('file', content)
    service = world.as_user('alice')
    job = service.submit([(world.url('slow/256/file'), '/home/alice/file')], AutoComplete=True)
    world.forget_connections()
    # The transfer takes twice the time after which it would end.
    world.until(lambda: os.path.exists(world.home('alice', 'file')), 'the file')
    equal(world.machine.show('bgcopyd.service', 'ActiveState'), 'active')
    world.until(lambda: world.machine.show('bgcopyd.service', 'ActiveState') == 'inactive', 'it to end')
    equal(world.machine.show('bgcopyd.service', 'Result'), 'success')
    world.until(lambda: world.workers() == [], 'the worker to end')
    # The job is kept for its owner, so the flag stands.
    true(os.path.exists(world.machine.path(FLAG)), 'no flag with a job')
    world.gdbus('Job.Complete', user='alice', path=job.path)
    service = world.as_user('bob')
    time.sleep(4)
    equal(world.machine.show('bgcopyd.service', 'ActiveState'), 'active', 'state while somebody listens')
    world.forget_connections()
    world.until(lambda: world.machine.show('bgcopyd.service', 'ActiveState') == 'inactive', 'it to end again')
    true(not os.path.exists(world.machine.path(FLAG)), 'a flag without jobs')


def test_calls_while_it_ends(world):
    """Whenever somebody calls there is an answer, also in the very moment in which it ends."""
    program = world.machine.show('bgcopyd.service', 'ExecStart').split('path=')[1].split(' ')[0]
    world.drop_in('bgcopyd.service', f'ExecStart=\nExecStart={program} --idle-exit=1\n')
    bus = UserBus(world.machine, USERS['alice'])
    ends = set()
    for number in range(25):
        connection = bus.connect()
        call = Gio.DBusMessage.new_method_call(NAME, ROOT, 'org.freedesktop.DBus.Properties', 'Get')
        call.set_body(GLib.Variant('(ss)', (NAME + '.Manager', 'Version')))
        answer = connection.send_message_with_reply_sync(call, Gio.DBusSendMessageFlags.NONE, 20000, None)[0]
        equal(answer.get_message_type(), Gio.DBusMessageType.METHOD_RETURN, str(answer.get_error_name()))
        # Who answered may have given its name back by now.
        ends.add(answer.get_sender())
        connection.close_sync(None)
        # It ends a second after its last look at something; which is when is for it to know.
        time.sleep(0.97 + number % 25 * 0.012)
    tap.diagnose(f'25 calls, answered by {len(ends)} instances')
    true(len(ends) > 2, 'it never ended')


def test_idle_machine_has_no_worker(world):
    world.put('file', b'x')
    job = world.as_user('alice').submit([(world.url('file'), '/home/alice/file')])
    job.wait_state('transferred')
    equal(world.workers(), ['bgcopy-worker@2001.service'])
    begun = time.monotonic()
    world.until(lambda: world.workers() == [], 'the worker to end')
    # To the second in the unit tests; here other tests run beside.
    true(8 < time.monotonic() - begun < 40, f'it lingered for {time.monotonic() - begun:.1f} s')


def test_journal(world):
    """journalctl BGCOPY_JOB= tells a job's life, and -x explains it."""
    world.put('file', world.bytes(100_000))
    job = world.as_user('alice').submit([(world.url('file') + '?key=secret', '/home/alice/file')], AutoComplete=True)
    job.wait_state('acknowledged')
    failed = world.as_user('alice').submit([(world.url('none') + '?key=secret', '/home/alice/none')])
    failed.wait_state('error')
    failed.call('Cancel')

    def told(job, *options):
        return world.machine.out('journalctl', '--no-pager', *options, 'BGCOPY_OWNER=2001', f'BGCOPY_JOB={job.id}')
    world.until(lambda: 'Completed' in told(job, '-o', 'cat') and 'Cancelled' in told(failed, '-o', 'cat'), 'the last words')
    equal([line.split(':')[0] for line in told(job, '-o', 'cat').splitlines()],
          ['Created', 'Transferred', 'Completed'])
    equal([line.split(':')[0] for line in told(failed, '-o', 'cat').splitlines()], ['Created', 'Failed', 'Cancelled'])
    said = told(failed, '-o', 'verbose')
    for field in ('BGCOPY_FILE=0', 'BGCOPY_ERROR=HttpStatus', 'BGCOPY_URL=' + world.url('none') + '\n', 'MESSAGE_ID='):
        true(field in said + '\n', f'{field!r} is not in\n{said}')
    world.machine.run('journalctl', '--update-catalog')
    true('Subject: A job has failed' in told(failed, '-x'), 'nothing is explained')
    true('secret' not in world.machine.journal('-o', 'verbose', '_COMM=bgcopyd'), 'a secret is in the log')
    true('secret' not in world.machine.journal('-o', 'verbose', '_COMM=bgcopy-worker'), "a secret is in a worker's log")


def test_reload(world):
    service = world.as_user('alice')
    pid = world.pid
    limit = service.property('Limits')['MaxJobsPerUser']
    world.configure('Limits', MaxJobsPerUser=2)
    world.reload()
    world.until(lambda: service.property('Limits')['MaxJobsPerUser'] == 2, 'the new limit')
    true(limit != 2, 'it was 2 before')
    world.configure('Limits', MaxJobsPerUser='none')
    world.reload()
    world.until(lambda: 'MaxJobsPerUser' in world.machine.journal('-u', 'bgcopyd.service'), 'the complaint')
    equal(service.property('Limits')['MaxJobsPerUser'], 2)
    equal(world.pid, pid)
    equal(world.machine.show('bgcopyd.service', 'ActiveState'), 'active')


def test_watchdog(world):
    world.drop_in('bgcopyd.service', 'WatchdogSec=1s\n')
    ids, content = waiting_jobs(world)
    # Alive for a few of its periods.
    time.sleep(2.5)
    equal(world.machine.show('bgcopyd.service', 'NRestarts'), '0')
    world.forget_connections()
    world.machine.run('kill', '-STOP', str(world.pid))
    world.until(lambda: world.machine.show('bgcopyd.service', 'NRestarts') == '1'
                and world.machine.show('bgcopyd.service', 'ActiveState') == 'active', 'the service to be started again')
    check_taken_up(world, ids, content)


def worker_dies(world, number):
    content = world.bytes(3_000_000)
    world.put('file', content)
    job = world.as_user('alice').submit([(world.url('slow/256/file'), '/home/alice/file')], AutoComplete=True,
                                        MinimumRetryDelay=5)
    other = world.as_user('bob').submit([(world.url('slow/256/file'), '/home/bob/file')], AutoComplete=True)
    job.wait_bytes(200_000)
    other.wait_bytes(100_000)
    pid, others, daemon = world.worker_pid('alice'), world.worker_pid('bob'), world.pid
    world.machine.run('kill', f'-{number}', str(pid))
    job.wait_state('transient-error', seconds=40)
    equal(job.get('Error')['name'], 'WorkerLost')
    # It cost nobody else anything.
    equal((world.worker_pid('bob'), world.pid), (others, daemon))
    job.wait_state('acknowledged', seconds=60)
    check_file(world, 'alice', 'file', content)
    true(world.worker_pid('alice') not in (0, pid), 'it is the same worker')
    other.wait_state('acknowledged', seconds=60)
    check_file(world, 'bob', 'file', content)
    equal(other.get('ErrorCount'), 0)


def test_worker_killed(world):
    worker_dies(world, signal.SIGKILL.value)


def test_worker_hangs(world):
    worker_dies(world, signal.SIGSTOP.value)


def test_worker_stopped_by_hand(world):
    content = world.bytes(1_000_000)
    world.put('file', content)
    job = world.as_user('alice').submit([(world.url('slow/256/file'), '/home/alice/file')], AutoComplete=True,
                                        MinimumRetryDelay=5)
    job.wait_bytes(100_000)
    world.machine.run('systemctl', 'stop', 'bgcopy-worker@2001.service')
    job.wait_state('acknowledged', seconds=60)
    check_file(world, 'alice', 'file', content)


def test_owner_unknown(world):
    """A job whose owner is no user any more."""
    world.put('file', b'x')
    service = world.as_user('alice')
    job = service.create()
    job.add(world.url('file'), '/home/alice/file')
    path = world.machine.path('/etc/passwd')
    with open(path, encoding='ascii') as f:
        lines = f.readlines()
    world.until(lambda: world.workers() == [], 'the worker to end')
    with open(path, 'w', encoding='ascii') as f:
        f.writelines(line for line in lines if not line.startswith('alice:'))
    job.resume()
    job.wait_state('error')
    equal(job.get('Error')['name'], 'OwnerUnknown')
    equal(world.workers(), [])


def test_fifty_users(world):
    """A foreground job of each of fifty users at once: fifty workers, what they take, and that all end right."""
    content = world.bytes(1_000_000)
    world.put('file', content)
    jobs = []
    for number in range(50):
        USERS[f'user{number}'] = 3000 + number
        world.machine.add_user(f'user{number}', 3000 + number)
    begun = time.monotonic()
    for number in range(50):
        jobs.append(world.as_user(f'user{number}').submit([(world.url('slow/64/file'), f'/home/user{number}/file')],
                                                          AutoComplete=True, Priority='foreground'))
    for job in jobs:
        job.wait_state('transferring', seconds=60)
    took = time.monotonic() - begun
    equal(len(world.workers()), 50, 'workers')
    pids = world.machine.out('systemctl', 'show', '--value', '--property=MainPID', 'bgcopy-worker@*.service').split()
    memory = world.machine.out('grep', '-h', 'Rss:', *(f'/proc/{pid}/smaps_rollup' for pid in pids))
    private = world.machine.out('grep', '-hE', '^Private_(Clean|Dirty):', *(f'/proc/{pid}/smaps_rollup' for pid in pids))
    for number, job in enumerate(jobs):
        job.wait_state('acknowledged', seconds=90)
        check_file(world, f'user{number}', 'file', content)
    ticks = [world.machine.out('cat', f'/proc/{pid}/stat', check=False).rsplit(')', 1)[-1].split() for pid in pids]
    total = sum(int(t[11]) + int(t[12]) for t in ticks if len(t) > 12) / os.sysconf('SC_CLK_TCK')
    kib = [sum(int(line.split()[1]) for line in text.splitlines()) for text in (memory, private)]
    tap.diagnose(f'50 workers: all transferring after {took:.1f} s, RSS {kib[0] / 1024:.0f} MiB of which '
                 f'{kib[1] / 1024:.0f} MiB are not shared, {total:.1f} s of processor time to their end')


def test_latency(world):
    """From Resume to the first byte, with the worker not yet running."""
    service_of = {}
    listener = world.listen()
    url = f'http://127.0.0.1:{listener.getsockname()[1]}/x'
    rounds = 20
    for number in range(rounds):
        USERS[f'user{number}'] = 3000 + number
        world.machine.add_user(f'user{number}', 3000 + number)
        service = world.as_user(f'user{number}')
        job = service.create(Priority='foreground')
        job.add(url, f'/home/user{number}/x')
        service_of[number] = job
    world.until(lambda: world.workers() == [], 'the workers to end', 60)
    times = []
    for number, job in service_of.items():
        begun = time.monotonic()
        job.resume()
        connection, _ = listener.accept()
        connection.recv(4096)
        connection.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx')
        times.append(time.monotonic() - begun)
        connection.close()
        job.wait_state('transferred')
    times.sort()
    p50 = times[rounds // 2] * 1000
    tap.diagnose(f'Resume to first byte with no worker: p50 {p50:.0f} ms, best {times[0] * 1000:.0f} ms, '
                 f'worst {times[-1] * 1000:.0f} ms')
    # 150 is what is wanted on a machine that does nothing else; tests run beside this one.
    true(p50 <= 1500, f'p50 is {p50:.0f} ms')


if __name__ == '__main__':
    machine_world.main(globals())
