#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright 2026 The bgcopyd authors
"""Workers that a hostile server has made its own. Each of some users has one that tells one lie (hostile_worker.py);
it costs that user a try, while alice's transfer goes on beside it and ends right, and the daemon neither breaks nor
grows."""

import os
import re
import shutil
import time

import machine_world
import tap
from machine_world import NAME, USERS
from tap import equal, true

FOLDER = '/var/hostile'
SIZE = 200_000
# Bytes that the daemon may take at most beyond what it had: of each worker 4 MiB may be unread, which take 70.
GROWTH = 128 << 20
RULES = 'The worker broke the rules: '


def memory(world):
    """The most that the daemon ever had, in bytes."""
    return int(re.search(r'VmHWM:\s*(\d+)', world.machine.out('cat', f'/proc/{world.pid}/status')).group(1)) << 10


def descriptors(world):
    return int(world.machine.out('sh', '-c', f'ls /proc/{world.pid}/fd | wc -l'))


def set_up(world, lies):
    """Gives each lie a user, and alice a transfer; as ({lie: its user}, alice's job, what it is to bring)."""
    folder = world.machine.path(FOLDER)
    os.mkdir(folder)
    os.chmod(folder, 0o1777)
    shutil.copy(os.path.join(os.environ['TOP_SRCDIR'], 'tests', 'machine', 'hostile_worker.py'), folder)
    honest = world.machine.out('systemctl', 'cat', 'bgcopy-worker@.service').split('ExecStart=')[1].split('\n')[0]
    users = {}
    for number, lie in enumerate(lies):
        user = users[lie] = f'bob{number}'
        USERS[user] = 2100 + number
        world.machine.add_user(user, USERS[user])
        unit = world.machine.path(f'/etc/systemd/system/bgcopy-worker@{USERS[user]}.service.d')
        os.makedirs(unit)
        with open(os.path.join(unit, 'test.conf'), 'w', encoding='utf-8') as f:
            f.write('[Service]\nExecStart=\n'
                    f'ExecStart=/usr/bin/python3 {FOLDER}/hostile_worker.py "{lie}" {FOLDER} {honest}\n')
    world.machine.run('systemctl', 'daemon-reload')
    content = world.bytes(2_500_000)
    world.put('alice', content)
    world.put('file', world.bytes(SIZE))
    job = world.as_user('alice').submit([(world.url('slow/256/alice'), '/home/alice/file')], AutoComplete=True)
    job.wait_state('transferring')
    with open(os.path.join(folder, 'target'), 'w', encoding='ascii') as f:
        f.write(job.id)
    return users, job, content


def submit(world, user):
    """In the foreground, so that none waits for another."""
    return world.as_user(user).submit([(world.url('file'), f'/home/{user}/file', {'size': SIZE})], AutoComplete=True,
                                      Priority='foreground', MinimumRetryDelay=5)


def lost(world, user):
    """What the journal says of the loss of a worker of that user, one a line."""
    said = world.machine.out('journalctl', '--no-pager', '-o', 'cat', '-u', 'bgcopyd.service', f'BGCOPY_OWNER={USERS[user]}',
                             check=False)
    return [line for line in said.splitlines() if line.startswith(f'The worker of user {USERS[user]} was lost: ')]


def check_alice(world, job, content, daemon):
    equal((lost(world, 'alice'), world.pid), ([], daemon), 'workers that alice lost, and the daemon')
    job.wait_state('acknowledged', seconds=90)
    equal(world.read_home('alice', 'file'), content)
    equal((job.get('ErrorCount'), job.get('RetryCount'), job.get('BytesTransferred')), (0, 0, len(content)))
    told = {member for path, member, _ in job.service.signals if path == job.path}
    equal(told & {'Failed'}, set(), 'signals told to alice')
    equal(set(os.listdir(world.home('alice'))) - {'.local'}, {'file'}, "in alice's home")


def check_found_out(world, lie, user, pattern):
    world.until(lambda: lost(world, user), f'the lie {lie!r} to be found out', 40)
    said = lost(world, user)[0]
    true(re.search(pattern, said), f'{lie}: {said}')


def tell(world, lies, end=None):
    """lies: what the daemon says of each, as a pattern. Each must be found out, and what it cost is a try."""
    users, job, content = set_up(world, lies)
    daemon, had, open_files = world.pid, memory(world), descriptors(world)
    jobs = {lie: submit_asking(world, user) for lie, user in users.items()}
    for lie, pattern in lies.items():
        check_found_out(world, lie, users[lie], pattern)
    for lie, user in users.items():
        finish(world, lie, user, jobs[lie])
    check_alice(world, job, content, daemon)
    grown = memory(world) - had
    tap.diagnose(f'{len(lies)} workers, the daemon has grown by {grown >> 10} KiB')
    true(grown < GROWTH, f'the daemon has grown by {grown} bytes')
    true(descriptors(world) <= open_files + 2 * len(lies) + 4, f'descriptors: {open_files}, then {descriptors(world)}')


def submit_asking(world, user):
    """None where the lie is about the question that precedes a job."""
    try:
        return submit(world, user)
    except Exception as error:  # the name is looked at
        true('WorkerLost' in str(error) or 'Timeout' in str(error), f'{user} was told {error}')
        return None


def finish(world, lie, user, job):
    """With a worker that is none of those, everything ends right."""
    if job is None:
        job = submit(world, user)
    elif job.state == 'transient-error':
        equal(job.get('Error')['name'], 'WorkerLost', lie)
        job.resume()
    job.wait_state('acknowledged', seconds=60)
    equal(os.stat(world.home(user, 'file')).st_size, SIZE, lie)
    equal(len(lost(world, user)), 1, f'workers lost by {lie}')


def test_frames(world):
    tell(world, {
        'oversized': RULES + 'a frame is too large',
        'largest': RULES + 'a frame is too large',
        'big-endian': RULES + 'a frame is too large',
        'no D-Bus': RULES + 'what it sent is no D-Bus',
        'other version': RULES + 'what it sent is no D-Bus',
        'other kind': RULES + 'it calls the daemon',
        'fields that are none': RULES + 'what it sent is no D-Bus',
        'text that is none': RULES + 'what it sent is no D-Bus',
        'closed in a frame': 'it ended or closed the connection',
    })
    # What nobody could read is not kept for anybody to read.
    size = len(world.machine.journal('-u', 'bgcopyd.service'))
    true(size < 100_000, f'the journal has {size} bytes')


def test_calls_and_answers(world):
    tell(world, {
        'calls the daemon': RULES + 'it calls the daemon',
        'unasked': RULES + 'it answers what was not asked',
        'answers twice': RULES + 'it answers what was not asked',
        'other answer': '',
        'error answer': 'x.y',
        'unknown signal': 'a signal of no known form',
        'bus signal': 'a signal of no known form',
        'too many verdicts': 'answers more paths than it was asked',
        'verdicts on others': 'answers more paths than it was asked',
        'too few verdicts': 'answers fewer paths than it was asked',
        'found elsewhere': RULES + 'a temporary file is none',
    })


def test_jobs_of_others(world):
    tell(world, {
        "progress of alice's": RULES + 'a report of a job that does not run',
        "end of alice's": RULES + 'a report of a job that does not run',
        "restart of alice's": RULES + 'a report of a job that does not run',
        "failure of alice's": RULES + 'a report of a job that does not run',
        'no such job': RULES + 'a report of a job that does not run',
        'before the start': RULES + 'more reports than jobs run',
        'many times': RULES + 'more reports than jobs run',
        'no such file': RULES + 'a report of a file it was not given',
        'session of a download': RULES + 'a session',
    })


def test_counters(world):
    tell(world, {
        'received falls': RULES + 'received bytes fell',
        'durable falls': RULES + 'durable bytes fell',
        'past the size': RULES + 'more bytes than the file has',
        'overflow': RULES + 'a size is impossible',
        'largest size': RULES + 'a size is impossible',
        'received overflow': RULES + 'a report is of nothing',
        'whole and missing': RULES + 'more bytes|a whole file has bytes missing',
        'whole and another size': RULES + 'a whole file has another size than its owner said',
        'whole then not': RULES + 'a report of a file it was not given',
        'whole then restarted': RULES + 'a report of a file it was not given',
    })


def test_records(world):
    tell(world, {
        'half a record': RULES + 'a file is no record',
        'endless record': RULES + 'a file is no record',
        'no text': RULES + 'a file is no record',
        'zeros in a text': RULES + 'a file is no record',
        'unknown event': RULES + 'an event is not known',
        'failure without a word': RULES + 'an event without its failure',
        'word without a failure': RULES + 'a failure without its event',
        'late date': RULES + 'a date is impossible',
    })


def test_words(world):
    tell(world, {
        'long text': RULES + 'a string is too long',
        'longer text': RULES + 'a string is too long',
        'long URL': RULES + 'a URL is too long',
        'unknown error': RULES + 'a failure has no known name',
        'unknown wait': RULES + 'a failure has no known name',
        'impossible status': RULES + 'a failure has an impossible number',
        'impossible pause': RULES + 'a failure has an impossible number',
        'no path': RULES + 'a path is none',
        'unknown verdict': RULES + 'an error has no known name',
        'long verdict': RULES + 'a string is too long',
    })


def latencies(service, seconds):
    """Milliseconds that calls of a user take for so long, in order of length."""
    times, end = [], time.monotonic() + seconds
    while time.monotonic() < end:
        begun = time.monotonic()
        service.list()
        times.append((time.monotonic() - begun) * 1000)
        time.sleep(0.01)
    return sorted(times)


# Milliseconds: what a call may take at most while others send what they can. Seconds if nothing bounds them.
LONGEST = 1500


def test_floods(world):
    """More than the daemon can read, or all that a worker may send: alice's calls are answered."""
    lies = {
        'endless': 'it sends (too many|faster)',
        'endless and large': '(it sends too many|' + RULES + 'it sends faster)',
        'in time': 'it ended or closed the connection',
    }
    users, job, content = set_up(world, lies)
    daemon, had = world.pid, memory(world)
    service = world.as_user('alice')
    quiet = latencies(service, 1)
    jobs = {lie: submit(world, user) for lie, user in users.items()}
    times = latencies(service, 6)
    tap.diagnose(f"alice's calls: median {times[len(times) // 2]:.1f} ms, longest {times[-1]:.1f} ms; before "
                 f'{quiet[len(quiet) // 2]:.1f} and {quiet[-1]:.1f} ms; the daemon has grown by {(memory(world) - had) >> 10} KiB')
    for lie, pattern in lies.items():
        check_found_out(world, lie, users[lie], pattern)
    for lie, user in users.items():
        finish(world, lie, user, jobs[lie])
    check_alice(world, job, content, daemon)
    true(times[-1] < LONGEST, f'a call took {times[-1]:.0f} ms')
    true(memory(world) - had < GROWTH, f'the daemon has grown by {memory(world) - had} bytes')


def test_silence(world):
    """Workers that do not speak, or stop in the middle of it: each is replaced in ten seconds."""
    tell(world, {
        # First, as its job is answered for at once.
        'asleep in a frame': 'it does not answer',
        'mute': 'it does not answer',
        'never authenticates': 'did not authenticate',
    })


def test_deaf(world):
    """Workers that answer that they live, and do nothing that they are told: who is to stop is stopped."""
    users, job, content = set_up(world, ('only pings', 'stops nothing'))
    daemon = world.pid
    jobs = [submit(world, user) for user in users.values()]
    for kept in jobs:
        kept.wait_state('connecting', 'transferring')
    asked = [world.machine.start('gdbus', 'call', '--system', '-d', NAME, '-o', kept.path, '-m', f'{NAME}.Job.{member}',
                                 user=user, stdout=-1, text=True)
             for kept, member, user in zip(jobs, ('Suspend', 'Cancel'), users.values())]
    said = [process.communicate(timeout=60)[0].strip() for process in asked]
    true(said[0] == '()' and said[1] in ("('ok',)", "('unable-to-delete-files',)"), f'answered {said}')
    equal(jobs[0].state, 'suspended')
    for lie, user in users.items():
        check_found_out(world, lie, user, 'it does not stop a job in time')
    jobs[0].resume()
    jobs[0].wait_state('acknowledged', seconds=60)
    check_alice(world, job, content, daemon)


def test_nothing_there(world):
    """A file that is said to be whole, and of which there is nothing: its owner is told so when it is to be placed."""
    users, job, content = set_up(world, ('whole and nothing there', 'terminal'))
    daemon = world.pid
    first, second = (submit(world, user) for user in users.values())
    second.wait_state('transient-error', 'error')
    error = second.get('Error')
    true(error['message'].isprintable() and 'u:p' not in error['url'], f'told {error}')
    world.until(lambda: lost(world, users['whole and nothing there']), 'the worker to end')
    first.wait_state('error', 'acknowledged', seconds=60)
    tap.diagnose(f'{first.state}: {first.get("Error")}')
    true('\x1b' not in world.machine.journal('-u', 'bgcopyd.service', '-o', 'cat', '-a'), 'the journal moves the cursor')
    check_alice(world, job, content, daemon)


# Each has up to eleven workers in one go, where others may have the processors.
for function in [f for name, f in list(globals().items()) if name.startswith('test_')]:
    function.limit = 240


if __name__ == '__main__':
    machine_world.main(globals())
