/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* One SQLite connection to the queue: how it is opened, and what one change is in statements. Knows no
 * threads: one at a time uses it. Errors: StoreFailed, NoSpace, and Busy on opening. */

#pragma once

#include <sqlite3.h>

#include "model/bgc-change.h"
#include "store/bgc-secrets-key.h"

typedef struct _BgcStoreDatabase BgcStoreDatabase;

/* Opens the file, which must exist, migrates it and takes it for this connection alone. @corrupt is set
 * to TRUE where SQLite or its quick check calls it corrupt; nothing has been written then. Nor has it
 * where the schema is newer: that is StoreFailed. @key: borrowed, for the life of the database. */
BgcStoreDatabase *bgc_store_database_open (const char *path, BgcSecretsKey *key, gboolean *corrupt,
                                           GError **error);
/* Checkpoints and closes. */
void bgc_store_database_free (BgcStoreDatabase *self);
/* For reading it all: borrowed. */
sqlite3 *bgc_store_database_connection (BgcStoreDatabase *self);

gboolean bgc_store_database_begin (BgcStoreDatabase *self, GError **error);
/* Durable, if TRUE. If not, nothing of it is stored. */
gboolean bgc_store_database_commit (BgcStoreDatabase *self, GError **error);
void bgc_store_database_rollback (BgcStoreDatabase *self);
/* One change, inside a transaction. New leftovers get their ids. */
gboolean bgc_store_database_write (BgcStoreDatabase *self, BgcChange *change, GError **error);
/* A row that makes no sense, as text; inside a transaction. */
gboolean bgc_store_database_add_damaged (BgcStoreDatabase *self, const char *origin, const char *reason,
                                         const char *content, GError **error);
/* Gives @jobs their secrets, as bgc_store_secrets_load() does; answers SQLite's result. */
int bgc_store_database_load_secrets (BgcStoreDatabase *self, GPtrArray *jobs);
/* A row of another database's secrets, from its rowid on, as it is; one without a job here is left out. */
gboolean bgc_store_database_copy_secret (BgcStoreDatabase *self, sqlite3_stmt *row, GError **error);
/* Pages in the write-ahead log that are not yet in the database. */
guint bgc_store_database_wal_pages (const BgcStoreDatabase *self);
/* A secret was removed, and the log still has it until a checkpoint empties it. */
gboolean bgc_store_database_has_residue (const BgcStoreDatabase *self);
gboolean bgc_store_database_checkpoint (BgcStoreDatabase *self, GError **error);
/* SQLite has called the database corrupt since it was opened. */
gboolean bgc_store_database_is_corrupt (const BgcStoreDatabase *self);

/* SQLITE_CORRUPT and SQLITE_NOTADB with all their extensions. */
gboolean bgc_store_database_result_is_corrupt (int result);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BgcStoreDatabase, bgc_store_database_free)
