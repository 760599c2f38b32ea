#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright 2026 The bgcopyd authors
"""How fast jobs are: what all together may move, what a job may, and what one leaves to the others."""

import os
import signal
import time

import tap
from awaited import wait_for
from counting_peer import MB, SECONDS, SIZE, CountingPeer, within
from tap import equal, true


def download(world, name, url, **properties):
    job = world.service.submit([(url, world.local(name))], **properties)
    job.wait_state('transferring')
    return job


def cap(world, rate):
    world.start({'FilesAtOnce': 4}, wait=True)
    with open(world.daemon.config, 'w', encoding='utf-8') as f:
        f.write(f'[Bandwidth]\nLimit={rate}\n')
    os.kill(world.daemon.pid, signal.SIGHUP)


def test_all(world):
    """Three jobs under one cap of 1 MB/s: any ten seconds of it."""
    cap(world, MB)
    peer = CountingPeer()
    source = os.path.join(world.folder, 'source')
    with open(source, 'wb') as f:
        f.truncate(SIZE)
    jobs = [download(world, name, peer.url(name)) for name in 'ab']
    jobs.append(world.service.submit([(peer.url('c'), source)], type='upload', UploadProtocol='put'))
    wait_for(lambda: '/c' in peer.requests, 'the upload to begin')
    # Those that came first had more until now, and buffers are filled.
    time.sleep(2)
    within(peer.windows(SECONDS, 2), MB)
    for job in jobs:
        job.cancel()
    peer.close()


def test_limit(world):
    """A job's own limit, changed while it runs, on the connection it has."""
    peer = CountingPeer()
    job = download(world, 'a', peer.url('a'), BandwidthLimit=256_000, Priority='foreground')
    equal(job.get('BandwidthLimit'), 256_000)
    time.sleep(2)
    within(peer.windows(SECONDS, 1), 256_000)
    job.set('BandwidthLimit', MB)
    time.sleep(1)
    within(peer.windows(SECONDS / 2, 1), MB)
    job.set('BandwidthLimit', 0)
    job.wait_state('transferred')
    equal(peer.requests, ['/a'], 'requests')
    peer.close()


def test_slow_server(world):
    """What a job does not move for its slow server is the others'."""
    cap(world, MB)
    peer, other = CountingPeer(), CountingPeer()
    jobs = [download(world, 'slow', other.url('slow')), download(world, 'a', peer.url('a'))]
    time.sleep(5)
    begin, first, slow = time.monotonic(), peer.bytes, other.bytes
    time.sleep(5)
    seconds = time.monotonic() - begin
    slow, fast = (other.bytes - slow) / seconds, (peer.bytes - first) / seconds
    true(0 < slow < 0.4 * MB, f'{slow:.0f}')
    within([slow + fast], MB)
    for job in jobs:
        job.cancel()
    peer.close()
    other.close()


def test_stops_at_once(world):
    """At a byte a second it waits for long, and still stops."""
    peer = CountingPeer()
    job = download(world, 'a', peer.url('a'), BandwidthLimit=1)
    job.suspend()
    equal(job.get('State'), 'suspended')
    job.resume()
    job.wait_state('transferring')
    job.cancel()
    equal(world.listing(), [])
    peer.close()


if __name__ == '__main__':
    tap.main(globals())
