# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright 2026 The bgcopyd authors
"""Tables of what was measured."""

import statistics

HEAD = ('idle', 'of alone', 'bulk', 'of alone', 'page ms', 'x alone', 'UDP ms', 'more', 'up s', 'back s', 'CPU %')
WIDTH = 10


def medians(rows):
    """None where it was not measured, or where it never came to be in most rounds."""
    found = {}
    for column in rows[0]:
        values = [row.get(column) for row in rows]
        known = [v if v is not None else float('inf') for v in values]
        found[column] = statistics.median(known)
    return found


def judged(case, alone, row):
    """{column: (figure, as it is demanded: part, ratio or difference)}."""
    found = {}
    for column, value in row.items():
        reference = alone.get(column) if alone else None
        if column in ('idle', 'bulk', 'page'):
            found[column] = (value, value / reference if reference else None)
        elif column == 'udp':
            found[column] = (value, value - reference if reference is not None else None)
        else:
            found[column] = (value, value)
    missed = set()
    for column, (bound, more) in case.demands().items():
        figure = found.get(column, (None, None))[1]
        if figure is not None and (figure < bound if more else figure > bound):
            missed.add(column)
    return found, missed


def line(name, case, alone, row, strict):
    found, missed = judged(case, alone, row)
    words = []

    def put(column, text, mark=True):
        words.append(text + ('!' if strict and mark and column in missed else ''))

    for column, first, second in (('idle', '{:.2f}', '{:.1%}'), ('bulk', '{:.2f}', '{:.1%}'), ('page', '{:.0f}', '{:.2f}'),
                                  ('udp', '{:.1f}', '{:+.1f}')):
        value, part = found.get(column, (None, None))
        put(column, first.format(value) if value is not None else '', False)
        put(column, second.format(part) if part is not None else '')
    for column, form in (('up', '{:.2f}'), ('back', '{:.2f}'), ('cpu', '{:.1f}')):
        value = found.get(column, (None, None))[0]
        put(column, '' if value is None else 'never' if value == float('inf') else form.format(value))
    return f'{name:<16}' + ''.join(f'{w:>{WIDTH}}' for w in words)


def head(first):
    return f'{first:<16}' + ''.join(f'{w:>{WIDTH}}' for w in HEAD)


def system():
    words = []
    for name in ('net.core.rmem_max', 'net.ipv4.tcp_rmem', 'net.core.wmem_max'):
        with open('/proc/sys/' + name.replace('.', '/'), encoding='ascii') as f:
            words.append(f'{name} = {" ".join(f.read().split())}')
    return '; '.join(words)


def print_case(case, results, rounds):
    """results: {background: rows}."""
    print(f'\n{case.name + ": " if case.name else ""}{case.title()}; medians of {rounds}; {system()}')
    print(head('background'))
    middle = {name: medians(rows) for name, rows in results.items() if rows}
    for name, row in middle.items():
        alone = middle.get('alone')
        print(line(name, case, alone, row, name == 'bgcopyd'), flush=True)


def print_summary(measured, rounds):
    """bgcopyd in all cases; ! where it falls short of what it is to hold. measured: [(case, results)]."""
    print(f'\nbgcopyd; medians of {rounds}; {system()}')
    print(head('case'))
    for case, results in measured:
        if results.get('bgcopyd'):
            alone = medians(results['alone']) if results.get('alone') else None
            print(line(case.name, case, alone, medians(results['bgcopyd']), True))
