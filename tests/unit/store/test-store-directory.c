/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "store/bgc-store-directory.h"

#include <glib/gstdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bgc-store-sample.h"

static guint
mode_of (const char *path)
{
  GStatBuf status;

  g_assert_cmpint (g_stat (path, &status), ==, 0);
  return status.st_mode & 07777;
}

static void
write_file (const char *path, const char *text)
{
  g_assert_true (g_file_set_contents (path, text, -1, NULL));
}

static void
assert_content (const char *path, const char *expected)
{
  g_autofree char *text = NULL;

  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  g_assert_cmpstr (text, ==, expected);
}

static BgcStoreDirectory *
open_directory (const char *path)
{
  g_autoptr (GError) error = NULL;
  BgcStoreDirectory *directory = bgc_store_directory_open (path, &error);

  g_assert_no_error (error);
  return directory;
}

static void
test_modes (void)
{
  g_autofree char *base = sample_directory ();
  g_autofree char *path = g_build_filename (base, "a", "b", NULL);
  g_autofree char *parent = g_path_get_dirname (path);
  g_autoptr (BgcStoreDirectory) directory = NULL;
  const mode_t masks[] = { 0, 0277 };

  for (guint i = 0; i < G_N_ELEMENTS (masks); i++)
    {
      mode_t before = umask (masks[i]);

      directory = open_directory (path);
      g_assert_true (bgc_store_directory_prepare (directory, NULL));
      umask (before);
      g_assert_cmpuint (mode_of (path), ==, 0700);
      g_assert_cmpuint (mode_of (parent), ==, 0700);
      g_assert_cmpuint (mode_of (directory->database), ==, 0600);
      g_clear_pointer (&directory, bgc_store_directory_free);
      sample_remove_directory (parent);
    }
  sample_remove_directory (base);
}

static void
test_mode_of_old (void)
{
  g_autofree char *base = sample_directory ();
  g_autoptr (BgcStoreDirectory) directory = open_directory (base);

  write_file (directory->database, "old");
  g_assert_cmpint (g_chmod (directory->database, 0666), ==, 0);
  g_assert_true (bgc_store_directory_prepare (directory, NULL));
  g_assert_cmpuint (mode_of (directory->database), ==, 0600);
  assert_content (directory->database, "old");
  sample_remove_directory (base);
}

static void
test_lock (void)
{
  g_autofree char *base = sample_directory ();
  BgcStoreDirectory *first = open_directory (base);
  g_autoptr (BgcStoreDirectory) second = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_null (bgc_store_directory_open (base, &error));
  g_assert_error (error, BGC_ERROR, BGC_ERROR_BUSY);
  bgc_store_directory_free (first);
  second = open_directory (base);
  sample_remove_directory (base);
}

static void
test_impossible (void)
{
  g_autofree char *base = sample_directory ();
  g_autofree char *file = g_build_filename (base, "file", NULL);
  g_autofree char *below = g_build_filename (file, "queue", NULL);
  const char *const paths[] = { file, below, "/proc/no-such-directory" };
  g_autofree char *unwritable = g_build_filename (base, "unwritable", NULL);
  g_autoptr (GError) error = NULL;

  write_file (file, "");
  for (guint i = 0; i < G_N_ELEMENTS (paths); i++)
    {
      g_assert_null (bgc_store_directory_open (paths[i], &error));
      g_assert_error (error, BGC_ERROR, BGC_ERROR_STORE_FAILED);
      g_clear_error (&error);
    }
  g_assert_cmpint (g_mkdir (unwritable, 0500), ==, 0);
  if (geteuid () != 0)
    {
      g_assert_null (bgc_store_directory_open (unwritable, &error));
      g_assert_error (error, BGC_ERROR, BGC_ERROR_STORE_FAILED);
    }
  sample_remove_directory (base);
}

static void
test_not_a_file (void)
{
  g_autofree char *base = sample_directory ();
  g_autoptr (BgcStoreDirectory) directory = open_directory (base);
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (symlink ("/dev/null", directory->database), ==, 0);
  g_assert_false (bgc_store_directory_prepare (directory, &error));
  g_assert_error (error, BGC_ERROR, BGC_ERROR_STORE_FAILED);
  sample_remove_directory (base);
}

/* Each name is made of the directory and @name. */
static char *
in (BgcStoreDirectory *directory, const char *name)
{
  return g_build_filename (directory->path, name, NULL);
}

static void
test_adopt (void)
{
  g_autofree char *base = sample_directory ();
  g_autoptr (BgcStoreDirectory) directory = open_directory (base);
  g_autofree char *wal = in (directory, "queue.db-wal");

  for (guint n = 1; n <= 2; n++)
    {
      g_autofree char *expected = g_strdup_printf ("%s.corrupt-%u", directory->database, n);
      g_autofree char *expected_wal = g_strconcat (expected, "-wal", NULL);
      g_autofree char *aside = NULL;

      write_file (directory->database, "corrupt");
      write_file (wal, "its log");
      g_assert_true (bgc_store_directory_prepare_salvage (directory, NULL));
      g_assert_cmpuint (mode_of (directory->salvage), ==, 0600);
      write_file (directory->salvage, "salvaged");
      aside = bgc_store_directory_adopt_salvage (directory, NULL);
      g_assert_cmpstr (aside, ==, expected);
      assert_content (aside, "corrupt");
      assert_content (expected_wal, "its log");
      assert_content (directory->database, "salvaged");
      g_assert_false (g_file_test (wal, G_FILE_TEST_EXISTS));
      g_assert_false (g_file_test (directory->salvage, G_FILE_TEST_EXISTS));
    }
  sample_remove_directory (base);
}

/* As after a crash between the renames, and before them. */
static void
test_interrupted (void)
{
  g_autofree char *base = sample_directory ();
  g_autoptr (BgcStoreDirectory) directory = open_directory (base);
  g_autofree char *wal = in (directory, "queue.db-wal");
  g_autofree char *salvage_wal = in (directory, "queue.db.salvage-wal");
  g_autofree char *aside = in (directory, "queue.db.corrupt-1");
  g_autofree char *aside_wal = in (directory, "queue.db.corrupt-1-wal");

  write_file (aside, "corrupt");
  write_file (wal, "its log");
  write_file (directory->salvage, "salvaged");
  g_assert_true (bgc_store_directory_prepare (directory, NULL));
  assert_content (directory->database, "salvaged");
  assert_content (aside_wal, "its log");
  g_assert_false (g_file_test (wal, G_FILE_TEST_EXISTS));

  write_file (directory->salvage, "half");
  write_file (salvage_wal, "half");
  g_assert_true (bgc_store_directory_prepare (directory, NULL));
  assert_content (directory->database, "salvaged");
  g_assert_false (g_file_test (directory->salvage, G_FILE_TEST_EXISTS));
  g_assert_false (g_file_test (salvage_wal, G_FILE_TEST_EXISTS));
  sample_remove_directory (base);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/store-directory/modes", test_modes);
  g_test_add_func ("/store-directory/mode-of-old", test_mode_of_old);
  g_test_add_func ("/store-directory/lock", test_lock);
  g_test_add_func ("/store-directory/impossible", test_impossible);
  g_test_add_func ("/store-directory/not-a-file", test_not_a_file);
  g_test_add_func ("/store-directory/adopt", test_adopt);
  g_test_add_func ("/store-directory/interrupted", test_interrupted);
  return g_test_run ();
}
