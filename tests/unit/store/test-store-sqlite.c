/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "store/bgc-store-sqlite.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <sqlite3.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bgc-store-contract.h"
#include "bgc-store-sample.h"
#include "store/bgc-store-directory.h"
#include "store/bgc-store-salvage.h"

/* ---- system calls that fail when told --------------------------------------------------------- */

typedef struct {
  gint calls;   /* made so far; atomic */
  gint fails;   /* the number of the call that fails, 0 = none; atomic */
  gint stays;   /* and all after it; atomic */
  int error;    /* errno then */
} Fault;

static Fault writes;
static Fault syncs;

static gboolean
strikes (Fault *self)
{
  gint call = g_atomic_int_add (&self->calls, 1) + 1;
  gint fails = g_atomic_int_get (&self->fails);

  if (fails == 0 || call < fails || (call > fails && !g_atomic_int_get (&self->stays)))
    return FALSE;
  errno = self->error;
  return TRUE;
}

static void
arm (Fault *self, gint call, gboolean stays, int error)
{
  self->error = error;
  g_atomic_int_set (&self->calls, 0);
  g_atomic_int_set (&self->stays, stays);
  g_atomic_int_set (&self->fails, call);
}

static void
disarm (Fault *self)
{
  g_atomic_int_set (&self->fails, 0);
}

/* In place of the C library's for SQLite too, which calls it across the library boundary. */

int
fdatasync (int fd)
{
  return strikes (&syncs) ? -1 : (int) syscall (SYS_fdatasync, fd);
}

int
fsync (int fd)
{
  return strikes (&syncs) ? -1 : (int) syscall (SYS_fsync, fd);
}

static ssize_t
faulty_pwrite (int fd, const void *bytes, size_t length, off_t offset)
{
  return strikes (&writes) ? -1 : pwrite (fd, bytes, length, offset);
}

static ssize_t
faulty_write (int fd, const void *bytes, size_t length)
{
  return strikes (&writes) ? -1 : write (fd, bytes, length);
}

static void
install_faults (void)
{
  sqlite3_vfs *vfs = sqlite3_vfs_find (NULL);

  g_assert_cmpint (vfs->xSetSystemCall (vfs, "write", (sqlite3_syscall_ptr) faulty_write), ==, SQLITE_OK);
  g_assert_cmpint (vfs->xSetSystemCall (vfs, "pwrite", (sqlite3_syscall_ptr) faulty_pwrite), ==, SQLITE_OK);
  g_assert_cmpint (vfs->xSetSystemCall (vfs, "pwrite64", (sqlite3_syscall_ptr) faulty_pwrite), ==, SQLITE_OK);
}

/* ---- the contract ----------------------------------------------------------------------------- */

static gpointer
make_world (void)
{
  return sample_directory ();
}

static void
free_world (gpointer world)
{
  sample_remove_directory (world);
  g_free (world);
}

static BgcStore *
open_store (gpointer world)
{
  g_autoptr (GError) error = NULL;
  BgcStore *store = bgc_store_sqlite_new (world, &error);

  g_assert_no_error (error);
  return store;
}

/* ---- its own ---------------------------------------------------------------------------------- */

typedef struct {
  char *directory;
  BgcStore *store;
} Fixture;

static void
set_up (Fixture *self, gconstpointer data)
{
  self->directory = sample_directory ();
  self->store = open_store (self->directory);
}

static void
end (Fixture *self)
{
  if (self->store != NULL)
    bgc_store_close (self->store);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_clear_object (&self->store);
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  disarm (&writes);
  disarm (&syncs);
  end (self);
  sample_remove_directory (self->directory);
  g_free (self->directory);
}

/* What a new daemon would load if this process ended now. */
static GPtrArray *
load_crash_image (Fixture *self)
{
  static const char *const names[] = { "queue.db", "queue.db-wal", "queue.db-journal" };
  g_autofree char *directory = sample_directory ();
  g_autoptr (BgcStore) store = NULL;
  GPtrArray *jobs;

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *from = g_build_filename (self->directory, names[i], NULL);
      g_autofree char *to = g_build_filename (directory, names[i], NULL);
      g_autofree char *bytes = NULL;
      gsize length;

      if (g_file_get_contents (from, &bytes, &length, NULL))
        g_assert_true (g_file_set_contents (to, bytes, (gssize) length, NULL));
    }
  store = open_store (directory);
  jobs = sample_load (store, NULL);
  g_assert_false (bgc_store_sqlite_was_salvaged (BGC_STORE_SQLITE (store)));
  bgc_store_close (store);
  sample_remove_directory (directory);
  return jobs;
}

static void
test_crash_image (Fixture *self, gconstpointer data)
{
  for (guint n = 1; n <= 50; n++)
    {
      sample_commit_ok (self->store, sample_create (n, 2));
      if (n % 10 == 0)
        {
          g_autoptr (GPtrArray) jobs = load_crash_image (self);

          g_assert_cmpuint (jobs->len, ==, n);
        }
    }
}

static void
test_second_opener (Fixture *self, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (bgc_store_sqlite_new (self->directory, &error));
  g_assert_error (error, BGC_ERROR, BGC_ERROR_BUSY);
  sample_commit_ok (self->store, sample_create (1, 1));
  end (self);
  self->store = open_store (self->directory);
}

static void
test_impossible_directory (Fixture *self, gconstpointer data)
{
  g_autofree char *path = g_build_filename (self->directory, "queue.db", NULL);
  g_autoptr (GError) error = NULL;

  g_assert_null (bgc_store_sqlite_new (path, &error));
  g_assert_error (error, BGC_ERROR, BGC_ERROR_STORE_FAILED);
}

static void
test_load_late (Fixture *self, gconstpointer data)
{
  static const BgcStoreVisitor visitor;
  g_autoptr (GError) error = NULL;

  sample_commit_ok (self->store, sample_create (1, 1));
  g_assert_false (bgc_store_load (self->store, &visitor, NULL, &error));
  g_assert_error (error, BGC_ERROR, BGC_ERROR_STORE_FAILED);
}

static void
ignore_result (GObject *source, GAsyncResult *result, gpointer data)
{
  bgc_change_free (bgc_store_commit_finish (BGC_STORE (source), result, NULL));
}

static void
test_freed (Fixture *self, gconstpointer data)
{
  gpointer watched = self->store;

  g_object_add_weak_pointer (G_OBJECT (self->store), &watched);
  bgc_store_commit_async (self->store, sample_create (1, 1), BGC_STORE_NORMAL, ignore_result, NULL);
  g_clear_object (&self->store);
  while (watched != NULL)
    g_main_context_iteration (NULL, TRUE);
  self->store = open_store (self->directory);
}

/* ---- durable before told ---------------------------------------------------------------------- */

static void
test_synced_first (Fixture *self, gconstpointer data)
{
  for (guint n = 1; n <= 20; n++)
    {
      gint before = g_atomic_int_get (&syncs.calls);

      sample_commit_ok (self->store, sample_create (n, 1));
      g_assert_cmpint (g_atomic_int_get (&syncs.calls), >, before);
    }
}

/* A commit whose sync failed was told as failed: a crash must not bring it back, though its pages reached
 * the log. */
static void
test_sync_fails (Fixture *self, gconstpointer data)
{
  g_autoptr (GPtrArray) jobs = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (BgcChange) back = NULL;

  sample_commit_ok (self->store, sample_create (1, 1));
  arm (&syncs, 1, FALSE, EIO);
  back = sample_commit (self->store, sample_create (2, 1), &error);
  g_assert_null (back);
  g_assert_error (error, BGC_ERROR, BGC_ERROR_STORE_FAILED);
  jobs = load_crash_image (self);
  g_assert_cmpuint (jobs->len, ==, 1);
  sample_commit_ok (self->store, sample_create (3, 1));
}

static void
test_disk_full (Fixture *self, gconstpointer data)
{
  g_autoptr (GPtrArray) jobs = NULL;
  g_autoptr (GError) error = NULL;

  sample_commit_ok (self->store, sample_create (1, 1));
  arm (&writes, 1, TRUE, ENOSPC);
  g_assert_null (sample_commit (self->store, sample_create (2, 1), &error));
  g_assert_error (error, BGC_ERROR, BGC_ERROR_NO_SPACE);
  g_clear_error (&error);
  arm (&writes, 1, TRUE, EDQUOT);
  g_assert_null (sample_commit (self->store, sample_create (2, 1), &error));
  g_assert_error (error, BGC_ERROR, BGC_ERROR_NO_SPACE);
  disarm (&writes);
  sample_commit_ok (self->store, sample_create (3, 1));
  jobs = load_crash_image (self);
  g_assert_cmpuint (jobs->len, ==, 2);
  g_assert_null (sample_find (jobs, 2));
}

/* The change with everything in it, to be whole or not there. */
static BgcChange *
make_change (void)
{
  BgcChange *change = sample_describe (1, "new");
  const guint32 gone = 0;

  g_ptr_array_add (change->files, sample_extreme_file (1));
  for (guint i = 10; i < 60; i++)
    g_ptr_array_add (change->files, sample_file (i));
  g_array_append_val (change->removed_files, gone);
  return change;
}

static void
assert_old_or_new (GPtrArray *jobs, gboolean must_be_new)
{
  const BgcJob *job = sample_find (jobs, 1);
  gboolean new = g_str_equal (job->description, "new");

  g_assert_cmpuint (jobs->len, ==, 1);
  g_assert_cmpuint (bgc_file_list_length (job->files), ==, new ? 51 : 2);
  g_assert_cmpuint (bgc_file_list_at (job->files, 0)->index, ==, new ? 1 : 0);
  g_assert_true (new || !must_be_new);
}

/* Each write and each sync of a commit fails in turn, once or for good. */
static void
torture (Fault *fault, gboolean stays, int code)
{
  gboolean struck = TRUE;

  for (gint call = 1; struck; call++)
    {
      Fixture self = { NULL };
      g_autoptr (GPtrArray) jobs = NULL;
      g_autoptr (GError) error = NULL;
      BgcChange *back;

      g_assert_cmpint (call, <, 200);
      set_up (&self, NULL);
      sample_commit_ok (self.store, sample_create (1, 2));
      arm (fault, call, stays, code);
      back = sample_commit (self.store, make_change (), &error);
      disarm (fault);
      struck = g_atomic_int_get (&fault->calls) >= call;
      g_assert_true ((back == NULL) == (error != NULL));
      if (error != NULL)
        g_assert_true (error->domain == BGC_ERROR
                       && error->code == (code == ENOSPC ? BGC_ERROR_NO_SPACE : BGC_ERROR_STORE_FAILED));
      jobs = load_crash_image (&self);
      assert_old_or_new (jobs, back != NULL);
      bgc_change_free (back);
      sample_commit_ok (self.store, make_change ());
      g_clear_pointer (&jobs, g_ptr_array_unref);
      jobs = load_crash_image (&self);
      assert_old_or_new (jobs, TRUE);
      tear_down (&self, NULL);
    }
}

static void
test_torture (void)
{
  torture (&writes, FALSE, EIO);
  torture (&writes, TRUE, EIO);
  torture (&writes, TRUE, ENOSPC);
  torture (&syncs, FALSE, EIO);
  torture (&syncs, TRUE, EIO);
}

/* ---- older and newer -------------------------------------------------------------------------- */

static char *
make_from_sql (const char *directory, const char *sql)
{
  char *path = g_build_filename (directory, "queue.db", NULL);
  sqlite3 *connection = NULL;

  g_unlink (path);
  g_assert_cmpint (sqlite3_open (path, &connection), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_exec (connection, sql, NULL, NULL, NULL), ==, SQLITE_OK);
  sqlite3_close (connection);
  return path;
}

static void
test_schema_1 (Fixture *self, gconstpointer data)
{
  g_autofree char *file = g_test_build_filename (G_TEST_DIST, "unit", "store", "schema-1.sql", NULL);
  g_autofree char *sql = NULL;
  g_autofree char *path = NULL;
  g_autoptr (GPtrArray) jobs = NULL;
  g_autoptr (GPtrArray) leftovers = NULL;
  const BgcJob *first;
  const BgcFile *second_file;

  g_assert_true (g_file_get_contents (file, &sql, NULL, NULL));
  end (self);
  path = make_from_sql (self->directory, sql);
  self->store = open_store (self->directory);
  jobs = sample_load (self->store, &leftovers);
  g_assert_cmpuint (jobs->len, ==, 2);
  g_assert_cmpuint (leftovers->len, ==, 1);
  first = g_ptr_array_index (jobs, 0);
  second_file = bgc_file_list_at (first->files, 1);
  g_assert_cmpuint (first->sequence, ==, 3);
  g_assert_cmpuint (first->id.bytes[15], ==, 15);
  g_assert_cmpint (first->state, ==, BGC_JOB_STATE_TRANSIENT_ERROR);
  g_assert_cmpint (first->error->code, ==, BGC_ERROR_HTTP_STATUS);
  g_assert_cmpuint (first->error->retry_after, ==, 120);
  g_assert_cmpint (first->no_progress_time, ==, 1000000);
  g_assert_cmpuint (bgc_file_list_at (first->files, 0)->expected_size, ==, BGC_SIZE_UNKNOWN);
  g_assert_cmpstr (second_file->identity, ==, "/data/b");
  g_assert_false (second_file->overwrite);
  g_assert_cmpuint (((BgcLeftover *) g_ptr_array_index (leftovers, 0))->id, ==, 5);
  sample_commit_ok (self->store, sample_create (10, 1));
}

typedef struct {
  const char *file;
  BgcCostPolicy cost_policy; /* of each job, as it is read */
} Schema;

/* Read, and, corrupt, salvaged. */
static void
test_schema (Fixture *self, gconstpointer data)
{
  const Schema *schema = data;
  g_autofree char *file = g_test_build_filename (G_TEST_DIST, "unit", "store", schema->file, NULL);
  g_autofree char *sql = NULL;

  g_assert_true (g_file_get_contents (file, &sql, NULL, NULL));
  end (self);
  for (guint corrupt = 0; corrupt < 2; corrupt++)
    {
      g_autofree char *path = make_from_sql (self->directory, sql);
      g_autoptr (GPtrArray) jobs = NULL;
      g_autoptr (BgcSecretsKey) key = NULL;
      g_autoptr (BgcStoreDirectory) directory = NULL;

      if (corrupt)
        {
          sample_expect_warnings ();
          directory = bgc_store_directory_open (self->directory, NULL);
          key = bgc_secrets_key_open (self->directory, NULL, NULL);
          g_assert_true (bgc_store_salvage_run (directory, key, NULL));
          g_clear_pointer (&directory, bgc_store_directory_free);
          sample_take_warnings ();
        }
      self->store = open_store (self->directory);
      jobs = sample_load (self->store, NULL);
      g_assert_cmpuint (jobs->len, ==, 3);
      g_assert_cmpint (sample_find (jobs, 12)->upload_protocol, ==, BGC_UPLOAD_PROTOCOL_TUS);
      g_assert_cmpint (sample_find (jobs, 12)->cost_policy, ==, schema->cost_policy);
      g_assert_cmpuint (sample_find (jobs, 12)->bandwidth_limit, ==, 0);
      g_clear_pointer (&jobs, g_ptr_array_unref);
      end (self);
    }
}

/* Corrupt, and older: what it has is salvaged. */
static void
test_schema_1_corrupt (Fixture *self, gconstpointer data)
{
  g_autofree char *file = g_test_build_filename (G_TEST_DIST, "unit", "store", "schema-1.sql", NULL);
  g_autoptr (GPtrArray) jobs = NULL;
  g_autofree char *sql = NULL;
  g_autofree char *path = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (BgcSecretsKey) key = NULL;
  g_autoptr (BgcStoreDirectory) directory = NULL;

  g_assert_true (g_file_get_contents (file, &sql, NULL, NULL));
  end (self);
  path = make_from_sql (self->directory, sql);
  sample_expect_warnings ();
  directory = bgc_store_directory_open (self->directory, &error);
  g_assert_no_error (error);
  key = bgc_secrets_key_open (self->directory, NULL, &error);
  g_assert_true (bgc_store_salvage_run (directory, key, &error));
  g_assert_no_error (error);
  g_clear_pointer (&directory, bgc_store_directory_free);
  g_assert_cmpuint (sample_take_warnings (), >, 0);
  self->store = open_store (self->directory);
  jobs = sample_load (self->store, NULL);
  g_assert_cmpuint (jobs->len, ==, 2);
  g_assert_cmpuint (bgc_file_list_length (sample_find (jobs, 3)->files), ==, 2);
  g_assert_cmpint (sample_find (jobs, 3)->state, ==, BGC_JOB_STATE_TRANSIENT_ERROR);
}

static void
test_newer (Fixture *self, gconstpointer data)
{
  g_autofree char *path = NULL;
  g_autofree char *before = NULL;
  g_autofree char *after = NULL;
  g_autoptr (GError) error = NULL;
  gsize length_before, length_after;

  end (self);
  path = make_from_sql (self->directory,
                        "PRAGMA journal_mode = WAL; CREATE TABLE t (x); PRAGMA user_version = 4711");
  g_assert_true (g_file_get_contents (path, &before, &length_before, NULL));
  g_assert_null (bgc_store_sqlite_new (self->directory, &error));
  g_assert_error (error, BGC_ERROR, BGC_ERROR_STORE_FAILED);
  g_assert_true (g_file_get_contents (path, &after, &length_after, NULL));
  g_assert_cmpmem (before, length_before, after, length_after);
}

int
main (int argc, char *argv[])
{
  static const BgcStoreContract contract = { "sqlite", make_world, free_world, open_store };
  static const Schema schema_2 = { "schema-2.sql", BGC_COST_POLICY_BY_PRIORITY };
  static const Schema schema_4 = { "schema-4.sql", BGC_COST_POLICY_NOT_ROAMING };
  static const struct {
    const char *path;
    void (*run) (Fixture *self, gconstpointer data);
    gconstpointer data;
  } tests[] = {
    { "/store-sqlite/crash-image", test_crash_image, NULL },
    { "/store-sqlite/second-opener", test_second_opener, NULL },
    { "/store-sqlite/impossible-directory", test_impossible_directory, NULL },
    { "/store-sqlite/load-late", test_load_late, NULL },
    { "/store-sqlite/freed", test_freed, NULL },
    { "/store-sqlite/synced-first", test_synced_first, NULL },
    { "/store-sqlite/sync-fails", test_sync_fails, NULL },
    { "/store-sqlite/disk-full", test_disk_full, NULL },
    { "/store-sqlite/schema-1", test_schema_1, NULL },
    { "/store-sqlite/schema-1-corrupt", test_schema_1_corrupt, NULL },
    { "/store-sqlite/schema-2", test_schema, &schema_2 },
    { "/store-sqlite/schema-4", test_schema, &schema_4 },
    { "/store-sqlite/newer", test_newer, NULL },
  };

  g_test_init (&argc, &argv, NULL);
  sample_watch_warnings ();
  install_faults ();
  bgc_store_contract_add (&contract);
  for (guint i = 0; i < G_N_ELEMENTS (tests); i++)
    g_test_add (tests[i].path, Fixture, tests[i].data, set_up, tests[i].run, tear_down);
  g_test_add_func ("/store-sqlite/torture", test_torture);
  return g_test_run ();
}
