# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright 2026 The bgcopyd authors
"""What moves files in the background while others are measured: nobody, the usual programs, bgcopyd."""

import os
import random
import shutil
import subprocess
import sys
import tempfile
import time

import child
from job import Service
from lab import HASTE
from machine import Machine
from machine_world import UserBus
from world import World

TICKS = os.sysconf('SC_CLK_TCK')
MOVING = ('queued', 'connecting', 'transferring')


def ticks(pid):
    """Of a process and those that it started."""
    try:
        with open(f'/proc/{pid}/stat', encoding='utf-8') as f:
            used = sum(int(x) for x in f.read().rsplit(')', 1)[1].split()[11:13])
    except FileNotFoundError:
        return 0
    return used + sum(ticks(p) for p in child.children_of(pid))


class Nobody:
    def __init__(self, lab, case):
        self.lab, self.case = lab, case
        self.processes = []

    def start(self):
        pass

    def cpu(self):
        """Seconds that it has used."""
        return sum(ticks(p.pid) for p in self.processes) / TICKS

    def stop(self):
        for process in self.processes:
            child.stop(process)


class Command(Nobody):
    def __init__(self, lab, case, name):
        super().__init__(lab, case)
        self.name = name
        self.folder = os.path.join(lab.folder, 'downloads')
        os.makedirs(self.folder, exist_ok=True)

    def start(self):
        url = self.lab.url('big', background=True)
        for number in range(self.case.files * self.case.owners):
            get = {'curl': ['curl', '-s', '-o', '/dev/null', url],
                   'wget2': ['wget2', '-q', '-O', '/dev/null', url],
                   'aria2c': ['aria2c', '-q', '-x1', '--file-allocation=none', '-d', self.folder, '-o', f'a{number}',
                              url]}[self.name]
            if self.case.upload:
                get = ['curl', '-s', '-T', self.lab.big, self.lab.url(f'up/c{number}', background=True)]
            self.processes.append(child.start(self.lab.inside('cli', *get), stdout=subprocess.DEVNULL,
                                              stderr=subprocess.DEVNULL))

    def stop(self):
        super().stop()
        shutil.rmtree(self.folder, ignore_errors=True)


class Ours(Nobody):
    """A daemon of the session's and its worker."""

    def __init__(self, lab, case):
        super().__init__(lab, case)
        self.world = World(random.Random(1))
        try:
            self.world.start(verbose=False, prefix=lab.inside('cli'), environment=dict(os.environ))
        except BaseException:
            self.world.close()
            raise

    def submit(self, service, folder):
        case, lab = self.case, self.lab
        if not case.upload:
            files = [(lab.url(f'big?{n}', background=True), f'{folder}/b{n}') for n in range(case.files)]
            service.submit(files, Priority=case.priority)
            return
        for number in range(case.files):
            url = lab.url(f'up/b{os.path.basename(folder)}{number}', background=True)
            service.submit([(url, self.source())], type='upload', UploadProtocol='put', Priority=case.priority)

    def source(self):
        return self.lab.big

    def start(self):
        self.submit(self.world.service, self.world.downloads)

    def cpu(self):
        return sum(ticks(p) for p in self.world.daemon.workers()) / TICKS

    @staticmethod
    def give_up(service):
        for job in list(service.jobs.values()):
            if job.state not in MOVING:
                print(f'  the job is {job.state}: {job.get("Error")}', file=sys.stderr)
            job.cancel()
        service.close()

    def stop(self):
        try:
            self.give_up(self.world.service)
            self.world._service = None
            self.world.daemon.stop()
        finally:
            self.world.close()


class Owners(Ours):
    """The system's daemon on a machine of its own, and as many users each with a worker."""

    def __init__(self, lab, case):
        Nobody.__init__(self, lab, case)
        self.names = [f'owner{n}' for n in range(case.owners)]
        self.folder = tempfile.mkdtemp(prefix='owners-', dir=lab.folder)
        os.chmod(self.folder, 0o755)
        self.services = []
        self.machine = Machine(self.folder, '/run/netns/' + lab.names['cli'])
        try:
            for number, name in enumerate(self.names):
                self.machine.add_user(name, 2001 + number)
            self.machine.boot()
            self.machine.install()
            with open(self.machine.path('/var/big'), 'wb') as f:
                f.truncate(os.path.getsize(lab.big))
            units = ('bgcopyd.service', 'bgcopy-worker@.service')
            for unit in units:
                folder = self.machine.path(f'/etc/systemd/system/{unit}.d')
                os.makedirs(folder)
                with open(os.path.join(folder, 'lab.conf'), 'w', encoding='ascii') as f:
                    f.write(f'[Service]\nNice={HASTE[2]}\n')
            self.machine.run('systemctl', 'daemon-reload')
            self.machine.run('systemctl', 'start', 'bgcopyd.service')
        except BaseException:
            self.machine.close()
            raise

    def source(self):
        return '/var/big'

    def start(self):
        for number, name in enumerate(self.names):
            self.services.append(Service(UserBus(self.machine, 2001 + number)))
            self.submit(self.services[-1], '/home/' + name)

    def cpu(self):
        units = [f'bgcopy-worker@{2001 + n}.service' for n in range(len(self.names))]
        said = [self.machine.show(unit, 'CPUUsageNSec') for unit in units]
        return sum(int(s) for s in said if s.isdigit()) / 1e9

    def stop(self):
        try:
            for service in self.services:
                self.give_up(service)
            self.services = []
            time.sleep(0.5)
        finally:
            self.machine.close()


def background(name, lab, case):
    if name == 'alone':
        return Nobody(lab, case)
    if name == 'bgcopyd':
        return Owners(lab, case) if case.owners > 1 else Ours(lab, case)
    return Command(lab, case, name)
