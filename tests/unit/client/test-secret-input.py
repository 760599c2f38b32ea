# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright 2026 The bgcopyd authors
"""A password asked for on the terminal: not shown, and the terminal is as before, however it ends."""

import os
import pty
import re
import select
import signal
import sys
import termios
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import tap  # noqa: E402
from fake_service import LONG  # noqa: E402
from scene import PROGRAM, URL, Scene  # noqa: E402

PASSWORD = 'hunter2'


def start(scene):
    """The program with a terminal of its own: (process id, the terminal's other side)."""
    pid, master = pty.fork()
    if pid == 0:
        # Who runs in the background of a shell has it ignored.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.chdir(scene.cwd)
        os.execve(PROGRAM, [PROGRAM, '--session', 'get', '--detach', '-u', 'alice', URL], scene.environment())
    return pid, master


def read_until(master, pattern):
    text = ''
    until = time.monotonic() + LONG
    while not re.search(pattern, text):
        ready, _, _ = select.select([master], [], [], max(0, until - time.monotonic()))
        tap.true(ready, f'no {pattern!r} on the terminal: {text!r}')
        try:
            piece = os.read(master, 65536).decode()
        except OSError:  # EIO is how a terminal ends
            piece = ''
        tap.true(piece, f'no {pattern!r} on the terminal: {text!r}')
        text += piece
    return text


def echoes(master):
    return bool(termios.tcgetattr(master)[3] & termios.ECHO)


def test_asked():
    with Scene() as scene:
        pid, master = start(scene)
        read_until(master, 'Password of alice: ')
        tap.true(not echoes(master), 'it is shown')
        os.write(master, PASSWORD.encode() + b'\n')
        text = read_until(master, r'[0-9a-f]{32}')
        tap.true(PASSWORD not in text, text)
        tap.equal(os.waitpid(pid, 0)[1], 0)
        os.close(master)
        tap.equal(scene.service.wait('SetCredentials')[1], ('server', 'basic', 'alice', PASSWORD))


def test_interrupted():
    with Scene() as scene:
        pid, master = start(scene)
        read_until(master, 'Password of alice: ')
        # Held open here, the terminal outlives the program.
        slave = os.open(os.readlink(f'/proc/{pid}/fd/0'), os.O_RDWR | os.O_NOCTTY)
        tap.true(not echoes(master), 'it is shown')
        os.write(master, b'half\x03')
        tap.equal(os.waitpid(pid, 0)[1], signal.SIGINT)
        tap.true(echoes(slave), 'the terminal stays without echo')
        os.close(slave)
        os.close(master)
        tap.equal(scene.service.called(), [], 'calls')


def test_no_terminal():
    with Scene() as scene:
        process = scene.start('get', '-u', 'alice', URL, start_new_session=True)
        out, err = process.communicate(timeout=LONG)
        tap.equal((process.returncode, out), (2, b''))
        tap.true(b'--password-file' in err, err)


if __name__ == '__main__':
    tap.main(globals(), limit=60)
