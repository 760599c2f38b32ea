#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright 2026 The bgcopyd authors
"""The rules of HACKING that a machine can hold.

lint.py [TREE]         prints what breaks them, one line each
lint.py --tap [TREE]   one TAP line per rule"""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import papers  # noqa: E402
import shape  # noqa: E402
import structure  # noqa: E402
from source import Tree, apply_waivers  # noqa: E402

RULES = {**structure.RULES, **shape.RULES, **papers.RULES}
# Findings carry their own rule names, so that a waiver names what it allows.
GROUP = {rule: 'touch' for rule, _, _, _ in structure.TOUCH}
GROUP.update({'size': 'sizes', 'line': 'sizes', 'function-size': 'sizes', 'licence': 'licences'})


def check(root):
    """All findings of the tree, after waivers."""
    tree = Tree(root)
    findings = [f for rule in RULES.values() for f in rule(tree)]
    return apply_waivers(tree, findings)


def main(arguments):
    tap = '--tap' in arguments
    roots = [a for a in arguments if not a.startswith('-')]
    here = os.path.dirname(os.path.abspath(__file__))
    root = roots[0] if roots else os.environ.get('TOP_SRCDIR') or os.path.join(here, '..', '..')
    findings = check(root)
    if not tap:
        for finding in findings:
            print(finding)
        return 1 if findings else 0
    names = list(RULES) + ['waiver']
    print(f'1..{len(names)}')
    for number, name in enumerate(names, 1):
        mine = [f for f in findings if GROUP.get(f.rule, f.rule) == name]
        print(f'{"not ok" if mine else "ok"} {number} {name}')
        for finding in mine:
            print(f'# {finding}')
    return 1 if findings else 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
