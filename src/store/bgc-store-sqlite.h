/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* The queue in an SQLite database (WAL, synchronous=FULL) on one thread of its own: what waits is
 * committed together, a failed group is retried change by change, checkpoints run when idle. */

#pragma once

#include "store/bgc-store.h"

#define BGC_TYPE_STORE_SQLITE (bgc_store_sqlite_get_type ())
G_DECLARE_FINAL_TYPE (BgcStoreSqlite, bgc_store_sqlite, BGC, STORE_SQLITE, GObject)

/* Opens or creates @directory/queue.db (mode 0600), migrates it, and locks it for this process. A
 * newer schema is refused and left alone; a database that SQLite calls corrupt is renamed aside, and
 * what can be read of it is salvaged. Errors: StoreFailed, Busy (another daemon has it). */
BgcStore *bgc_store_sqlite_new (const char *directory, GError **error);
/* The same with a key for secrets in the file @key, not one of its own in @directory. (nullable) */
BgcStore *bgc_store_sqlite_new_with_key (const char *directory, const char *key, GError **error);
/* TRUE if the last open found a corrupt database: temporary files may then be orphans. */
gboolean bgc_store_sqlite_was_salvaged (BgcStoreSqlite *self);
