/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "store/bgc-store-schema.h"

static sqlite3 *
open_memory (void)
{
  sqlite3 *connection = NULL;

  g_assert_cmpint (sqlite3_open (":memory:", &connection), ==, SQLITE_OK);
  return connection;
}

static guint
version_of (sqlite3 *connection)
{
  guint version = 99;

  g_assert_cmpint (bgc_store_schema_read_version (connection, &version), ==, SQLITE_OK);
  return version;
}

static void
test_new (void)
{
  sqlite3 *connection = open_memory ();

  g_assert_cmpuint (version_of (connection), ==, 0);
  g_assert_cmpint (bgc_store_schema_migrate (connection, 0), ==, SQLITE_OK);
  g_assert_cmpuint (version_of (connection), ==, bgc_store_schema_version ());
  g_assert_cmpint (bgc_store_schema_migrate (connection, bgc_store_schema_version ()), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_exec (connection, "SELECT * FROM jobs, files, leftovers, damaged", NULL, NULL,
                                 NULL), ==,
                   SQLITE_OK);
  sqlite3_close (connection);
}

/* From any version each later step runs, once. */
static void
test_steps (void)
{
  const char *const steps[] = { "CREATE TABLE a (x)",
                                "ALTER TABLE a ADD COLUMN y; INSERT INTO a VALUES (1, 2)",
                                "UPDATE a SET y = 3" };

  for (guint from = 0; from <= G_N_ELEMENTS (steps); from++)
    {
      sqlite3 *connection = open_memory ();

      g_assert_cmpint (bgc_store_schema_apply (connection, 0, steps, from), ==, SQLITE_OK);
      g_assert_cmpuint (version_of (connection), ==, from);
      g_assert_cmpint (bgc_store_schema_apply (connection, from, steps, G_N_ELEMENTS (steps)), ==, SQLITE_OK);
      g_assert_cmpuint (version_of (connection), ==, G_N_ELEMENTS (steps));
      g_assert_cmpint (sqlite3_exec (connection, "SELECT x, y FROM a", NULL, NULL, NULL), ==, SQLITE_OK);
      g_assert_cmpint (sqlite3_total_changes (connection), ==, 2);
      sqlite3_close (connection);
    }
}

/* A step that fails half-way is not there, and the ones before are. */
static void
test_broken_step (void)
{
  const char *const steps[] = { "CREATE TABLE a (x)", "CREATE TABLE b (x); NONSENSE", "CREATE TABLE c (x)" };
  sqlite3 *connection = open_memory ();

  g_assert_cmpint (bgc_store_schema_apply (connection, 0, steps, 3), ==, SQLITE_ERROR);
  g_assert_cmpint (sqlite3_get_autocommit (connection), ==, 0);
  g_assert_cmpint (sqlite3_exec (connection, "ROLLBACK", NULL, NULL, NULL), ==, SQLITE_OK);
  g_assert_cmpuint (version_of (connection), ==, 1);
  g_assert_cmpint (sqlite3_exec (connection, "SELECT * FROM a", NULL, NULL, NULL), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_exec (connection, "SELECT * FROM b", NULL, NULL, NULL), ==, SQLITE_ERROR);
  sqlite3_close (connection);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/store-schema/new", test_new);
  g_test_add_func ("/store-schema/steps", test_steps);
  g_test_add_func ("/store-schema/broken-step", test_broken_step);
  return g_test_run ();
}
