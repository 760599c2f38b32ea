# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright 2026 The bgcopyd authors
"""bgcopyctl list."""

import json
import os
import signal
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import tap  # noqa: E402
from fake_service import Failure  # noqa: E402
from scene import Scene, end, expect  # noqa: E402


def test_list():
    with Scene() as scene:
        expect(scene.run('list'), 0, '', 'No jobs')
        scene.service.add('a1' * 16, DisplayName='first\x1b[31m\n', State='transferring', BytesTotal=2 << 30, BytesTransferred=1 << 30)
        scene.service.add('b2' * 16, DisplayName='second \u202e', Priority='low', BytesTransferred=1536)
        result = scene.run('list')
        expect(result, 0, None, '')
        lines = result[1].split('\n')
        tap.equal(lines[0].split(), ['ID', 'STATE', 'PRIORITY', 'PROGRESS', 'NAME'])
        tap.equal(lines[1].split(), ['a1a1a1a1a1a1', 'transferring', 'normal', '50%', 'of', '2.0', 'GiB', 'first\\x1B[31m\\x0A'])
        tap.equal(lines[2].split(), ['b2b2b2b2b2b2', 'queued', 'low', '1.5', 'KiB', 'second', '\\u202e'])
        expect(scene.run('list', '--all-users'), 0, 'OWNER')
        tap.equal(scene.service.wait('ListJobs')[1][0].get('all-users'), None)

        jobs = json.loads(scene.run('list', '--json')[1])
        tap.equal([j['Id'] for j in jobs], ['a1' * 16, 'b2' * 16])
        tap.equal((jobs[0]['BytesTotal'], jobs[1]['BytesTotal'], jobs[0]['DisplayName']), (2 << 30, None, 'first\x1b[31m\n'))
        raw = scene.run('list', '--json')[1]
        tap.true('\x1b' not in raw and '\u202e' not in raw, 'JSON steers no terminal')

        tap.equal(len(json.loads(scene.run('list', '--json', '--state=queued,error')[1])), 1)
        tap.equal(json.loads(scene.run('list', '--json', '--state', 'error')[1]), [])
        expect(scene.run('list', '--state=foo'), 2, '', 'foo')


def test_list_says_why():
    with Scene() as scene:
        for reason, state in (('scheduler', 'queued'), ('disk-full', 'transient-error'), ('none', 'suspended')):
            scene.service.add(DisplayName=reason, State=state, WaitReason=reason)
        lines = scene.run('list')[1].split('\n')
        tap.equal([line.split('  ')[-1].strip() for line in lines[1:4]],
                  ['scheduler', 'disk-full (waiting for space on the disk)', 'none'])


def test_list_pages():
    with Scene() as scene:
        for _ in range(1203):
            scene.service.add()
        jobs = json.loads(scene.run('list', '--json')[1])
        tap.equal(len(jobs), 1203)
        tap.equal(len({j['Id'] for j in jobs}), 1203, 'each once')


def test_list_denied():
    with Scene() as scene:
        scene.service.answers['ListJobs'] = Failure('AccessDenied', 'not an administrator')
        expect(scene.run('list', '--all-users'), 5, '', '^bgcopyctl: .*not an administrator\n$')


def test_list_into_a_closed_pipe():
    with Scene() as scene:
        for _ in range(5):
            scene.service.add()
        reader, writer = os.pipe()
        os.close(reader)
        process = scene.start('list', stdout=writer)
        os.close(writer)
        # As it ends others, and without a word.
        expect(end(process), -signal.SIGPIPE, None, '')


def test_list_into_a_full_disk():
    with Scene() as scene:
        scene.service.add()
        with open('/dev/full', 'w') as full:
            expect(end(scene.start('list', stdout=full)), 1, '', 'standard output could not be written')


if __name__ == '__main__':
    tap.main(globals(), limit=60)
