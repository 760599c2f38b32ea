/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* The tables, as a list of numbered migrations. The number of the last one applied is SQLite's
 * user_version. */

#pragma once

#include <glib.h>
#include <sqlite3.h>

/* What this program writes: the number of migrations it knows. */
guint bgc_store_schema_version (void);
/* The version of the database behind @connection; reads, never writes. Answers SQLite's result. */
int bgc_store_schema_read_version (sqlite3 *connection, guint *version);
/* Brings a database of an older version (0: empty) to the newest, each step in a transaction of its
 * own. Answers SQLite's result; what went wrong is in the connection. */
int bgc_store_schema_migrate (sqlite3 *connection, guint version);
/* The same with a list of one's own, for tests: @steps takes version n to n + 1 at [n]. */
int bgc_store_schema_apply (sqlite3 *connection, guint version, const char *const *steps, guint n_steps);
