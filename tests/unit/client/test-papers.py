# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright 2026 The bgcopyd authors
"""What goes with bgcopyctl: its man page names everything it takes, its translations are whole."""

import os
import re
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import tap  # noqa: E402
from scene import PROGRAM  # noqa: E402
from world import Skip  # noqa: E402

SOURCE = os.environ['TOP_SRCDIR']
COMMANDS = ('get', 'put', 'list', 'show', 'watch', 'suspend', 'resume', 'cancel', 'complete')


def text(*path):
    with open(os.path.join(SOURCE, *path), encoding='utf-8') as f:
        return f.read()


def help_of(*arguments):
    return subprocess.run([PROGRAM, *arguments, '--help'], check=True, capture_output=True, text=True,
                          env={**os.environ, 'LC_ALL': 'C.UTF-8'}).stdout


def test_man_page_has_every_option():
    page = text('data', 'bgcopyctl.1').replace('\\-', '-')
    for command in ((), *((c,) for c in COMMANDS)):
        options = re.findall(r'(?m)^  (?:-\w, )?(--[\w-]+)', help_of(*command))
        tap.true(len(options) >= 6, f'no options in the help of {command}')
        for option in options:
            tap.true(re.search(rf'{option}(?![\w-])', page), f'{option} is not in bgcopyctl(1)')


def test_man_page_has_every_command():
    page = text('data', 'bgcopyctl.1')
    for command in COMMANDS:
        tap.true(re.search(rf'(?m)^\.SS "?{command}\b', page), f'{command} is not in bgcopyctl(1)')
        tap.true(re.search(rf'(?m)^  {command}\b', help_of()), f'{command} is not in --help')


def test_man_page_has_every_exit_code():
    page = text('data', 'bgcopyctl.1')
    codes = re.findall(r'BGC_EXIT_CODE_\w+ = (\d+)', text('src', 'client', 'bgc-exit-code.h'))
    tap.true(len(codes) > 8, 'exit codes')
    for code in codes:
        tap.true(f'.TP\n.B {code}\n' in page, f'exit code {code} is not in bgcopyctl(1)')


DAEMON = os.path.join(os.environ['TOP_BUILDDIR'], 'src', 'daemon', 'bgcopyd')


def test_man_page_of_the_daemon_has_every_option():
    page = text('data', 'bgcopyd.8').replace('\\-', '-')
    said = subprocess.run([DAEMON, '--help'], check=True, capture_output=True, text=True).stdout
    options = re.findall(r'(?m)^  (?:-\w, )?(--[\w-]+)', said)
    tap.true(len(options) >= 8, f'{options}')
    for option in options:
        tap.true(re.search(rf'{option}(?![\w-])', page), f'{option} is not in bgcopyd(8)')


def test_man_page_of_the_configuration_has_every_setting():
    """With the default that the example has, which another test compares with the code."""
    page, example = text('data', 'bgcopyd.conf.5'), text('data', 'bgcopyd.conf')
    names = re.findall(r'\("(\w+)", \w+, ', text('src', 'daemon', 'bgc-config-limits.c'))
    tap.true(len(names) >= 15, f'{names}')
    for name in names:
        default = re.search(rf'(?m)^#{name}=(\d+\w?|yes|no)$', example)
        tap.true(default, f'{name} is not in the example')
        part = re.search(rf'(?ms)^\.B {name}\n(.*?)^\.(TP|SH)', page)
        tap.true(part, f'{name} is not in bgcopyd.conf(5)')
        tap.true(f'Default: {re.sub("(?<=[0-9])s$", "", default.group(1))}' in part.group(1), f'default of {name} in bgcopyd.conf(5)')


def test_man_page_of_the_configuration_has_every_limit_on_bandwidth():
    page, example = text('data', 'bgcopyd.conf.5'), text('data', 'bgcopyd.conf')
    page = page[page.index('.SH "GROUP [BANDWIDTH]"'):]
    names = re.findall(r'(?:CAP \(|^  { )"(\w+)", ', text('src', 'daemon', 'bgc-config-bandwidth.c'), re.M)
    tap.true(len(names) == 8, f'{names}')
    for name in names:
        tap.true(re.search(rf'(?m)^#{name}=', example), f'{name} is not in the example')
        tap.true(re.search(rf'(?m)^\.TP\n\.BR? .*\b{name}\b', page), f'{name} is not in bgcopyd.conf(5)')


def test_man_page_of_the_server_has_every_setting():
    page = text('data', 'bgcopy-server.8')
    keys = re.findall(r'(?:SERVER|DIRECTORY) \("(\w+)"', text('src', 'server', 'bgc-server-config.c'))
    tap.true(len(keys) > 25, f'{len(keys)} keys')
    for key in [*keys, 'Listen', 'TrustedProxies']:
        tap.true(re.search(rf'(?m)^\.BR? .*\b{key}\b', page), f'{key} is not in bgcopy-server(8)')


def test_man_pages_format():
    if not shutil.which('groff'):
        raise Skip('no groff')
    for page in ('bgcopyctl.1', 'bgcopyd.8', 'bgcopyd.conf.5', 'bgcopy-server.8'):
        result = subprocess.run(['groff', '-man', '-Tutf8', '-ww', os.path.join(SOURCE, 'data', page)],
                                capture_output=True, text=True, check=True)
        tap.equal(result.stderr, '', page)


def entries(catalogue):
    """(msgid, translations) of each; texts joined from their lines."""
    for block in catalogue.split('\n\n'):
        block = '\n'.join(line for line in block.split('\n') if not line.startswith('#'))
        found = re.findall(r'(?m)^(msgid|msgstr\S*) ((?:".*"\n?)+)', block)
        if found:
            joined = [(kind, ''.join(re.findall(r'"(.*)"', lines))) for kind, lines in found]
            yield joined[0][1], [t for kind, t in joined if kind.startswith('msgstr')]


def test_translations_are_whole():
    sources = [line for line in text('po', 'POTFILES.in').split('\n') if line and not line.startswith('#')]
    wanted = set()
    for source in sources:
        # Texts on one line, which are most: enough to notice a catalogue that was left behind.
        code = re.sub(r'"\s*\n\s*"', '', text(*source.split('/')))
        wanted.update(re.findall(r'(?<!\w)N?_\s?\("((?:[^"\\]|\\.)+)"\)', code))
    tap.true(len(wanted) > 150, f'{len(wanted)} texts')
    for language in (line for line in text('po', 'LINGUAS').split('\n') if line and not line.startswith('#')):
        catalogue = text('po', language + '.po')
        tap.true('fuzzy' not in catalogue, f'{language}: fuzzy entries')
        translated = {original: all(translations) for original, translations in entries(catalogue)}
        for original in sorted(wanted):
            tap.true(translated.get(original), f'{language}: no translation of {original!r}')


if __name__ == '__main__':
    tap.main(globals(), limit=60)
