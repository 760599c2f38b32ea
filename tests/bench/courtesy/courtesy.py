# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright 2026 The bgcopyd authors
"""Does it leave the network to others? What a foreground transfer, a page and a UDP echo keep beside each program.

Prints, for each background: Mbit/s that it moves while nobody else does, and what part that is of what an ordinary
transfer reaches; what a foreground transfer gets; milliseconds of a 100 KB page and of a UDP round trip (medians);
seconds after its start until it moves 90 % of that, and after the foreground's end until it is back at 92 %; CPU time
that it takes meanwhile, per cent of a core. The server may have more under way than any of these links hold, so that it
is the link that is measured; how soon the foreground itself is up when it is alone stands in its own row.
Needs root. Run it on a machine that does nothing else."""

import argparse
import dataclasses
import os
import shutil
import statistics
import subprocess
import sys
import time
import traceback

import child
import report
from backgrounds import background
from cases import SUITES, Case, chosen
from lab import CLIENT, ECHO, SERVER, Lab

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
SETTLE = 3   # seconds that a background has for its beginning
PATIENCE = 10  # seconds that it has to come back
UP, BACK = 0.90, 0.92  # parts of what it moves alone


class Bench:
    """One case: a laboratory, and the backgrounds in it one after the other."""

    def __init__(self, case):
        self.case = case
        link = os.path.join(os.environ['TOP_BUILDDIR'], 'tests', 'bench', 'courtesy', 'link')
        self.lab = Lab(link, case.rate, case.rate * case.buffer / 1000 / 8, case.delay / 1000, case.control, case.fair)

    def moved(self, ours=True):
        return self.lab.counts.now(self.case.upload, ours)

    def speed(self, seconds, ours=True):
        """Mbit/s, without headers."""
        before, begun = self.moved(ours), time.monotonic()
        time.sleep(seconds)
        return (self.moved(ours) - before) * 8 / (time.monotonic() - begun) / 1e6

    def begin_bulk(self, seconds):
        what = ['-T', self.lab.big, self.lab.url('up/f')] if self.case.upload else [self.lab.url('big')]
        command = ['curl', '-s', '-o', '/dev/null', '--max-time', str(seconds), '-w', '%{size_download} %{time_total}', *what]
        return child.start(self.lab.inside('cli', *command), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)

    def end_bulk(self, process, before=0, head=0):
        """Mbit/s, but for what it had moved before in the time that does not count."""
        size, seconds = process.communicate()[0].split()
        # What curl has sent may still be on its way, as may what had not come when the counting began.
        size = self.moved(False) - self.before if self.case.upload or head else int(size)
        return (size - before) * 8 / (float(seconds) - head) / 1e6

    def page(self):
        took = []
        for _ in range(self.case.pages):
            out = self.lab.client('curl', '-s', '-o', '/dev/null', '-w', '%{time_total}', self.lab.url('page'))
            took.append(float(out) * 1000)
            time.sleep(0.3)
        return statistics.median(took)

    def small_things(self, row):
        if self.case.pages > 0:
            row['udp'] = float(self.lab.client(sys.executable, '-c', PING, '3'))
            row['page'] = self.page()

    def idle(self, back, row):
        used, begun = back.cpu(), time.monotonic()
        row['idle'] = self.speed(self.case.idle)
        row['cpu'] = (back.cpu() - used) / (time.monotonic() - begun) * 100

    def until_back(self, since, wanted):
        found = None
        while found is None and time.monotonic() - since < PATIENCE:
            time.sleep(0.1)
            found = self.lab.counts.first(since, BACK * wanted, self.case.upload)
        return found

    def alone(self, row):
        """An ordinary transfer: from its beginning as foreground, and once it runs, as the others' idle use."""
        head = SETTLE if self.case.late else 0
        begun = time.monotonic()
        process = self.begin_bulk(self.case.seconds + head)
        time.sleep(SETTLE)
        before = self.moved(False) - self.before if head else 0
        row['idle'] = self.speed(self.case.seconds - SETTLE + head, False)
        row['bulk'] = self.end_bulk(process, before, head)
        row['up'] = self.lab.counts.first(begun, UP * row['idle'], self.case.upload, background=False)
        time.sleep(1)
        self.small_things(row)

    def early(self, back, row):
        begun = time.monotonic()
        back.start()
        time.sleep(SETTLE)
        self.idle(back, row)
        row['up'] = self.lab.counts.first(begun, UP * row['idle'], self.case.upload)
        self.small_things(row)
        time.sleep(2)
        self.before = self.moved(False)
        row['bulk'] = self.end_bulk(self.begin_bulk(self.case.seconds))
        row['back'] = self.until_back(time.monotonic(), row['idle'])

    def late(self, back, row):
        process = self.begin_bulk(self.case.seconds + SETTLE)
        time.sleep(SETTLE)
        before = self.moved(False) - self.before
        back.start()
        row['bulk'] = self.end_bulk(process, before, SETTLE)
        ended = time.monotonic()
        time.sleep(SETTLE)
        self.idle(back, row)
        row['back'] = self.until_back(ended, row['idle'])
        self.small_things(row)

    def measure(self, name):
        row = {}
        back = background(name, self.lab, self.case)
        self.before = self.moved(False)
        try:
            if name == 'alone':
                self.alone(row)
            elif self.case.late:
                self.late(back, row)
            else:
                self.early(back, row)
        finally:
            back.stop()
            time.sleep(1)
        said = ' '.join(f'{k} {v:.2f}' if v is not None else f'{k} never' for k, v in row.items())
        print(f'  {self.case.name} {name} {said}', file=sys.stderr, flush=True)
        return row

    def close(self):
        self.lab.close()


def measure(case, names, rounds):
    """{background: rows}; one that cannot be measured lacks the row."""
    results = {n: [] for n in names}
    bench = Bench(case)
    try:
        for _ in range(rounds):
            for name in names:
                try:
                    results[name].append(bench.measure(name))
                except Exception:
                    print(f'  {case.name} {name}: ', end='', file=sys.stderr)
                    traceback.print_exc()
    finally:
        bench.close()
    return results


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    first = Case()
    parser.add_argument('--suite', help=f'cases instead of the options of one: {", ".join(SUITES)}, or names of theirs')
    parser.add_argument('--backgrounds', help='of alone,bgcopyd,curl,wget2,aria2c; a suite has only the first two')
    parser.add_argument('--rounds', type=int, default=5)
    for field in dataclasses.fields(Case):
        if field.name == 'name':
            continue
        value = getattr(first, field.name)
        about = {'rate': 'bit/s', 'delay': 'ms of a round trip without a queue', 'files': 'in the background',
                 'buffer': 'ms that the full buffer of the link takes; 20 is shallow', 'owners': 'with as many files each',
                 'control': 'congestion control of the senders: cubic, bbr', 'priority': 'of our jobs',
                 'late': 'the background begins after the foreground', 'pages': '0: no UDP either',
                 'fair': 'behind a router with a queue (htb) for the background and one for others',
                 'seconds': 'of a foreground transfer', 'idle': 'seconds of a background alone'}.get(field.name)
        if isinstance(value, bool):
            parser.add_argument('--' + field.name, action='store_true', default=None, help=about)
        else:
            parser.add_argument('--' + field.name, type=type(value), help=f'{about} ({value})')
    return parser.parse_args()


def main():
    options = parse()
    if os.geteuid() != 0:
        sys.exit('needs root, for network namespaces')
    given = {f.name: getattr(options, f.name) for f in dataclasses.fields(Case)
             if f.name != 'name' and getattr(options, f.name) is not None}
    try:
        cases = [dataclasses.replace(c, **given) for c in (chosen(options.suite) if options.suite else [Case()])]
    except ValueError as error:
        sys.exit(str(error))
    wanted = (options.backgrounds or ('alone,bgcopyd' if options.suite else 'alone,bgcopyd,curl,wget2,aria2c')).split(',')
    names = [n for n in wanted if n in ('alone', 'bgcopyd') or shutil.which(n)]
    measured = []
    for case in cases:
        able = [n for n in names if not case.upload or n in ('alone', 'bgcopyd', 'curl')]
        measured.append((case, measure(case, able, options.rounds)))
        report.print_case(*measured[-1], options.rounds)
    if options.suite:
        report.print_summary(measured, options.rounds)


if __name__ == '__main__':
    main()
