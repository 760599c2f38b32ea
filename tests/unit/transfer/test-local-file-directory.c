/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "transfer/bgc-local-file-directory.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <unistd.h>

#include "bgc-folder.h"

static void
test_open (void)
{
  g_autoptr (BgcFolder) folder = bgc_folder_new ();
  g_autofree char *missing = bgc_folder_path (folder, "missing");
  g_autofree char *file = bgc_folder_path (folder, "file");
  g_autoptr (BgcLocalFileDirectory) directory = NULL;
  int error = 0;

  directory = bgc_local_file_directory_open (folder->path, &error);
  g_assert_nonnull (directory);
  g_assert_cmpint (bgc_local_file_directory_fd (directory), >=, 0);
  g_assert_cmpuint (bgc_local_file_directory_device (directory), ==, bgc_folder_stat (folder, ".").st_dev);
  g_assert_cmpint (bgc_local_file_directory_sync (directory), ==, 0);
  g_assert_cmpint (bgc_local_file_directory_sync_all (directory), ==, 0);
  g_assert_null (bgc_local_file_directory_open (missing, &error));
  g_assert_cmpint (error, ==, ENOENT);
  bgc_folder_write (folder, "file", "x");
  g_assert_null (bgc_local_file_directory_open (file, &error));
  g_assert_cmpint (error, ==, ENOTDIR);
}

static void
test_cache (void)
{
  g_autoptr (BgcFolder) folder = bgc_folder_new ();
  BgcLocalFileDirectoryCache *cache = bgc_local_file_directory_cache_new ();
  g_autoptr (BgcLocalFileDirectory) first = NULL;
  g_autoptr (BgcLocalFileDirectory) again = NULL;
  g_autoptr (BgcLocalFileDirectory) other = NULL;
  g_autofree char *path = bgc_folder_path (folder, "d");
  g_autofree char *moved = bgc_folder_path (folder, "moved");
  int error = 0;

  g_assert_null (bgc_local_file_directory_cache_get (cache, path, &error));
  g_assert_cmpint (error, ==, ENOENT);
  g_assert_cmpint (g_mkdir (path, 0700), ==, 0);
  first = bgc_local_file_directory_cache_get (cache, path, &error);
  again = bgc_local_file_directory_cache_get (cache, path, &error);
  g_assert_true (first == again);
  /* Another one under the same path is another one. */
  g_assert_cmpint (g_rename (path, moved), ==, 0);
  g_assert_null (bgc_local_file_directory_cache_get (cache, path, &error));
  g_assert_cmpint (error, ==, ENOENT);
  g_assert_cmpint (g_mkdir (path, 0700), ==, 0);
  other = bgc_local_file_directory_cache_get (cache, path, &error);
  g_assert_true (other != first);
  bgc_local_file_directory_cache_free (cache);
}

/* Those kept open are few. */
static void
test_bounded (void)
{
  g_autoptr (BgcFolder) folder = bgc_folder_new ();
  BgcLocalFileDirectoryCache *cache = bgc_local_file_directory_cache_new ();
  int before = dup (0);
  int after;

  close (before);
  for (guint i = 0; i < 50; i++)
    {
      g_autofree char *name = g_strdup_printf ("d%u", i);
      g_autofree char *path = bgc_folder_path (folder, name);
      g_autoptr (BgcLocalFileDirectory) directory = NULL;
      int error = 0;

      g_assert_cmpint (g_mkdir (path, 0700), ==, 0);
      directory = bgc_local_file_directory_cache_get (cache, path, &error);
      g_assert_nonnull (directory);
    }
  after = dup (0);
  close (after);
  g_assert_cmpint (after - before, <=, 4);
  bgc_local_file_directory_cache_free (cache);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/local-file-directory/open", test_open);
  g_test_add_func ("/local-file-directory/cache", test_cache);
  g_test_add_func ("/local-file-directory/bounded", test_bounded);
  return g_test_run ();
}
