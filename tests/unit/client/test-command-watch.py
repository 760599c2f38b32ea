# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright 2026 The bgcopyd authors
"""bgcopyctl watch."""

import json
import os
import re
import signal
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import tap  # noqa: E402
from fake_service import NAME  # noqa: E402
from gi.repository import GLib  # noqa: E402
from scene import Scene, end, expect, read_line  # noqa: E402


def test_watch_one_job():
    with Scene() as scene:
        job = scene.service.add(State='transferring', BytesTotal=100)
        scene.service.add()
        process = scene.start('watch', '--json', job.id, bufsize=0)
        tap.equal(json.loads(read_line(process))['Event'], 'Current')
        job.change(BytesTransferred=45)
        event = json.loads(read_line(process))
        tap.equal((event['Event'], event['Id'], event['Properties']), ('PropertiesChanged', job.id, {'BytesTransferred': 45}))
        job.emit('FileTransferred', GLib.Variant('(u)', (3,)))
        tap.equal(json.loads(read_line(process))['Index'], 3)
        job.finish()
        expect(end(process), 0, None, '')


def test_watch_all_jobs_through_a_restart():
    with Scene() as scene:
        job = scene.service.add(DisplayName='name', BytesTotal=100)
        process = scene.start('watch', bufsize=0)
        scene.service.wait('Subscribe')
        job.change(State='transferring', BytesTransferred=50, Rate=1024)
        tap.true(re.search(rf'^\S+T\S+  {job.id[:12]}  transferring  50% of 100 B  1\.0 KiB/s  name\n$', read_line(process)), 'the line')
        job.fail('HttpStatus', 'Gone', 410)
        tap.true('error' in read_line(process), 'the state')
        tap.true('failed: ' in (line := read_line(process)) and '410' in line, 'the error')
        scene.service.stop()
        tap.true('stopped' in read_line(process), 'stopped')
        scene.service.start()
        tap.true('started' in read_line(process), 'started')
        scene.service.wait('Subscribe')
        scene.service.emit('/org/example/BackgroundCopy', 'org.freedesktop.DBus.ObjectManager', 'InterfacesRemoved',
                           GLib.Variant('(oas)', (job.path, [NAME + '.Job'])))
        tap.true('left the queue' in read_line(process), 'removed')
        process.send_signal(signal.SIGINT)
        expect(end(process), 130, '', '')


if __name__ == '__main__':
    tap.main(globals(), limit=60)
