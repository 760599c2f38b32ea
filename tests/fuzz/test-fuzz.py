#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright 2026 The bgcopyd authors
"""Every fuzz target for a moment. With clang and its libFuzzer the targets are built with it (and with the address and
undefined-behaviour sanitizers); elsewhere the same entry points are driven by fuzz-driver.c over the seeds and random changes
of them, so that nothing is skipped.

    test-fuzz.py                        all targets, 10 s together
    test-fuzz.py --seconds 3600 tus     one target for an hour, found inputs kept in ./fuzz-corpus-tus"""

import argparse
import glob
import os
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.environ.get('TOP_SRCDIR') or os.path.join(HERE, '..', '..')
BUILD = os.environ.get('TOP_BUILDDIR') or os.getcwd()
# The sources below src/ that a target needs, where it is not these.
SOURCES = ['base/*.c', 'protocol/*.c']
OTHER_SOURCES = {'timetable-window': ['base/*.c', 'model/bgc-caps.c', 'model/bgc-timetable*.c'],
                 'upload-target': ['base/*.c', 'server/bgc-upload-target.c']}
BUDGET = 10.0  # seconds for all targets together, building not counted


def targets():
    """Those that have seeds; the other programs of this folder are not libFuzzer's."""
    return sorted(os.listdir(os.path.join(TOP, 'tests/fuzz/seeds')))


def clang(*arguments):
    return subprocess.run(['clang', *arguments], capture_output=True, text=True)


def flags(what):
    return subprocess.run(['pkg-config', what, 'gio-2.0'], capture_output=True, text=True, check=True).stdout.split()


def has_libfuzzer(folder):
    if not shutil.which('clang'):
        return False
    source = os.path.join(folder, 'try.c')
    with open(source, 'w', encoding='ascii') as f:
        f.write('int LLVMFuzzerTestOneInput (const char *d, unsigned long n) { return 0; }\n')
    return clang('-fsanitize=fuzzer,address', source, '-o', os.path.join(folder, 'try')).returncode == 0


def build(target, folder):
    """The program with libFuzzer, or what clang said."""
    program = os.path.join(folder, f'fuzz-{target}')
    sources = [s for pattern in OTHER_SOURCES.get(target, SOURCES) for s in glob.glob(os.path.join(TOP, 'src', pattern))]
    result = clang('-g', '-O1', '-fsanitize=fuzzer,address,undefined', '-fno-sanitize-recover=undefined', '-w',
                   '-DG_LOG_DOMAIN="bgcopyd"', '-DG_LOG_USE_STRUCTURED', '-D_GNU_SOURCE', '-I' + os.path.join(TOP, 'src'), '-I' + HERE, *flags('--cflags'),
                   os.path.join(TOP, 'tests/fuzz', f'fuzz-{target}.c'), *sources, '-o', program, *flags('--libs'))
    return program, result.stderr if result.returncode else None


def run(target, folder, seconds, keep):
    """None, or what went wrong; and a word about what was done."""
    seeds = os.path.join(TOP, 'tests/fuzz/seeds', target)
    if folder is None:
        driver = os.path.join(BUILD, 'tests/fuzz', f'fuzz-{target}')
        done = subprocess.run([driver, *sorted(glob.glob(seeds + '/*'))], capture_output=True, text=True,
                              env={**os.environ, 'BGC_FUZZ_MILLISECONDS': str(int(seconds * 1000))})
        return (done.stderr if done.returncode else None), done.stdout.strip()
    program, wrong = build(target, folder)
    if wrong:
        return wrong, ''
    corpus = os.path.abspath(f'fuzz-corpus-{target}') if keep else os.path.join(folder, 'corpus-' + target)
    os.makedirs(corpus, exist_ok=True)
    done = subprocess.run([program, f'-max_total_time={max(1, int(seconds))}', '-max_len=8192', '-timeout=10', '-rss_limit_mb=1024',
                           f'-artifact_prefix={corpus}/' if keep else f'-artifact_prefix={folder}/', '-print_final_stats=1',
                           corpus, seeds],
                          capture_output=True, text=True, env={**os.environ, 'G_DEBUG': 'fatal-warnings', 'G_SLICE': 'always-malloc'})
    runs = [line for line in done.stderr.splitlines() if 'number_of_executed_units' in line]
    return (done.stderr[-4000:] if done.returncode else None), 'libFuzzer, inputs: ' + (runs[0].split()[-1] if runs else '?')


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--seconds', type=float, help='per target')
    parser.add_argument('targets', nargs='*')
    options = parser.parse_args()
    chosen = options.targets or targets()
    seconds = options.seconds or BUDGET / len(chosen)
    failed = 0
    print(f'1..{len(chosen)}', flush=True)
    with tempfile.TemporaryDirectory(prefix='bgc-fuzz-') as folder:
        libfuzzer = has_libfuzzer(folder)
        for number, target in enumerate(chosen, 1):
            wrong, words = run(target, folder if libfuzzer else None, seconds, options.seconds is not None)
            failed += wrong is not None
            for line in (wrong or '').splitlines():
                print('#', line)
            print(f'{"not ok" if wrong else "ok"} {number} {target}: {words}', flush=True)
    sys.exit(1 if failed else 0)


main()
