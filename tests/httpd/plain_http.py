# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright 2026 The bgcopyd authors

"""What the servers that are wrong on demand have in common: one that reads requests and is never wrong itself.
It knows no more of HTTP than they need, so that nothing stands in the way of an answer that is nonsense."""

import socketserver
import sys
import threading
import urllib.parse


class Hangup(Exception):
    """Closes the connection."""


class Handler(socketserver.StreamRequestHandler):
    """one_request() answers whether the connection stays."""

    disable_nagle_algorithm = True

    def handle(self):
        try:
            while self.one_request():
                self.wfile.flush()
        except (Hangup, OSError, ValueError):
            pass

    def finish(self):
        try:
            super().finish()
        except OSError:
            pass

    def read_head(self):
        """The parts of the target, with method, target and headers in self; None at the end of the connection."""
        line = self.rfile.readline(65536)
        if not line.strip():
            return None
        self.method, self.target, _ = line.decode("latin-1").split(" ", 2)
        self.headers = {}
        while True:
            line = self.rfile.readline(65536).decode("latin-1").strip()
            if not line:
                return urllib.parse.urlsplit(self.target)
            name, value = line.split(":", 1)
            self.headers[name.strip().lower()] = value.strip()


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 128


def serve(servers, ports):
    """Prints the ports, and serves until standard input ends."""
    for server in servers:
        threading.Thread(target=server.serve_forever, daemon=True).start()
    print(*ports, flush=True)
    sys.stdin.read()
