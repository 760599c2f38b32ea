/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "store/bgc-store-salvage.h"

#include "store/bgc-store-check.h"
#include "store/bgc-store-codec.h"
#include "store/bgc-store-database.h"
#include "store/bgc-store-loader.h"

/* What is done with one row. FALSE, with @error, ends everything: the new database cannot be written. */
typedef gboolean (*RowFunc) (gpointer data, sqlite3_stmt *row, GError **error);

typedef struct {
  sqlite3 *old;           /* (owned) (nullable) the corrupt database */
  BgcStoreDatabase *new;  /* borrowed */
  sqlite3_stmt *files_up; /* (owned) (nullable) the files of one job */
  sqlite3_stmt *files_down; /* (owned) (nullable) */
  guint n_jobs;
  guint n_leftovers;
  guint n_damaged;
  guint n_lost;           /* jobs whose files could not all be read */
  guint holes;            /* places that could not be read */
} Salvage;

/* The rows of one table, or of one job's files, in the order of a number, and how to begin anywhere. */
typedef struct {
  sqlite3_stmt *up;       /* borrowed; key > ?1 AND key < ?2, and job = ?3 where it is about files */
  sqlite3_stmt *down;     /* borrowed; the same from the other end */
  int key;                /* the column */
  guint *holes;           /* borrowed */
  RowFunc row;
  gpointer data;          /* for @row */
} Scan;

/* What one pass came to. */
typedef struct {
  guint rows;
  gint64 first;
  gint64 last;
  gboolean ended;         /* no more rows; else it met something unreadable */
} Pass;

static sqlite3_stmt *
prepare (sqlite3 *connection, const char *table, const char *const *columns, const char *key,
         const char *where,
         gboolean down)
{
  g_autofree char *list = bgc_store_codec_list (columns);
  g_autofree char *sql = g_strdup_printf ("SELECT %s FROM %s WHERE %s%s > ?1 AND %s < ?2 ORDER BY %s %s",
                                          list,
                                          table, where, key, key, key, down ? "DESC" : "ASC");
  sqlite3_stmt *statement = NULL;

  /* No statement: nothing of the table can be read, as where it does not exist. */
  if (sqlite3_prepare_v2 (connection, sql, -1, &statement, NULL) != SQLITE_OK)
    return NULL;
  return statement;
}

static gboolean
pass (Scan *self, sqlite3_stmt *statement, gint64 above, gint64 below, Pass *out, GError **error)
{
  gboolean going = TRUE;
  int result = sqlite3_bind_int64 (statement, 1, above);

  *out = (Pass) { 0 };
  if (result == SQLITE_OK)
    result = sqlite3_bind_int64 (statement, 2, below);
  while (going && (result = sqlite3_step (statement)) == SQLITE_ROW)
    {
      out->last = sqlite3_column_int64 (statement, self->key);
      if (out->rows++ == 0)
        out->first = out->last;
      going = self->row (self->data, statement, error);
    }
  out->ended = result == SQLITE_DONE;
  sqlite3_reset (statement);
  return going;
}

/* Upwards to the first hole; then, in strides that double, to something readable beyond it, and from
 * there back to the hole's other side. A hole of n rows costs about log n tries. */
static gboolean
scan (Scan *self, GError **error)
{
  gint64 last = -1;
  gint64 stride = 1;

  if (self->up == NULL || self->down == NULL)
    {
      (*self->holes)++;
      return TRUE;
    }
  while (stride < G_MAXINT64 / 2 && last < G_MAXINT64 - stride)
    {
      Pass up, back;

      if (!pass (self, self->up, last + stride - 1, G_MAXINT64, &up, error))
        return FALSE;
      if (up.rows > 0 && stride > 1 && !pass (self, self->down, last, up.first, &back, error))
        return FALSE;
      if (up.ended && (up.rows > 0 || stride == 1))
        return TRUE;
      if (up.ended)
        return pass (self, self->down, last, G_MAXINT64, &back, error);
      *self->holes += stride == 1 && up.rows == 0;
      last = up.rows > 0 ? up.last : last;
      stride = up.rows > 0 ? 1 : stride * 2;
    }
  return TRUE;
}

/* @reason transfer full. */
static gboolean
set_aside (Salvage *self, const char *table, char *reason, sqlite3_stmt *row, GError **error)
{
  g_autofree char *content = bgc_store_codec_row_text (row);
  g_autofree char *why = reason;

  self->n_damaged++;
  return bgc_store_database_add_damaged (self->new, table, why, content, error);
}

/* ---- jobs and files --------------------------------------------------------------------------- */

typedef struct {
  Salvage *salvage;  /* borrowed */
  BgcChange *change; /* borrowed: the job that is being made */
  guint n_lost;
} FileSink;

static gboolean
take_file (gpointer data, sqlite3_stmt *row, GError **error)
{
  FileSink *sink = data;
  char *reason = NULL;
  BgcFile *file = bgc_store_codec_read_file (row, &reason);
  BgcJob *header = sink->change->header;

  if (file == NULL)
    {
      sink->n_lost++;
      return set_aside (sink->salvage, "files", reason, row, error);
    }
  if (!bgc_store_check_file_of (file, header, &reason))
    {
      bgc_file_free (file);
      sink->n_lost++;
      return set_aside (sink->salvage, "files", reason, row, error);
    }
  if (file->index >= header->next_index)
    header->next_index = file->index < G_MAXUINT32 ? file->index + 1 : G_MAXUINT32;
  g_ptr_array_add (sink->change->files, file);
  return TRUE;
}

static int
bind_job (sqlite3_stmt *statement, gint64 sequence)
{
  return statement != NULL ? sqlite3_bind_int64 (statement, 3, sequence) : SQLITE_ERROR;
}

static gboolean
take_files (Salvage *self, BgcChange *change, GError **error)
{
  FileSink sink = { self, change, 0 };
  Scan files = { self->files_up, self->files_down, 1, &self->holes, take_file, &sink };
  gint64 sequence = (gint64) change->header->sequence;
  guint holes_before = self->holes;

  if (bind_job (files.up, sequence) != SQLITE_OK || bind_job (files.down, sequence) != SQLITE_OK)
    self->holes++;
  else if (!scan (&files, error))
    return FALSE;
  /* A page cut in the middle may look like one with fewer rows; that files were removed before is the rarer
   * reason for a missing number, and then the owner has but to resume. */
  if (self->holes == holes_before && sink.n_lost == 0 && change->files->len >= change->header->next_index)
    return TRUE;
  self->n_lost++;
  bgc_store_loader_mark_lost (change->header, 1);
  return TRUE;
}

/* A job that cannot be stored twice, with the same number or identity, is set aside; anything else is
 * the disk's fault and ends the salvage. */
static gboolean
store_job (Salvage *self, BgcChange *change, sqlite3_stmt *row, GError **error)
{
  g_autoptr (GError) local = NULL;
  sqlite3 *connection = bgc_store_database_connection (self->new);

  if (bgc_store_database_write (self->new, change, &local))
    {
      self->n_jobs++;
      return TRUE;
    }
  if ((sqlite3_errcode (connection) & 0xff) == SQLITE_CONSTRAINT)
    return set_aside (self, "jobs", g_strdup (local->message), row, error);
  g_propagate_error (error, g_steal_pointer (&local));
  return FALSE;
}

static gboolean
take_job (gpointer data, sqlite3_stmt *row, GError **error)
{
  Salvage *self = data;
  char *reason = NULL;
  BgcJob *job = bgc_store_codec_read_job (row, &reason);
  g_autoptr (BgcChange) change = NULL;

  if (job == NULL)
    return set_aside (self, "jobs", reason, row, error);
  change = bgc_change_new (&job->id);
  change->create = TRUE;
  change->header = job;
  return take_files (self, change, error) && store_job (self, change, row, error);
}

static gboolean
take_leftover (gpointer data, sqlite3_stmt *row, GError **error)
{
  Salvage *self = data;
  char *reason = NULL;
  g_autoptr (BgcLeftover) leftover = bgc_store_codec_read_leftover (row, &reason);
  static const BgcJobId nobody;
  g_autoptr (BgcChange) change = bgc_change_new (&nobody);

  if (leftover == NULL)
    return set_aside (self, "leftovers", reason, row, error);
  g_ptr_array_add (change->leftovers, g_steal_pointer (&leftover));
  self->n_leftovers++;
  return bgc_store_database_write (self->new, change, error);
}

static const char *const damaged_columns[] = { "id", "origin", "reason", "content", NULL };

static gboolean
take_damaged (gpointer data, sqlite3_stmt *row, GError **error)
{
  Salvage *self = data;
  const char *texts[3];

  for (int i = 0; i < 3; i++)
    {
      texts[i] = (const char *) sqlite3_column_text (row, i + 1);
      texts[i] = texts[i] != NULL ? texts[i] : "";
    }
  return bgc_store_database_add_damaged (self->new, texts[0], texts[1], texts[2], error);
}

/* By rowid, as a job may have several. */
static const char *const secret_columns[] = { "rowid", "job", "field", "record", NULL };

/* As it is, whether it can be read or not. */
static gboolean
take_secret (gpointer data, sqlite3_stmt *row, GError **error)
{
  Salvage *self = data;

  return bgc_store_database_copy_secret (self->new, row, error);
}

static gboolean
take_table (Salvage *self, const char *table, const char *const *columns, const char *key, RowFunc row,
            GError **error)
{
  sqlite3_stmt *up = prepare (self->old, table, columns, key, "", FALSE);
  sqlite3_stmt *down = prepare (self->old, table, columns, key, "", TRUE);
  Scan rows = { up, down, 0, &self->holes, row, self };
  gboolean going = scan (&rows, error);

  sqlite3_finalize (up);
  sqlite3_finalize (down);
  return going;
}

/* The columns by which a table can be read: a database of an older schema has fewer. */
static const char *const *
choose (Salvage *self, const char *table, const char *key, const char *const *today,
        const char *const *before)
{
  sqlite3_stmt *statement = prepare (self->old, table, today, key, "", FALSE);
  gboolean has_all = statement != NULL;

  sqlite3_finalize (statement);
  return has_all ? today : before;
}

/* An older schema has none. */
static gboolean
take_secrets (Salvage *self, GError **error)
{
  sqlite3_stmt *statement = prepare (self->old, "secrets", secret_columns, "rowid", "", FALSE);
  gboolean exists = statement != NULL;

  sqlite3_finalize (statement);
  return !exists || take_table (self, "secrets", secret_columns, "rowid", take_secret, error);
}

static gboolean
take_all (Salvage *self, GError **error)
{
  const char *const *oldest
    = choose (self, "jobs", "sequence", bgc_store_codec_job_columns_2, bgc_store_codec_job_columns_1);
  const char *const *older = choose (self, "jobs", "sequence", bgc_store_codec_job_columns_4, oldest);
  const char *const *jobs = choose (self, "jobs", "sequence", bgc_store_codec_job_columns, older);
  const char *const *leftovers
    = choose (self, "leftovers", "id", bgc_store_codec_leftover_columns, bgc_store_codec_leftover_columns_1);
  gboolean going;

  self->files_up = prepare (self->old, "files", bgc_store_codec_file_columns, "idx", "job = ?3 AND ", FALSE);
  self->files_down = prepare (self->old, "files", bgc_store_codec_file_columns, "idx", "job = ?3 AND ", TRUE);
  going = take_table (self, "jobs", jobs, "sequence", take_job, error)
          && take_secrets (self, error)
          && take_table (self, "leftovers", leftovers, "id", take_leftover, error)
          && take_table (self, "damaged", damaged_columns, "id", take_damaged, error);
  sqlite3_finalize (self->files_up);
  sqlite3_finalize (self->files_down);
  return going;
}

/* ---- the two databases ------------------------------------------------------------------------ */

/* Read as it is, with its log: nothing of it is written. A truncated file opens only with a schema that
 * counts as writable. */
static sqlite3 *
open_corrupt (const char *path)
{
  sqlite3 *connection = NULL;

  if (sqlite3_open_v2 (path, &connection, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) == SQLITE_OK
      && sqlite3_db_config (connection, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL) == SQLITE_OK
      && sqlite3_exec (connection,
                       "PRAGMA locking_mode = EXCLUSIVE; PRAGMA writable_schema = ON;"
                       "PRAGMA cell_size_check = ON;",
                       NULL, NULL, NULL) == SQLITE_OK)
    return connection;
  sqlite3_close (connection);
  return NULL;
}

static gboolean
fill (Salvage *self, GError **error)
{
  gboolean done = bgc_store_database_begin (self->new, error) && take_all (self, error)
                  && bgc_store_database_commit (self->new, error);

  if (!done)
    bgc_store_database_rollback (self->new);
  return done;
}

static gboolean
salvage_into (Salvage *self, BgcStoreDirectory *directory, BgcSecretsKey *key, GError **error)
{
  g_autoptr (BgcStoreDatabase) new = NULL;
  gboolean corrupt = FALSE;
  gboolean done;

  if (!bgc_store_directory_prepare_salvage (directory, error))
    return FALSE;
  new = bgc_store_database_open (directory->salvage, key, &corrupt, error);
  if (new == NULL)
    return FALSE;
  self->new = new;
  self->old = open_corrupt (directory->database);
  if (self->old == NULL)
    self->holes++;
  done = self->old == NULL || fill (self, error);
  sqlite3_close (self->old);
  /* The new one moves without its log. */
  return done && bgc_store_database_checkpoint (new, error);
}

gboolean
bgc_store_salvage_run (BgcStoreDirectory *directory, BgcSecretsKey *key, GError **error)
{
  Salvage self = { 0 };
  g_autofree char *aside = NULL;

  g_warning ("The queue database %s is corrupt: reading what can be read of it", directory->database);
  if (!salvage_into (&self, directory, key, error))
    return FALSE;
  aside = bgc_store_directory_adopt_salvage (directory, error);
  if (aside == NULL)
    return FALSE;
  g_warning ("Salvaged %u jobs (%u of them without all their files) and %u leftovers; %u rows made no sense, "
             "%u places could not be read; the corrupt database is kept as %s",
             self.n_jobs, self.n_lost, self.n_leftovers, self.n_damaged, self.holes, aside);
  return TRUE;
}
