#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright 2026 The bgcopyd authors
"""Proves of each rule that it can fail: a small tree is written that breaks just that rule, and the
finding is looked for by name and place. A tree that breaks nothing must have no finding."""

import os
import sys
import tempfile

import lint

HEAD = '/* SPDX-License-Identifier: LGPL-2.1-or-later\n * Copyright 2026 The bgcopyd authors */\n'
HASH = '# SPDX-License-Identifier: LGPL-2.1-or-later\n# Copyright 2026 The bgcopyd authors\n'
XML = '<!-- SPDX-License-Identifier: LGPL-2.1-or-later\n     Copyright 2026 The bgcopyd authors -->\n'
GOOD = {
    'src/base/bgc-error.h': HEAD + 'typedef enum {\n  BGC_ERROR_NOT_FOUND = 0,\n} BgcErrorCode;\n',
    'src/model/bgc-thing.h': HEAD + '#include "base/bgc-error.h"\nint bgc_thing_size (void);\n',
    'src/model/bgc-thing.c': HEAD + '#include "model/bgc-thing.h"\n\nint\nbgc_thing_size (void)\n{\n'
                                    '  return 1; /* not sqlite3_open() */\n}\n',
    'tests/unit/model/test-thing.c': HEAD + 'int code = BGC_ERROR_NOT_FOUND;\n',
    'dbus/x.xml': XML + '<node><!-- NotFound. @since 0.1 --><interface name="x.y"/></node>\n',
    'po/POTFILES.in': HASH,
    'Makefile.am': HASH + 'X = src/base/bgc-error.h src/model/bgc-thing.h src/model/bgc-thing.c'
                          ' tests/unit/model/test-thing.c dbus/x.xml\n',
}
BODY = HEAD + 'int\nbgc_thing_size (void)\n{\n%s\n}\n'


def function(body):
    return {'src/model/bgc-thing.c': BODY % body}


# (what is shown, files laid over the good tree, the rule that must find it, the path it names)
BROKEN = [
    ('a lower floor includes a higher one',
     {'src/model/bgc-thing.h': HEAD + '#include "engine/bgc-manager.h"\n'}, 'floors', 'src/model/bgc-thing.h'),
    ('a folder that is no floor', {'src/misc/bgc-thing.h': HEAD}, 'floors', 'src/misc/bgc-thing.h'),
    ('an include without its floor', {'src/model/bgc-thing.h': HEAD + '#include "bgc-error.h"\n'}, 'floors', None),
    ('two modules that include each other',
     {'src/model/bgc-thing.h': HEAD + '#include "model/bgc-other.h"\n',
      'src/model/bgc-other.h': HEAD + '#include "model/bgc-thing.h"\n'}, 'cycles', None),
    ('libsoup outside transfer', function('  return soup_session_new () != NULL;'), 'libsoup', None),
    ('its header, too', {'src/model/bgc-thing.h': HEAD + '#include <libsoup/soup.h>\n'}, 'libsoup', None),
    ('SQLite outside store', function('  return sqlite3_threadsafe ();'), 'sqlite', None),
    ('GDBus below', function('  return g_dbus_is_name ("x");'), 'gdbus', None),
    ('opening a path', function('  return open ("x", 0);'), 'path', None),
    ('removing a path', function('  return g_unlink ("x");'), 'path', None),
    ('the wall clock', function('  return g_get_real_time () > 0;'), 'time', None),
    ('a timeout', function('  return g_timeout_add_seconds (1, NULL, NULL);'), 'time', None),
    ('random numbers', function('  return g_random_int ();'), 'random', None),
    ('cryptography', function('  return gnutls_hash_get_len (0);'), 'crypto', None),
    ('a state assigned', function('  job->state = 1;\n  return 0;'), 'job-state', None),
    ('an adapter constructed', function('  return bgc_store_sqlite_new () != NULL;'), 'adapter', None),
    ('an assertion', function('  g_assert_nonnull (0);\n  return 0;'), 'banned', None),
    ('sprintf', function('  return sprintf (0, "x");'), 'banned', None),
    ('goto', function('  goto out;\nout:\n  return 0;'), 'banned', None),
    ('a file of 601 lines', {'src/model/bgc-thing.c': HEAD + 'int x;\n' * 599}, 'size', None),
    ('a header of 151 lines', {'src/model/bgc-thing.h': HEAD + 'int x;\n' * 149}, 'size', None),
    ('a function of 101 lines', function('  x ();\n' * 97), 'function-size', None),
    ('a line of 111 characters', function('  return "' + 'x' * 102 + '";'), 'line', None),
    ('five blocks deep', function('  if (a)\n    {' * 5 + '    }\n' * 5), 'nesting', None),
    ("a function that doesn't carry its file's name",
     {'src/model/bgc-thing.c': HEAD + 'int\nbgc_other_size (void)\n{\n  return 1;\n}\n'}, 'names', None),
    ('a file called util', {'src/model/bgc-thing-util.h': HEAD}, 'names', 'src/model/bgc-thing-util.h'),
    ('a module without a test', {'src/model/bgc-other.c': HEAD}, 'twins', 'src/model/bgc-other.c'),
    ('no licence line', {'src/model/bgc-thing.h': 'int x;\n'}, 'licence', None),
    ('no copyright line', {'po/POTFILES.in': HASH.split('\n')[0] + '\n'}, 'licence', 'po/POTFILES.in'),
    ('an error without documentation', {'dbus/x.xml': XML + '<node/>\n'}, 'errors', None),
    ('an error without a test', {'tests/unit/model/test-thing.c': HEAD}, 'errors', None),
    ('a method without documentation',
     {'dbus/x.xml': XML + '<node><!-- NotFound @since 0.1 --><interface name="x"><method name="M"/></interface></node>\n'},
     'bus-docs', None),
    ('XML that is none', {'dbus/x.xml': XML + '<node>NotFound\n'}, 'bus-docs', None),
    ('translatable text not listed', {'src/client/bgc-thing-verb.h': HEAD + 'char *x = _("x");\n'}, 'potfiles', None),
    ('a listed file that is gone', {'po/POTFILES.in': HASH + 'src/client/gone.c\n'}, 'potfiles', None),
    ('a word of elsewhere', {'src/model/bgc-thing.h': HEAD + '/* see is' 'sue 12 */\n'}, 'words', None),
    ('a file no Makefile names', {'data/x.conf': HASH}, 'shipped', 'data/x.conf'),
    ('Python that does not parse', {'tests/lib/x.py': HASH + 'def:\n'}, 'parses', None),
    ('JSON that does not parse', {'data/x.json': '{\n'}, 'parses', None),
    ('space at the end of a line', {'src/model/bgc-thing.h': HEAD + 'int x; \n'}, 'parses', None),
    ('a waiver without a reason', function('  return g_random_int (); /* lint: allow random */'), 'waiver', None),
    ('a waiver for nothing', function('  return 0; /* lint: allow random because of reasons */'), 'waiver', None),
]
CLEAN = [
    ('the good tree', {}),
    ('a waiver with its reason',
     function('  /* lint: allow random the test wants another number */\n  return g_random_int ();')),
    ('names in comments and strings',
     function('  /* goto sqlite3_open open ("x") */\n  return "g_random_int ()" != 0;')),
    ('an HTTP header of that name', {'src/model/bgc-thing.h': HEAD + '/* the User-' 'Agent field */\n'}),
]


def findings_of(files):
    with tempfile.TemporaryDirectory() as root:
        for path, text in {**GOOD, **files}.items():
            full = os.path.join(root, path)
            os.makedirs(os.path.dirname(full), exist_ok=True)
            with open(full, 'w', encoding='utf-8') as f:
                f.write(text)
        return lint.check(root)


def main():
    print(f'1..{len(BROKEN) + len(CLEAN)}')
    number, bad = 0, 0
    for title, files, rule, path in BROKEN:
        number += 1
        found = findings_of(files)
        good = any(f.rule == rule and path in (None, f.path) for f in found)
        print(f'{"ok" if good else "not ok"} {number} finds {title}')
        bad += not good
        for f in ([] if good else found):
            print(f'# {f}')
    for title, files in CLEAN:
        number += 1
        found = findings_of(files)
        print(f'{"not ok" if found else "ok"} {number} accepts {title}')
        bad += bool(found)
        for f in found:
            print(f'# {f}')
    return 1 if bad else 0


if __name__ == '__main__':
    sys.exit(main())
