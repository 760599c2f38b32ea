# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright 2026 The bgcopyd authors
"""Reads the tree for the rules: files, and C source with comments and strings set apart."""

import os
import re

SKIPPED_FOLDERS = {'.git', 'autom4te.cache', '__pycache__', 'node_modules'}
# Written by autotools or taken over from gettext: not ours to judge.
GENERATED = re.compile(
    r'^(configure~?|aclocal\.m4|config\.h\.in~?|bootstrap\.log|ABOUT-NLS|INSTALL)$'
    r'|(^|/)Makefile\.in$'
    r'|^build-aux/(?!run-unit)'
    r'|^m4/'
    r'|^po/(?!POTFILES\.in$|LINGUAS$|.*\.po$)')


class Finding:
    def __init__(self, rule, path, line, text):
        self.rule, self.path, self.line, self.text = rule, path, line, text

    def __str__(self):
        return f'{self.path}:{self.line}: {self.rule}: {self.text}'


class Function:
    """A function definition whose braces stand in column 0."""

    def __init__(self, name, static, first, last, body):
        self.name, self.static, self.first, self.last, self.body = name, static, first, last, body


class Source:
    """One text file. For C, `code` is the text with comments and string contents blanked out, line
    for line; `bare` keeps the strings."""

    def __init__(self, root, path):
        self.path = path
        with open(os.path.join(root, path), 'rb') as f:
            self.bytes = f.read()
        self.text = self.bytes.decode('utf-8', errors='replace')
        self.lines = self.text.split('\n')
        self.is_c = path.endswith(('.c', '.h'))
        self.code, self.bare = split_c(self.text) if self.is_c else (self.text, self.text)
        self.code_lines = self.code.split('\n')
        self._functions = None

    @property
    def name(self):
        return os.path.basename(self.path)

    @property
    def floor(self):
        """The folder below src/, or None."""
        parts = self.path.split('/')
        return parts[1] if len(parts) == 3 and parts[0] == 'src' else None

    def line_of(self, offset):
        return self.code.count('\n', 0, offset) + 1

    def includes(self):
        """(line, name, quoted) of each include."""
        for m in re.finditer(r'(?m)^[ \t]*#[ \t]*include[ \t]*(["<])([^">]+)[">]', self.bare):
            yield self.bare.count('\n', 0, m.start()) + 1, m.group(2), m.group(1) == '"'

    def functions(self):
        if self._functions is None:
            self._functions = list(find_functions(self)) if self.is_c else []
        return self._functions


def split_c(text):
    code, bare = [], []
    i, n = 0, len(text)

    def blank(piece):
        return ''.join('\n' if c == '\n' else ' ' for c in piece)

    while i < n:
        two = text[i:i + 2]
        if two == '/*':
            end = text.find('*/', i + 2)
            end = n if end < 0 else end + 2
            code.append(blank(text[i:end]))
            bare.append(blank(text[i:end]))
        elif two == '//':
            end = text.find('\n', i)
            end = n if end < 0 else end
            code.append(blank(text[i:end]))
            bare.append(blank(text[i:end]))
        elif text[i] in '"\'':
            end = i + 1
            while end < n and text[end] != text[i] and text[end] != '\n':
                end += 2 if text[end] == '\\' else 1
            end = min(end + 1, n)
            piece = text[i:end]
            code.append(piece[0] + blank(piece[1:-1]) + piece[-1] if len(piece) > 1 else piece)
            bare.append(piece)
        else:
            end = i + 1
            code.append(text[i])
            bare.append(text[i])
        i = end
    return ''.join(code), ''.join(bare)


def find_functions(source):
    code = source.code
    for m in re.finditer(r'(?m)^\{', code):
        head = code[:m.start()].rstrip()
        if not head.endswith(')'):
            continue
        depth, i = 0, len(head) - 1
        while i >= 0:
            depth += {')': 1, '(': -1}.get(head[i], 0)
            if depth == 0:
                break
            i -= 1
        name = re.search(r'(\w+)\s*$', head[:max(i, 0)])
        if not name:
            continue
        begin = max(head.rfind(';', 0, name.start()), head.rfind('}', 0, name.start()))
        specifiers = re.sub(r'(?m)^\s*#.*$', '', head[begin + 1:name.start()])
        end = code.find('\n}', m.start())
        end = len(code) if end < 0 else end + 2
        yield Function(name.group(1), bool(re.search(r'\bstatic\b', specifiers)),
                       source.line_of(name.start()), source.line_of(end - 1), code[m.start():end])


class Tree:
    def __init__(self, root):
        self.root = root
        self._cache = {}
        self.paths = sorted(self._walk())

    def _walk(self):
        for directory, folders, files in os.walk(self.root):
            relative = os.path.relpath(directory, self.root)
            relative = '' if relative == '.' else relative + '/'
            folders[:] = [d for d in folders if d not in SKIPPED_FOLDERS
                          and not (relative == '' and (d.startswith('_build') or d.startswith('bgcopyd-')))]
            for name in files:
                path = relative + name
                if path != '.git' and not GENERATED.search(path) and not name.endswith(('~', '.pyc', '.tar.xz')):
                    yield path

    def has(self, path):
        return os.path.exists(os.path.join(self.root, path))

    def source(self, path):
        if path not in self._cache:
            self._cache[path] = Source(self.root, path)
        return self._cache[path]

    def select(self, pattern):
        """Sources whose path matches the whole regular expression."""
        compiled = re.compile(pattern)
        return [self.source(p) for p in self.paths if compiled.fullmatch(p)]

    def read(self, path):
        return self.source(path).text if self.has(path) else ''


# A waiver stands in a comment on the line itself or on the one above it, and says why:
#   lint: allow RULE because …
WAIVER = re.compile(r'lint:\s*allow\s+([\w-]+)(.*)')


def waivers(source):
    """(line, rule, reason) of each."""
    for number, line in enumerate(source.lines, 1):
        m = WAIVER.search(line)
        if m and not source.path.startswith('tests/lint/') and source.name != 'HACKING':
            yield number, m.group(1), m.group(2).replace('*/', '').strip(' :-')


def apply_waivers(tree, findings):
    """Drops the findings that are waived; adds one for every waiver without a reason or a use."""
    by_path, left = {}, []
    for path in tree.paths:
        if path.endswith(('.c', '.h', '.py', '.sh', '.am')):
            by_path[path] = [[n, rule, reason, False] for n, rule, reason in waivers(tree.source(path))]
    for finding in findings:
        waived = False
        for waiver in by_path.get(finding.path, []):
            if waiver[1] == finding.rule and waiver[0] in (finding.line, finding.line - 1):
                waiver[3] = waived = True
        if not waived:
            left.append(finding)
    for path, marks in by_path.items():
        for line, rule, reason, used in marks:
            if len(reason.split()) < 3:
                left.append(Finding('waiver', path, line, f'allowing {rule} needs a reason'))
            elif not used:
                left.append(Finding('waiver', path, line, f'{rule} finds nothing here: remove the waiver'))
    return left
