# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright 2026 The bgcopyd authors
"""Rules about who may use whom: floors, cycles, and the table of things only some rooms touch."""

import re

from source import Finding

# What a folder of src/ may include besides itself.
FLOORS = {
    'base': [],
    'model': ['base'],
    'protocol': ['base'],
    'store': ['model', 'base'],
    'host': ['model', 'base'],
    'workers': ['host', 'model', 'base'],
    'transfer': ['model', 'protocol', 'base'],
    'engine': ['store', 'host', 'workers', 'model', 'protocol', 'base'],
    'service': ['engine', 'host', 'model', 'base'],
    'worker': ['transfer', 'model', 'protocol', 'base'],
    'client': ['base'],
    'server': ['protocol', 'base'],
    'daemon': ['service', 'engine', 'store', 'host', 'workers', 'model', 'protocol', 'base'],
}
# Generated bus descriptions are built in dbus/ and seen by those who speak on a bus.
SEES_DBUS = {'service', 'workers', 'worker', 'client', 'daemon'}
# The mains: src/daemon/bgcopyd.c and its like carry a program's name, all else begins with bgc-.
MAINS = r'src/(daemon|worker|client|server)/bgcopy[a-z-]*\.c'

TOUCH = [
    # rule, what, pattern over code, where it may stand
    ('libsoup', 'libsoup', r'<libsoup/|\bsoup_\w+|\bSoup[A-Z]\w+', r'src/(transfer|server)/.*'),
    ('sqlite', 'SQLite', r'<sqlite3\.h>|\bsqlite3_\w+', r'src/store/.*'),
    ('polkit', 'polkit', r'<polkit/|\bpolkit_\w+', r'src/service/bgc-authority.*'),
    ('gdbus', 'GDBus', r'\bg_dbus_\w+|\bg_bus_\w+|\bGDBus[A-Z]\w+',
     r'src/(service|workers|worker|client|daemon)/.*|src/host/(bgc-bus-properties|.*-(logind|nm|upower))\.[ch]'),
    ('path', "opening, renaming or removing a path",
     r'(?<![>.\w])(open|openat|openat2|creat|rename|renameat|renameat2|unlink|unlinkat|link|linkat|symlink'
     r'|symlinkat|mkdir|mkdirat|rmdir|remove|fopen|freopen|truncate|opendir|chmod|chown|utimensat'
     r'|g_open|g_fopen|g_rename|g_unlink|g_remove|g_rmdir|g_mkdir|g_mkdir_with_parents|g_mkstemp\w*|g_mkdtemp\w*'
     r'|g_dir_open|g_file_(?:new_for|set_contents|get_contents|open|create|replace|read|append|delete'
     r'|trash|move|copy|make|enumerate)\w*)\s*\(',
     r'src/transfer/bgc-local-file.*|src/store/.*|src/daemon/.*'
     # The server has no user's paths: its upload directories are its own.
     r'|src/server/bgc-(listener|notification|password-file|server-config|session|session-store|upload-target)\.c'),
    ('time', 'the time, timeouts and event sources',
     r'\b(g_get_real_time|g_get_monotonic_time|g_date_time_new_now\w*|clock_gettime|gettimeofday|timerfd_\w+'
     r'|g_timeout_\w+|g_idle_\w+|g_source_new|g_usleep|usleep|nanosleep|sleep|g_timer_\w+)\s*\('
     r'|(?<![>.\w])time\s*\(\s*(NULL|&)',
     r'src/host/bgc-clock.*|src/transfer/.*|src/server/.*|src/client/.*'),
    ('random', 'random numbers',
     r'\b(g_rand_new\w*|g_random_\w+|random|rand|srand|arc4random\w*|getrandom|getentropy'
     r'|g_uuid_string_random)\s*\(', MAINS),
    ('crypto', 'cryptography',
     r'<gnutls/|\bgnutls_\w+|\bg_checksum_\w+|\bGChecksum\b|\bg_compute_\w+|\bg_hmac_\w+',
     r'src/transfer/bgc-checksum.*|src/store/bgc-secrets.*'),
    ('job-state', "assigning a job's state", r'\bjob\s*->\s*state\s*=[^=]', r'src/model/bgc-job\.c'),
    ('adapter', 'constructing a concrete adapter',
     r'\bbgc_\w+_(sqlite|soup|spawn|system|systemd|gio|bus|polkit|logind|nm|upower)_new\w*\s*\(',
     r'src/daemon/.*|' + MAINS),
]

# What a program that must not crash on anybody's input does without.
BANNED = [
    (r'\bg_assert\w*\s*\(', 'an assertion: return a GError'),
    (r'\b(g_error|abort|_exit)\s*\(', 'ends the process: return a GError'),
    (r'\b(sprintf|vsprintf|strcpy|strcat|strncpy|strncat|gets|strtok|scanf|sscanf|alloca|g_alloca)\s*\(',
     'unbounded or error-prone: use the GLib function'),
    (r'\b(atoi|atol|atoll|strtol|strtoul|strtoull|strtoll)\s*\(', 'hides errors: g_ascii_string_to_unsigned'),
    (r'\b(system|popen|g_spawn_command_line_\w+)\s*\(', 'goes through a shell or a command line'),
    (r'\b(localtime|gmtime|asctime|ctime|strerror)\s*\(', 'not safe with threads: g_strerror, GDateTime'),
    (r'\bgoto\b', 'goto: use g_autoptr and return'),
    (r'\bexit\s*\(', 'exit outside a main'),
]


def sources(tree):
    return tree.select(r'src/.*\.[ch]')


def floors(tree):
    for source in sources(tree):
        if source.floor not in FLOORS:
            yield Finding('floors', source.path, 1, f'src/{source.floor} is no floor; see FLOORS in tests/lint')
            continue
        for line, name, quoted in source.includes():
            if not quoted or name == 'config.h':
                continue
            folder = name.split('/')[0] if '/' in name else None
            if folder == 'dbus' and source.floor in SEES_DBUS:
                continue
            if folder is None:
                yield Finding('floors', source.path, line, f'"{name}": write "floor/{name}"')
            elif folder != source.floor and folder not in FLOORS[source.floor]:
                yield Finding('floors', source.path, line, f'{source.floor} may not include {folder}')


def cycles(tree):
    """Modules (a .c with its .h) that include one another in a ring."""
    edges = {}
    for source in sources(tree):
        module = source.path[len('src/'):-2]
        for line, name, quoted in source.includes():
            if quoted and name.endswith('.h') and name[:-2] != module:
                edges.setdefault(module, {})[name[:-2]] = (source.path, line)
    done, path = set(), []

    def visit(module):
        if module in path:
            ring = path[path.index(module):] + [module]
            where = edges[ring[-2]][module]
            return Finding('cycles', where[0], where[1], 'include ring ' + ' > '.join(ring))
        if module in done:
            return None
        path.append(module)
        for other in edges.get(module, {}):
            found = visit(other)
            if found:
                return found
        path.pop()
        done.add(module)
        return None

    for module in sorted(edges):
        found = visit(module)
        if found:
            yield found
            return


def touch(tree):
    for source in sources(tree):
        # Fakes stand in for the real thing in tests only.
        for rule, what, pattern, where in TOUCH:
            if re.fullmatch(where, source.path):
                continue
            for m in re.finditer(pattern, source.bare if pattern.startswith('<') else source.code):
                line = source.bare.count('\n', 0, m.start()) + 1
                if rule == 'adapter' and is_own_constructor(source, m.group(0)):
                    continue
                if '#include' not in source.lines[line - 1] and source.code_lines[line - 1].strip() == '':
                    continue
                yield Finding(rule, source.path, line, f'{what} belongs elsewhere: {m.group(0).strip()}')


def is_own_constructor(source, text):
    stem = re.sub(r'\.[ch]$', '', source.name).replace('-', '_')
    return text.startswith(stem + '_')


def banned(tree):
    for source in sources(tree):
        fake = source.name.endswith(('-fake.c', '-fake.h'))
        main = re.fullmatch(MAINS, source.path)
        for pattern, why in BANNED:
            if (fake and 'g_assert' in pattern) or (main and 'outside a main' in why):
                continue
            for m in re.finditer(pattern, source.code):
                yield Finding('banned', source.path, source.line_of(m.start()), f'{m.group(0).strip(" (")}: {why}')


RULES = {'floors': floors, 'cycles': cycles, 'touch': touch, 'banned': banned}
