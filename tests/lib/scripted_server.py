# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright 2026 The bgcopyd authors
"""tests/httpd/upload_httpd.py, the server that is wrong on demand, as a test starts and asks it."""

import os
import random
import subprocess
import sys
import urllib.parse
import urllib.request

import child


class Scripted:
    def __init__(self, world, prefix=()):
        """prefix: a command that runs others somewhere else."""
        script = os.path.join(os.environ['TOP_SRCDIR'], 'tests', 'httpd', 'upload_httpd.py')
        self.prefix = list(prefix)
        # It ends with its standard input.
        self.process = child.start([*self.prefix, sys.executable, script], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        world._undo.append(lambda: child.stop(self.process))
        self.port = int(self.process.stdout.readline())

    def url(self, name, *script, protocol='bits', **options):
        """@script: WHEN:WHAT,… each; options: of the query, those without value as True."""
        words = [('do', item) for item in script] + [(k, '' if v is True else v) for k, v in options.items()]
        # A comma and a colon stand for themselves.
        query = '&'.join(f'{k}={urllib.parse.quote(str(v), safe=":,=?")}' if v != '' else k for k, v in words)
        return f'http://127.0.0.1:{self.port}/{protocol}/{name}' + (f'?{query}' if query else '')

    def _ask(self, what, name):
        url = f'http://127.0.0.1:{self.port}/{what}?name={name}'
        if self.prefix:
            code = f'import urllib.request; print(urllib.request.urlopen({url!r}, timeout=30).read().decode(), end="")'
            return subprocess.run([*self.prefix, sys.executable, '-c', code], capture_output=True, text=True, check=True, timeout=60).stdout
        with urllib.request.urlopen(url, timeout=30) as answer:
            return answer.read().decode()

    def log(self, name):
        return self._ask('log', name).splitlines()

    def count(self, name, line):
        return self.log(name).count(line)

    def open_sessions(self, name):
        return int(self._ask('open', name))

    def connections(self, name):
        return int(self._ask('connections', name))

    def file(self, name):
        """(size, SHA-256, how often it was published) or None"""
        words = self._ask('file', name).split()
        return None if words == ['none'] else (int(words[0]), words[1], int(words[2]))

    def drop(self, name):
        self._ask('drop', name)

    @staticmethod
    def reply(size):
        """What it serves as reply of that size."""
        return random.Random(size).randbytes(size)
