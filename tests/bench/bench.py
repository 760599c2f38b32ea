#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright 2026 The bgcopyd authors
"""How fast, and for how much CPU and memory, against curl, wget2 and aria2c on the same nginx.

Contestants take turns (A B C D, A B C D, …); medians are printed. Each peer is followed by a sync of
what it wrote, since bgcopyd says "done" only when it is durable. Everything is written below one
temporary directory and removed. Parts: big https checksum small upload queue idle."""

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import time

import child
import peers
from gi.repository import GLib
from job import JOB, NAME
from upload_peers import Dav
from upload_server import Server
from world import World

PEERS = ('curl', 'wget2', 'aria2c')
MIB = 1 << 20


def table(title, rows, columns):
    print(f'\n{title}')
    widths = [max(len(str(r[i])) for r in [columns] + rows) for i in range(len(columns))]
    for row in [columns] + rows:
        print('  ' + '  '.join(str(c).ljust(w) if i == 0 else str(c).rjust(w)
                               for i, (c, w) in enumerate(zip(row, widths))))
    sys.stdout.flush()


class Bench:
    def __init__(self, options):
        self.options = options
        self.figures = {}
        os.environ.setdefault('BGC_TEST_DIR', options.dir or '')
        self.world = World(random.Random(options.seed))
        wanted = options.peers.split(',')
        self.have = [p for p in wanted if p in PEERS and peers.find(p)]
        for missing in set(wanted) - set(self.have):
            print(f'{missing} is not installed: left out')

    def keep(self, part, **figures):
        self.figures.setdefault(part, {}).update(figures)

    # ---- one job of ours, measured ----

    def ours(self, files, **properties):
        """Submits and waits until everything is in place; wall, CPU of daemon and workers, peak memory."""
        daemon, service = self.world.daemon, self.world.service
        # Made before, as the peers' lists are: Python takes as long for a message of 10,000 files as curl for
        # getting half of them.
        prepared = service.prepare(files, AutoComplete=True, **properties)
        before = self.cpu_now()
        begun = time.monotonic()
        job = service.send(prepared)
        job.wait_state('acknowledged', seconds=600)
        wall = time.monotonic() - begun
        cpu = self.cpu_now() - before
        rss = [peers.status_of(p, 'VmHWM') / 1024 for p in [daemon.pid] + daemon.workers()]
        job.complete()
        result = peers.Result(wall, cpu, max(rss))
        result.daemon_rss = rss[0]
        result.worker_rss = max(rss[1:], default=0)
        return result

    def cpu_now(self):
        daemon = self.world.daemon
        return peers.cpu_of(daemon.pid, with_children=True) + sum(peers.cpu_of(p) for p in daemon.workers())

    def fresh(self, **options):
        """A daemon that has done nothing yet, its worker neither."""
        if self.world.daemon and self.world.daemon.process.poll() is None:
            if self.world._service:
                self.world._service.close()
                self.world._service = None
            self.world.daemon.stop()
            shutil.rmtree(self.world.daemon.state, ignore_errors=True)
        self.world.start(verbose=False, **options)

    def turns(self, contestants, rounds, clean):
        """{name: [Result]}; every contestant once in each round."""
        results = {name: [] for name in contestants}
        for number in range(rounds):
            for name, function in contestants.items():
                clean()
                subprocess.run(['sync', '-f', self.world.downloads], check=True)
                results[name].append(function())
                print(f'  round {number + 1} {name}: {results[name][-1].wall:.2f} s', file=sys.stderr)
        return results

    def report(self, part, title, results, against):
        """@against: the contestants that ours is compared with."""
        best = min(against, key=lambda n: peers.median(results[n], 'wall'))
        rows = []
        for name, runs in results.items():
            wall, cpu, rss = (peers.median(runs, k) for k in ('wall', 'cpu', 'rss'))
            ratio_best = wall / peers.median(results[best], 'wall')
            first = against[0]
            rows.append((name, f'{wall:.3f}', f'{ratio_best:.2f}', f'{cpu:.3f}',
                         f'{cpu / max(peers.median(results[first], "cpu"), 1e-9):.2f}', f'{rss:.1f}'))
            self.keep(part, **{name: {'wall': wall, 'cpu': cpu, 'rss': rss, 'walls': [r.wall for r in runs]}})
        table(f'{title}, medians of {len(next(iter(results.values())))}', rows,
              ('', 'wall s', '/ best peer', 'cpu s', f'/ {against[0]}', 'peak MiB'))
        ours = results['bgcopyd']
        daemon, worker = max(r.daemon_rss for r in ours), max(r.worker_rss for r in ours)
        print(f'  peak memory: daemon {daemon:.1f} MiB, worker {worker:.1f} MiB')
        self.keep(part, daemon_rss=daemon, worker_rss=worker, wall_ratio=peers.median(ours, 'wall')
                  / peers.median(results[best], 'wall'))

    # ---- parts ----

    def source(self, size):
        path = os.path.join(self.world.web.root, f'big-{size}')
        if not os.path.exists(path):
            with open(path, 'wb') as f:
                for _ in range(size // MIB):
                    f.write(os.urandom(MIB))
        return os.path.basename(path)

    def clean(self):
        for name in os.listdir(self.world.downloads):
            path = self.world.local(name)
            shutil.rmtree(path) if os.path.isdir(path) else os.unlink(path)

    def big(self, secure=False):
        web, size = self.world.web, self.options.size * MIB
        name = self.source(size)
        url, target = web.url(name, secure), self.world.local('file')
        self.fresh(trust=secure)
        contestants = {'bgcopyd': lambda: self.ours([(url, target)])}
        for peer in self.have:
            contestants[peer] = lambda peer=peer: peers.run(*peers.big(peer, url, target, web.ca))
        scheme = 'https' if secure else 'http'
        rounds = self.options.rounds if not secure else max(self.options.rounds, self.options.rounds_https)
        results = self.turns(contestants, rounds, self.clean)
        self.report(scheme, f'{self.options.size} MiB over {scheme}, durable', results, self.have)

    def https(self):
        self.big(secure=True)

    def checksum(self):
        web, size = self.world.web, self.options.size * MIB
        name = self.source(size)
        url, target = web.url(name), self.world.local('file')
        digest = subprocess.run(['sha256sum', os.path.join(web.root, name)], capture_output=True, check=True).stdout.split()[0]
        self.fresh()
        contestants = {
            'bgcopyd': lambda: self.ours([(url, target, {'checksum': 'sha256:' + digest.decode()})]),
            'curl+sha256sum': lambda: peers.run(*peers.big('curl', url, target, web.ca), ['sha256sum', target]),
        }
        results = self.turns(contestants, self.options.rounds, self.clean)
        self.report('checksum', f'{self.options.size} MiB over http with a sha256', results, ['curl+sha256sum'])

    def small(self):
        web, count = self.world.web, self.options.files
        names = []
        for n in range(count):
            names.append(f'small/{n % 100}/f{n}')
            path = os.path.join(web.root, names[-1])
            if not os.path.exists(path):
                web.put(names[-1], os.urandom(10240))
        self.fresh()
        listing = os.path.join(self.world.folder, 'list')
        folders = []

        def folder():
            return folders[-1]

        def clean():
            # A new directory each time, and nothing is deleted before the end: ext4 searches long for an inode
            # that was not freed in the last seconds, whoever asks for one.
            folders.append(self.world.local(f'many-{len(folders)}'))
            os.mkdir(folder())

        def check(result):
            got = len(os.listdir(folder()))
            if got != count:
                raise RuntimeError(f'{got} files instead of {count}')
            return result

        def files():
            return [(web.url(n), os.path.join(folder(), os.path.basename(n))) for n in names]

        best = {}
        for peer in self.have:
            for parallel in (4, 16, 50):
                clean()
                wall = peers.run(*peers.many(peer, web, names, folder(), listing, parallel)).wall
                if peer not in best or wall < best[peer][0]:
                    best[peer] = (wall, parallel)
        print('  best number side by side:', {p: b[1] for p, b in best.items()})
        contestants = {'bgcopyd': lambda: check(self.ours(files(), Priority='foreground'))}
        for peer in self.have:
            contestants[peer] = lambda peer=peer: check(
                peers.run(*peers.many(peer, web, names, folder(), listing, best[peer][1])))
        results = self.turns(contestants, self.options.rounds, clean)
        self.clean()
        self.report('small', f'{count} files of 10 KiB over http, durable', results, self.have)

    def upload(self):
        """To nginx with PUT, against curl -T; to bgcopy-server, where each fragment is durable before it is acknowledged."""
        self.fresh()
        dav, server = Dav(self.world), Server(self.world, verbose=False)
        path = os.path.join(self.world.web.root, self.source(self.options.size * MIB))

        def clean():
            for folder in (dav.root, server.path()):
                for name in os.listdir(folder):
                    if not name.startswith('.'):
                        os.unlink(os.path.join(folder, name))
            subprocess.run(['sync', '-f', self.world.folder], check=True)

        def send(address, url, protocol, stored):
            result = self.ours([(f'http://127.0.0.1:{address[1]}{url}', path)], type='upload', UploadProtocol=protocol)
            if os.path.getsize(stored) != os.path.getsize(path):
                raise RuntimeError(f'{stored} is not whole')
            return result

        contestants = {
            'bgcopyd': lambda: send(dav.address, '/f', 'put', os.path.join(dav.root, 'f')),
            'curl -T': lambda: peers.run(['curl', '-sSf', '-T', path, f'http://127.0.0.1:{dav.address[1]}/g']),
            'bgcopyd, BITS': lambda: send(server.address, '/drop/f', 'bits', os.path.join(server.path(), 'f')),
        }
        results = self.turns(contestants, self.options.rounds, clean)
        self.report('upload', f'{self.options.size} MiB sent over http', results, ['curl -T'])
        print(f'  peak memory of bgcopy-server: {server.rss()[1] / 1024:.1f} MiB')
        self.keep('upload', server_rss=server.rss()[1] / 1024)
        clean()

    def queue_program(self, *arguments, wait=True):
        command = [os.path.join(os.environ['TOP_BUILDDIR'], 'tests/bench/bench-queue'), '--address', self.world.bus.address,
                   '--directory', self.world.downloads, *map(str, arguments)]
        process = child.start(command, stdout=subprocess.PIPE, text=True)
        return self.queue_result(process) if wait else process

    @staticmethod
    def queue_result(process):
        said = process.communicate()[0]
        return dict(line.split(' ', 1) for line in said.splitlines() if ' ' in line)

    def queue(self):
        jobs = self.options.jobs
        self.fresh(config={'MaxJobsPerMachine': 10_000_000, 'MaxJobsPerUser': 10_000_000, 'MaxFilesPerUser': 10_000_000,
                           'MaxStoredBytesPerUser': 1 << 40, 'BackgroundTransfers': 16})
        rows = []
        made = self.queue_program('create', '--jobs', jobs, '--connections', self.options.connections,
                                  '--pending', self.options.pending)
        rows.append(('jobs created, failed', f'{made["created"]}, {made["failed"]}'))
        if 'first-error' in made:
            rows.append(('first error', made['first-error']))
        rows.append(('created a second, durable', made['rate']))
        rows.append(('daemon RSS after it', f'{peers.status_of(self.world.daemon.pid, "VmRSS") / 1024:.1f} MiB'))
        starts = []
        for _ in range(3):
            self.world.daemon.stop()
            begun = time.monotonic()
            self.world._service and self.world._service.close()
            self.world._service = None
            self.world.daemon.start()
            named = time.monotonic() - begun
            self.world.service.list(limit=1)
            starts.append((time.monotonic() - begun, named))
        starts.sort()
        rss = peers.status_of(self.world.daemon.pid, 'VmRSS') / 1024
        rows.append(('restart to name owned', f'{starts[1][1]:.3f} s'))
        rows.append(('restart to first reply', f'{starts[1][0]:.3f} s'))
        rows.append(('daemon RSS after a restart', f'{rss:.1f} MiB'))
        # Cancel while another connection creates as fast as it can.
        for title, creating in (('alone', False), ('while others create', True)):
            noise = self.queue_program('create', '--jobs', self.options.noise, '--connections', 1, '--pending',
                                       self.options.pending, wait=False) if creating else None
            got = self.queue_program('cancel', '--jobs', self.options.cancels)
            still = noise is not None and noise.poll() is None
            rows.append((f'Cancel {title}: p50, p99, max', f'{got["p50-ms"]}, {got["p99-ms"]}, {got["max-ms"]} ms'))
            self.keep('queue', **{'cancel ' + title: got})
            if noise:
                made_meanwhile = self.queue_result(noise)
                rows.append(('  created meanwhile a second', made_meanwhile['rate'] + ('' if still else ' (ended early)')))
        rows.append(('Cancel of a transferring job: median, max', self.cancel_transferring()))
        self.keep('queue', create=made, restart=starts, rss=rss)
        table(f'{jobs} suspended one-file jobs', rows, ('', ''))

    def cancel_transferring(self):
        web, service = self.world.web, self.world.service
        url = f'{web.url("slow/4096/")}{self.source(256 * MIB)}'
        noise = self.queue_program('create', '--jobs', 3 * self.options.noise, '--connections', 1, '--pending',
                                   self.options.pending, wait=False)
        took = []
        for number in range(15):
            job = service.submit([(url, self.world.local(f'cancel-{number}'))], Priority='foreground')
            job.wait_state('transferring')
            begun = time.monotonic()
            service.connection.call_sync(NAME, job.path, JOB, 'Cancel', None, GLib.VariantType('(s)'), 0, -1, None)
            took.append((time.monotonic() - begun) * 1000)
        still = noise.poll() is None
        self.queue_result(noise)
        took.sort()
        self.keep('queue', cancel_transferring=took)
        return f'{took[len(took) // 2]:.1f}, {took[-1]:.1f} ms' + ('' if still else ' (the creating ended early)')

    def idle(self):
        """With nothing to do, once the worker has gone."""
        self.fresh()
        url = self.world.web.put('x', b'x')
        self.ours([(url, self.world.local('x'))])
        self.world.service.close()
        self.world._service = None
        daemon = self.world.daemon
        # Workers linger for 10 s; then threads without work end too, and the job's object after 60 s.
        for pid in daemon.workers():
            child.wait_gone(pid, 30)
        rows = [('workers left', len(daemon.workers()))]
        time.sleep(60)
        before = peers.switches_of(daemon.pid)
        time.sleep(self.options.idle)
        rows.append(('daemon', peers.switched(before, peers.switches_of(daemon.pid))))
        self.keep('idle', workers=rows[0][1], daemon=rows[1][1])
        table(f'context switches in {self.options.idle} s with nothing to do', rows, ('', ''))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('parts', nargs='*', help='which parts, in this order (all)')
    parser.add_argument('--size', type=int, default=2048, help='MiB of the big file (2048)')
    parser.add_argument('--files', type=int, default=10000, help='small files (10000; at most 10000)')
    parser.add_argument('--jobs', type=int, default=100000, help='jobs in the queue (100000)')
    parser.add_argument('--connections', type=int, default=8, help='that create them (8)')
    parser.add_argument('--pending', type=int, default=64, help='calls under way on each (64; at most 128)')
    parser.add_argument('--noise', type=int, default=20000, help='jobs made while others are cancelled (20000)')
    parser.add_argument('--cancels', type=int, default=1000, help='jobs cancelled (1000)')
    parser.add_argument('--rounds', type=int, default=5, help='turns of each contestant (5)')
    parser.add_argument('--rounds-https', type=int, default=9, help='the same over https (9)')
    parser.add_argument('--peers', default=','.join(PEERS), help='whom to compare with (%(default)s)')
    parser.add_argument('--idle', type=int, default=60, help='seconds to watch it idle (60)')
    parser.add_argument('--dir', help='where to write (the temporary directory)')
    parser.add_argument('--seed', default='1')
    parser.add_argument('--json', help='also write the figures there')
    options = parser.parse_args()
    parts = options.parts or ['big', 'https', 'checksum', 'small', 'upload', 'queue', 'idle']
    bench = Bench(options)
    try:
        space = shutil.disk_usage(bench.world.folder).free // MIB
        if space < 3 * options.size + 2048:
            sys.exit(f'{bench.world.folder} has only {space} MiB free; choose --dir or a smaller --size')
        for part in parts:
            getattr(bench, part)()
            bench.clean()
    except Exception:
        bench.world.close()
        print(bench.world.last_words()[-4000:], file=sys.stderr)
        raise
    finally:
        if options.json:
            with open(options.json, 'w', encoding='utf-8') as f:
                json.dump(bench.figures, f, indent=2)
        bench.world.close()


if __name__ == '__main__':
    main()
