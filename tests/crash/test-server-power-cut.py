#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright 2026 The bgcopyd authors
"""The power goes under bgcopy-server at 50 random moments: what was acknowledged is still there, a published file is
whole, nothing else is visible, and every upload goes on."""

import http.client
import os
import shutil
import subprocess
import time

import power_cut
import tap
from bits import SESSION_NOT_FOUND
from tap import equal, true
from upload_server import Server

CUTS = int(os.environ.get('BGC_CUTS', '50'))
SHIM = os.path.join(os.environ['TOP_BUILDDIR'], 'tests', 'lib', 'disk-shim.so')


def preloads():
    program = os.path.join(os.environ['TOP_BUILDDIR'], 'src', 'server', 'bgcopy-server')
    found = subprocess.run(['ldd', program], capture_output=True, text=True).stdout
    return ' '.join([line.split()[2] for line in found.splitlines() if 'libasan' in line or 'libubsan' in line] + [SHIM])


class Scene:
    def __init__(self, world, number, cut):
        self.base = os.path.join(world.folder, f'scene{number}')
        self.root = os.path.join(self.base, 'disk')
        self.graveyard = os.path.join(self.base, 'graveyard')
        os.makedirs(self.graveyard)
        self.count = os.path.join(self.base, 'count')
        self.log = os.path.join(self.base, 'disk.log')
        self.server = Server(world, {'drop': {'Path': self.root, 'AllowOverwrites': 'no'}}, name=f'server{number}')
        # The directories of sessions are there before the scene begins.
        client = self.server.client()
        client.cancel('/drop/x', client.session('/drop/x'))
        self.server.kill()
        self.disk = power_cut.Disk(self.root, self.graveyard)
        self.world, self.cut = world, cut
        self.told = {}

    def start(self):
        os.environ.update(DISK_ROOT=self.root, DISK_LOG=self.log, DISK_GRAVEYARD=self.graveyard, DISK_COUNT=self.count,
                          DISK_CUT=str(self.cut))
        prefix = ['env', 'LD_PRELOAD=' + preloads(), 'ASAN_OPTIONS=detect_leaks=0']
        try:
            self.server.start(prefix=prefix)
            return True
        except RuntimeError:
            return False
        finally:
            for name in ('ROOT', 'LOG', 'GRAVEYARD', 'COUNT', 'CUT'):
                del os.environ['DISK_' + name]

    def play(self, contents):
        client = self.server.client(timeout=20)
        try:
            for name, content in contents.items():
                url = '/drop/' + name
                told = self.told[name] = {'received': 0}
                told['session'] = client.session(url)
                while told['received'] < len(content):
                    at = told['received']
                    # Through the HTTP library, and past it.
                    piece = 400_000 if name.startswith('large') else 70_000
                    ack = client.fragment(url, told['session'], at, content[at:at + piece], len(content))
                    equal(ack.status, 200)
                    told['received'] = ack.received
                    if name.startswith('cancelled') and at > 0:
                        told['cancelling'] = True
                        equal(client.cancel(url, told['session']).status, 200)
                        told['cancelled'] = True
                        break
                else:
                    if not name.startswith('open'):
                        told['closing'] = True
                        equal(client.end(url, told['session']).status, 200)
                        told['closed'] = True
        except (http.client.HTTPException, OSError):
            pass  # the cut

    def changes(self):
        with open(self.count, 'rb') as f:
            return int.from_bytes(f.read(8), 'little')

    def check(self, contents):
        for name, content in self.server.published().items():
            true(content == contents[name], f'{name} is visible and wrong, {len(content)} bytes')
            true(not name.startswith('cancelled'), f'{name} was cancelled')
        for name, told in self.told.items():
            if told['received'] == len(contents[name]):
                true(name in self.server.published(), f'{name} was acknowledged and is not there')
        self.server.start()
        client = self.server.client()
        for name, told in self.told.items():
            if 'session' in told:
                self.go_on(client, name, told, contents[name])
        for name, content in self.server.published().items():
            true(content == contents[name], f'{name} is wrong at the end')

    def go_on(self, client, name, told, content):
        url = '/drop/' + name
        ack = client.fragment(url, told['session'], told['received'] - 1 if told['received'] else 0,
                              content[max(told['received'] - 1, 0):], len(content))
        if told.get('closed') or told.get('cancelled'):
            equal((name, ack.error), (name, SESSION_NOT_FOUND))
        elif told.get('closing') or told.get('cancelling'):
            true(ack.error == SESSION_NOT_FOUND or ack.status == 200, f'{name}: {ack.brief}')
        else:
            equal((name, ack.brief), (name, (200, None, len(content))))
            equal(self.server.published()[name] == content, True)


def make_contents(world):
    sizes = {'first': 200_000, 'cancelled': 300_000, 'small': 1, 'large': 1_100_000, 'second': 500_000,
             'open': 150_000}
    return {name: world.bytes(size) for name, size in sizes.items()}


def test_fifty_cuts(world):
    contents = make_contents(world)
    calm = Scene(world, 'calm', 0)
    true(calm.start(), 'it does not start under the shim')
    calm.play(contents)
    true(calm.told['second'].get('closed'), f'the calm scene did not end: {calm.told}')
    changes = calm.changes()
    calm.server.kill()
    for number in range(CUTS):
        cut = world.random.randint(1, changes)
        scene = Scene(world, number, cut)
        if scene.start():
            scene.play(contents)
        time.sleep(0.01)
        scene.server.kill()
        scene.disk.replay(power_cut.read_log(scene.log))
        scene.disk.lose(world.random)
        try:
            scene.check(contents)
        except AssertionError:
            tap.diagnose(f'cut {number} before change {cut} of {changes}; told {scene.told}')
            raise
        scene.server.kill()
        shutil.rmtree(scene.base)
    tap.diagnose(f'{CUTS} cuts, {changes} changes in an undisturbed scene')


test_fifty_cuts.limit = 600

tap.main(globals())
