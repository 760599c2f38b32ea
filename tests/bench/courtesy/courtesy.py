# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright 2026 The bgcopyd authors
"""Does it leave the network to others? What a foreground transfer, a page and a UDP echo keep beside each program.

Prints, for each background: Mbit/s it moves while nobody else does; what a foreground transfer gets; milliseconds
of a 100 KB page and of a UDP round trip (medians); seconds after the foreground's end until it is back at 90 %.
Needs root. Run it on a machine that does nothing else."""

import argparse
import os
import random
import shutil
import statistics
import subprocess
import sys
import time

import child
from lab import CLIENT, ECHO, SERVER, Lab
from world import World

PING = f'''
import socket, statistics, sys, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(("{CLIENT}", 0)); s.settimeout(1); took = []
end = time.monotonic() + float(sys.argv[1])
while time.monotonic() < end:
    begun = time.monotonic(); s.sendto(b"x" * 64, ("{SERVER}", {ECHO}))
    try:
        s.recv(2000); took.append(time.monotonic() - begun)
    except TimeoutError:
        took.append(1)
    time.sleep(0.02)
print(statistics.median(took) * 1000)
'''
PAYLOAD = 1448 / 1514  # of a full frame
COLUMNS = ('idle', 'bulk', 'page', 'udp', 'back')


class Background:
    """Something that moves files all the time."""

    def __init__(self, bench):
        self.bench = bench
        self.processes = []

    def start(self, count):
        pass

    def stop(self):
        for process in self.processes:
            child.stop(process)


class Commands(Background):
    def __init__(self, bench, name):
        super().__init__(bench)
        self.name = name

    def start(self, count):
        url = self.bench.lab.url('big')
        for number in range(count):
            get = {'curl': ['curl', '-s', '-o', '/dev/null', url],
                   'wget2': ['wget2', '-q', '-O', '/dev/null', url],
                   'aria2c': ['aria2c', '-q', '-x1', '--file-allocation=none', '-d', self.bench.world.downloads,
                              '-o', f'a{number}', url]}[self.name]
            if self.bench.options.upload:
                get = ['curl', '-s', '-T', self.bench.lab.big, self.bench.lab.url(f'up/c{number}')]
            self.processes.append(child.start(self.bench.lab.inside('cli', *get), stdout=subprocess.DEVNULL,
                                              stderr=subprocess.DEVNULL))


class Ours(Background):
    def start(self, count):
        world, lab = self.bench.world, self.bench.lab
        world.start(verbose=False, prefix=lab.inside('cli'), environment=dict(os.environ))
        if self.bench.options.upload:
            for number in range(count):
                world.service.submit([(lab.url(f'up/b{number}'), lab.big)], type='upload', UploadProtocol='put',
                                     Priority=self.bench.options.priority)
        else:
            world.service.submit([(lab.url(f'big?{n}'), world.local(f'b{n}')) for n in range(count)],
                                 Priority=self.bench.options.priority)

    def cpu(self):
        """Seconds that the workers have used."""
        ticks = 0
        for pid in self.bench.world.daemon.workers():
            with open(f'/proc/{pid}/stat', encoding='utf-8') as f:
                ticks += sum(int(x) for x in f.read().rsplit(')', 1)[1].split()[11:13])
        return ticks / os.sysconf('SC_CLK_TCK')

    def stop(self):
        for job in list(self.bench.world.service.jobs.values()):
            if job.state not in ('connecting', 'transferring'):
                print(f'  the job is {job.state}: {job.get("Error")}', file=sys.stderr)
            job.cancel()
        self.bench.world.service.close()
        self.bench.world._service = None
        self.bench.world.daemon.stop()


class Bench:
    def __init__(self, options):
        self.options = options
        buffer = options.rate * options.buffer / 1000 / 8
        self.world = World(random.Random(1))
        link = os.path.join(os.environ['TOP_BUILDDIR'], 'tests', 'bench', 'courtesy', 'link')
        self.lab = Lab(link, options.rate, int(buffer), options.delay / 1000, options.control)

    def moved(self):
        return self.lab.bytes()[1 if self.options.upload else 0]

    def speed(self, seconds):
        """Payload, Mbit/s, of whoever uses the link."""
        before, begun = self.moved(), time.monotonic()
        time.sleep(seconds)
        return (self.moved() - before) * PAYLOAD * 8 / (time.monotonic() - begun) / 1e6

    def bulk(self):
        kind = 'speed_upload' if self.options.upload else 'speed_download'
        what = ['-T', self.lab.big, self.lab.url('up/f')] if self.options.upload else [self.lab.url('big')]
        out = self.lab.client('curl', '-s', '-o', '/dev/null', '--max-time', str(self.options.seconds), '-w',
                              f'%{{{kind}}}', *what)
        return float(out) * 8 / 1e6

    def page(self):
        took = []
        for _ in range(self.options.pages):
            out = self.lab.client('curl', '-s', '-o', '/dev/null', '-w', '%{time_total}', self.lab.url('page'))
            took.append(float(out) * 1000)
            time.sleep(0.3)
        return statistics.median(took)

    def back(self, wanted):
        begun = time.monotonic()
        while time.monotonic() - begun < 10:
            if self.speed(0.25) >= 0.9 * wanted:
                break
        return time.monotonic() - begun

    def measure(self, name):
        kinds = {'alone': Background, 'bgcopyd': Ours}
        background = kinds[name](self) if name in kinds else Commands(self, name)
        shutil.rmtree(self.world.downloads, ignore_errors=True)
        os.mkdir(self.world.downloads)
        background.start(self.options.files)
        row = {}
        try:
            if name != 'alone':
                time.sleep(3)
                row['idle'] = self.speed(5)
            row['udp'] = float(self.lab.client(sys.executable, '-c', PING, '3'))
            row['page'] = self.page()
            time.sleep(2)
            row['bulk'] = self.bulk()
            if name != 'alone':
                row['back'] = self.back(row['idle'])
            if name == 'bgcopyd':
                row['cpu'] = background.cpu()
        finally:
            background.stop()
            time.sleep(1)
        print('  ' + name + ' ' + ' '.join(f'{k} {v:.2f}' for k, v in row.items()), file=sys.stderr)
        return row

    def close(self):
        self.world.close()
        self.lab.close()


def report(options, results):
    way = 'upload' if options.upload else 'download'
    print(f'{options.rate / 1e6:.0f} Mbit/s, {options.delay:.0f} ms, buffer {options.buffer:.0f} ms, {options.control}, '
          f'{options.files} background file(s), {way}; medians of {options.rounds}')
    print(f'{"background":<12}{"idle":>8}{"bulk":>8}{"of alone":>10}{"page ms":>9}{"x alone":>9}{"UDP ms":>8}{"back s":>8}')
    medians = {n: {c: statistics.median(r[c] for r in rows if c in r) for c in COLUMNS if c in rows[0]}
               for n, rows in results.items()}
    alone = medians.get('alone')
    for name, row in medians.items():
        part = f'{row["bulk"] / alone["bulk"]:.1%}' if alone else ''
        times = f'{row["page"] / alone["page"]:.2f}' if alone else ''
        idle, back = (f'{row[c]:.2f}' if c in row else '' for c in ('idle', 'back'))
        print(f'{name:<12}{idle:>8}{row["bulk"]:>8.2f}{part:>10}{row["page"]:>9.0f}{times:>9}{row["udp"]:>8.1f}{back:>8}')


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--backgrounds', default='alone,bgcopyd,curl,wget2,aria2c')
    parser.add_argument('--rate', type=float, default=20e6, help='bit/s')
    parser.add_argument('--delay', type=float, default=20, help='ms of a round trip without a queue')
    parser.add_argument('--buffer', type=float, default=200, help='ms that the full buffer of the link takes; 20 is shallow')
    parser.add_argument('--control', default='cubic', help='congestion control of the senders: cubic, bbr')
    parser.add_argument('--files', type=int, default=1, help='in the background')
    parser.add_argument('--priority', default='normal', help='of our job')
    parser.add_argument('--upload', action='store_true')
    parser.add_argument('--rounds', type=int, default=5)
    parser.add_argument('--seconds', type=int, default=8, help='of a foreground transfer')
    parser.add_argument('--pages', type=int, default=9)
    options = parser.parse_args()
    if os.geteuid() != 0:
        sys.exit('needs root, for network namespaces')
    names = [n for n in options.backgrounds.split(',') if n in ('alone', 'bgcopyd') or shutil.which(n)]
    if options.upload:
        names = [n for n in names if n in ('alone', 'bgcopyd', 'curl')]
    results = {n: [] for n in names}
    bench = Bench(options)
    try:
        for _ in range(options.rounds):
            for name in names:
                results[name].append(bench.measure(name))
    finally:
        bench.close()
    report(options, results)


if __name__ == '__main__':
    main()
