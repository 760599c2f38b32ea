# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright 2026 The bgcopyd authors
"""bgcopyctl suspend, resume, cancel and complete."""

import json
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import tap  # noqa: E402
from scene import Scene, end, expect  # noqa: E402


def test_control():
    with Scene() as scene:
        one, two = scene.service.add(), scene.service.add()
        expect(scene.run('suspend', one.id, two.id), 0, '', '')
        tap.equal([j.values['State'][1] for j in (one, two)], ['suspended', 'suspended'])
        expect(scene.run('resume', one.id), 0, '', '')
        tap.equal(one.values['State'][1], 'queued')
        expect(scene.run('cancel', one.id), 0, '', '')
        expect(scene.run('cancel', one.id), 6, '', f'^bgcopyctl: {one.id}: .*state.*cancelled\n$')
        expect(scene.run('complete', two.id), 0, '', '')
        # The first failure decides, the rest is done all the same.
        three = scene.service.add()
        expect(scene.run('cancel', 'f' * 32, one.id, three.id), 3)
        tap.equal(three.values['State'][1], 'cancelled')


def test_control_outcomes():
    with Scene() as scene:
        scene.service.outcomes = {'Cancel': 'unable-to-delete-files', 'Complete': 'partial'}
        one, two = scene.service.add(), scene.service.add()
        expect(scene.run('complete', one.id), 7, '', 'only in part')
        result = scene.run('cancel', '--json', two.id, one.id)
        expect(result, 7, None, 'could not be deleted')
        tap.equal(json.loads(result[1]), [{'Id': two.id, 'Outcome': 'unable-to-delete-files'}, {'Id': one.id, 'Error': 'InvalidState'}])


def test_cancel_of_an_upload_says_what_is_open():
    deadline = 1900000000000000
    with Scene() as scene:
        scene.service.deadline = deadline
        download = scene.service.add()
        one = scene.service.add(Type='upload')
        expect(scene.run('cancel', one.id), 0, rf'^{one.id}: cancelled; .*told.*until 2030-03-17T17:46:40\+00:00\n$', '')
        two = scene.service.add(Type='upload', NextAttempt=deadline - 1)
        expect(scene.run('cancel', two.id), 0, r'2030-03-17T17:46:40\+00:00, next in \d+ d ', '')
        expect(scene.run('cancel', '--quiet', scene.service.add(Type='upload').id), 0, '', '')
        expect(scene.run('list'), 0, rf'{two.id[:12]} +cancelled .*\(.*until 2030-03-17')
        expect(scene.run('show', two.id), 0, r'Server has yet to drop it: +yes\nIt is told until: +2030-03-17T17:46:40')
        three = scene.service.add(Type='upload')
        result = scene.run('cancel', '--json', three.id, one.id)
        expect(result, 6, None, 'cancelled')
        tap.equal(json.loads(result[1]), [
            {'Id': three.id, 'Outcome': 'ok', 'ServerCancelPending': True, 'CancelDeadline': deadline},
            {'Id': one.id, 'Error': 'InvalidState'}])
        scene.service.deadline = 0
        expect(scene.run('cancel', download.id), 0, '', '')


def test_cancel_gives_the_server_a_moment():
    with Scene() as scene:
        scene.service.deadline = 1900000000000000
        job = scene.service.add(Type='upload')
        process = scene.start('cancel', job.id)
        scene.service.wait('Cancel')
        scene.service.wait('GetAll')
        job.set(ServerCancelPending=False)
        expect(end(process), 0, '', '')


if __name__ == '__main__':
    tap.main(globals(), limit=60)
