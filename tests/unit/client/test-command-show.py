# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright 2026 The bgcopyd authors
"""bgcopyctl show, and how jobs are named."""

import json
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import tap  # noqa: E402
from gi.repository import GLib  # noqa: E402
from scene import Scene, expect  # noqa: E402


def test_show():
    with Scene() as scene:
        job = scene.service.add('a1' * 16, DisplayName='first', BytesTotal=2 << 30, BytesTransferred=1 << 30, Rate=1 << 20)
        job.files = [{'index': GLib.Variant('u', i), 'remote': GLib.Variant('s', f'http://s.example/{i}'),
                      'local': GLib.Variant('s', f'/srv/{i}'), 'bytes-total': GLib.Variant('t', 5),
                      'bytes-transferred': GLib.Variant('t', 5), 'completed': GLib.Variant('b', i == 0)} for i in range(1002)]
        result = scene.run('show', 'a1a1')
        expect(result, 0, r'Job: +(a1){16}\nName: +first\n', '')
        expect(result, 0, r'Created: +2023-11-14T22:13:20\+00:00\n')
        expect(result, 0, r'Size: +2\.0 GiB\n')
        expect(result, 0, r'File 0: 100% of 5 B, in place\n  http://s\.example/0\n  /srv/0\n')
        expect(result, 0, r'File 1001: 100% of 5 B\n')
        shown = json.loads(scene.run('show', '--json', 'a1a1')[1])
        tap.equal((shown['Id'], len(shown['Files']), shown['Files'][1001]['local']), ('a1' * 16, 1002, '/srv/1001'))


def test_show_says_why():
    with Scene() as scene:
        job = scene.service.add('a1' * 16, WaitReason='bandwidth-policy', NextAttempt=4102444800000000,
                                Counters={'received': 2048, 'sent': 0, 'refetched': 1024, 'saved': 0})
        result = scene.run('show', 'a1a1')
        expect(result, 0, r'Standing still: +waiting for the timetable until 2100-01-01 00:00\n', '')
        expect(result, 0, r'Moved by this service: +2\.0 KiB received, 0 B sent, 1\.0 KiB fetched again, 0 B saved')
        tap.true('Holding back' not in result[1] and 'YieldsTo' not in result[1], result[1])
        job.set(State='transferring', WaitReason='none', YieldsTo='others')
        expect(scene.run('show', 'a1a1'), 0, r'Holding back: +yields to others\n', '')


def test_show_an_upload():
    with Scene() as scene:
        scene.service.add('a1' * 16, DisplayName='first')
        job = scene.service.add('b2' * 16, Type='upload-reply', UploadProtocol='bits', SessionId='{1234}', ReplyFileName='/srv/r',
                                ReplyBytesTotal=2048, ReplyBytesTransferred=1024)
        job.files = [{'index': GLib.Variant('u', 0), 'remote': GLib.Variant('s', 'http://s.example/f'),
                      'local': GLib.Variant('s', '/srv/f'), 'completed': GLib.Variant('b', True)}]
        result = scene.run('show', 'b2b2')
        expect(result, 0, r"Protocol: +bits\nServer's session: +\{1234\}\nReply goes to: +/srv/r\n", '')
        expect(result, 0, r"Reply transferred: +1\.0 KiB\nReply's size: +2\.0 KiB\n")
        expect(result, 0, r'File 0: [^\n]*, sent\n')
        for word in ('yet to drop', 'told until'):
            tap.true(word not in result[1], f'{word} without a cancel')
        # Of a download nothing of all this is said, under whatever name.
        shown = scene.run('show', 'a1a1')[1]
        for word in ('rotocol', 'ession', 'eply', 'CancelDeadline'):
            tap.true(word not in shown, f'{word} of a download')


def test_how_jobs_are_named():
    with Scene() as scene:
        scene.service.add('abcd' + '0' * 28)
        scene.service.add('abcd' + '1' * 28)
        full = 'abcd' + '1' * 28
        for name in (full, full.upper(), f'{full[:8]}-{full[8:12]}-{full[12:16]}-{full[16:20]}-{full[20:]}',
                     'abcd1', f'/org/example/BackgroundCopy/Job/{full}'):
            tap.equal(json.loads(scene.run('show', '--json', name)[1])['Id'], full, name)
        expect(scene.run('show', 'abcd'), 2, '', 'fits 2 jobs')
        expect(scene.run('show', 'abc'), 2, '', 'abc.* is no job')
        expect(scene.run('show', 'nonsense'), 2, '', 'is no job')
        expect(scene.run('show', 'abce'), 3, '', 'abce')
        expect(scene.run('show', 'f' * 32), 3, '', 'no such job')


if __name__ == '__main__':
    tap.main(globals(), limit=60)
