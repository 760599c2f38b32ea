# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright 2026 The bgcopyd authors
"""Everything one test needs, made on demand in a temporary directory and taken down after it."""

import glob
import hashlib
import os
import shutil
import subprocess
import tempfile

from daemon import Daemon, program
from job import Service
from private_bus import PrivateBus
from skip import Skip
from web import Web


class World:
    _words = ''

    def __init__(self, random=None):
        self.random = random
        # A short path: a bus socket's may have 107 bytes.
        self.folder = tempfile.mkdtemp(prefix='bgc-', dir=os.environ.get('BGC_TEST_DIR') or None)
        self.downloads = os.path.join(self.folder, 'downloads')
        os.mkdir(self.downloads)
        self.failed = False
        self._bus = self._web = self._service = None
        self.daemon = None
        self._undo = []
        World._words = ''

    # ---- parts ----

    @property
    def bus(self):
        self._bus = self._bus or PrivateBus(self.folder)
        return self._bus

    @property
    def web(self):
        if not self._web:
            folder = os.path.join(self.folder, 'web')
            os.mkdir(folder)
            self._web = Web(folder)
        return self._web

    def start(self, config=None, environment=None, trust=False, wait=True, prefix=(), verbose=True):
        """Starts the daemon. config: lines of its [Limits]. trust: the worker trusts the test's CA."""
        path = None
        if config:
            path = os.path.join(self.folder, 'bgcopyd.conf')
            with open(path, 'w', encoding='utf-8') as f:
                f.write('[Limits]\n' + ''.join(f'{k}={v}\n' for k, v in config.items()))
        worker = program('bgcopy-worker')
        if trust:
            worker = self.web.trusting(worker)
            if worker is None:
                raise Skip('needs root or user namespaces to add a CA to the trust store')
        self.daemon = Daemon(self.bus, os.path.join(self.folder, 'state'), os.path.join(self.folder, 'bgcopyd.log'),
                             path, environment, worker, verbose)
        self.daemon.start(wait, prefix)
        return self.daemon

    @property
    def service(self):
        if not self.daemon:
            self.start()
        if not self._service:
            self._service = Service(self.bus)
        return self._service

    def restart(self, kill=False):
        """Ends the daemon and starts it again; clients connect anew, as after NameOwnerChanged."""
        if kill:
            self.daemon.kill()
        else:
            self.daemon.stop()
        self.again()

    def again(self):
        """Starts the daemon after it ended."""
        if self._service:
            self._service.close()
            self._service = None
        self.daemon.start()

    def find(self, job):
        """The same job, after a restart."""
        return self.service.job(job.id)

    # ---- files ----

    def bytes(self, size):
        return self.random.randbytes(size)

    def local(self, name):
        return os.path.join(self.downloads, name)

    def read(self, name):
        with open(self.local(name), 'rb') as f:
            return f.read()

    def listing(self):
        """What stands in the download directory, hidden files too."""
        return sorted(os.listdir(self.downloads))

    @staticmethod
    def sha256(content):
        return 'sha256:' + hashlib.sha256(content).hexdigest()

    def unwritable(self, folder):
        """Makes a directory one that nothing can be made or removed in, for root too; gives a function that
        undoes it."""
        if os.geteuid() != 0:
            os.chmod(folder, 0o555)
            undo = lambda: os.chmod(folder, 0o755)  # noqa: E731
        else:
            if subprocess.run(['chattr', '+i', folder], capture_output=True).returncode != 0:
                raise Skip('root writes everywhere, and this file system has no immutable directories')
            undo = lambda: subprocess.run(['chattr', '-i', folder], capture_output=True)  # noqa: E731
        self._undo.append(undo)
        return undo

    # ---- the end ----

    def finish(self):
        """At the end of a test that went well: the daemon still lives, ends when asked, and logged nothing
        that must not be there."""
        if self.daemon:
            if self.daemon.process.poll() is None:
                if self._service:
                    self._service.close()
                    self._service = None
                self.daemon.stop()
            complaints = self.daemon.complaints()
            if complaints:
                raise AssertionError('in the log: ' + '\n'.join(complaints[:20]))

    def close(self):
        for undo in self._undo:
            undo()
        words = []
        for path in glob.glob(os.path.join(self.folder, '*.log')) + glob.glob(os.path.join(self.folder, 'web', '*.log')):
            try:
                with open(path, encoding='utf-8', errors='replace') as f:
                    words.append(f'---- {os.path.basename(path)}\n' + ''.join(f.readlines()[-120:]))
            except FileNotFoundError:
                pass
        World._words = '\n'.join(words)
        if self.daemon and self.daemon.process and self.daemon.process.poll() is None:
            self.daemon.process.kill()
            self.daemon.process.wait()
        if self._service:
            self._service.close()
        for part in (self._web, self._bus):
            if part:
                part.stop()
        if not os.environ.get('BGC_KEEP'):
            shutil.rmtree(self.folder, ignore_errors=True)

    @staticmethod
    def last_words():
        return World._words
