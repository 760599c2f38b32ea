# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright 2026 The bgcopyd authors
"""A web server that sends and takes files as fast as it can and knows how many bytes of them so far."""

import collections
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tap import diagnose, true

MB = 1_000_000
SIZE = 40 * MB
PIECE = 4000
# The bound: by so small a part it may be another rate than is said, over any so many seconds.
PART, SECONDS = 0.05, 10


class CountingPeer:
    """What the kernel holds of the bytes is little, and soon the same all the time, so that it is left out of account."""

    def __init__(self, listener=None):
        """listener: the socket to listen on (owned), or None for one of its own."""
        peer = self
        self.requests = []
        # {path: bytes}; each is one thread's.
        self.moved = collections.defaultdict(int)

        class Handler(BaseHTTPRequestHandler):
            # Else no upload is told to continue, for which it waits a while.
            protocol_version = 'HTTP/1.1'

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
                        peer.moved[self.path] += PIECE
                        time.sleep(pause)
                except OSError:
                    self.close_connection = True

            def do_PUT(self):
                peer.requests.append(self.path)
                left = int(self.headers['Content-Length'])
                try:
                    while left > 0 and (piece := self.rfile.read1(min(left, PIECE))):
                        peer.moved[self.path] += len(piece)
                        left -= len(piece)
                    self.answer(201, 0)
                except OSError:
                    self.close_connection = True

            def log_message(self, *words):
                pass

        listener = listener or socket.create_server(('127.0.0.1', 0))
        self.port = listener.getsockname()[1]
        self.server = ThreadingHTTPServer(('127.0.0.1', 0), Handler, bind_and_activate=False)
        self.server.socket.close()
        self.server.socket = listener
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def url(self, name):
        return f'http://127.0.0.1:{self.port}/{name}'

    @property
    def bytes(self):
        return sum(self.moved.copy().values())

    def windows(self, seconds, count):
        """Watches for so long, and a little; the rates over windows of that length."""
        samples, rates = [], []
        end = time.monotonic() + seconds + count
        while (now := time.monotonic()) < end:
            samples.append((now, self.bytes))
            rates += [(samples[-1][1] - b) / (now - t) for t, b in samples if now - t >= seconds][-1:]
            time.sleep(0.05)
        return rates

    def close(self):
        self.server.shutdown()
        self.server.server_close()


def within(rates, rate, part=PART):
    true(rates, 'windows')
    diagnose(f'{min(rates):.0f} … {max(rates):.0f}')
    true((1 - part) * rate <= min(rates) and max(rates) <= (1 + part) * rate, f'{min(rates):.0f} … {max(rates):.0f}')
