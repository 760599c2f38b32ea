# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright 2026 The bgcopyd authors
"""What all commands of bgcopyctl share: options, help, the choice of the bus."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import tap  # noqa: E402
from scene import URL, Scene, expect  # noqa: E402


def test_no_bus_and_which_bus():
    with Scene() as scene:
        expect(scene.run('list', bus='--system'), 4, '', 'system bus')
        expect(scene.run('list', bus=None), 4, '', 'system bus')
        expect(scene.run('list', bus=None, env={'BGCOPY_BUS': 'session'}), 0)
        expect(scene.run('list', bus='--system', env={'BGCOPY_BUS': 'session'}), 4)
        expect(scene.run('list', bus=None, env={'BGCOPY_BUS': 'x'}), 2, '', 'BGCOPY_BUS')
        expect(scene.run('list', '--system'), 2, '', 'exclude')
        expect(scene.run('list', bus=None, env={'DBUS_SYSTEM_BUS_ADDRESS': 'nonsense'}), 4)


def test_usage():
    with Scene() as scene:
        expect(scene.run(), 2, '', 'no command.*--help')
        expect(scene.run('--help'), 0, 'get URL.*--session', '')
        tap.equal(scene.run('help'), scene.run('--help'), 'help')
        expect(scene.run('help', 'nonsense'), 2, '', 'nonsense')
        expect(scene.run('--version'), 0, r'^bgcopyctl \d', '')
        expect(scene.run('nonsense'), 2, '', 'nonsense')
        expect(scene.run('--nonsense'), 2, '', 'nonsense')
        for command in ('get', 'list', 'show', 'suspend', 'resume', 'cancel', 'complete', 'watch'):
            expect(scene.run(command, '--help'), 0, rf'bgcopyctl {command} .*--json', '')
            expect(scene.run('--help', command), 0, rf'bgcopyctl {command} ', '')
            tap.equal(scene.run('help', command), scene.run(command, '--help'), f'help {command}')
            expect(scene.run(command, '--nonsense'), 2, '', f'nonsense.*{command} --help')
        for arguments in (['get'], ['get', 'a', 'b', 'c'], ['show'], ['list', 'x'], ['cancel'], ['get', '--priority=x', URL],
                          ['get', '--retry-delay=-2', URL], ['get', '--keep', '--detach', URL], ['get', URL, ''],
                          ['get', b'http://s.example/\xff'], ['get', URL, b'\xff']):
            expect(scene.run(*arguments), 2, '', 'bgcopyctl: ')
        tap.equal(scene.service.called(), [], 'calls')


if __name__ == '__main__':
    tap.main(globals(), limit=60)
