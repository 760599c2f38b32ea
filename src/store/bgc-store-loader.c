/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "store/bgc-store-loader.h"

#include "store/bgc-store-check.h"
#include "store/bgc-store-codec.h"
#include "store/bgc-store-error.h"

/* Rows logged one by one; a thousand of the same say no more. */
#define LOGGED_MAX 10u

/* A row to be moved to the table of damaged ones. */
typedef struct {
  const char *table;       /* static */
  char *reason;            /* (owned) */
  char *content;           /* (owned) */
  sqlite3_value *key[2];   /* (owned) the first two columns as they are, whatever they are */
} Damage;

typedef struct {
  BgcStoreDatabase *database; /* borrowed */
  sqlite3 *connection;        /* borrowed */
  sqlite3_stmt *job_rows;     /* (owned) by sequence */
  sqlite3_stmt *file_rows;    /* (owned) by job and index */
  sqlite3_stmt *leftover_rows; /* (owned) */
  int file_result;            /* of the last step: SQLITE_ROW while there is a file at hand */
  GPtrArray *damages;         /* (owned) (element-type Damage) */
  GPtrArray *changed;         /* (element-type BgcJob) borrowed from the result */
} Loader;

static void
damage_free (Damage *self)
{
  g_free (self->reason);
  g_free (self->content);
  sqlite3_value_free (self->key[0]);
  sqlite3_value_free (self->key[1]);
  g_free (self);
}

/* @reason transfer full. */
static void
note_damage (Loader *self, const char *table, sqlite3_stmt *row, char *reason)
{
  Damage *damage = g_new0 (Damage, 1);

  damage->table = table;
  damage->reason = reason;
  damage->content = bgc_store_codec_row_text (row);
  damage->key[0] = sqlite3_value_dup (sqlite3_column_value (row, 0));
  damage->key[1] = sqlite3_value_dup (sqlite3_column_value (row, 1));
  g_ptr_array_add (self->damages, damage);
  if (self->damages->len <= LOGGED_MAX)
    g_warning ("A row of %s in the queue database makes no sense and is set aside: %s", table, reason);
}

static sqlite3_stmt *
select_all (sqlite3 *connection, const char *table, const char *const *columns, const char *order,
            int *result)
{
  g_autofree char *list = bgc_store_codec_list (columns);
  g_autofree char *sql = g_strdup_printf ("SELECT %s FROM %s ORDER BY %s", list, table, order);
  sqlite3_stmt *statement = NULL;

  if (*result == SQLITE_OK)
    *result = sqlite3_prepare_v2 (connection, sql, -1, &statement, NULL);
  return statement;
}

void
bgc_store_loader_mark_lost (BgcJob *job, guint n_lost)
{
  BgcFailure *failure;

  if (n_lost == 0 || bgc_job_state_is_final (job->state))
    return;
  failure = bgc_failure_new (BGC_CONTEXT_QUEUE_MANAGER, BGC_ERROR_STORE_FAILED, FALSE,
                             "The queue database is damaged: files of this job are lost from it");
  failure->time = job->modification_time;
  bgc_job_set_error (job, failure);
  bgc_job_restore_state (job, BGC_JOB_STATE_ERROR);
  job->wait_reason = BGC_WAIT_NONE;
  job->next_attempt = 0;
  job->completing = FALSE;
}

/* The file at hand, for @job (nullable: damaged). FALSE if it is lost to it. */
static gboolean
take_file (Loader *self, BgcJob *job)
{
  char *reason = NULL;
  BgcFile *file = bgc_store_codec_read_file (self->file_rows, &reason);

  if (file != NULL && job != NULL && !bgc_store_check_file_of (file, job, &reason))
    {
      bgc_file_free (file);
      note_damage (self, "files", self->file_rows, reason);
      return FALSE;
    }
  if (file != NULL && job != NULL)
    {
      /* An index given twice would be two files with one name on the bus. */
      if (file->index >= job->next_index)
        job->next_index = file->index < G_MAXUINT32 ? file->index + 1 : G_MAXUINT32;
      bgc_file_list_put (job->files, file);
      return TRUE;
    }
  if (file != NULL)
    {
      bgc_file_free (file);
      reason = g_strdup ("its job is damaged or missing");
    }
  note_damage (self, "files", self->file_rows, reason);
  return FALSE;
}

/* Takes the files up to and including those of @sequence, for @job (nullable). */
static guint
take_files (Loader *self, gint64 sequence, BgcJob *job)
{
  guint n_lost = 0;

  while (self->file_result == SQLITE_ROW && sqlite3_column_int64 (self->file_rows, 0) <= sequence)
    {
      gboolean own = sqlite3_column_int64 (self->file_rows, 0) == sequence;

      if (!take_file (self, own ? job : NULL) && own)
        n_lost++;
      self->file_result = sqlite3_step (self->file_rows);
    }
  return n_lost;
}

/* Both tables lie in the order of the jobs: one pass over each. */
static int
read_jobs (Loader *self, GPtrArray *jobs)
{
  int result;

  self->file_result = sqlite3_step (self->file_rows);
  while ((result = sqlite3_step (self->job_rows)) == SQLITE_ROW)
    {
      char *reason = NULL;
      BgcJob *job = bgc_store_codec_read_job (self->job_rows, &reason);
      guint n_lost = take_files (self, sqlite3_column_int64 (self->job_rows, 0), job);

      if (job == NULL)
        {
          note_damage (self, "jobs", self->job_rows, reason);
          continue;
        }
      g_ptr_array_add (jobs, job);
      if (n_lost == 0)
        continue;
      bgc_store_loader_mark_lost (job, n_lost);
      g_ptr_array_add (self->changed, job);
    }
  if (result == SQLITE_DONE)
    take_files (self, G_MAXINT64, NULL);
  return result == SQLITE_DONE ? self->file_result : result;
}

static int
read_leftovers (Loader *self, GPtrArray *leftovers)
{
  int result;

  while ((result = sqlite3_step (self->leftover_rows)) == SQLITE_ROW)
    {
      char *reason = NULL;
      BgcLeftover *leftover = bgc_store_codec_read_leftover (self->leftover_rows, &reason);

      if (leftover != NULL)
        g_ptr_array_add (leftovers, leftover);
      else
        note_damage (self, "leftovers", self->leftover_rows, reason);
    }
  return result;
}

static gboolean
delete_row (Loader *self, const Damage *damage, GError **error)
{
  gboolean has_two = g_str_equal (damage->table, "files");
  const char *key = has_two ? "job IS ?1 AND idx IS ?2"
                            : g_str_equal (damage->table, "jobs") ? "sequence IS ?1" : "id IS ?1";
  g_autofree char *sql = g_strdup_printf ("DELETE FROM %s WHERE %s", damage->table, key);
  sqlite3_stmt *statement = NULL;
  int result = sqlite3_prepare_v2 (self->connection, sql, -1, &statement, NULL);

  for (int i = 0; i < (has_two ? 2 : 1) && result == SQLITE_OK; i++)
    result = sqlite3_bind_value (statement, i + 1, damage->key[i]);
  if (result == SQLITE_OK)
    result = sqlite3_step (statement);
  if (result != SQLITE_DONE)
    bgc_store_error_set (self->connection, result, "remove a damaged row", error);
  sqlite3_finalize (statement);
  return result == SQLITE_DONE;
}

static gboolean
move_damages (Loader *self, GError **error)
{
  for (guint i = 0; i < self->damages->len; i++)
    {
      const Damage *damage = g_ptr_array_index (self->damages, i);

      if (!bgc_store_database_add_damaged (self->database, damage->table, damage->reason, damage->content,
                                           error)
          || !delete_row (self, damage, error))
        return FALSE;
    }
  for (guint i = 0; i < self->changed->len; i++)
    {
      const BgcJob *job = g_ptr_array_index (self->changed, i);
      g_autoptr (BgcChange) change = bgc_change_new (&job->id);

      change->header = bgc_job_draft (job);
      if (!bgc_store_database_write (self->database, change, error))
        return FALSE;
    }
  return TRUE;
}

/* Where it cannot be written the rows stay, and the next start comes to the same end. */
static void
set_aside (Loader *self)
{
  g_autoptr (GError) error = NULL;

  if (self->damages->len == 0)
    return;
  if (bgc_store_database_begin (self->database, &error) && move_damages (self, &error)
      && bgc_store_database_commit (self->database, &error))
    {
      g_warning ("%u rows of the queue database are in its table \"damaged\" now", self->damages->len);
      return;
    }
  bgc_store_database_rollback (self->database);
  g_warning ("Damaged rows of the queue database could not be set aside: %s", error->message);
}

static void
clear (Loader *self)
{
  sqlite3_finalize (self->job_rows);
  sqlite3_finalize (self->file_rows);
  sqlite3_finalize (self->leftover_rows);
  self->job_rows = self->file_rows = self->leftover_rows = NULL;
}

gboolean
bgc_store_loader_load (BgcStoreDatabase *database, GPtrArray *jobs, GPtrArray *leftovers, gboolean *corrupt,
                       GError **error)
{
  g_autoptr (GPtrArray) damages = g_ptr_array_new_with_free_func ((GDestroyNotify) damage_free);
  g_autoptr (GPtrArray) changed = g_ptr_array_new ();
  Loader self = { database, bgc_store_database_connection (database), .damages = damages,
                  .changed = changed };
  int result = SQLITE_OK;

  self.job_rows = select_all (self.connection, "jobs", bgc_store_codec_job_columns, "sequence", &result);
  self.file_rows = select_all (self.connection, "files", bgc_store_codec_file_columns, "job, idx", &result);
  self.leftover_rows = select_all (self.connection, "leftovers", bgc_store_codec_leftover_columns, "id",
                                   &result);
  if (result == SQLITE_OK)
    result = read_jobs (&self, jobs);
  /* Before a job is written back: what it does not have is taken out of the table. */
  if (result == SQLITE_DONE)
    result = bgc_store_database_load_secrets (database, jobs);
  if (result == SQLITE_DONE)
    result = read_leftovers (&self, leftovers);
  *corrupt = bgc_store_database_result_is_corrupt (result);
  if (result != SQLITE_DONE)
    bgc_store_error_set (self.connection, result, "read the queue database", error);
  clear (&self);
  if (result == SQLITE_DONE)
    set_aside (&self);
  return result == SQLITE_DONE;
}
