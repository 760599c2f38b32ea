# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright 2026 The bgcopyd authors
"""What the shells complete: they can read it, and it offers what bgcopyctl takes."""

import os
import re
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import tap  # noqa: E402
from scene import PROGRAM  # noqa: E402
from world import Skip  # noqa: E402

FOLDER = os.path.join(os.environ['TOP_SRCDIR'], 'data', 'completion')
FILES = {'bash': 'bgcopyctl.bash', 'zsh': '_bgcopyctl', 'fish': 'bgcopyctl.fish'}
COMMANDS = ('get', 'put', 'list', 'show', 'watch', 'top', 'suspend', 'resume', 'cancel', 'complete')


def read(shell):
    with open(os.path.join(FOLDER, FILES[shell]), encoding='utf-8') as f:
        return f.read()


def check_syntax(shell):
    if not shutil.which(shell):
        raise Skip(f'no {shell}')
    done = subprocess.run([shell, '-n', os.path.join(FOLDER, FILES[shell])], capture_output=True, text=True, check=False)
    tap.equal((done.returncode, done.stdout, done.stderr), (0, '', ''))


def test_syntax_of_bash():
    check_syntax('bash')


def test_syntax_of_zsh():
    check_syntax('zsh')


def test_syntax_of_fish():
    check_syntax('fish')


def test_every_option():
    for command in COMMANDS:
        said = subprocess.run([PROGRAM, command, '--help'], check=True, capture_output=True, text=True,
                              env={**os.environ, 'LC_ALL': 'C.UTF-8'}).stdout
        for option in re.findall(r'(?m)^  (?:-\w, )?--([\w-]+)', said):
            for shell in FILES:
                pattern = rf'-l {option}\b' if shell == 'fish' else rf'--{option}(?![\w-])'
                tap.true(re.search(pattern, read(shell)), f'{shell} does not know --{option} of {command}')
        for shell in FILES:
            tap.true(re.search(rf"(?m)\b{command}\b", read(shell)), f'{shell} does not know {command}')


def offered(*words):
    """What bash offers for the last of the words."""
    script = 'source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _bgcopyctl; printf "%s\\n" "${COMPREPLY[@]}"'
    done = subprocess.run(['bash', '-c', script, 'bash', os.path.join(FOLDER, FILES['bash']), *words], capture_output=True,
                          text=True, check=True, env={**os.environ, 'DBUS_SYSTEM_BUS_ADDRESS': 'unix:path=/nonexistent'})
    return done.stdout.split()


def test_bash_completes():
    if not shutil.which('bash'):
        raise Skip('no bash')
    tap.equal(offered('bgcopyctl', 'c'), ['cancel', 'complete'])
    tap.equal(offered('bgcopyctl', '--session', 'w'), ['watch'])
    tap.equal(offered('bgcopyctl', 'get', '--pri'), ['--priority'])
    tap.equal(offered('bgcopyctl', 'get', '--priority', 'f'), ['foreground'])
    tap.equal(offered('bgcopyctl', 'put', '--protocol', 't'), ['tus'])
    tap.equal(offered('bgcopyctl', 'list', '--no-o'), [])


if __name__ == '__main__':
    tap.main(globals(), limit=60)
