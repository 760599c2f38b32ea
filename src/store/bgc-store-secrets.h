/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* The table of secrets in the queue database: one encrypted record for each secret of a job. What is taken
 * out of it is overwritten. Errors: StoreFailed, NoSpace. */

#pragma once

#include <sqlite3.h>

#include "model/bgc-job.h"
#include "store/bgc-secrets-key.h"

typedef struct _BgcStoreSecrets BgcStoreSecrets;

/* Both borrowed, for the life of what is made. */
BgcStoreSecrets *bgc_store_secrets_new (sqlite3 *connection, BgcSecretsKey *key, GError **error);
/* NULL is fine. */
void bgc_store_secrets_free (BgcStoreSecrets *self);
/* Inside a transaction: stores what @job, which has its row, has now if that was changed, and takes out what
 * it neither has nor has lost. */
gboolean bgc_store_secrets_write (BgcStoreSecrets *self, const BgcJob *job, GError **error);
/* Inside a transaction: all of a job whose row is about to go. */
gboolean bgc_store_secrets_drop (BgcStoreSecrets *self, const BgcJobId *id, GError **error);
/* Inside a transaction: a row of another database, whose columns from the second on are job, field and
 * record. One without a job here is left out. */
gboolean bgc_store_secrets_copy (BgcStoreSecrets *self, sqlite3_stmt *row, GError **error);
/* Gives @jobs (element-type BgcJob, by sequence) what is stored of them; what cannot be opened is marked as
 * lost and stays stored, for the day its key is back. Answers SQLite's result: SQLITE_DONE if all is well. */
int bgc_store_secrets_load (BgcStoreSecrets *self, GPtrArray *jobs);
/* Whether something was taken out since it was last asked: older pages in the log still have it. */
gboolean bgc_store_secrets_take_removed (BgcStoreSecrets *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BgcStoreSecrets, bgc_store_secrets_free)
