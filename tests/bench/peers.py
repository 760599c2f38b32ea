# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright 2026 The bgcopyd authors
"""Those that bgcopyd is measured against, and how a run of anything is measured."""

import os
import select
import shutil
import statistics
import subprocess
import tempfile
import time

TICK = os.sysconf('SC_CLK_TCK')


class Result:
    """wall and cpu in seconds, rss in MiB."""

    def __init__(self, wall, cpu, rss):
        self.wall, self.cpu, self.rss = wall, cpu, rss


SAMPLE = 0.02  # seconds between two looks at a peer's peak memory; rusage would tell that of this Python


def run(*commands, cwd=None):
    """Runs the commands one after another: what a user would type before trusting the files."""
    begun, cpu, rss = time.monotonic(), 0.0, 0
    for command in commands:
        with tempfile.TemporaryFile() as said:
            process = subprocess.Popen(command, cwd=cwd, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=said)
            ended = os.pidfd_open(process.pid)
            while not select.select([ended], [], [], SAMPLE)[0]:
                rss = max(rss, status_of(process.pid, 'VmHWM'))
            os.close(ended)
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            if process.returncode != 0:
                said.seek(0)
                raise RuntimeError(f'{command[0]} exited with {process.returncode}: {said.read()[-500:]!r}')
            cpu += usage.ru_utime + usage.ru_stime
    return Result(time.monotonic() - begun, cpu, rss / 1024)


def find(name):
    return shutil.which(name)


def big(name, url, target, ca):
    """The commands with which @name gets one file and makes it durable."""
    folder, base = os.path.split(target)
    get = {
        'curl': ['curl', '-sS', '--cacert', ca, '-o', target, url],
        'wget2': ['wget2', '-q', '--ca-certificate=' + ca, '-O', target, url],
        # Preallocation writes zeroes where falloc is not asked for: its own default is slower.
        'aria2c': ['aria2c', '-q', '--ca-certificate=' + ca, '--file-allocation=falloc', '-d', folder, '-o', base, url],
    }[name]
    return get, ['sync', target]


def many(name, web, names, folder, listing, parallel):
    """The commands with which @name gets many files and makes them durable."""
    with open(listing, 'w', encoding='ascii') as f:
        for n in names:
            if name == 'curl':
                f.write(f'url = "{web.url(n)}"\noutput = "{os.path.join(folder, os.path.basename(n))}"\n')
            else:
                f.write(web.url(n) + '\n')
    get = {
        'curl': ['curl', '-sS', '-Z', '--parallel-max', str(parallel), '-K', listing],
        'wget2': ['wget2', '-q', f'--max-threads={min(parallel, 50)}', '-P', folder, '-i', listing],
        'aria2c': ['aria2c', '-q', '--file-allocation=none', f'-j{parallel}', '-d', folder, '-i', listing],
    }[name]
    return get, ['sync', '-f', folder]


def cpu_of(pid, with_children=False):
    """Seconds of CPU a process has used, threads that ended included."""
    with open(f'/proc/{pid}/stat', encoding='utf-8') as f:
        fields = f.read().rsplit(')', 1)[1].split()
    return sum(int(x) for x in fields[11:15 if with_children else 13]) / TICK


def status_of(pid, key):
    """A number of /proc/PID/status, such as VmHWM in KiB."""
    with open(f'/proc/{pid}/status', encoding='utf-8') as f:
        for line in f:
            if line.startswith(key + ':'):
                return int(line.split()[1])
    return 0


def switches_of(pid):
    """{thread: its context switches}: each time one was woken is one."""
    found = {}
    for task in os.listdir(f'/proc/{pid}/task'):
        with open(f'/proc/{pid}/task/{task}/status', encoding='utf-8') as f:
            found[task] = sum(int(line.split()[1]) for line in f if 'ctxt_switches' in line)
    return found


def switched(before, after):
    """Of the threads that are there at the end; threads that ended had at least the one that ended them."""
    return sum(n - before.get(task, 0) for task, n in after.items()) + len(set(before) - set(after))


def median(results, key):
    return statistics.median(getattr(r, key) for r in results)
