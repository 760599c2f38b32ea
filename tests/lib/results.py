#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright 2026 The bgcopyd authors
"""Counts what automake's TAP driver wrote into the .trs files of one or more build trees.

Prints what failed or was skipped, then one line: "N passed, N failed" (", N skipped" if any).
Exit code 0 only if something passed, nothing failed and every skip is one of the allowed ones."""

import argparse
import fnmatch
import os
import re
import subprocess
import sys


def read_allowed(path):
    """Lines "TEST-FILE | TEST NAME PATTERN | why it cannot run there"; # begins a comment."""
    allowed = []
    if path and os.path.exists(path):
        with open(path, encoding='utf-8') as f:
            for line in f:
                line = line.split('#', 1)[0].strip()
                if line:
                    parts = [p.strip() for p in line.split('|')]
                    if len(parts) != 3 or not all(parts):
                        sys.exit(f'{path}: "{line}" is not TEST | PATTERN | REASON')
                    allowed.append(parts)
    return allowed


def expected_tests(build):
    """The tests that the Makefile names, so that one whose result is missing is not overlooked."""
    said = subprocess.run(['make', '-s', '-C', build, '--no-print-directory', '--eval', 'named: ; @echo $(TEST_LOGS)', 'named'],
                          capture_output=True, text=True, check=True)
    return [word[:-len('.log')] for word in said.stdout.split() if word.endswith('.log')]


def names_of(log, test):
    """The driver writes results into the .trs, and into the .log with number, name and why not, in the same order."""
    try:
        with open(log, encoding='utf-8', errors='replace') as f:
            pattern = re.compile(rf'(?:PASS|FAIL|SKIP|XFAIL|XPASS|ERROR): {re.escape(test)}(?:\.py|\.sh)? '
                                 r'(?:\d+ )?(?:- )?(.*?)(?: # .*)?$')
            return [m.group(1) for m in map(pattern.match, f) if m]
    except FileNotFoundError:
        return []


def collect(build):
    """Yields (test, result, name)."""
    seen = set()
    for directory, folders, files in os.walk(build):
        folders[:] = [d for d in folders if not d.startswith('bgcopyd-')]
        for name in sorted(files):
            if not name.endswith('.trs'):
                continue
            path = os.path.join(directory, name)
            test = os.path.relpath(path, build)[:-len('.trs')]
            seen.add(test)
            with open(path, encoding='utf-8', errors='replace') as f:
                results = re.findall(r'(?m)^:test-result:\s+(\S+)', f.read())
            names = names_of(path[:-len('.trs')] + '.log', test)
            names += [''] * (len(results) - len(names))
            for result, title in zip(results, names):
                yield test, result, title
    for test in expected_tests(build):
        if test not in seen:
            yield test, 'ERROR', 'left no result'


def failure_in_log(build, test, before=5, after=35):
    """The lines around the first sign of failure in what a test said, or the last ones."""
    try:
        with open(os.path.join(build, test + '.log'), encoding='utf-8', errors='replace') as f:
            lines = [line.rstrip('\n')[:400] for line in f if '-DEBUG: ' not in line]
    except FileNotFoundError:
        return []
    signs = [i for i, line in enumerate(lines) if re.match(r'# Traceback|not ok|Bail out|==\d+==ERROR', line)]
    first = max(0, signs[0] - before) if signs else max(0, len(lines) - before - after)
    return lines[first:first + before + after]


def tell_failures(build):
    """Each failed test by its name, then what it said."""
    failed = [(test, result, name) for test, result, name in collect(build) if result not in ('PASS', 'XFAIL', 'SKIP')]
    for test, result, name in failed:
        print(f'{result}: {build} {test}: {name}')
    for test in dict.fromkeys(test for test, _result, _name in failed):
        print(f'== from {build}/{test}.log', *failure_in_log(build, test), sep='\n| ')


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--allowed-skips')
    parser.add_argument('--distcheck', help='file that says pass or fail')
    parser.add_argument('--failures', action='store_true', help='only tell what failed')
    parser.add_argument('builds', nargs='+')
    options = parser.parse_args()
    if options.failures:
        for build in options.builds:
            tell_failures(build)
        sys.exit(0)
    allowed = read_allowed(options.allowed_skips)
    passed, failed, skipped, unexpected = 0, 0, 0, 0
    for build in options.builds:
        tell_failures(build)
        for test, result, name in collect(build):
            if result in ('PASS', 'XFAIL'):
                passed += 1
            elif result == 'SKIP':
                skipped += 1
                if any(test.endswith(a[0]) and fnmatch.fnmatch(name, a[1]) for a in allowed):
                    print(f'skipped, as allowed: {build} {test}: {name}')
                else:
                    unexpected += 1
                    print(f'SKIPPED: {build} {test}: {name}')
            else:
                failed += 1
    if options.distcheck:
        try:
            with open(options.distcheck, encoding='utf-8') as f:
                good = f.read().strip() == 'pass'
        except OSError:
            good = False
        passed, failed = (passed + 1, failed) if good else (passed, failed + 1)
        print('distcheck:', 'passed' if good else 'FAILED')
    if unexpected:
        print(f'{unexpected} skipped tests are not in {options.allowed_skips}: they count as failed')
    line = f'{passed} passed, {failed} failed'
    print(line + (f', {skipped} skipped' if skipped else ''), flush=True)
    sys.exit(0 if passed and not failed and not unexpected else 1)


if __name__ == '__main__':
    main()
