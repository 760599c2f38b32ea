# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright 2026 The bgcopyd authors
"""bgcopyctl suspend, resume, cancel and complete."""

import json
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import tap  # noqa: E402
from scene import Scene, expect  # noqa: E402


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


if __name__ == '__main__':
    tap.main(globals(), limit=60)
