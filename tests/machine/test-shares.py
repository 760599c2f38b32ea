#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright 2026 The bgcopyd authors
"""What the transfers of several users, which have a worker each, may move together, and how they share it."""

import os
import time

import machine_world
from awaited import wait_for
from counting_peer import MB, SECONDS, SIZE, CountingPeer, within
from machine_world import USERS
from tap import diagnose, true

# Of what would be equal, which a user may have less or more.
UNEQUAL = 0.1
# Seconds after which another limit holds, and over how many it is looked at: fewer than the bound is for, in which it
# can be seen that the kernel's buffers fill and empty in blocks of many KiB.
SOON, AFTER, ABOUT = 2, 5, 0.1


def submit(world, peer):
    """Two of alice, one of them an upload, and one of bob; returns when all have begun."""
    source = world.home('alice', 'source')
    with open(source, 'wb') as f:
        f.truncate(SIZE)
    os.chown(source, USERS['alice'], USERS['alice'])
    alice, bob = world.as_user('alice'), world.as_user('bob')
    jobs = [alice.submit([(peer.url('alice/a'), '/home/alice/a')]),
            alice.submit([(peer.url('alice/b'), '/home/alice/source')], type='upload', UploadProtocol='put'),
            bob.submit([(peer.url('bob/a'), '/home/bob/a')])]
    wait_for(lambda: {'/alice/a', '/alice/b', '/bob/a'} <= set(peer.requests), 'all to begin')
    return jobs


def reload(world, limit):
    """Returns when it is to hold."""
    world.configure('Bandwidth', Limit=limit)
    begun = time.monotonic()
    world.reload()
    time.sleep(max(0, begun + SOON - time.monotonic()))


def test_limit(world):
    world.configure('Bandwidth', Limit=MB)
    peer = CountingPeer(world.listen())
    jobs = submit(world, peer)
    # Those that came first had more until now, and buffers are filled.
    time.sleep(2)
    before = peer.moved.copy()
    within(peer.windows(SECONDS, 4), MB)
    moved = {path: count - before[path] for path, count in peer.moved.copy().items()}
    alice = sum(count for path, count in moved.items() if path.startswith('/alice'))
    part = alice / sum(moved.values())
    diagnose(f'of alice {part:.3f}: {moved}')
    true(abs(part - 0.5) <= UNEQUAL / 2, f'alice has {part:.3f} of it')
    for limit in (2 * MB, MB):
        reload(world, limit)
        within(peer.windows(AFTER, 1), limit, ABOUT)
    for job in jobs:
        job.cancel()
    peer.close()


if __name__ == '__main__':
    machine_world.main(globals())
