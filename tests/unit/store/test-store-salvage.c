/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "store/bgc-store-salvage.h"

#include <glib/gstdio.h>
#include <sqlite3.h>
#include <string.h>

#include "bgc-store-sample.h"
#include "store/bgc-store-sqlite.h"

#define PAGE 4096u
#define JOBS 200u

/* Jobs that one page may cost: those in it, with what the strides overlook. */
#define LOST_MAX 60u

typedef struct {
  char *directory;
  char *path;
  guint8 *image;  /* of a whole database, without a log */
  gsize length;
} Fixture;

static BgcStore *
open_store (const char *directory)
{
  g_autoptr (GError) error = NULL;
  BgcStore *store = bgc_store_sqlite_new (directory, &error);

  g_assert_no_error (error);
  return store;
}

static void
close_store (BgcStore *store)
{
  bgc_store_close (store);
  g_object_unref (store);
}

static void
set_up (Fixture *self, gconstpointer data)
{
  BgcStore *store;

  self->directory = sample_directory ();
  self->path = g_build_filename (self->directory, "queue.db", NULL);
  store = open_store (self->directory);
  for (guint n = 1; n <= JOBS; n++)
    {
      BgcChange *change = sample_create (n, 3);

      g_ptr_array_add (change->leftovers, bgc_leftover_new (n, "/srv/.bgcopy-1", 0, 0));
      bgc_store_commit_async (store, change, BGC_STORE_NORMAL, NULL, NULL);
    }
  close_store (store);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_true (g_file_get_contents (self->path, (char **) &self->image, &self->length, NULL));
  g_assert_cmpuint (self->length % PAGE, ==, 0);
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  sample_remove_directory (self->directory);
  g_free (self->directory);
  g_free (self->path);
  g_free (self->image);
}

/* Opens the queue with @image as its database. Answers how many of the jobs came back as they were. */
static guint
open_image (Fixture *self, const guint8 *image, gsize length, gboolean *salvaged, guint *changed)
{
  g_autoptr (GPtrArray) jobs = NULL;
  BgcStore *store;
  guint whole = 0;

  sample_remove_directory (self->directory);
  g_assert_cmpint (g_mkdir (self->directory, 0700), ==, 0);
  g_assert_true (g_file_set_contents (self->path, (const char *) image, (gssize) length, NULL));
  sample_expect_warnings ();
  store = open_store (self->directory);
  jobs = sample_load (store, NULL);
  *salvaged = bgc_store_sqlite_was_salvaged (BGC_STORE_SQLITE (store));
  *changed = 0;
  for (guint i = 0; i < jobs->len; i++)
    {
      const BgcJob *job = g_ptr_array_index (jobs, i);

      /* A job that lacks files says so. */
      if (bgc_file_list_length (job->files) == 3 && job->state == BGC_JOB_STATE_SUSPENDED)
        whole++;
      else
        g_assert_cmpint (job->state, ==, BGC_JOB_STATE_ERROR);
      *changed += job->state == BGC_JOB_STATE_ERROR;
    }
  /* It can be used. */
  sample_commit_ok (store, sample_create (JOBS + 1, 1));
  close_store (store);
  g_assert_cmpint (sample_take_warnings () > 0, ==, *salvaged);
  return whole;
}

/* Every page in turn is garbage. */
static void
test_each_page (Fixture *self, gconstpointer data)
{
  guint n_salvaged = 0;
  guint n_poor = 0;

  for (gsize at = 0; at < self->length; at += PAGE)
    {
      g_autofree guint8 *image = g_memdup2 (self->image, self->length);
      gboolean salvaged;
      guint changed;
      guint whole;

      memset (image + at, 0xa5, PAGE);
      whole = open_image (self, image, self->length, &salvaged, &changed);
      n_salvaged += salvaged;
      if (whole + LOST_MAX < JOBS)
        {
          g_test_message ("page %u: %u whole, %u changed", (guint) (at / PAGE) + 1, whole, changed);
          n_poor++;
        }
    }
  g_assert_cmpuint (n_salvaged, >=, self->length / PAGE - 2);
  /* The first page and the upper ones of the trees of jobs and files are what others hang on. */
  g_assert_cmpuint (n_poor, <=, 6);
}

static void
test_header (Fixture *self, gconstpointer data)
{
  g_autofree char *aside = g_strconcat (self->path, ".corrupt-1", NULL);
  gboolean salvaged;
  guint changed;

  memset (self->image, 0xff, 100);
  g_assert_cmpuint (open_image (self, self->image, self->length, &salvaged, &changed), ==, 0);
  g_assert_true (salvaged);
  g_assert_true (g_file_test (aside, G_FILE_TEST_EXISTS));
}

static void
test_truncated (Fixture *self, gconstpointer data)
{
  const gsize lengths[] = { self->length - PAGE, self->length / 2, self->length / 2 + 17, 3 * PAGE, 100 };
  guint last = JOBS;

  for (guint i = 0; i < G_N_ELEMENTS (lengths); i++)
    {
      gboolean salvaged;
      guint changed;
      guint whole = open_image (self, self->image, lengths[i], &salvaged, &changed);

      g_assert_true (salvaged);
      /* In the page that is cut there may be one job more. */
      g_assert_cmpuint (whole, <=, last + 1);
      if (i == 0)
        g_assert_cmpuint (whole, >=, JOBS - LOST_MAX);
      if (i == 1)
        g_assert_cmpuint (whole + changed, >, 0);
      last = whole;
    }
}

/* Salvaged rows that make no sense are set aside as ever, and leftovers come along. */
static void
test_rows (Fixture *self, gconstpointer data)
{
  g_autoptr (BgcSecretsKey) key = NULL;
  g_autoptr (BgcStoreDirectory) directory = NULL;
  g_autoptr (GPtrArray) leftovers = NULL;
  g_autoptr (GPtrArray) jobs = NULL;
  g_autoptr (GError) error = NULL;
  sqlite3 *connection = NULL;
  BgcStore *store;

  g_assert_cmpint (sqlite3_open (self->path, &connection), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_exec (connection, "UPDATE jobs SET state = 77 WHERE sequence = 5;"
                                 "UPDATE files SET temporary = 'passwd' WHERE job = 7 AND idx = 0;"
                                 "UPDATE leftovers SET path = 'x' WHERE id = 9;"
                                 "PRAGMA foreign_keys = OFF;"
                                 "INSERT INTO secrets VALUES (3, 8, x'00'), (3, 9, x'00'), (999, 0, x'00');"
                                 "INSERT INTO damaged VALUES (1, 'jobs', 'why', 'what')", NULL, NULL, NULL),
                                     ==, SQLITE_OK);
  sqlite3_close (connection);
  sample_expect_warnings ();
  directory = bgc_store_directory_open (self->directory, &error);
  g_assert_no_error (error);
  key = bgc_secrets_key_open (self->directory, NULL, &error);
  g_assert_true (bgc_store_salvage_run (directory, key, &error));
  g_assert_no_error (error);
  g_clear_pointer (&directory, bgc_store_directory_free);
  g_assert_cmpuint (sample_take_warnings (), >, 0);
  store = open_store (self->directory);
  sample_expect_warnings ();
  jobs = sample_load (store, &leftovers);
  g_assert_cmpuint (sample_take_warnings (), ==, 1);
  g_assert_cmpuint (jobs->len, ==, JOBS - 1);
  g_assert_cmpuint (leftovers->len, ==, JOBS - 1);
  g_assert_cmpint (sample_find (jobs, 7)->state, ==, BGC_JOB_STATE_ERROR);
  /* Taken as they are; what these are nobody can tell. */
  g_assert_cmpuint (sample_find (jobs, 3)->lost_secrets, ==, 0x300);
  close_store (store);
}

int
main (int argc, char *argv[])
{
  static const struct {
    const char *path;
    void (*run) (Fixture *self, gconstpointer data);
  } tests[] = {
    { "/store-salvage/each-page", test_each_page },
    { "/store-salvage/header", test_header },
    { "/store-salvage/truncated", test_truncated },
    { "/store-salvage/rows", test_rows },
  };

  g_test_init (&argc, &argv, NULL);
  sample_watch_warnings ();
  for (guint i = 0; i < G_N_ELEMENTS (tests); i++)
    g_test_add (tests[i].path, Fixture, NULL, set_up, tests[i].run, tear_down);
  return g_test_run ();
}
