# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright 2026 The bgcopyd authors
"""The client on the bus: services that are missing, messages that are forged or make no sense."""

import json
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import tap  # noqa: E402
from fake_service import NAME  # noqa: E402
from gi.repository import GLib  # noqa: E402
from scene import URL, Scene, end, expect, read_line, unique_name  # noqa: E402


def test_watch_believes_only_the_service():
    with Scene() as scene:
        job = scene.service.add(DisplayName='name', BytesTotal=100)
        process = scene.start('watch', bufsize=0)
        scene.service.wait('Subscribe')
        stranger = scene.bus.connect()
        changed = GLib.Variant('(sa{sv}as)', (NAME + '.Job', {'State': GLib.Variant('s', 'forged')}, []))
        stranger.emit_signal(unique_name(scene, process), job.path, 'org.freedesktop.DBus.Properties', 'PropertiesChanged', changed)
        # In order behind the forged one: the bus has passed that on when it answers the stranger.
        stranger.call_sync('org.freedesktop.DBus', '/org/freedesktop/DBus', 'org.freedesktop.DBus', 'GetId', None, None, 0, -1, None)
        job.change(State='queued')
        tap.true('queued' in read_line(process), 'the true one')
        process.terminate()
        expect(end(process), 143, '', '')
        stranger.close_sync(None)


def test_what_makes_no_sense_is_survived():
    with Scene() as scene:
        job = scene.service.add()
        process = scene.start('watch', '--json', bufsize=0)
        scene.service.wait('Subscribe')
        emit = scene.service.emit
        for path in (job.path, '/org/example/BackgroundCopy', '/'):
            for member in ('PropertiesChanged', 'Failed', 'FileTransferred', 'InterfacesAdded', 'InterfacesRemoved', 'Foo'):
                for signature, value in (('()', ()), ('(s)', ('x',)), ('(a{sv})', ({},)), ('(u)', (5,)), ('(oas)', ('/', [])),
                                         ('(oa{sa{sv}})', ('/', {})), ('(sa{sv}as)', ('x', {}, []))):
                    emit(path, 'org.example.Foo', member, GLib.Variant(signature, value))
        job.change(BytesTransferred=(1 << 64) - 2)
        line = ''
        while 'BytesTransferred' not in line:
            line = read_line(process)
            json.loads(line)
        process.terminate()
        expect(end(process), 143, None, '')


def test_no_service():
    with Scene(silent=True) as scene:
        for command in (['get', URL], ['list'], ['show', 'a' * 32], ['cancel', 'a' * 32], ['watch'], ['show', 'abcd']):
            expect(scene.run(*command), 4, '', 'bgcopyctl: .*is bgcopyd running')


if __name__ == '__main__':
    tap.main(globals(), limit=60)
