# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright 2026 The bgcopyd authors
"""What has to be asked for again and again, since nobody tells."""

import time

from tap import raises, true


def wait_for(condition, what, seconds=30):
    end = time.monotonic() + seconds
    while not condition():
        true(time.monotonic() < end, f'waited {seconds} s for {what}')
        time.sleep(0.02)


def is_gone(world, job):
    """Neither listed nor known any more."""
    if job.path in world.service.list():
        return False
    raises('NotFound', world.service.job, job.id)
    return True


def wait_gone(world, job, seconds=30):
    wait_for(lambda: is_gone(world, job), 'the job to be removed', seconds)
