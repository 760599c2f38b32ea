#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright 2026 The bgcopyd authors
"""How fast jobs are: what all together may move, what a job may, and what one leaves to the others."""

import os
import signal
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import tap
from awaited import wait_for
from tap import equal, true

MB = 1_000_000
SIZE = 40 * MB
PIECE = 4000
# The bound: so much of what is said, over any so many seconds.
LEAST, MOST, SECONDS = 0.95, 1.05, 10


class Peer:
    """Sends and takes files, and knows how many bytes so far. What the kernel holds of them is little, and soon the
    same all the time, so that it is left out of account."""

    def __init__(self):
        peer = self
        self.bytes = 0
        self.requests = []
        self.samples = []

        class Handler(BaseHTTPRequestHandler):
            def answer(self, status, length):
                self.send_response(status)
                self.send_header('Content-Length', str(length))
                self.end_headers()

            def do_GET(self):
                peer.requests.append(self.path)
                pause = 0.02 if self.path.startswith('/slow') else 0
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 16384)
                self.answer(200, SIZE)
                try:
                    for _ in range(SIZE // PIECE):
                        self.wfile.write(b'x' * PIECE)
                        peer.bytes += PIECE
                        time.sleep(pause)
                except OSError:
                    self.close_connection = True

            def do_PUT(self):
                peer.requests.append(self.path)
                left = int(self.headers['Content-Length'])
                try:
                    while left > 0 and (piece := self.rfile.read1(min(left, PIECE))):
                        peer.bytes += len(piece)
                        left -= len(piece)
                    self.answer(201, 0)
                except OSError:
                    self.close_connection = True

            def log_message(self, *words):
                pass

        self.server = ThreadingHTTPServer(('127.0.0.1', 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def url(self, name):
        return f'http://127.0.0.1:{self.server.server_port}/{name}'

    def windows(self, seconds, count):
        """Watches for so long, and a little; the rates over windows of that length."""
        samples, rates = [], []
        end = time.monotonic() + seconds + count
        while (now := time.monotonic()) < end:
            samples.append((now, self.bytes))
            rates += [(self.bytes - b) / (now - t) for t, b in samples if now - t >= seconds][-1:]
            time.sleep(0.05)
        return rates

    def close(self):
        self.server.shutdown()
        self.server.server_close()


def download(world, name, url, **properties):
    job = world.service.submit([(url, world.local(name))], **properties)
    job.wait_state('transferring')
    return job


def within(rates, rate):
    true(rates, 'windows')
    print(f'# {min(rates):.0f} … {max(rates):.0f}')
    true(LEAST * rate <= min(rates) and max(rates) <= MOST * rate, f'{min(rates):.0f} … {max(rates):.0f}')


def cap(world, rate):
    world.start({'FilesAtOnce': 4}, wait=True)
    with open(world.daemon.config, 'w', encoding='utf-8') as f:
        f.write(f'[Bandwidth]\nLimit={rate}\n')
    os.kill(world.daemon.pid, signal.SIGHUP)


def test_all(world):
    """Three jobs under one cap of 1 MB/s: any ten seconds of it."""
    cap(world, MB)
    peer = Peer()
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
    peer = Peer()
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
    peer, other = Peer(), Peer()
    jobs = [download(world, 'slow', other.url('slow')), download(world, 'a', peer.url('a'))]
    time.sleep(5)
    begin, first, slow = time.monotonic(), peer.bytes, other.bytes
    time.sleep(5)
    seconds = time.monotonic() - begin
    slow, fast = (other.bytes - slow) / seconds, (peer.bytes - first) / seconds
    true(0 < slow < 0.4 * MB, f'{slow:.0f}')
    true(LEAST * MB <= slow + fast <= MOST * MB, f'{slow:.0f} + {fast:.0f}')
    for job in jobs:
        job.cancel()
    peer.close()
    other.close()


def test_stops_at_once(world):
    """At a byte a second it waits for long, and still stops."""
    peer = Peer()
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
