/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "transfer/bgc-local-file-source.h"

typedef struct
{
  char *folder;
  char *path;
} Fixture;

static void
set_up (Fixture *self, gconstpointer data)
{
  self->folder = g_dir_make_tmp ("bgcopy-source-XXXXXX", NULL);
  self->path = g_build_filename (self->folder, "source", NULL);
  g_assert_true (g_file_set_contents (self->path, "0123456789", 10, NULL));
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  g_autoptr (GDir) directory = g_dir_open (self->folder, 0, NULL);
  const char *name;

  while (directory != NULL && (name = g_dir_read_name (directory)) != NULL)
    {
      g_autofree char *child = g_build_filename (self->folder, name, NULL);

      g_assert_cmpint (g_remove (child), ==, 0);
    }
  g_rmdir (self->folder);
  g_free (self->folder);
  g_free (self->path);
}

static void
check_fails (const char *path, BgcErrorCode code)
{
  g_autoptr (GError) error = NULL;
  guint64 size = 7;

  g_assert_false (bgc_local_file_source_check (path, &size, &error));
  g_assert_error (error, BGC_ERROR, (gint)code);
}

static void
test_check (Fixture *self, gconstpointer data)
{
  g_autofree char *missing = g_build_filename (self->folder, "missing", NULL);
  g_autofree char *below = g_build_filename (self->path, "below", NULL);
  g_autofree char *link = g_build_filename (self->folder, "link", NULL);
  g_autofree char *pipe = g_build_filename (self->folder, "pipe", NULL);
  g_autofree char *child = g_build_filename (self->folder, "child", NULL);
  g_autoptr (GError) error = NULL;
  guint64 size = 0;

  g_assert_true (bgc_local_file_source_check (self->path, &size, &error));
  g_assert_cmpuint (size, ==, 10);
  check_fails (missing, BGC_ERROR_NOT_FOUND);
  check_fails (below, BGC_ERROR_NOT_FOUND);
  check_fails ("relative", BGC_ERROR_INVALID_PATH);
  g_assert_cmpint (g_mkdir (child, 0700), ==, 0);
  check_fails (child, BGC_ERROR_INVALID_PATH);
  g_assert_cmpint (mkfifo (pipe, 0600), ==, 0);
  check_fails (pipe, BGC_ERROR_INVALID_PATH);
  g_assert_cmpint (symlink ("source", link), ==, 0);
  check_fails (link, BGC_ERROR_INVALID_PATH);
  /* It has bytes and says that it has none. */
  check_fails ("/proc/version", BGC_ERROR_INVALID_PATH);
}

static void
test_unreadable (Fixture *self, gconstpointer data)
{
  if (geteuid () == 0)
    {
      /* Root reads everything: a child that is not tells. */
      int status;
      pid_t child;

      g_assert_cmpint (g_chmod (self->folder, 0755), ==, 0);
      g_assert_cmpint (g_chmod (self->path, 0600), ==, 0);
      child = fork ();
      if (child == 0)
        {
          g_autoptr (GError) error = NULL;
          guint64 size;

          if (setresuid (65534, 65534, 65534) != 0)
            _exit (2);
          bgc_local_file_source_check (self->path, &size, &error);
          _exit (g_error_matches (error, BGC_ERROR, BGC_ERROR_ACCESS_DENIED) ? 0 : 1);
        }
      g_assert_cmpint (waitpid (child, &status, 0), ==, child);
      g_assert_cmpint (status, ==, 0);
      return;
    }
  g_assert_cmpint (g_chmod (self->path, 0000), ==, 0);
  check_fails (self->path, BGC_ERROR_ACCESS_DENIED);
}

static void
test_read (Fixture *self, gconstpointer data)
{
  g_auto (BgcLocalFileSource) source = BGC_LOCAL_FILE_SOURCE_NONE;
  char bytes[20];

  g_assert_null (bgc_local_file_source_open (&source, self->path));
  g_assert_cmpuint (source.size, ==, 10);
  g_assert_cmpint (bgc_local_file_source_read (&source, 4, bytes, 3), ==, 3);
  g_assert_cmpmem (bytes, 3, "456", 3);
  g_assert_cmpint (bgc_local_file_source_read (&source, 8, bytes, sizeof bytes), ==, 2);
  g_assert_true (bgc_local_file_source_is_unchanged (&source));
}

typedef void (*Change) (const char *path);

static void
grow (const char *path)
{
  g_assert_cmpint (truncate (path, 11), ==, 0);
}

static void
touch (const char *path)
{
  const struct timespec times[2] = { { 1, 0 }, { 1, 1 } };

  g_assert_cmpint (utimensat (AT_FDCWD, path, times, 0), ==, 0);
}

static void
replace (const char *path)
{
  g_autofree char *other = g_strconcat (path, ".new", NULL);
  struct stat status;
  struct timespec times[2];

  g_assert_cmpint (stat (path, &status), ==, 0);
  g_assert_true (g_file_set_contents (other, "9876543210", 10, NULL));
  times[0] = times[1] = status.st_mtim;
  g_assert_cmpint (utimensat (AT_FDCWD, other, times, 0), ==, 0);
  g_assert_cmpint (g_rename (other, path), ==, 0);
}

static void
delete_it (const char *path)
{
  g_assert_cmpint (g_remove (path), ==, 0);
}

static void
test_change (Fixture *self, gconstpointer data)
{
  const Change changes[] = { grow, touch, replace, delete_it };

  for (guint i = 0; i < G_N_ELEMENTS (changes); i++)
    {
      g_auto (BgcLocalFileSource) source = BGC_LOCAL_FILE_SOURCE_NONE;

      g_assert_null (bgc_local_file_source_open (&source, self->path));
      g_assert_true (bgc_local_file_source_is_unchanged (&source));
      changes[i](self->path);
      g_assert_false (bgc_local_file_source_is_unchanged (&source));
    }
}

static void
open_fails (const char *path, BgcErrorCode code, BgcWaitReason wait)
{
  g_auto (BgcLocalFileSource) source = BGC_LOCAL_FILE_SOURCE_NONE;
  g_autoptr (BgcFailure) failure = bgc_local_file_source_open (&source, path);

  g_assert_nonnull (failure);
  g_assert_cmpint (failure->code, ==, code);
  g_assert_cmpint (failure->context, ==, BGC_CONTEXT_LOCAL_FILE);
  g_assert_cmpint (failure->wait, ==, wait);
  g_assert_cmpint (source.fd, ==, -1);
}

/* A home that is away may come back; a file that is gone from its directory will not. */
static void
test_open_failures (Fixture *self, gconstpointer data)
{
  g_autofree char *missing = g_build_filename (self->folder, "missing", NULL);
  g_autofree char *away = g_build_filename (self->folder, "away", "file", NULL);

  open_fails (missing, BGC_ERROR_NOT_FOUND, BGC_WAIT_NONE);
  open_fails (away, BGC_ERROR_INVALID_PATH, BGC_WAIT_STORAGE);
  open_fails (self->folder, BGC_ERROR_INVALID_PATH, BGC_WAIT_NONE);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/local-file-source/check", Fixture, NULL, set_up, test_check, tear_down);
  g_test_add ("/local-file-source/unreadable", Fixture, NULL, set_up, test_unreadable, tear_down);
  g_test_add ("/local-file-source/read", Fixture, NULL, set_up, test_read, tear_down);
  g_test_add ("/local-file-source/change", Fixture, NULL, set_up, test_change, tear_down);
  g_test_add ("/local-file-source/open-failures", Fixture, NULL, set_up, test_open_failures, tear_down);
  return g_test_run ();
}
