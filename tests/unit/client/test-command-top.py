# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright 2026 The bgcopyd authors
"""bgcopyctl top."""

import json
import os
import signal
import sys
import termios

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import child  # noqa: E402
import tap  # noqa: E402
from fake_service import Failure  # noqa: E402
from scene import LONG, PROGRAM, Scene, Terminal, end, expect, read_line  # noqa: E402


def on_terminal(scene, terminal, *arguments):
    """A session of its own, whose terminal that is: only so are keys for it."""
    script = ('import fcntl, os, sys, termios; os.setsid(); fcntl.ioctl(0, termios.TIOCSCTTY, 0); '
              'os.execv(sys.argv[1], sys.argv[1:])')
    return child.start([sys.executable, '-c', script, PROGRAM, '--session', 'top', *arguments], stdin=terminal.slave,
                       stdout=terminal.slave, stderr=terminal.slave, cwd=scene.cwd, env=scene.environment())


def test_tables():
    with Scene() as scene:
        scene.service.add('a1' * 16, DisplayName='first', State='transferring', BytesTotal=2048, BytesTransferred=1024, Rate=1024,
                          YieldsTo='queue')
        scene.service.add('b2' * 16, DisplayName='second', WaitReason='power')
        scene.service.add('c3' * 16, DisplayName='third', State='suspended')
        scene.service.counters['saved'] = 4096
        result = scene.run('top', '-n', '2', '--interval=0.1')
        expect(result, 0, r'1 job runs, 1 waits  1\.0 KiB/s\n0 B received, .*4\.0 KiB saved by resuming\n\nID +STATE', '')
        expect(result, 0, r'\na1a1a1a1 transferring normal +50% of 2\.0 KiB +1\.0 KiB/s +0:01 first +yields to a queue\n')
        expect(result, 0, r'\nb2b2b2b2 queued .* second +waiting until the machine no longer saves power\n')
        tap.equal((result[1].count('ID '), 'third' in result[1], '\x1b' in result[1]), (2, False, False))
        expect(scene.run('top', '-a', '-n', '1'), 0, 'OWNER', '')


def test_json():
    with Scene() as scene:
        scene.service.add('a1' * 16, State='connecting')
        result = scene.run('top', '--json')
        expect(result, 0, None, '')
        said = json.loads(result[1])
        tap.equal(([j['Id'] for j in said['Jobs']], said['Counters']['received']), (['a1' * 16], 0))


def test_misused():
    with Scene() as scene:
        for argument in ('--interval=0', '--interval=nan', '--interval=100000', '--iterations=-1', 'job'):
            expect(scene.run('top', argument), 2, '', 'Try')
        scene.service.answers['ListJobs'] = Failure('AccessDenied', 'not an administrator')
        expect(scene.run('top', '--all-users', '-n', '1'), 5, '', 'not an administrator')


def test_interrupted():
    with Scene() as scene:
        scene.service.add('a1' * 16)
        for number, status in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
            process = scene.start('top', bufsize=0)
            tap.true('1 waits' in read_line(process), 'a table')
            process.send_signal(number)
            expect(end(process), status, None, '')


def test_terminal():
    """Drawn on signals and through a restart of the service; q ends it, and the terminal is as before."""
    with Scene() as scene:
        job = scene.service.add('a1' * 16, State='transferring', BytesTotal=100)
        terminal = Terminal(columns=70)
        before = termios.tcgetattr(terminal.slave)
        process = on_terminal(scene, terminal, '--interval=3600')
        terminal.read_until(r'(?s)1 job runs.*a1a1a1a1')
        tap.true(not termios.tcgetattr(terminal.slave)[3] & (termios.ICANON | termios.ECHO), 'keys come at once and unseen')
        scene.service.wait('Subscribe')
        job.change(BytesTransferred=45)
        terminal.read_until('45% of 100 B')
        scene.service.stop()
        scene.service.start()
        scene.service.wait('Subscribe')
        job.change(BytesTransferred=46)
        terminal.read_until('46% of 100 B')
        os.write(terminal.master, b'q')
        tap.equal(process.wait(timeout=LONG), 0)
        tap.equal(termios.tcgetattr(terminal.slave), before)
        shown = terminal.rest()
        tap.true(shown.startswith('\x1b[?25l') and shown.endswith('\x1b[?25h'), 'the cursor is back')
        tap.true('\r\n' in shown and all(len(line) < 90 for line in shown.split('\r\n')), 'it keeps to the width')


def test_terminal_interrupted():
    with Scene() as scene:
        terminal = Terminal()
        before = termios.tcgetattr(terminal.slave)
        process = on_terminal(scene, terminal)
        terminal.read_until('0 jobs run')
        os.write(terminal.master, b'\x03')
        tap.equal(process.wait(timeout=LONG), 130)
        tap.equal(termios.tcgetattr(terminal.slave), before)
        tap.true(terminal.rest().endswith('\x1b[?25h'), 'the cursor is back')


if __name__ == '__main__':
    tap.main(globals(), limit=60)
