/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "store/bgc-store-secrets.h"

#include "store/bgc-secrets-record.h"
#include "store/bgc-store-error.h"

enum {
  STATEMENT_PUT,
  STATEMENT_FIND_STALE,
  STATEMENT_DROP_STALE,
  STATEMENT_FIND_JOB,
  N_STATEMENTS
};

static const char *const statement_texts[N_STATEMENTS] = {
  [STATEMENT_PUT] = "INSERT OR REPLACE INTO secrets (job, field, record) VALUES (?1, ?2, ?3)",
  /* ?2: the set of those that are to stay. */
  [STATEMENT_FIND_STALE] = "SELECT 1 FROM secrets WHERE job = ?1 AND ((?2 >> field) & 1) = 0 LIMIT 1",
  [STATEMENT_DROP_STALE] = "DELETE FROM secrets WHERE job = ?1 AND ((?2 >> field) & 1) = 0",
  [STATEMENT_FIND_JOB] = "SELECT sequence FROM jobs WHERE id = ?1",
};

struct _BgcStoreSecrets {
  sqlite3 *connection;                    /* borrowed */
  BgcSecretsKey *key;                     /* borrowed */
  sqlite3_stmt *statements[N_STATEMENTS]; /* (owned) */
  gboolean removed;
};

static gboolean
fail (BgcStoreSecrets *self, int result, const char *doing, GError **error)
{
  bgc_store_error_set (self->connection, result, doing, error);
  return FALSE;
}

BgcStoreSecrets *
bgc_store_secrets_new (sqlite3 *connection, BgcSecretsKey *key, GError **error)
{
  g_autoptr (BgcStoreSecrets) self = g_new0 (BgcStoreSecrets, 1);

  self->connection = connection;
  self->key = key;
  for (guint i = 0; i < N_STATEMENTS; i++)
    {
      int result = sqlite3_prepare_v3 (connection, statement_texts[i], -1, SQLITE_PREPARE_PERSISTENT,
                                       &self->statements[i], NULL);

      if (result != SQLITE_OK)
        {
          fail (self, result, "use the secrets in the queue database", error);
          return NULL;
        }
    }
  return g_steal_pointer (&self);
}

void
bgc_store_secrets_free (BgcStoreSecrets *self)
{
  if (self == NULL)
    return;
  for (guint i = 0; i < N_STATEMENTS; i++)
    sqlite3_finalize (self->statements[i]);
  g_free (self);
}

/* ---- writing ----------------------------------------------------------------------------------- */

/* Steps a statement whose two numbers are bound here; SQLITE_ROW or SQLITE_DONE, else an error. */
static int
step (BgcStoreSecrets *self, guint which, gint64 job, gint64 kept)
{
  sqlite3_stmt *statement = self->statements[which];
  int result = sqlite3_bind_int64 (statement, 1, job);

  if (result == SQLITE_OK)
    result = sqlite3_bind_int64 (statement, 2, kept);
  if (result == SQLITE_OK)
    result = sqlite3_step (statement);
  sqlite3_reset (statement);
  return result;
}

/* What SQLite frees it leaves as it is unless told. Told always, it would write every page of a large job
 * that goes; what was no secret may stay. */
static int
set_overwriting (BgcStoreSecrets *self, gboolean overwriting)
{
  return sqlite3_exec (self->connection,
                       overwriting ? "PRAGMA secure_delete = ON" : "PRAGMA secure_delete = OFF", NULL, NULL,
                       NULL);
}

/* Takes out all of @job but the set @kept. Most jobs have none: that is one look into an index. */
static gboolean
drop_stale (BgcStoreSecrets *self, gint64 job, guint kept, GError **error)
{
  int result = step (self, STATEMENT_FIND_STALE, job, kept);

  if (result == SQLITE_DONE)
    return TRUE;
  if (result == SQLITE_ROW)
    result = set_overwriting (self, TRUE);
  if (result == SQLITE_OK)
    result = step (self, STATEMENT_DROP_STALE, job, kept);
  set_overwriting (self, FALSE);
  self->removed = TRUE;
  return result == SQLITE_DONE || fail (self, result, "remove a secret", error);
}

static gboolean
put (BgcStoreSecrets *self, const BgcJob *job, guint field, const guint8 *key, GError **error)
{
  g_autoptr (GBytes) record = bgc_secrets_record_seal (key, &job->id, field, job->secrets, error);
  sqlite3_stmt *statement = self->statements[STATEMENT_PUT];
  const void *bytes;
  gsize length;
  int result;

  if (record == NULL)
    return FALSE;
  bytes = g_bytes_get_data (record, &length);
  result = sqlite3_bind_int64 (statement, 1, (gint64) job->sequence);
  if (result == SQLITE_OK)
    result = sqlite3_bind_int64 (statement, 2, field);
  if (result == SQLITE_OK)
    result = sqlite3_bind_blob64 (statement, 3, bytes, length, SQLITE_STATIC);
  if (result == SQLITE_OK)
    result = sqlite3_step (statement);
  sqlite3_reset (statement);
  sqlite3_clear_bindings (statement);
  return result == SQLITE_DONE || fail (self, result, "store a secret", error);
}

static guint
fields_of (const BgcJob *job)
{
  guint fields = 0;

  for (guint i = 0; i < BGC_N_JOB_SECRETS && job->secrets != NULL; i++)
    if (bgc_secrets_record_has (job->secrets, i))
      fields |= 1u << i;
  return fields;
}

gboolean
bgc_store_secrets_write (BgcStoreSecrets *self, const BgcJob *job, GError **error)
{
  guint fields = fields_of (job);
  /* What is replaced is to be overwritten too. */
  guint kept = job->lost_secrets | (job->secrets_changed ? 0 : fields);
  const guint8 *key;

  if (!drop_stale (self, (gint64) job->sequence, kept, error))
    return FALSE;
  if (!job->secrets_changed || fields == 0)
    return TRUE;
  key = bgc_secrets_key_ensure (self->key, error);
  if (key == NULL)
    return FALSE;
  for (guint i = 0; i < BGC_N_JOB_SECRETS; i++)
    if ((fields & 1u << i) != 0 && !put (self, job, i, key, error))
      return FALSE;
  return TRUE;
}

gboolean
bgc_store_secrets_drop (BgcStoreSecrets *self, const BgcJobId *id, GError **error)
{
  sqlite3_stmt *statement = self->statements[STATEMENT_FIND_JOB];
  int result = sqlite3_bind_blob (statement, 1, id->bytes, sizeof id->bytes, SQLITE_STATIC);
  gint64 job = 0;

  if (result == SQLITE_OK)
    result = sqlite3_step (statement);
  if (result == SQLITE_ROW)
    job = sqlite3_column_int64 (statement, 0);
  sqlite3_reset (statement);
  if (result == SQLITE_DONE)
    return TRUE;
  if (result != SQLITE_ROW)
    return fail (self, result, "find a job", error);
  return drop_stale (self, job, 0, error);
}

gboolean
bgc_store_secrets_copy (BgcStoreSecrets *self, sqlite3_stmt *row, GError **error)
{
  sqlite3_stmt *statement = self->statements[STATEMENT_PUT];
  int result = SQLITE_OK;

  for (int i = 1; i <= 3 && result == SQLITE_OK; i++)
    result = sqlite3_bind_value (statement, i, sqlite3_column_value (row, i));
  if (result == SQLITE_OK)
    result = sqlite3_step (statement);
  sqlite3_reset (statement);
  sqlite3_clear_bindings (statement);
  return result == SQLITE_DONE || (result & 0xff) == SQLITE_CONSTRAINT
         || fail (self, result, "store a secret", error);
}

gboolean
bgc_store_secrets_take_removed (BgcStoreSecrets *self)
{
  gboolean removed = self->removed;

  self->removed = FALSE;
  return removed;
}

/* ---- reading ----------------------------------------------------------------------------------- */

static BgcJob *
find_job (GPtrArray *jobs, guint *at, guint64 sequence)
{
  for (; *at < jobs->len; (*at)++)
    {
      BgcJob *job = g_ptr_array_index (jobs, *at);

      if (job->sequence >= sequence)
        return job->sequence == sequence ? job : NULL;
    }
  return NULL;
}

/* FALSE if it is lost. */
static gboolean
open_row (BgcStoreSecrets *self, sqlite3_stmt *row, BgcJob *job, gint64 field)
{
  const guint8 *record = sqlite3_column_blob (row, 2);
  int length = sqlite3_column_bytes (row, 2);
  g_autoptr (BgcJobSecrets) new = NULL;
  BgcJobSecrets *secrets = job->secrets;

  if (secrets == NULL)
    secrets = new = bgc_job_secrets_new ();
  if (record == NULL
      || !bgc_secrets_record_open (bgc_secrets_key_peek (self->key), &job->id, (guint) field, record,
                                   (gsize) length, secrets))
    {
      job->lost_secrets |= 1u << field;
      return FALSE;
    }
  if (new != NULL)
    job->secrets = g_steal_pointer (&new);
  return TRUE;
}

int
bgc_store_secrets_load (BgcStoreSecrets *self, GPtrArray *jobs)
{
  sqlite3_stmt *rows = NULL;
  guint at = 0, n_lost = 0;
  int result = sqlite3_prepare_v2 (self->connection,
                                   "SELECT job, field, record FROM secrets ORDER BY job, field", -1, &rows,
                                   NULL);

  while (result == SQLITE_OK || result == SQLITE_ROW)
    {
      BgcJob *job;
      gint64 field;

      result = sqlite3_step (rows);
      if (result != SQLITE_ROW)
        break;
      job = find_job (jobs, &at, (guint64) sqlite3_column_int64 (rows, 0));
      field = sqlite3_column_int64 (rows, 1);
      if (job != NULL && field >= 0 && field < BGC_N_JOB_SECRETS && !open_row (self, rows, job, field))
        n_lost++;
    }
  sqlite3_finalize (rows);
  if (n_lost > 0)
    g_warning ("%u credentials or headers of jobs in the queue cannot be decrypted: they were stored under "
               "another key, or damaged; those jobs wait for their owners to set them again", n_lost);
  return result;
}
