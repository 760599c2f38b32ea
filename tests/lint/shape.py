# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright 2026 The bgcopyd authors
"""Rules about size and names, and about every module having its test."""

import re

from source import Finding

MAX_C, MAX_H, MAX_FUNCTION, MAX_NESTING = 600, 150, 100, 4
MAX_LINE = 110
VAGUE = re.compile(r'(^|[-_])(util|utils|common|helper|helpers|context|types|misc)([-_.]|$)')


def sizes(tree):
    for source in tree.select(r'(src|tests)/.*\.[ch]'):
        lines = len(source.lines) - (source.lines[-1] == '')
        limit = MAX_H if source.path.endswith('.h') else MAX_C
        if lines > limit:
            yield Finding('size', source.path, lines, f'{lines} lines, at most {limit}')
        for number, line in enumerate(source.lines, 1):
            if len(line) > MAX_LINE:
                yield Finding('line', source.path, number, f'{len(line)} characters, at most {MAX_LINE}')
        for function in source.functions():
            length = function.last - function.first + 1
            if length > MAX_FUNCTION:
                yield Finding('function-size', source.path, function.first,
                              f'{function.name} has {length} lines, at most {MAX_FUNCTION}')


def nesting_of(body):
    """The deepest block in a function body, its own braces not counted. Braces of initialisers and
    compound literals are not blocks."""
    deepest, stack, before = 0, [], ''
    for token in re.findall(r'\w+|[^\w\s]', body):
        if token == '{':
            stack.append(before in (')', 'else', 'do', ':', ';', '{', '}'))
            deepest = max(deepest, sum(stack))
        elif token == '}' and stack:
            stack.pop()
        before = token
    return deepest


def nesting(tree):
    for source in tree.select(r'(src|tests)/.*\.c'):
        for function in source.functions():
            depth = nesting_of(function.body[1:-1])
            if depth > MAX_NESTING:
                yield Finding('nesting', source.path, function.first,
                              f'{function.name} nests {depth} blocks deep, at most {MAX_NESTING}')


def names(tree):
    for source in tree.select(r'src/.*\.c'):
        if not source.name.startswith('bgc-'):
            continue
        prefix = source.name[:-2].replace('-', '_')
        for function in source.functions():
            if not function.static and function.name != prefix and not function.name.startswith(prefix + '_'):
                yield Finding('names', source.path, function.first,
                              f'{function.name} should begin with {prefix}_ or be static')
    for path in tree.paths:
        name = path.split('/')[-1]
        if path.startswith(('src/', 'tests/')) and VAGUE.search(name):
            yield Finding('names', path, 1, f'{name} says nothing of what is in it')
        if re.fullmatch(r'src/.*\.[ch]', path) and not re.fullmatch(r'bgc(-[a-z0-9]+)+\.[ch]|bgcopy[a-z-]*\.c', name):
            yield Finding('names', path, 1, f'{name}: sources are named bgc-<noun>.[ch]')


def waits_for_a_twin(tree):
    return set(re.findall(r'(?m)^(src/\S+)', tree.read('tests/lint/untested-modules')))


def twins(tree):
    """Each module has tests/unit/<floor>/test-<module>.c, or .py where it only means something as a
    program. A port (its header declares the interface) is tested through its implementations, a fake
    by the contract it passes."""
    waiting = waits_for_a_twin(tree)
    for source in tree.select(r'src/[a-z]+/bgc-.*\.c'):
        module = source.name[len('bgc-'):-2]
        port = 'G_DECLARE_INTERFACE' in tree.read(source.path[:-2] + '.h')
        own = f'tests/unit/{source.floor}/test-{module}'
        have = tree.has(own + '.c') or tree.has(own + '.py') or module.endswith('-fake') or (
            port and any(re.fullmatch(rf'tests/unit/{source.floor}/test-{module}(-\w+)?\.c', p) for p in tree.paths))
        if not have and source.path not in waiting:
            yield Finding('twins', source.path, 1, f'no tests/unit/{source.floor}/test-{module}.c')
    for path in waiting:
        if not tree.has(path):
            yield Finding('twins', 'tests/lint/untested-modules', 1, f'{path} is gone')


RULES = {'sizes': sizes, 'nesting': nesting, 'names': names, 'twins': twins}
