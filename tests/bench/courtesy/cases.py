# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright 2026 The bgcopyd authors
"""What is measured: links, and who is on them."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Case:
    name: str = ''
    rate: float = 20e6        # bit/s
    delay: float = 20         # ms of a round trip without a queue
    buffer: float = 200       # ms that the full buffer of the link takes; 20 is shallow
    control: str = 'cubic'    # congestion control of the senders
    files: int = 1            # in the background, of each owner
    owners: int = 1
    priority: str = 'normal'  # of our jobs
    upload: bool = False
    late: bool = False        # the background begins after the foreground
    fair: bool = False        # behind a router that serves the background and others alike
    seconds: float = 8        # of a foreground transfer
    idle: float = 5           # seconds for which the background is measured alone
    pages: int = 9            # 0: neither pages nor UDP

    def title(self):
        words = [f'{self.rate / 1e6:g} Mbit/s', f'{self.delay:g} ms', f'buffer {self.buffer:g} ms', self.control,
                 'upload' if self.upload else 'download', f'{self.files} background file(s)']
        words += [f'{self.owners} owners'] if self.owners > 1 else []
        words += ['fair queues'] if self.fair else []
        words += ['late start'] if self.late else []
        return ', '.join(words)

    def demands(self):
        """What is to be held: {column: (bound, whether more is better)}, bulk and idle as parts of alone."""
        if self.name.startswith('rtt'):
            return {'idle': (0.90, True), 'bulk': (0.93, True)}
        if self.fair:
            return {'bulk': (0.90, True)}
        if self.upload:
            return {'idle': (0.90, True), 'bulk': (0.95, True)}
        if self.buffer < 100 or self.control == 'bbr':
            return {'bulk': (0.95, True)}
        return {'idle': (0.92, True), 'bulk': (0.97, True), 'page': (1.25, False), 'udp': (3, False), 'up': (3, False),
                'back': (2, False)}


COURTESY = (
    Case('deep'),
    Case('shallow', buffer=20),
    Case('bbr', control='bbr'),
    Case('late', late=True),
    Case('4 files', files=4),
    Case('4 owners', owners=4),
    Case('upload', upload=True),
    Case('upload shallow', upload=True, buffer=20),
    Case('htb', fair=True, seconds=15),
    Case('htb upload', fair=True, upload=True, seconds=15),
)
MATRIX = tuple(Case(f'rtt {delay} x {rate}', rate=rate * 1e6, delay=delay, pages=0)
               for delay in (5, 20, 80, 200) for rate in (2, 20, 200))
SUITES = {'courtesy': COURTESY, 'matrix': MATRIX}


def chosen(words):
    """Of 'courtesy', 'deep,4 files' or 'matrix'."""
    by_name = {case.name: (case,) for suite in SUITES.values() for case in suite}
    found = []
    for word in words.split(','):
        if word not in SUITES and word not in by_name:
            raise ValueError(f'no suite or case {word!r}; there are: {", ".join([*SUITES, *by_name])}')
        found += SUITES.get(word) or by_name[word]
    return found
