# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright 2026 The bgcopyd authors
"""Rules about what is written around the code: licences, error names, the bus description,
translations, words, and that every file can be read by its own parser."""

import ast
import json
import re
import xml.etree.ElementTree as ElementTree
from xml.parsers import expat

from source import Finding

# Data files that cannot carry a comment.
NO_COMMENT = re.compile(r'.*\.(json|png|gz|xz|pem|bin|sql\.golden)|COPYING|NEWS|README|HACKING|\.gitignore|po/LINGUAS|debian/(changelog|copyright|source/format)|tests/.*/data/.*|tests/fuzz/seeds/.*')


def licences(tree):
    for path in tree.paths:
        if NO_COMMENT.fullmatch(path):
            continue
        head = '\n'.join(tree.source(path).lines[:8])
        if 'SPDX-License-Identifier: LGPL-2.1-or-later' not in head:
            yield Finding('licence', path, 1, 'no SPDX-License-Identifier: LGPL-2.1-or-later in its first lines')
        elif 'Copyright ' not in head:
            yield Finding('licence', path, 1, 'no copyright line')


def error_codes(tree):
    """NotFound: BGC_ERROR_NOT_FOUND, in the order of the enumeration."""
    codes = re.findall(r'(?m)^\s*BGC_ERROR_([A-Z0-9_]+)\s*(?:=\s*\d+)?,', tree.read('src/base/bgc-error.h'))
    return {''.join(w.capitalize() for w in c.split('_')): 'BGC_ERROR_' + c for c in codes}


def listed(tree, path):
    return [line.split('#')[0].strip() for line in tree.read(path).split('\n') if line.split('#')[0].strip()]


def errors(tree):
    """Each error has a line in the API's book and a test that produces it. What still lacks one stands
    in a list that can only shrink."""
    header = 'src/base/bgc-error.h'
    codes = error_codes(tree)
    if not codes:
        return
    book = '\n'.join(s.text for s in tree.select(r'dbus/.*\.xml|data/.*'))
    # The round trip of all names in the unit test of the list itself produces none of them.
    tests_c = '\n'.join(s.code for s in tree.select(r'tests/.*\.c')
                        if not s.path.endswith('base/test-error.c'))
    tests_py = '\n'.join(s.text for s in tree.select(r'tests/(?!lint/).*\.py'))
    for what, path, has in (
            ('a line in dbus/*.xml or data/', 'tests/lint/undocumented-errors',
             lambda name, code: re.search(rf'\b{name}\b', book)),
            ('a test that produces it', 'tests/lint/untested-errors',
             lambda name, code: re.search(rf'\b{code}\b', tests_c) or re.search(rf"['\".]{name}['\"]", tests_py))):
        excused = listed(tree, path)
        for name, code in codes.items():
            if has(name, code):
                if name in excused:
                    yield Finding('errors', path, 1, f'{name} has {what} now: take it off the list')
            elif name not in excused:
                yield Finding('errors', header, 1, f'{name} lacks {what}')
        for name in excused:
            if name not in codes:
                yield Finding('errors', path, 1, f'{name} is no error')


def bus_descriptions(tree):
    """Each interface, method, signal and property has a comment with @since right before it."""
    for source in tree.select(r'dbus/.*\.xml'):
        last = ['']
        found = []

        def start(tag, attributes, last=last, found=found, source=source):
            if tag in ('interface', 'method', 'signal', 'property'):
                if '@since' not in last[0]:
                    found.append(Finding('bus-docs', source.path, parser.CurrentLineNumber,
                                         f'{tag} {attributes.get("name")} has no comment with @since'))
            last[0] = ''

        def comment(text, last=last):
            last[0] += text

        parser = expat.ParserCreate()
        parser.StartElementHandler = start
        parser.EndElementHandler = lambda tag, last=last: last.__setitem__(0, '')
        parser.CommentHandler = comment
        try:
            parser.Parse(source.bytes, True)
        except expat.ExpatError as error:
            found.append(Finding('bus-docs', source.path, error.lineno, str(error)))
        yield from found


def translations(tree):
    listed_files = listed(tree, 'po/POTFILES.in')
    for path in listed_files:
        if not tree.has(path):
            yield Finding('potfiles', 'po/POTFILES.in', 1, f'{path} does not exist')
    for source in tree.select(r'src/.*\.[ch]'):
        m = re.search(r'(?<!\w)(_|N_|C_|NC_|ngettext|Q_)\s*\(\s*"', source.bare)
        if m and not re.search(r'(?m)^\s*#\s*define\s+(_|N_)\b', source.code) and source.path not in listed_files:
            line = source.bare.count('\n', 0, m.start()) + 1
            yield Finding('potfiles', source.path, line, 'has translatable text but is not in po/POTFILES.in')
        if m and source.floor not in ('client', 'base'):
            line = source.bare.count('\n', 0, m.start()) + 1
            yield Finding('potfiles', source.path, line, 'only the client translates')


# Words of where somebody happened to work, which say nothing to a reader of this project. Spelt in pieces so that this
# file does not find itself.
FORBIDDEN = [
    r'\bissue' + r's? \#?\d', r'\bsession' + r' limit', r'\bag' + r'ents?\b',
    r'\bsub' + r'-?agent', r'\bC' + r'EO\b', r'\bcl' + r'aude\b', r'\banth' + r'ropic\b', r'\bopen' + r'ai\b',
    r'\bLL' + r'Ms?\b', r'\bchat' + r'bot', r'/wo' + r'rk/', r'/tmp/w' + r't\b', r'\bTEAM' + r'\.md', r'\bwork' + r'place\b',

    r'\bdesign/(architecture|behaviour|dbus-api)' + r'\.md', r'/ro' + r'ot/',
    r'\b(deb|security)\.debian' + r'\.org', r'registry\.npmjs' + r'\.org', r'pypi' + r'\.org',
]
LEGITIMATE = re.compile(r'(user|polkit|authentication)[-_ ]?ag' + r'ent', re.I)


def words(tree):
    patterns = [re.compile(p, re.I) for p in FORBIDDEN]
    for path in tree.paths:
        if path == 'COPYING' or path.startswith('tests/lint/'):
            continue
        for number, line in enumerate(tree.source(path).lines, 1):
            line = LEGITIMATE.sub('', line)
            for pattern in patterns:
                m = pattern.search(line)
                if m:
                    yield Finding('words', path, number, f'"{m.group(0)}" means nothing to a reader')


def parses(tree):
    for path in tree.paths:
        source = tree.source(path)
        try:
            if path.endswith('.py'):
                ast.parse(source.text)
            elif path.endswith('.json'):
                json.loads(source.text)
            elif path.endswith(('.xml', '.conf.in.xml', '.policy')) and not path.startswith('dbus/'):
                ElementTree.fromstring(source.text)
        except (SyntaxError, ValueError, ElementTree.ParseError) as error:
            yield Finding('parses', path, getattr(error, 'lineno', 1) or 1, str(error))
        if b'\r\n' in source.bytes or (source.bytes and b'\0' not in source.bytes
                                       and not NO_COMMENT.fullmatch(path) and not source.bytes.endswith(b'\n')):
            yield Finding('parses', path, 1, 'carriage returns, or no newline at the end')
        if path.endswith(('.c', '.h', '.py', '.am')):
            for number, line in enumerate(source.lines, 1):
                if line != line.rstrip() or (source.is_c and '\t' in line):
                    yield Finding('parses', path, number, 'space at the end of the line, or a tab')


def shipped(tree):
    """Each file of these folders is named in a Makefile fragment, else the tarball lacks it."""
    named = set()
    for fragment in tree.select(r'(.*/)?Makefile[^/]*\.am'):
        here = fragment.path.rsplit('/', 1)[0] if '/' in fragment.path else ''
        for word in re.findall(r'[\w%./$()@-]+', fragment.text):
            named.add(word.replace('%D%', here).replace('$(srcdir)/', '').replace('$(top_srcdir)/', ''))
    for path in tree.paths:
        if re.match(r'(src|tests|dbus|data|systemd)/', path) and not path.endswith('.am') and path not in named:
            yield Finding('shipped', path, 1, 'no Makefile fragment names it')


RULES = {'licences': licences, 'errors': errors, 'bus-docs': bus_descriptions, 'potfiles': translations,
         'words': words, 'parses': parses,
         'shipped': shipped}
