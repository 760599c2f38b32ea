/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "store/bgc-store-secrets.h"

#include <glib/gstdio.h>
#include <string.h>

#include "bgc-store-sample.h"
#include "store/bgc-secrets-record.h"
#include "store/bgc-store-database.h"

typedef struct {
  char *directory;
  char *path;
  BgcSecretsKey *key;
  BgcStoreDatabase *database;
} Fixture;

static void
begin (Fixture *self)
{
  g_autoptr (GError) error = NULL;
  gboolean corrupt;

  self->key = bgc_secrets_key_open (self->directory, NULL, &error);
  g_assert_no_error (error);
  self->database = bgc_store_database_open (self->path, self->key, &corrupt, &error);
  g_assert_no_error (error);
}

static void
end (Fixture *self)
{
  g_clear_pointer (&self->database, bgc_store_database_free);
  g_clear_pointer (&self->key, bgc_secrets_key_free);
}

static void
set_up (Fixture *self, gconstpointer data)
{
  self->directory = sample_directory ();
  self->path = g_build_filename (self->directory, "queue.db", NULL);
  g_assert_true (g_file_set_contents (self->path, "", 0, NULL));
  begin (self);
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  end (self);
  sample_remove_directory (self->directory);
  g_free (self->directory);
  g_free (self->path);
}

static void
commit (Fixture *self, BgcChange *change)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (bgc_store_database_begin (self->database, NULL));
  bgc_store_database_write (self->database, change, &error);
  g_assert_no_error (error);
  bgc_store_database_commit (self->database, &error);
  g_assert_no_error (error);
  bgc_change_free (change);
}

static void
give (BgcJob *job, BgcLoginScheme scheme, const char *password)
{
  bgc_job_set_login (job, bgc_login_new (BGC_LOGIN_TARGET_SERVER, scheme, "alice", password));
}

static void
make (Fixture *self, guint n, const char *password)
{
  BgcChange *change = sample_create (n, 1);

  if (password != NULL)
    give (change->header, BGC_LOGIN_SCHEME_BASIC, password);
  commit (self, change);
}

static gint64
ask (Fixture *self, const char *sql)
{
  sqlite3_stmt *statement = NULL;
  gint64 answer;

  g_assert_cmpint (sqlite3_prepare_v2 (bgc_store_database_connection (self->database), sql, -1, &statement,
                                       NULL), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_step (statement), ==, SQLITE_ROW);
  answer = sqlite3_column_int64 (statement, 0);
  sqlite3_finalize (statement);
  return answer;
}

/* Jobs 1 … @n_jobs with what is stored of them. */
static GPtrArray *
load (Fixture *self, guint n_jobs)
{
  GPtrArray *jobs = g_ptr_array_new_with_free_func ((GDestroyNotify) bgc_job_free);

  for (guint n = 1; n <= n_jobs; n++)
    g_ptr_array_add (jobs, sample_job (n));
  g_assert_cmpint (bgc_store_database_load_secrets (self->database, jobs), ==, SQLITE_DONE);
  return jobs;
}

static const char *
password_of (GPtrArray *jobs, guint n, BgcLoginScheme scheme)
{
  const BgcJob *job = g_ptr_array_index (jobs, n - 1);
  const BgcLogin *login = bgc_job_secrets_get_login (job->secrets, BGC_LOGIN_TARGET_SERVER, scheme);

  return login != NULL ? login->password : NULL;
}

static void
test_stored (Fixture *self, gconstpointer data)
{
  g_autoptr (GPtrArray) jobs = NULL;

  make (self, 1, "one");
  make (self, 2, NULL);
  make (self, 3, "three");
  end (self);
  begin (self);
  jobs = load (self, 4);
  g_assert_cmpstr (password_of (jobs, 1, BGC_LOGIN_SCHEME_BASIC), ==, "one");
  g_assert_null (((BgcJob *) g_ptr_array_index (jobs, 1))->secrets);
  g_assert_cmpstr (password_of (jobs, 3, BGC_LOGIN_SCHEME_BASIC), ==, "three");
  g_assert_null (((BgcJob *) g_ptr_array_index (jobs, 3))->secrets);
}

/* A change of something else writes no record anew, and one without them takes them out. */
static void
test_kept_and_removed (Fixture *self, gconstpointer data)
{
  g_autoptr (GPtrArray) jobs = NULL;
  BgcChange *change;

  make (self, 1, "one");
  change = sample_describe (1, "new");
  give (change->header, BGC_LOGIN_SCHEME_BASIC, "another");
  change->header->secrets_changed = FALSE;
  commit (self, change);
  jobs = load (self, 1);
  g_assert_cmpstr (password_of (jobs, 1, BGC_LOGIN_SCHEME_BASIC), ==, "one");
  commit (self, sample_describe (1, "newer"));
  g_assert_cmpint (ask (self, "SELECT count(*) FROM secrets"), ==, 0);
}

static void
test_changed (Fixture *self, gconstpointer data)
{
  g_autoptr (GPtrArray) jobs = NULL;
  BgcChange *change = sample_describe (1, "");

  make (self, 1, "one");
  give (change->header, BGC_LOGIN_SCHEME_BASIC, "two");
  give (change->header, BGC_LOGIN_SCHEME_DIGEST, "three");
  commit (self, change);
  jobs = load (self, 1);
  g_assert_cmpstr (password_of (jobs, 1, BGC_LOGIN_SCHEME_BASIC), ==, "two");
  g_assert_cmpstr (password_of (jobs, 1, BGC_LOGIN_SCHEME_DIGEST), ==, "three");
  change = sample_describe (1, "");
  give (change->header, BGC_LOGIN_SCHEME_DIGEST, "three");
  commit (self, change);
  g_clear_pointer (&jobs, g_ptr_array_unref);
  jobs = load (self, 1);
  g_assert_null (password_of (jobs, 1, BGC_LOGIN_SCHEME_BASIC));
  g_assert_cmpstr (password_of (jobs, 1, BGC_LOGIN_SCHEME_DIGEST), ==, "three");
}

static gboolean
found (Fixture *self, const char *suffix, GBytes *needle)
{
  g_autofree char *path = g_strconcat (self->path, suffix, NULL);
  g_autofree char *content = NULL;
  gsize length = 0;

  if (!g_file_get_contents (path, &content, &length, NULL))
    return FALSE;
  return memmem (content, length, g_bytes_get_data (needle, NULL), g_bytes_get_size (needle)) != NULL;
}

/* With the job nothing of them stays, neither in a page that is free nor in the log. Records longer than a
 * page and shorter. */
static void
test_overwritten (Fixture *self, gconstpointer data)
{
  for (guint length = 5; length < 50000; length *= 90)
    {
      g_autofree char *password = g_strnfill (length, 'x');
      g_autoptr (GBytes) record = NULL;
      g_autoptr (GError) error = NULL;
      sqlite3_stmt *statement = NULL;

      make (self, 1, "keep");
      make (self, 2, password);
      g_assert_cmpint (
        sqlite3_prepare_v2 (bgc_store_database_connection (self->database),
                            "SELECT substr(record, -100) FROM secrets WHERE job = 2", -1, &statement, NULL),
        ==, SQLITE_OK);
      g_assert_cmpint (sqlite3_step (statement), ==, SQLITE_ROW);
      record = g_bytes_new (sqlite3_column_blob (statement, 0), (gsize) sqlite3_column_bytes (statement, 0));
      sqlite3_finalize (statement);
      g_assert_true (bgc_store_database_checkpoint (self->database, NULL));
      g_assert_true (found (self, "", record));
      g_assert_false (bgc_store_database_has_residue (self->database));
      commit (self, sample_forget (2));
      g_assert_true (bgc_store_database_has_residue (self->database));
      g_assert_true (bgc_store_database_checkpoint (self->database, &error));
      g_assert_no_error (error);
      g_assert_false (bgc_store_database_has_residue (self->database));
      g_assert_false (found (self, "", record));
      g_assert_false (found (self, "-wal", record));
      g_assert_cmpint (ask (self, "SELECT count(*) FROM secrets"), ==, 1);
      commit (self, sample_forget (1));
    }
}

/* Under another key they are lost, the job is not; they stay stored, and are back when the key is. */
static void
test_lost (Fixture *self, gconstpointer data)
{
  g_autofree char *key = g_build_filename (self->directory, "secrets.key", NULL);
  g_autofree char *aside = g_build_filename (self->directory, "aside", NULL);
  g_autoptr (GPtrArray) jobs = NULL;
  BgcChange *change;
  BgcJob *job;

  make (self, 1, "one");
  make (self, 2, "two");
  end (self);
  g_assert_cmpint (g_rename (key, aside), ==, 0);
  begin (self);
  sample_expect_warnings ();
  jobs = load (self, 2);
  g_assert_cmpuint (sample_take_warnings (), ==, 1);
  job = g_ptr_array_index (jobs, 0);
  g_assert_null (job->secrets);
  g_assert_cmpuint (job->lost_secrets, ==, 1u << BGC_LOGIN_SCHEME_BASIC);
  change = sample_describe (1, "");
  change->header->lost_secrets = job->lost_secrets;
  commit (self, change);
  /* The other one is set again, under the new key. */
  change = sample_describe (2, "");
  change->header->lost_secrets = job->lost_secrets;
  give (change->header, BGC_LOGIN_SCHEME_BASIC, "new");
  commit (self, change);
  g_assert_cmpint (ask (self, "SELECT count(*) FROM secrets"), ==, 2);
  end (self);
  g_assert_cmpint (g_rename (aside, key), ==, 0);
  begin (self);
  g_clear_pointer (&jobs, g_ptr_array_unref);
  sample_expect_warnings ();
  jobs = load (self, 2);
  g_assert_cmpuint (sample_take_warnings (), ==, 1);
  g_assert_cmpstr (password_of (jobs, 1, BGC_LOGIN_SCHEME_BASIC), ==, "one");
  g_assert_null (password_of (jobs, 2, BGC_LOGIN_SCHEME_BASIC));
}

/* Rows that nobody wrote: another's record, none, a field that does not exist. */
static void
test_tampered (Fixture *self, gconstpointer data)
{
  g_autoptr (GPtrArray) jobs = NULL;

  make (self, 1, "one");
  make (self, 2, "two");
  g_assert_cmpint (sqlite3_exec (bgc_store_database_connection (self->database),
                                 "UPDATE secrets SET record = (SELECT record FROM secrets WHERE job = 1)"
                                 " WHERE job = 2;"
                                 "INSERT INTO secrets SELECT 1, 1, record FROM secrets WHERE job = 1;"
                                 "INSERT INTO secrets VALUES (1, 2, x''), (1, -1, x'00'), (1, 4711, x'00')",
                                 NULL, NULL, NULL), ==, SQLITE_OK);
  sample_expect_warnings ();
  jobs = load (self, 2);
  g_assert_cmpuint (sample_take_warnings (), ==, 1);
  g_assert_cmpstr (password_of (jobs, 1, BGC_LOGIN_SCHEME_BASIC), ==, "one");
  g_assert_cmpuint (((BgcJob *) g_ptr_array_index (jobs, 0))->lost_secrets, ==, 6);
  g_assert_null (((BgcJob *) g_ptr_array_index (jobs, 1))->secrets);
  g_assert_cmpuint (((BgcJob *) g_ptr_array_index (jobs, 1))->lost_secrets, ==, 1);
}

int
main (int argc, char *argv[])
{
#define ADD(name, function) g_test_add ("/store-secrets/" name, Fixture, NULL, set_up, function, tear_down)
  g_test_init (&argc, &argv, NULL);
  sample_watch_warnings ();
  ADD ("stored", test_stored);
  ADD ("kept-and-removed", test_kept_and_removed);
  ADD ("changed", test_changed);
  ADD ("overwritten", test_overwritten);
  ADD ("lost", test_lost);
  ADD ("tampered", test_tampered);
  return g_test_run ();
}
