# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright 2026 The bgcopyd authors
"""Runs the functions test_* of a file and speaks TAP.

    tap.main(globals())                 in the test file; make=… for another kind of world
    ./test-x.py [--list] [PATTERN…]     runs all, or those whose name contains a pattern

Each test gets a World of its own (if it takes an argument), is limited in time, and on failure the
log of its daemon is printed. BGC_SEED repeats a run's random choices."""

import inspect
import os
import random
import signal
import sys
import time
import traceback

from world import Skip, World


class TooLong(BaseException):
    """Not an Exception, so that no test swallows it."""


def diagnose(text):
    for line in str(text).rstrip('\n').split('\n'):
        print('#', line)


def equal(got, wanted, what=''):
    if got != wanted:
        raise AssertionError(f'{what + ": " if what else ""}got {got!r}, wanted {wanted!r}')


def true(value, what):
    if not value:
        raise AssertionError(what)


def raises(name, call, *arguments, **options):
    """The call must fail with the bus error whose name ends in @name."""
    from job import BusError
    try:
        result = call(*arguments, **options)
    except BusError as error:
        if error.name != name:
            raise AssertionError(f'got error {error.name} ({error.message}), wanted {name}') from None
        return error
    raise AssertionError(f'got {result!r}, wanted error {name}')


def _alarm(_signal, _frame):
    raise TooLong()


def _run(function, seed, limit, make):
    """None, or what went wrong."""
    signal.signal(signal.SIGALRM, _alarm)
    signal.alarm(limit)
    world = None
    try:
        if not inspect.signature(function).parameters:
            function()
            return None
        world = make(random.Random(f'{seed} {function.__name__}'))
        function(world)
        world.finish()
        return None
    except Skip:
        raise
    except TooLong:
        return f'still running after {limit} s\n{traceback.format_exc()}'
    except Exception:  # whatever it is, it is the test's result
        return traceback.format_exc()
    finally:
        signal.alarm(0)
        if world:
            world.failed = sys.exc_info()[0] is not None
            world.close()


def main(module, limit=int(os.environ.get('BGC_TEST_SECONDS', '120')), make=World):
    tests = [f for name, f in module.items() if name.startswith('test_') and callable(f)]
    patterns = [a for a in sys.argv[1:] if not a.startswith('-')]
    if '--list' in sys.argv:
        print('\n'.join(f.__name__ for f in tests))
        sys.exit(0)
    if patterns:
        tests = [f for f in tests if any(p in f.__name__ for p in patterns)]
    seed = os.environ.get('BGC_SEED') or str(random.SystemRandom().randrange(1 << 32))
    print(f'# seed {seed}: BGC_SEED={seed} repeats this run')
    print(f'1..{len(tests)}', flush=True)
    failed = 0
    for number, function in enumerate(tests, 1):
        name = function.__name__[len('test_'):].replace('_', ' ')
        begun = time.monotonic()
        try:
            wrong = _run(function, seed, getattr(function, 'limit', limit), make)
        except Skip as skip:
            print(f'ok {number} {name} # SKIP {skip}', flush=True)
            continue
        if wrong is None:
            print(f'ok {number} {name} ({time.monotonic() - begun:.2f} s)', flush=True)
        else:
            failed += 1
            diagnose(wrong)
            diagnose(World.last_words())
            print(f'not ok {number} {name}', flush=True)
    sys.exit(1 if failed else 0)
