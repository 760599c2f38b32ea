/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "store/bgc-store-loader.h"

#include "bgc-store-sample.h"

typedef struct {
  char *directory;
  BgcSecretsKey *key;
  BgcStoreDatabase *database;
} Fixture;

static void
set_up (Fixture *self, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *path = NULL;
  gboolean corrupt;

  self->directory = sample_directory ();
  path = g_build_filename (self->directory, "queue.db", NULL);
  g_assert_true (g_file_set_contents (path, "", 0, NULL));
  self->key = bgc_secrets_key_open (self->directory, NULL, NULL);
  self->database = bgc_store_database_open (path, self->key, &corrupt, &error);
  g_assert_no_error (error);
  g_assert_true (bgc_store_database_begin (self->database, NULL));
  for (guint n = 1; n <= 5; n++)
    {
      g_autoptr (BgcChange) change = sample_create (n, 3);

      g_ptr_array_add (change->leftovers, bgc_leftover_new (n, "/srv/.bgcopy-1", 0, 0));
      g_assert_true (bgc_store_database_write (self->database, change, NULL));
    }
  g_assert_true (bgc_store_database_commit (self->database, NULL));
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  bgc_store_database_free (self->database);
  bgc_secrets_key_free (self->key);
  sample_remove_directory (self->directory);
  g_free (self->directory);
}

static void
run (Fixture *self, const char *sql)
{
  g_assert_cmpint (sqlite3_exec (bgc_store_database_connection (self->database), sql, NULL, NULL, NULL), ==,
                   SQLITE_OK);
}

static gint64
ask (Fixture *self, const char *sql)
{
  sqlite3_stmt *statement = NULL;
  gint64 answer;

  g_assert_cmpint (sqlite3_prepare_v2 (bgc_store_database_connection (self->database), sql, -1, &statement,
                                       NULL), ==,
                   SQLITE_OK);
  g_assert_cmpint (sqlite3_step (statement), ==, SQLITE_ROW);
  answer = sqlite3_column_int64 (statement, 0);
  sqlite3_finalize (statement);
  return answer;
}

static GPtrArray *
load (Fixture *self, guint n_leftovers)
{
  g_autoptr (GError) error = NULL;
  GPtrArray *jobs = g_ptr_array_new_with_free_func ((GDestroyNotify) bgc_job_free);
  g_autoptr (GPtrArray) leftovers = g_ptr_array_new_with_free_func ((GDestroyNotify) bgc_leftover_free);
  gboolean corrupt = TRUE;

  bgc_store_loader_load (self->database, jobs, leftovers, &corrupt, &error);
  g_assert_no_error (error);
  g_assert_false (corrupt);
  g_assert_cmpuint (leftovers->len, ==, n_leftovers);
  return jobs;
}

static void
test_whole (Fixture *self, gconstpointer data)
{
  g_autoptr (GPtrArray) jobs = load (self, 5);

  g_assert_cmpuint (jobs->len, ==, 5);
  for (guint n = 1; n <= 5; n++)
    {
      const BgcJob *job = g_ptr_array_index (jobs, n - 1);

      g_assert_cmpuint (job->sequence, ==, n);
      g_assert_cmpuint (bgc_file_list_length (job->files), ==, 3);
      g_assert_cmpint (job->state, ==, BGC_JOB_STATE_SUSPENDED);
    }
  g_assert_cmpint (ask (self, "SELECT count (*) FROM damaged"), ==, 0);
}

static void
test_damaged_job (Fixture *self, gconstpointer data)
{
  g_autoptr (GPtrArray) jobs = NULL;

  run (self, "UPDATE jobs SET state = 77 WHERE sequence = 2; UPDATE jobs SET id = X'00' WHERE sequence = 5;"
             "UPDATE jobs SET display_name = CAST (X'ff' AS TEXT) WHERE sequence = 3");
  sample_expect_warnings ();
  jobs = load (self, 5);
  g_assert_cmpuint (sample_take_warnings (), >, 0);
  g_assert_cmpuint (jobs->len, ==, 2);
  g_assert_nonnull (sample_find (jobs, 1));
  g_assert_nonnull (sample_find (jobs, 4));
  g_assert_cmpint (ask (self, "SELECT count (*) FROM damaged WHERE origin = 'jobs'"), ==, 3);
  g_assert_cmpint (ask (self, "SELECT count (*) FROM damaged WHERE origin = 'files'"), ==, 9);
  g_assert_cmpint (ask (self, "SELECT count (*) FROM damaged WHERE content LIKE '%state=77%' "
                              "AND reason LIKE 'state %'"), ==, 1);
  g_assert_cmpint (ask (self, "SELECT count (*) FROM jobs"), ==, 2);
  g_assert_cmpint (ask (self, "SELECT count (*) FROM files"), ==, 6);
  /* And not a second time. */
  g_clear_pointer (&jobs, g_ptr_array_unref);
  jobs = load (self, 5);
  g_assert_cmpuint (jobs->len, ==, 2);
}

static void
test_damaged_file (Fixture *self, gconstpointer data)
{
  for (guint round = 0; round < 2; round++)
    {
      g_autoptr (GPtrArray) jobs = NULL;
      BgcJob *job;

      if (round == 0)
        {
          run (self, "UPDATE files SET temporary = 'passwd' WHERE job = 2 AND idx = 1;"
                     "UPDATE jobs SET state = 8 WHERE sequence = 4;"
                     "DELETE FROM files WHERE job = 4 AND idx = 0;"
                     "UPDATE files SET failure = '{' WHERE job = 4 AND idx = 1");
          sample_expect_warnings ();
        }
      jobs = load (self, 5);
      g_assert_cmpuint (round == 0 ? sample_take_warnings () : 1, >, 0);
      g_assert_cmpuint (jobs->len, ==, 5);
      /* It must not be called finished without the file. */
      job = sample_find (jobs, 2);
      g_assert_cmpint (job->state, ==, BGC_JOB_STATE_ERROR);
      g_assert_cmpint (job->error->code, ==, BGC_ERROR_STORE_FAILED);
      g_assert_cmpuint (bgc_file_list_length (job->files), ==, 2);
      /* A cancelled one stays cancelled. */
      job = sample_find (jobs, 4);
      g_assert_cmpint (job->state, ==, BGC_JOB_STATE_CANCELLED);
      g_assert_cmpuint (bgc_file_list_length (job->files), ==, 1);
      g_assert_cmpint (sample_find (jobs, 3)->state, ==, BGC_JOB_STATE_SUSPENDED);
      g_assert_cmpint (ask (self, "SELECT count (*) FROM damaged"), ==, 2);
    }
}

static void
test_damaged_leftover (Fixture *self, gconstpointer data)
{
  g_autoptr (GPtrArray) jobs = NULL;

  run (self, "UPDATE leftovers SET path = 'relative' WHERE id = 2");
  sample_expect_warnings ();
  jobs = load (self, 4);
  g_assert_cmpuint (sample_take_warnings (), ==, 2);
  g_assert_cmpint (ask (self, "SELECT count (*) FROM damaged WHERE origin = 'leftovers'"), ==, 1);
  g_assert_cmpint (ask (self, "SELECT count (*) FROM leftovers"), ==, 4);
}

static void
test_orphans (Fixture *self, gconstpointer data)
{
  g_autoptr (GPtrArray) jobs = NULL;

  run (self,
       "PRAGMA foreign_keys = OFF; DELETE FROM jobs WHERE sequence IN (1, 3, 5); PRAGMA foreign_keys = ON");
  sample_expect_warnings ();
  jobs = load (self, 5);
  g_assert_cmpuint (sample_take_warnings (), >, 0);
  g_assert_cmpuint (jobs->len, ==, 2);
  g_assert_cmpuint (bgc_file_list_length (sample_find (jobs, 2)->files), ==, 3);
  g_assert_cmpint (ask (self, "SELECT count (*) FROM damaged WHERE reason LIKE '%missing%'"), ==, 9);
  g_assert_cmpint (ask (self, "SELECT count (*) FROM files"), ==, 6);
}

static void
test_next_index (Fixture *self, gconstpointer data)
{
  g_autoptr (GPtrArray) jobs = NULL;

  run (self, "UPDATE jobs SET next_index = 1 WHERE sequence = 2");
  jobs = load (self, 5);
  g_assert_cmpuint (sample_find (jobs, 2)->next_index, ==, 3);
}

/* Where the disk is full the rows stay where they are, and the rest is there all the same. */
static void
test_unwritable (Fixture *self, gconstpointer data)
{
  g_autoptr (GPtrArray) jobs = NULL;

  run (self, "UPDATE jobs SET state = 77 WHERE sequence = 2; PRAGMA query_only = ON");
  sample_expect_warnings ();
  jobs = load (self, 5);
  g_assert_cmpuint (sample_take_warnings (), >, 0);
  g_assert_cmpuint (jobs->len, ==, 4);
  g_assert_cmpint (ask (self, "SELECT count (*) FROM jobs"), ==, 5);
}

int
main (int argc, char *argv[])
{
  static const struct {
    const char *path;
    void (*run) (Fixture *self, gconstpointer data);
  } tests[] = {
    { "/store-loader/whole", test_whole },
    { "/store-loader/damaged-job", test_damaged_job },
    { "/store-loader/damaged-file", test_damaged_file },
    { "/store-loader/damaged-leftover", test_damaged_leftover },
    { "/store-loader/orphans", test_orphans },
    { "/store-loader/next-index", test_next_index },
    { "/store-loader/unwritable", test_unwritable },
  };

  g_test_init (&argc, &argv, NULL);
  sample_watch_warnings ();
  for (guint i = 0; i < G_N_ELEMENTS (tests); i++)
    g_test_add (tests[i].path, Fixture, NULL, set_up, tests[i].run, tear_down);
  return g_test_run ();
}
