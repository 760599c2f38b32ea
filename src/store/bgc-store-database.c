/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "store/bgc-store-database.h"

#include <errno.h>
#include <string.h>

#include "store/bgc-store-check.h"
#include "store/bgc-store-codec.h"
#include "store/bgc-store-error.h"
#include "store/bgc-store-schema.h"
#include "store/bgc-store-secrets.h"

/* Before anything is read. Exclusive locking keeps the index of the write-ahead log in memory instead of
 * a third file. 1.5 MiB of cache: the index over ids of 100,000 jobs nearly fits, and the daemon stays
 * small. Nothing is mapped: a read error of a mapped file would be a signal. */
#define SETTINGS \
  "PRAGMA locking_mode = EXCLUSIVE;" \
  "PRAGMA cache_size = -1536;" \
  "PRAGMA temp_store = MEMORY;" \
  "PRAGMA mmap_size = 0;" \
  "PRAGMA cell_size_check = ON;" \
  "PRAGMA trusted_schema = OFF;"

/* FULL: each commit is synced, not only each checkpoint. The log keeps its blocks, which makes the next
 * commit cheaper, but after one giant change it is cut to 32 MiB. */
#define DURABILITY \
  "PRAGMA synchronous = FULL;" \
  "PRAGMA foreign_keys = ON;" \
  "PRAGMA journal_size_limit = 33554432;"

enum {
  STATEMENT_BEGIN,
  STATEMENT_COMMIT,
  STATEMENT_FIND_JOB,
  STATEMENT_INSERT_JOB,
  STATEMENT_UPDATE_JOB,
  STATEMENT_DELETE_JOB,
  STATEMENT_INSERT_FILE,
  STATEMENT_UPDATE_FILE,
  STATEMENT_DELETE_FILE,
  STATEMENT_ADD_LEFTOVER,
  STATEMENT_DROP_LEFTOVER,
  STATEMENT_ADD_DAMAGED,
  N_STATEMENTS
};

struct _BgcStoreDatabase {
  sqlite3 *connection;                    /* (owned) */
  sqlite3_stmt *statements[N_STATEMENTS]; /* (owned) */
  BgcStoreSecrets *secrets;               /* (owned) */
  guint wal_pages;
  gboolean residue;                       /* the log has what was to be overwritten */
  gboolean corrupt;
};

/* ---- errors ----------------------------------------------------------------------------------- */

gboolean
bgc_store_database_result_is_corrupt (int result)
{
  return (result & 0xff) == SQLITE_CORRUPT || (result & 0xff) == SQLITE_NOTADB;
}

static gboolean
fail (BgcStoreDatabase *self, int result, const char *doing, GError **error)
{
  if (bgc_store_database_result_is_corrupt (result))
    self->corrupt = TRUE;
  bgc_store_error_set (self->connection, result, doing, error);
  return FALSE;
}

/* ---- opening ---------------------------------------------------------------------------------- */

static int
on_commit (gpointer data, sqlite3 *connection, const char *name, int pages)
{
  BgcStoreDatabase *self = data;

  self->wal_pages = (guint) pages;
  return SQLITE_OK;
}

/* Runs @sql, which answers one row with one word. */
static int
query_word (sqlite3 *connection, const char *sql, char **word)
{
  sqlite3_stmt *statement = NULL;
  int result = sqlite3_prepare_v2 (connection, sql, -1, &statement, NULL);

  if (result != SQLITE_OK)
    return result;
  result = sqlite3_step (statement);
  if (result == SQLITE_ROW)
    {
      *word = g_strdup ((const char *) sqlite3_column_text (statement, 0));
      result = SQLITE_OK;
    }
  sqlite3_finalize (statement);
  return result;
}

static gboolean
enter_wal (BgcStoreDatabase *self, GError **error)
{
  g_autofree char *mode = NULL;
  int result = query_word (self->connection, "PRAGMA journal_mode = WAL", &mode);

  if (result != SQLITE_OK)
    return fail (self, result, "set up the queue database", error);
  if (g_strcmp0 (mode, "wal") != 0)
    {
      g_set_error (error, BGC_ERROR, BGC_ERROR_STORE_FAILED,
                   "The queue database cannot have a write-ahead log here: its journal mode is %s", mode);
      return FALSE;
    }
  result = sqlite3_exec (self->connection, DURABILITY, NULL, NULL, NULL);
  return result == SQLITE_OK || fail (self, result, "set up the queue database", error);
}

/* The structure of every page, without which rows could be missing silently. */
static gboolean
probe (BgcStoreDatabase *self, GError **error)
{
  g_autofree char *verdict = NULL;
  int result = query_word (self->connection, "PRAGMA quick_check(1)", &verdict);

  if (result != SQLITE_OK)
    return fail (self, result, "check the queue database", error);
  if (g_strcmp0 (verdict, "ok") == 0)
    return TRUE;
  self->corrupt = TRUE;
  g_set_error (error, BGC_ERROR, BGC_ERROR_STORE_FAILED, "The queue database is corrupt: %s", verdict);
  return FALSE;
}

static gboolean
check_version (BgcStoreDatabase *self, guint *version, GError **error)
{
  int result = bgc_store_schema_read_version (self->connection, version);

  if (result != SQLITE_OK)
    return fail (self, result, "read the queue database", error);
  if (*version <= bgc_store_schema_version ())
    return TRUE;
  g_set_error (error, BGC_ERROR, BGC_ERROR_STORE_FAILED,
               "The queue database has schema %u, written by a newer version; this one knows %u", *version,
               bgc_store_schema_version ());
  return FALSE;
}

/* "INSERT … VALUES (?1, ?2, …)". */
static char *
insert_sql (const char *table, const char *const *columns)
{
  g_autofree char *list = bgc_store_codec_list (columns);
  g_autoptr (GString) sql = g_string_new (NULL);
  guint length = g_strv_length ((char **) columns);

  g_string_append_printf (sql, "INSERT INTO %s (%s) VALUES (", table, list);
  for (guint i = 1; i <= length; i++)
    g_string_append_printf (sql, "%s?%u", i > 1 ? ", " : "", i);
  g_string_append (sql, ")");
  return g_string_free (g_steal_pointer (&sql), FALSE);
}

/* Parameters are those of the insertion; the first two columns must both be the row's. */
static char *
update_sql (const char *table, const char *const *columns)
{
  g_autoptr (GString) sql = g_string_new (NULL);

  g_string_append_printf (sql, "UPDATE %s SET ", table);
  for (guint i = 2; columns[i] != NULL; i++)
    g_string_append_printf (sql, "%s%s = ?%u", i > 2 ? ", " : "", columns[i], i + 1);
  g_string_append_printf (sql, " WHERE %s = ?1 AND %s = ?2", columns[0], columns[1]);
  return g_string_free (g_steal_pointer (&sql), FALSE);
}

static gboolean
prepare (BgcStoreDatabase *self, GError **error)
{
  g_autofree char *insert_job = insert_sql ("jobs", bgc_store_codec_job_columns);
  g_autofree char *update_job = update_sql ("jobs", bgc_store_codec_job_columns);
  g_autofree char *insert_file = insert_sql ("files", bgc_store_codec_file_columns);
  g_autofree char *update_file = update_sql ("files", bgc_store_codec_file_columns);
  g_autofree char *add_leftover = insert_sql ("leftovers", bgc_store_codec_leftover_columns);
  const char *const sql[N_STATEMENTS] = {
    [STATEMENT_BEGIN] = "BEGIN IMMEDIATE",
    [STATEMENT_COMMIT] = "COMMIT",
    [STATEMENT_FIND_JOB] = "SELECT sequence FROM jobs WHERE id = ?1",
    [STATEMENT_INSERT_JOB] = insert_job,
    [STATEMENT_UPDATE_JOB] = update_job,
    [STATEMENT_DELETE_JOB] = "DELETE FROM jobs WHERE id = ?1",
    [STATEMENT_INSERT_FILE] = insert_file,
    [STATEMENT_UPDATE_FILE] = update_file,
    [STATEMENT_DELETE_FILE] = "DELETE FROM files WHERE job = ?1 AND idx = ?2",
    [STATEMENT_ADD_LEFTOVER] = add_leftover,
    [STATEMENT_DROP_LEFTOVER] = "DELETE FROM leftovers WHERE id = ?1",
    [STATEMENT_ADD_DAMAGED] = "INSERT INTO damaged (origin, reason, content) VALUES (?1, ?2, ?3)",
  };

  for (guint i = 0; i < N_STATEMENTS; i++)
    {
      int result = sqlite3_prepare_v3 (self->connection, sql[i], -1, SQLITE_PREPARE_PERSISTENT,
                                       &self->statements[i], NULL);

      if (result != SQLITE_OK)
        return fail (self, result, "use the queue database", error);
    }
  return TRUE;
}

/* Until the version is known nothing may be written, not even the log's pages into the database. */
static void
set_checkpoint_on_close (BgcStoreDatabase *self, gboolean enabled)
{
  sqlite3_db_config (self->connection, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, !enabled, NULL);
}

static gboolean
set_up (BgcStoreDatabase *self, BgcSecretsKey *key, GError **error)
{
  guint version = 0;
  int result;

  sqlite3_extended_result_codes (self->connection, 1);
  set_checkpoint_on_close (self, FALSE);
  result = sqlite3_exec (self->connection, SETTINGS, NULL, NULL, NULL);
  if (result != SQLITE_OK)
    return fail (self, result, "set up the queue database", error);
  if (!check_version (self, &version, error) || !probe (self, error) || !enter_wal (self, error))
    return FALSE;
  result = bgc_store_schema_migrate (self->connection, version);
  if (result != SQLITE_OK)
    return fail (self, result, "migrate the queue database", error);
  set_checkpoint_on_close (self, TRUE);
  /* In place of SQLite's own checkpoints: when one runs is decided above. */
  sqlite3_wal_hook (self->connection, on_commit, self);
  self->secrets = bgc_store_secrets_new (self->connection, key, error);
  return self->secrets != NULL && prepare (self, error);
}

BgcStoreDatabase *
bgc_store_database_open (const char *path, BgcSecretsKey *key, gboolean *corrupt, GError **error)
{
  g_autoptr (BgcStoreDatabase) self = g_new0 (BgcStoreDatabase, 1);
  int result = sqlite3_open_v2 (path, &self->connection, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);

  *corrupt = FALSE;
  if (result != SQLITE_OK)
    {
      bgc_store_error_set (self->connection, result, "open the queue database", error);
      return NULL;
    }
  if (!set_up (self, key, error))
    {
      *corrupt = self->corrupt;
      return NULL;
    }
  return g_steal_pointer (&self);
}

void
bgc_store_database_free (BgcStoreDatabase *self)
{
  int result;

  for (guint i = 0; i < N_STATEMENTS; i++)
    sqlite3_finalize (self->statements[i]);
  bgc_store_secrets_free (self->secrets);
  result = sqlite3_close (self->connection);
  if (result != SQLITE_OK)
    g_warning ("Closing the queue database: %s", sqlite3_errstr (result));
  g_free (self);
}

sqlite3 *
bgc_store_database_connection (BgcStoreDatabase *self)
{
  return self->connection;
}

/* ---- statements ------------------------------------------------------------------------------- */

/* Runs a statement that answers no row and whose parameters are bound with @bound as the result. */
static gboolean
run (BgcStoreDatabase *self, guint which, int bound, const char *doing, GError **error)
{
  int result = bound;
  gboolean done;

  errno = 0;
  if (result == SQLITE_OK)
    result = sqlite3_step (self->statements[which]);
  done = result == SQLITE_DONE || fail (self, result, doing, error);
  sqlite3_reset (self->statements[which]);
  return done;
}

static gboolean
expect_change (BgcStoreDatabase *self, GError **error)
{
  if (sqlite3_changes (self->connection) == 1)
    return TRUE;
  g_set_error (error, BGC_ERROR, BGC_ERROR_STORE_FAILED, "Cannot store a change: the queue has no such job");
  return FALSE;
}

static gboolean
refuse (char *reason, GError **error)
{
  g_set_error (error, BGC_ERROR, BGC_ERROR_STORE_FAILED, "Cannot store a change that makes no sense: %s",
               reason);
  g_free (reason);
  return FALSE;
}

static gboolean
write_header (BgcStoreDatabase *self, const BgcChange *change, GError **error)
{
  guint which = change->create ? STATEMENT_INSERT_JOB : STATEMENT_UPDATE_JOB;
  char *reason = NULL;
  int bound;

  if (!bgc_store_check_job (change->header, &reason))
    return refuse (reason, error);
  bound = bgc_store_codec_bind_job (self->statements[which], change->header);
  return run (self, which, bound, "store a job", error) && expect_change (self, error)
         && bgc_store_secrets_write (self->secrets, change->header, error);
}

static int
bind_id (BgcStoreDatabase *self, guint which, const BgcChange *change)
{
  return sqlite3_bind_blob (self->statements[which], 1, change->id.bytes, sizeof change->id.bytes,
                            SQLITE_STATIC);
}

static gboolean
find_job (BgcStoreDatabase *self, const BgcChange *change, guint64 *sequence, GError **error)
{
  sqlite3_stmt *statement = self->statements[STATEMENT_FIND_JOB];
  int result = bind_id (self, STATEMENT_FIND_JOB, change);
  gboolean found;

  if (change->header != NULL)
    {
      *sequence = change->header->sequence;
      return TRUE;
    }
  if (result == SQLITE_OK)
    result = sqlite3_step (statement);
  found = result == SQLITE_ROW;
  if (found)
    *sequence = (guint64) sqlite3_column_int64 (statement, 0);
  else if (result == SQLITE_DONE)
    g_set_error (error, BGC_ERROR, BGC_ERROR_STORE_FAILED,
                 "Cannot store a change: the queue has no such job");
  else
    fail (self, result, "find a job", error);
  sqlite3_reset (statement);
  return found;
}

static gboolean
run_file (BgcStoreDatabase *self, guint which, guint64 sequence, const BgcFile *file, GError **error)
{
  int bound = bgc_store_codec_bind_file (self->statements[which], sequence, file);

  return run (self, which, bound, "store a file", error);
}

/* Not with INSERT OR REPLACE, for which SQLite keeps a journal of each statement. */
static gboolean
put_file (BgcStoreDatabase *self, guint64 sequence, const BgcFile *file, gboolean create, GError **error)
{
  char *reason = NULL;

  if (!bgc_store_check_file (file, &reason))
    return refuse (reason, error);
  if (!create && !run_file (self, STATEMENT_UPDATE_FILE, sequence, file, error))
    return FALSE;
  return (!create && sqlite3_changes (self->connection) == 1)
         || run_file (self, STATEMENT_INSERT_FILE, sequence, file, error);
}

static gboolean
remove_file (BgcStoreDatabase *self, guint64 sequence, guint32 index, GError **error)
{
  sqlite3_stmt *statement = self->statements[STATEMENT_DELETE_FILE];
  int bound = sqlite3_bind_int64 (statement, 1, (gint64) sequence);

  if (bound == SQLITE_OK)
    bound = sqlite3_bind_int64 (statement, 2, index);
  return run (self, STATEMENT_DELETE_FILE, bound, "remove a file", error);
}

static gboolean
write_files (BgcStoreDatabase *self, const BgcChange *change, GError **error)
{
  guint64 sequence = 0;

  if (change->files->len == 0 && change->removed_files->len == 0)
    return TRUE;
  if (!find_job (self, change, &sequence, error))
    return FALSE;
  for (guint i = 0; i < change->files->len; i++)
    if (!put_file (self, sequence, g_ptr_array_index (change->files, i), change->create, error))
      return FALSE;
  for (guint i = 0; i < change->removed_files->len; i++)
    if (!remove_file (self, sequence, g_array_index (change->removed_files, guint32, i), error))
      return FALSE;
  return TRUE;
}

static gboolean
add_leftover (BgcStoreDatabase *self, BgcLeftover *leftover, GError **error)
{
  char *reason = NULL;
  int bound;

  if (!bgc_store_check_leftover (leftover, &reason))
    return refuse (reason, error);
  bound = bgc_store_codec_bind_leftover (self->statements[STATEMENT_ADD_LEFTOVER], leftover);
  if (!run (self, STATEMENT_ADD_LEFTOVER, bound, "store a leftover", error))
    return FALSE;
  leftover->id = (guint64) sqlite3_last_insert_rowid (self->connection);
  return TRUE;
}

static gboolean
write_leftovers (BgcStoreDatabase *self, BgcChange *change, GError **error)
{
  for (guint i = 0; i < change->leftovers->len; i++)
    if (!add_leftover (self, g_ptr_array_index (change->leftovers, i), error))
      return FALSE;
  for (guint i = 0; i < change->settled_leftovers->len; i++)
    {
      gint64 id = (gint64) g_array_index (change->settled_leftovers, guint64, i);
      int bound = sqlite3_bind_int64 (self->statements[STATEMENT_DROP_LEFTOVER], 1, id);

      if (!run (self, STATEMENT_DROP_LEFTOVER, bound, "drop a leftover", error))
        return FALSE;
    }
  return TRUE;
}

gboolean
bgc_store_database_write (BgcStoreDatabase *self, BgcChange *change, GError **error)
{
  if (change->create && change->header == NULL)
    {
      g_set_error (error, BGC_ERROR, BGC_ERROR_STORE_FAILED, "Cannot store a new job without a header");
      return FALSE;
    }
  if (change->forget)
    {
      /* Its files go with it; gone already is as good. */
      if (!bgc_store_secrets_drop (self->secrets, &change->id, error)
          || !run (self, STATEMENT_DELETE_JOB, bind_id (self, STATEMENT_DELETE_JOB, change), "forget a job",
                   error))
        return FALSE;
    }
  else if ((change->header != NULL && !write_header (self, change, error))
           || !write_files (self, change, error))
    return FALSE;
  return write_leftovers (self, change, error);
}

gboolean
bgc_store_database_add_damaged (BgcStoreDatabase *self, const char *origin, const char *reason,
                                const char *content, GError **error)
{
  sqlite3_stmt *statement = self->statements[STATEMENT_ADD_DAMAGED];
  const char *const values[] = { origin, reason, content };
  int bound = SQLITE_OK;

  for (int i = 0; i < (int) G_N_ELEMENTS (values) && bound == SQLITE_OK; i++)
    bound = sqlite3_bind_text (statement, i + 1, values[i], -1, SQLITE_STATIC);
  return run (self, STATEMENT_ADD_DAMAGED, bound, "set a damaged row aside", error);
}

/* ---- transactions ----------------------------------------------------------------------------- */

gboolean
bgc_store_database_begin (BgcStoreDatabase *self, GError **error)
{
  return run (self, STATEMENT_BEGIN, SQLITE_OK, "begin a transaction", error);
}

void
bgc_store_database_rollback (BgcStoreDatabase *self)
{
  /* Some errors have rolled back by themselves. One that fails shows in the next begin. */
  if (!sqlite3_get_autocommit (self->connection))
    sqlite3_exec (self->connection, "ROLLBACK", NULL, NULL, NULL);
}

/* A commit whose sync failed stands in the log all the same, and a crash now would bring it back: a
 * small commit of no meaning takes its place. Where that fails too, the next one that succeeds does. */
static void
overwrite_failed_commit (BgcStoreDatabase *self)
{
  g_autofree char *same_version = g_strdup_printf ("PRAGMA user_version = %u", bgc_store_schema_version ());

  sqlite3_exec (self->connection, same_version, NULL, NULL, NULL);
}

gboolean
bgc_store_database_commit (BgcStoreDatabase *self, GError **error)
{
  if (bgc_store_secrets_take_removed (self->secrets))
    self->residue = TRUE;
  if (run (self, STATEMENT_COMMIT, SQLITE_OK, "make a change durable", error))
    return TRUE;
  bgc_store_database_rollback (self);
  overwrite_failed_commit (self);
  return FALSE;
}

guint
bgc_store_database_wal_pages (const BgcStoreDatabase *self)
{
  return self->wal_pages;
}

gboolean
bgc_store_database_has_residue (const BgcStoreDatabase *self)
{
  return self->residue;
}

gboolean
bgc_store_database_copy_secret (BgcStoreDatabase *self, sqlite3_stmt *row, GError **error)
{
  return bgc_store_secrets_copy (self->secrets, row, error);
}

int
bgc_store_database_load_secrets (BgcStoreDatabase *self, GPtrArray *jobs)
{
  return bgc_store_secrets_load (self->secrets, jobs);
}

gboolean
bgc_store_database_checkpoint (BgcStoreDatabase *self, GError **error)
{
  /* Passive never waits, and there is nobody else to wait for. The other gives the log's blocks back. */
  int mode = self->residue ? SQLITE_CHECKPOINT_TRUNCATE : SQLITE_CHECKPOINT_PASSIVE;
  int result = sqlite3_wal_checkpoint_v2 (self->connection, NULL, mode, NULL, NULL);

  /* Also where it failed: tried again when as much has come again. */
  self->wal_pages = 0;
  self->residue = FALSE;
  return result == SQLITE_OK || fail (self, result, "checkpoint the queue database", error);
}

gboolean
bgc_store_database_is_corrupt (const BgcStoreDatabase *self)
{
  return self->corrupt;
}
