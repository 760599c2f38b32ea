/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "store/bgc-store-database.h"

#include <glib/gstdio.h>

#include "bgc-store-sample.h"
#include "store/bgc-store-schema.h"

typedef struct {
  char *directory;
  char *path;
  BgcSecretsKey *key;
} Fixture;

static void
set_up (Fixture *self, gconstpointer data)
{
  self->directory = sample_directory ();
  self->path = g_build_filename (self->directory, "queue.db", NULL);
  g_assert_true (g_file_set_contents (self->path, "", 0, NULL));
  self->key = bgc_secrets_key_open (self->directory, NULL, NULL);
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  bgc_secrets_key_free (self->key);
  sample_remove_directory (self->directory);
  g_free (self->directory);
  g_free (self->path);
}

static BgcStoreDatabase *
open_ok (Fixture *self)
{
  g_autoptr (GError) error = NULL;
  gboolean corrupt = TRUE;
  BgcStoreDatabase *database = bgc_store_database_open (self->path, self->key, &corrupt, &error);

  g_assert_no_error (error);
  g_assert_false (corrupt);
  return database;
}

static void
assert_open_fails (Fixture *self, BgcErrorCode code, gboolean expected_corrupt)
{
  g_autoptr (GError) error = NULL;
  gboolean corrupt = FALSE;

  g_assert_null (bgc_store_database_open (self->path, self->key, &corrupt, &error));
  g_assert_error (error, BGC_ERROR, (gint) code);
  g_assert_cmpint (corrupt, ==, expected_corrupt);
}

static gint64
ask (BgcStoreDatabase *database, const char *sql)
{
  sqlite3_stmt *statement = NULL;
  gint64 answer;

  g_assert_cmpint (sqlite3_prepare_v2 (bgc_store_database_connection (database), sql, -1, &statement, NULL),
                   ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_step (statement), ==, SQLITE_ROW);
  answer = sqlite3_column_int64 (statement, 0);
  sqlite3_finalize (statement);
  return answer;
}

static void
store (BgcStoreDatabase *database, BgcChange *change, GError **error)
{
  g_autoptr (BgcChange) own = change;

  if (bgc_store_database_begin (database, error) && bgc_store_database_write (database, own, error)
      && bgc_store_database_commit (database, error))
    return;
  bgc_store_database_rollback (database);
}

static void
test_settings (Fixture *self, gconstpointer data)
{
  g_autoptr (BgcStoreDatabase) database = open_ok (self);
  g_autofree char *shm = g_strconcat (self->path, "-shm", NULL);

  g_assert_cmpint (ask (database, "PRAGMA synchronous"), ==, 2);
  g_assert_cmpint (ask (database, "PRAGMA foreign_keys"), ==, 1);
  g_assert_cmpint (ask (database, "SELECT journal_mode = 'wal' FROM pragma_journal_mode"), ==, 1);
  g_assert_cmpint (ask (database, "PRAGMA user_version"), ==, bgc_store_schema_version ());
  store (database, sample_create (1, 1), NULL);
  g_assert_false (g_file_test (shm, G_FILE_TEST_EXISTS));
}

static void
test_checkpoint (Fixture *self, gconstpointer data)
{
  g_autoptr (BgcStoreDatabase) database = open_ok (self);
  g_autofree char *content = NULL;
  gsize before = 0, after = 0;

  store (database, sample_create (1, 500), NULL);
  g_assert_cmpuint (bgc_store_database_wal_pages (database), >, 10);
  g_file_get_contents (self->path, &content, &before, NULL);
  g_assert_true (bgc_store_database_checkpoint (database, NULL));
  g_assert_cmpuint (bgc_store_database_wal_pages (database), ==, 0);
  g_clear_pointer (&content, g_free);
  g_file_get_contents (self->path, &content, &after, NULL);
  g_assert_cmpuint (after, >, before);
}

static void
test_newer (Fixture *self, gconstpointer data)
{
  g_autoptr (GBytes) before = NULL;
  g_autoptr (GBytes) after = NULL;
  g_autofree char *wal = g_strconcat (self->path, "-wal", NULL);
  g_autofree char *sql = g_strdup_printf ("PRAGMA journal_mode = %s; CREATE TABLE t (x);"
                                          "PRAGMA user_version = %u",
                                          (const char *) data, bgc_store_schema_version () + 1);
  sqlite3 *connection = NULL;
  char *content;
  gsize length;

  g_assert_cmpint (sqlite3_open (self->path, &connection), ==, SQLITE_OK);
  sqlite3_db_config (connection, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
  g_assert_cmpint (sqlite3_exec (connection, sql, NULL, NULL, NULL), ==, SQLITE_OK);
  sqlite3_close (connection);
  g_file_get_contents (self->path, &content, &length, NULL);
  before = g_bytes_new_take (content, length);
  g_assert_cmpint (g_file_test (wal, G_FILE_TEST_EXISTS), ==, g_str_equal (data, "wal"));

  assert_open_fails (self, BGC_ERROR_STORE_FAILED, FALSE);
  g_file_get_contents (self->path, &content, &length, NULL);
  after = g_bytes_new_take (content, length);
  g_assert_true (g_bytes_equal (before, after));
  g_assert_cmpint (g_file_test (wal, G_FILE_TEST_EXISTS), ==, g_str_equal (data, "wal"));
}

static void
test_foreign (Fixture *self, gconstpointer data)
{
  sqlite3 *connection = NULL;

  g_assert_cmpint (sqlite3_open (self->path, &connection), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_exec (connection, "CREATE TABLE jobs (x)", NULL, NULL, NULL), ==, SQLITE_OK);
  sqlite3_close (connection);
  assert_open_fails (self, BGC_ERROR_STORE_FAILED, FALSE);
}

static void
test_not_a_database (Fixture *self, gconstpointer data)
{
  g_autofree char *text = g_strnfill (10000, 'x');

  g_assert_true (g_file_set_contents (self->path, text, -1, NULL));
  assert_open_fails (self, BGC_ERROR_STORE_FAILED, TRUE);
}

static void
test_missing (Fixture *self, gconstpointer data)
{
  g_assert_cmpint (g_unlink (self->path), ==, 0);
  assert_open_fails (self, BGC_ERROR_STORE_FAILED, FALSE);
}

static void
test_busy (Fixture *self, gconstpointer data)
{
  g_autoptr (BgcStoreDatabase) database = open_ok (self);

  assert_open_fails (self, BGC_ERROR_BUSY, FALSE);
}

static void
test_full (Fixture *self, gconstpointer data)
{
  g_autoptr (BgcStoreDatabase) database = open_ok (self);
  g_autofree char *limit = NULL;
  g_autoptr (GError) error = NULL;

  store (database, sample_create (1, 1), NULL);
  limit = g_strdup_printf ("PRAGMA max_page_count = %" G_GINT64_FORMAT,
                           ask (database, "PRAGMA page_count") + 5);
  ask (database, limit);
  store (database, sample_create (2, 1000), &error);
  g_assert_error (error, BGC_ERROR, BGC_ERROR_NO_SPACE);
  g_assert_cmpint (ask (database, "SELECT count (*) FROM jobs"), ==, 1);
  g_assert_cmpint (ask (database, "SELECT count (*) FROM files"), ==, 1);
  g_clear_error (&error);
  store (database, sample_create (3, 1), &error);
  g_assert_no_error (error);
}

/* What loading would call damaged is refused before it is written. */
static void
test_nonsense (Fixture *self, gconstpointer data)
{
  g_autoptr (BgcStoreDatabase) database = open_ok (self);
  BgcChange *bad_header = sample_create (1, 0);
  BgcChange *bad_file = sample_create (1, 1);
  BgcChange *bad_leftover = sample_create (1, 0);
  BgcChange *changes[] = { bad_header, bad_file, bad_leftover };

  bad_header->header->priority = BGC_N_PRIORITIES;
  g_free (((BgcFile *) g_ptr_array_index (bad_file->files, 0))->temporary);
  ((BgcFile *) g_ptr_array_index (bad_file->files, 0))->temporary = g_strdup ("passwd");
  g_ptr_array_add (bad_leftover->leftovers, bgc_leftover_new (0, "relative", 0, 0));
  for (guint i = 0; i < G_N_ELEMENTS (changes); i++)
    {
      g_autoptr (GError) error = NULL;

      store (database, changes[i], &error);
      g_assert_error (error, BGC_ERROR, BGC_ERROR_STORE_FAILED);
      g_assert_cmpint (ask (database, "SELECT count (*) FROM jobs"), ==, 0);
    }
}

int
main (int argc, char *argv[])
{
  static const struct {
    const char *path;
    const char *data;
    void (*run) (Fixture *self, gconstpointer data);
  } tests[] = {
    { "/store-database/settings", NULL, test_settings },
    { "/store-database/checkpoint", NULL, test_checkpoint },
    { "/store-database/newer", "wal", test_newer },
    { "/store-database/newer-without-wal", "delete", test_newer },
    { "/store-database/foreign", NULL, test_foreign },
    { "/store-database/not-a-database", NULL, test_not_a_database },
    { "/store-database/missing", NULL, test_missing },
    { "/store-database/busy", NULL, test_busy },
    { "/store-database/full", NULL, test_full },
    { "/store-database/nonsense", NULL, test_nonsense },
  };

  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (tests); i++)
    g_test_add (tests[i].path, Fixture, tests[i].data, set_up, tests[i].run, tear_down);
  return g_test_run ();
}
