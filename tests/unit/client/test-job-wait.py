# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright 2026 The bgcopyd authors
"""How bgcopyctl get waits: interruptions, restarts, and what a terminal shows."""

import os
import signal
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import tap  # noqa: E402
from gi.repository import GLib  # noqa: E402
from scene import URL, Scene, Terminal, end, expect  # noqa: E402


def interrupted(scene, number, status):
    process = scene.start('get', URL)
    scene.service.wait('Submit')
    job = list(scene.service.jobs.values())[-1]
    scene.service.wait('GetAll')
    process.send_signal(number)
    expect(end(process), status, '', rf'interrupted; .*{job.id}\n.*bgcopyctl --session show {job.id}.*bgcopyctl --session cancel {job.id}')
    tap.equal(job.values['State'][1], 'connecting', 'the job goes on')


def test_get_interrupted():
    with Scene() as scene:
        interrupted(scene, signal.SIGINT, 130)
        interrupted(scene, signal.SIGTERM, 143)


def test_get_outlives_a_restart_of_the_service():
    with Scene() as scene:
        process = scene.start('get', URL)
        scene.service.wait('Submit')
        job = next(iter(scene.service.jobs.values()))
        scene.service.stop()
        scene.service.start()
        scene.service.wait('Subscribe')
        job.finish()
        expect(end(process), 0, 'file.iso', '')


def test_get_whose_job_ended_while_the_service_was_away():
    with Scene() as scene:
        process = scene.start('get', URL)
        scene.service.wait('Submit')
        job = next(iter(scene.service.jobs.values()))
        scene.service.stop()
        job.set(State='acknowledged')
        for file in job.files:
            file['completed'] = GLib.Variant('b', True)
        scene.service.start()
        expect(end(process), 0, 'file.iso', '')

        process = scene.start('get', URL)
        scene.service.wait('Submit')
        job = list(scene.service.jobs.values())[-1]
        scene.service.stop()
        scene.service.forget(job)
        scene.service.start()
        expect(end(process), 1, '', f'no longer knows job {job.id}')


def test_get_when_the_bus_goes_away():
    with Scene() as scene:
        process = scene.start('get', URL)
        scene.service.wait('Submit')
        scene.bus.stop()
        expect(end(process), 4, '', 'went away')


def test_get_hears_of_the_end_without_properties_changed():
    with Scene() as scene:
        process = scene.start('get', URL)
        scene.service.wait('GetAll')
        job = next(iter(scene.service.jobs.values()))
        for file in job.files:
            file['completed'] = GLib.Variant('b', True)
        job.set(State='acknowledged')
        job.emit('Transferred')
        expect(end(process), 0, 'file.iso', '')

        process = scene.start('get', URL)
        scene.service.wait('Submit')
        scene.service.wait('GetAll')
        job = list(scene.service.jobs.values())[-1]
        job.set(State='cancelled')
        scene.service.emit('/org/example/BackgroundCopy', 'org.freedesktop.DBus.ObjectManager', 'InterfacesRemoved',
                           GLib.Variant('(oas)', (job.path, ['org.example.BackgroundCopy.Job'])))
        expect(end(process), 1, '', 'was cancelled')


def test_get_completes_what_does_not_complete_itself():
    with Scene() as scene:
        process = scene.start('get', URL)
        scene.service.wait('GetAll')
        next(iter(scene.service.jobs.values())).change(State='transferred', AutoComplete=False)
        expect(end(process), 0, 'file.iso', '')
        scene.service.wait('Complete')


def test_progress_on_a_terminal():
    with Scene() as scene:
        terminal = Terminal(columns=72)
        process = scene.start('get', URL, stderr=terminal.slave)
        scene.service.wait('Submit')
        job = next(iter(scene.service.jobs.values()))
        terminal.read_until('connecting')
        job.change(State='transferring', BytesTotal=100 << 20, BytesTransferred=45 << 20, Rate=1 << 20)
        terminal.read_until(r'file\.iso +4\d% +\[=+> +\] +4\d\.\d MiB +1\.0 MiB/s +ETA 0:5\d')
        # A rate of before says nothing about a transfer that stands still.
        job.change(State='connecting')
        terminal.read_until(r'file\.iso +45% +connecting')
        job.change(State='transient-error', WaitReason='retry', Rate=0, NextAttempt=int((time.time() + 3000) * 1e6),
                   Error={'name': GLib.Variant('s', 'Timeout'), 'message': GLib.Variant('s', '\x1b[2J')})
        terminal.read_until(r'waiting to try again in (49|50):\d\d')
        job.change(State='suspended', WaitReason='none', NextAttempt=0, Error={})
        terminal.read_until('suspended')
        job.finish()
        expect(end(process), 0, 'file.iso', None)
        text = terminal.rest()
        tap.true(text.endswith('\r'), f'the line is not cleared: {text!r}')
        tap.true('\x1b' not in text, f'an escape: {text!r}')
        # What went wrong is said once in full, with the way out; all else is one line drawn over.
        before, told, after = text.replace('\r\n', '\n').split('\n', 2)
        tap.true(before.endswith(r'bgcopyctl: The server did not answer in time: \x1B[2J'), before)
        tap.true('Ctrl-C' in told, told)
        tap.true('\n' not in after, f'more lines: {after!r}')
        lines = [*before.split('\r')[:-1], *after.split('\r')]
        tap.true(max(len(line) for line in lines) <= 71, 'wider than the terminal')
        tap.equal(lines[-2].strip(), '', 'what is left on the line')


def test_trouble_is_told_where_no_progress_is_shown():
    trouble = {'State': 'transient-error', 'WaitReason': 'retry', 'Error': {'name': GLib.Variant('s', 'ConnectFailed')}}
    for option, wanted in (('--no-progress', 'could not be connected.*\n.*tried again.*\n$'), ('--quiet', '^$')):
        with Scene() as scene:
            process = scene.start('get', option, URL)
            scene.service.wait('GetAll')
            job = next(iter(scene.service.jobs.values()))
            for _ in range(2):
                job.change(**trouble)
                job.change(State='connecting', WaitReason='none')
            job.finish()
            expect(end(process), 0, None, wanted)


def test_progress_stays_while_the_service_is_away():
    with Scene() as scene:
        terminal = Terminal(columns=80)
        process = scene.start('get', URL, stderr=terminal.slave)
        scene.service.wait('Submit')
        job = next(iter(scene.service.jobs.values()))
        terminal.read_until('connecting')
        # Nothing is durable yet; what is shown is what the rate promises.
        job.change(State='transferring', BytesTotal=100 << 20, BytesTransferred=0, Rate=50 << 20)
        terminal.read_until(r'file\.iso +[2-9]\d% +\[')
        scene.service.stop()
        terminal.read_until(r'file\.iso +[2-9]\d% +the service went away')
        scene.service.start()
        scene.service.wait('Subscribe')
        job.finish()
        expect(end(process), 0, 'file.iso', None)


def test_progress_can_be_left_out():
    for option in ('--quiet', '--no-progress'):
        with Scene() as scene:
            terminal = Terminal()
            process = scene.start('get', option, URL, stderr=terminal.slave)
            scene.service.wait('Submit')
            next(iter(scene.service.jobs.values())).finish()
            expect(end(process), 0)
            tap.equal(terminal.rest(), '')


if __name__ == '__main__':
    tap.main(globals(), limit=60)
