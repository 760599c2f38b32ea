# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright 2026 The bgcopyd authors
"""A download that is slow enough to be stopped on its way, and what is to be seen of it when it is."""

import re

from tap import equal

SIZE = 1_500_000


def slow_job(world, speed=256, **properties):
    """The job, at that many KiB/s, and what it is to fetch."""
    content = world.bytes(SIZE)
    world.web.put('slow.bin', content)
    job = world.service.submit([(world.web.url(f'slow/{speed}/slow.bin'), world.local('slow.bin'))], AutoComplete=True,
                               **properties)
    return job, content


def waits(job, reason):
    """Until it is queued for that reason; how much of it is held then."""
    job.service.wait(lambda: (job.get('State'), job.get('WaitReason')) == ('queued', reason), reason)
    equal((job.get('Error'), job.get('ErrorCount'), job.get('Rate')), ({}, 0, 0))
    return job.get('BytesTransferred')


def ends_well(world, job, content, *held):
    """Each request went on where the one before it was stopped."""
    job.wait_state('acknowledged')
    equal(world.read('slow.bin') == content, True, 'content')
    starts = [int(re.search(r'range="(?:bytes=(\d+)-)?', line).group(1) or 0) for line in world.web.requests()
              if 'slow.bin' in line]
    equal(starts, [0, *held], 'where the requests began')
