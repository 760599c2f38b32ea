/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "store/bgc-store-codec.h"

#include "bgc-store-sample.h"
#include "store/bgc-store-schema.h"

/* One row of @columns, each NULL but as @overrides (pairs of name and SQL) says. */
static sqlite3_stmt *
select_row (sqlite3 *connection, const char *from, const char *const *columns, const char *name,
            const char *sql)
{
  g_autoptr (GString) text = g_string_new ("SELECT ");
  sqlite3_stmt *statement = NULL;

  for (guint i = 0; columns[i] != NULL; i++)
    g_string_append_printf (text, "%s%s AS %s", i > 0 ? ", " : "",
                            g_strcmp0 (columns[i], name) == 0 ? sql : columns[i], columns[i]);
  g_string_append_printf (text, " FROM %s", from);
  g_assert_cmpint (sqlite3_prepare_v2 (connection, text->str, -1, &statement, NULL), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_step (statement), ==, SQLITE_ROW);
  return statement;
}

/* A database in memory with one job and one file. */
static sqlite3 *
open_filled (void)
{
  sqlite3 *connection = NULL;
  g_autofree char *job_list = bgc_store_codec_list (bgc_store_codec_job_columns);
  g_autofree char *file_list = bgc_store_codec_list (bgc_store_codec_file_columns);
  g_autofree char *jobs = g_strdup_printf ("INSERT INTO jobs (%s) VALUES ("
                                           "?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?"
                                           ",?,?,?,?,?,?,?)", job_list);
  g_autofree char *files = g_strdup_printf ("INSERT INTO files (%s) VALUES ("
                                            "?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
                                            file_list);
  g_autoptr (BgcJob) job = sample_extreme_job (4);
  g_autoptr (BgcFile) file = sample_extreme_file (5);
  g_autoptr (BgcLeftover) leftover = bgc_leftover_new (7, "/srv/x", 1, 2);
  sqlite3_stmt *statement = NULL;

  g_assert_cmpint (sqlite3_open (":memory:", &connection), ==, SQLITE_OK);
  g_assert_cmpint (bgc_store_schema_migrate (connection, 0), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_prepare_v2 (connection, jobs, -1, &statement, NULL), ==, SQLITE_OK);
  g_assert_cmpint (bgc_store_codec_bind_job (statement, job), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_step (statement), ==, SQLITE_DONE);
  sqlite3_finalize (statement);
  g_assert_cmpint (sqlite3_prepare_v2 (connection, files, -1, &statement, NULL), ==, SQLITE_OK);
  g_assert_cmpint (bgc_store_codec_bind_file (statement, 4, file), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_step (statement), ==, SQLITE_DONE);
  sqlite3_finalize (statement);
  g_assert_cmpint (sqlite3_prepare_v2 (connection, "INSERT INTO leftovers VALUES (?,?,?,?,?,?)", -1,
                                       &statement, NULL), ==,
                   SQLITE_OK);
  g_assert_cmpint (bgc_store_codec_bind_leftover (statement, leftover), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_step (statement), ==, SQLITE_DONE);
  sqlite3_finalize (statement);
  return connection;
}

static void
test_good (void)
{
  sqlite3 *connection = open_filled ();
  sqlite3_stmt *row = select_row (connection, "jobs", bgc_store_codec_job_columns, NULL, NULL);
  g_autoptr (BgcJob) expected = sample_extreme_job (4);
  g_autoptr (BgcFile) expected_file = sample_extreme_file (5);
  char *reason = NULL;
  g_autoptr (BgcJob) job = bgc_store_codec_read_job (row, &reason);
  g_autoptr (BgcFile) file = NULL;
  g_autoptr (BgcLeftover) leftover = NULL;

  g_assert_null (reason);
  sample_assert_jobs_equal (job, expected);
  sqlite3_finalize (row);
  row = select_row (connection, "files", bgc_store_codec_file_columns, NULL, NULL);
  file = bgc_store_codec_read_file (row, &reason);
  g_assert_null (reason);
  sample_assert_files_equal (file, expected_file);
  sqlite3_finalize (row);
  row = select_row (connection, "leftovers", bgc_store_codec_leftover_columns, NULL, NULL);
  leftover = bgc_store_codec_read_leftover (row, &reason);
  g_assert_null (reason);
  g_assert_cmpstr (leftover->path, ==, "/srv/x");
  g_assert_cmpuint (leftover->id, ==, 1);
  sqlite3_finalize (row);
  sqlite3_close (connection);
}

typedef struct {
  const char *column;
  const char *sql;
} Spoil;

/* Types that cannot be: every column of a table takes each of these in turn. */
static const char *const wrong_types[] = { "1.5", "X'0102'", "CAST(X'ff' AS TEXT)",
                                           "CAST(X'410042' AS TEXT)" };

typedef gboolean (*ReadFunc) (sqlite3_stmt *row, char **reason);

static void
assert_all_bad (sqlite3 *connection, const char *table, const char *const *columns, guint first,
                ReadFunc reads)
{
  for (guint i = first; columns[i] != NULL; i++)
    for (guint j = 0; j < G_N_ELEMENTS (wrong_types); j++)
      {
        sqlite3_stmt *row = select_row (connection, table, columns, columns[i], wrong_types[j]);
        g_autofree char *reason = NULL;

        g_assert_false (reads (row, &reason));
        g_assert_true (g_str_has_prefix (reason, columns[i]));
        sqlite3_finalize (row);
      }
}

static void
assert_bad (sqlite3 *connection, const char *table, const char *const *columns, const Spoil *bad, guint count,
            ReadFunc reads)
{
  for (guint i = 0; i < count; i++)
    {
      sqlite3_stmt *row = select_row (connection, table, columns, bad[i].column, bad[i].sql);
      g_autofree char *reason = NULL;

      g_test_message ("%s = %s", bad[i].column, bad[i].sql);
      g_assert_false (reads (row, &reason));
      g_assert_nonnull (reason);
      sqlite3_finalize (row);
    }
}

static gboolean
reads_job (sqlite3_stmt *row, char **reason)
{
  g_autoptr (BgcJob) job = bgc_store_codec_read_job (row, reason);

  return job != NULL;
}

static gboolean
reads_file (sqlite3_stmt *row, char **reason)
{
  g_autoptr (BgcFile) file = bgc_store_codec_read_file (row, reason);

  return file != NULL;
}

static gboolean
reads_leftover (sqlite3_stmt *row, char **reason)
{
  g_autoptr (BgcLeftover) leftover = bgc_store_codec_read_leftover (row, reason);

  return leftover != NULL;
}

static void
test_bad_jobs (void)
{
  static const Spoil bad[] = {
    { "sequence", "-1" }, { "id", "X''" }, { "id", "'abcdefghijklmnop'" }, { "type", "3" }, { "type", "-1" },
    { "owner", "4294967296" }, { "owner", "-1" }, { "state", "9" }, { "priority", "4" },
        { "display_name", "NULL" },
    { "display_name", "char (7)" }, { "display_name", "printf ('%.257c', 'x')" }, { "description", "NULL" },
    { "description", "printf ('%.1025c', 'x')" }, { "retry_delay_is_set", "2" }, { "notify_flags", "64" },
    { "error", "NULL" }, { "error", "'nonsense'" }, { "error", "'{}'" }, { "wait_reason", "12" },
    { "no_progress_time", "-2" }, { "active_time", "-1" }, { "next_index", "4294967296" },
        { "completing", "-1" },   { "upload_protocol", "5" },   { "upload", "'{}'" },
    { "reply_file_name", "'/srv/x'" }, { "cancel_boot_id", "''" }, { "cost_policy", "5" },
    { "next_attempt", "9223372036854775807" }, { "active_time", "9223372036854775807" },
    { "creation_time", "-9223372036854775808" },
  };
  sqlite3 *connection = open_filled ();

  assert_all_bad (connection, "jobs", bgc_store_codec_job_columns, 2, reads_job);
  assert_bad (connection, "jobs", bgc_store_codec_job_columns, bad, G_N_ELEMENTS (bad), reads_job);
  sqlite3_close (connection);
}

static void
test_bad_files (void)
{
  static const Spoil bad[] = {
    { "idx", "-1" }, { "idx", "4294967296" }, { "state", "4" }, { "overwrite", "2" }, { "remote", "''" },
    { "remote", "printf ('http://%.9000c', 'x')" }, { "local", "'relative'" }, { "local", "'/ends/in/'" },
    { "local", "'/x/..'" }, { "identity", "'relative'" }, { "temporary", "'passwd'" },
        { "temporary", "'../x'" },
    { "temporary", "NULL" }, { "checksum", "'md5:00'" }, { "attempts", "-1" }, { "failure", "'[]'" },
    { "bytes_total", "NULL" },
  };
  sqlite3 *connection = open_filled ();

  assert_all_bad (connection, "files", bgc_store_codec_file_columns, 1, reads_file);
  assert_bad (connection, "files", bgc_store_codec_file_columns, bad, G_N_ELEMENTS (bad), reads_file);
  sqlite3_close (connection);
}

static void
test_bad_leftovers (void)
{
  static const Spoil bad[] = { { "id", "0" }, { "owner", "-1" }, { "path", "'x'" }, { "path", "NULL" },
                               { "path", "''" } };
  sqlite3 *connection = open_filled ();

  assert_all_bad (connection, "leftovers", bgc_store_codec_leftover_columns, 0, reads_leftover);
  assert_bad (connection, "leftovers", bgc_store_codec_leftover_columns, bad, G_N_ELEMENTS (bad),
              reads_leftover);
  sqlite3_close (connection);
}

static void
test_row_text (void)
{
  sqlite3 *connection = NULL;
  sqlite3_stmt *row = NULL;
  g_autofree char *text = NULL;

  g_assert_cmpint (sqlite3_open (":memory:", &connection), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_prepare_v2 (connection,
                                       "SELECT 1 AS a, NULL AS b, X'01ff' AS c, 'x' || char (10) AS d, "
                                       "CAST(X'fe' AS TEXT) AS e, X'' AS f", -1, &row, NULL), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_step (row), ==, SQLITE_ROW);
  text = bgc_store_codec_row_text (row);
  g_assert_cmpstr (text, ==, "a=1\nb=NULL\nc=x'01ff'\nd=x\\x0A\ne=\\xFE\nf=x''\n");
  sqlite3_finalize (row);
  sqlite3_close (connection);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/store-codec/good", test_good);
  g_test_add_func ("/store-codec/bad-jobs", test_bad_jobs);
  g_test_add_func ("/store-codec/bad-files", test_bad_files);
  g_test_add_func ("/store-codec/bad-leftovers", test_bad_leftovers);
  g_test_add_func ("/store-codec/row-text", test_row_text);
  return g_test_run ();
}
