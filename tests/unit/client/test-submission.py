# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright 2026 The bgcopyd authors
"""What get and put have in common: one job made, waited for, its end told."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import tap  # noqa: E402
from scene import URL, Scene, end, expect  # noqa: E402

COMMANDS = (('get', URL), ('put', 'file.iso', URL))


def test_options_of_both():
    with Scene() as scene:
        scene.service.on_submit = lambda job: job.finish()
        for command in COMMANDS:
            expect(scene.run(*command, '--name=N', '--description=D', '-p', 'high', '--retry-delay=5', '--max-time=0', '-q'), 0, '', '')
            _, (name, _, files, properties) = scene.service.wait('Submit')
            tap.equal((name, len(files)), ('N', 1))
            tap.equal(properties, {'AutoComplete': True, 'Description': 'D', 'Priority': 'high', 'MinimumRetryDelay': 5,
                                   'MaximumDownloadTime': 0})


def test_seconds_are_not_negative():
    with Scene() as scene:
        for command in COMMANDS:
            for option in ('--retry-delay', '--no-progress-timeout', '--max-time'):
                expect(scene.run(*command, f'{option}=-1'), 2, '', 'negative')
        tap.equal(scene.service.called(), [], 'calls')


def test_words_that_are_none():
    with Scene() as scene:
        for command in COMMANDS:
            for rate in ('', '1.5M', '-1', '10T', 'fast'):
                expect(scene.run(*command, f'--limit-rate={rate}'), 2, '', 'number of bytes a second')
            expect(scene.run(*command, '--cost-policy=never'), 2, '', 'cost policy')
        tap.equal(scene.service.called(), [], 'calls')


def test_name_of_a_job():
    """The file's, as much of it as a name may have."""
    with Scene() as scene:
        for source, wanted in (('x' * 255, 'x' * 255), ('ä' * 120, 'ä' * 120), ('a\tb', None)):
            expect(scene.run('put', '--detach', source, URL), 0, None, '')
            _, (name, _, _, _) = scene.service.wait('Submit')
            if wanted:
                tap.equal(name, wanted)
            else:
                tap.true('\t' not in name, repr(name))


def test_bytes_that_are_no_text():
    with Scene() as scene:
        for command in COMMANDS:
            for wrong in (['--name', b'\xff'], ['--description', b'\xff']):
                expect(scene.run(*command, *wrong), 2, '', 'Invalid byte sequence|valid UTF-8')
            expect(scene.run(*command[:-1], URL.encode() + b'\xff'), 2, '', 'valid UTF-8')
        tap.equal(scene.service.called(), [], 'calls')


def test_service_that_ends_before_it_answers():
    for command in COMMANDS:
        with Scene() as scene:
            scene.service.silent.add('Submit')
            process = scene.start(*command)
            scene.service.wait('Submit')
            scene.service.stop()
            expect(end(process), 4, '', 'went away.*may have been made.*bgcopyctl --session list')


def test_ends_that_others_make():
    with Scene() as scene:
        for command in COMMANDS:
            scene.service.on_submit = lambda job: job.change(State='cancelled')
            expect(scene.run(*command), 1, '', 'was cancelled')
            scene.service.on_submit = lambda job: job.change(State='acknowledged')
            expect(scene.run(*command), 1, '', 'completed by somebody else')
            # AutoComplete was taken away: it completes the job itself.
            scene.service.on_submit = lambda job: job.change(State='transferred', AutoComplete=False)
            expect(scene.run(*command, '--quiet'), 0, '', '')
            scene.service.wait('Complete')


if __name__ == '__main__':
    tap.main(globals(), limit=60)
