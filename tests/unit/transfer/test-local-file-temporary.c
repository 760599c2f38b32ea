/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "transfer/bgc-local-file-temporary.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <unistd.h>

#include "bgc-folder.h"

#define NAME ".bgcopy-0123456789abcdef0123456789abcdef"

typedef struct
{
  BgcFolder *folder;
  int directory;
  char *path;
} Scene;

static void
set_up (Scene *scene, gconstpointer data)
{
  scene->folder = bgc_folder_new ();
  scene->directory = open (scene->folder->path, O_RDONLY | O_DIRECTORY);
  scene->path = bgc_folder_path (scene->folder, NAME);
}

static void
tear_down (Scene *scene, gconstpointer data)
{
  close (scene->directory);
  g_free (scene->path);
  bgc_folder_free (scene->folder);
}

static void
test_create (Scene *scene, gconstpointer data)
{
  int error = 0;
  int fd = bgc_local_file_temporary_create (scene->directory, NAME, &error);
  struct stat status;

  g_assert_cmpint (fd, >=, 0);
  g_assert_cmpint (fcntl (fd, F_GETFD) & FD_CLOEXEC, !=, 0);
  g_assert_cmpint (fstat (fd, &status), ==, 0);
  g_assert_cmpint (status.st_mode & 07777, ==, 0600);
  close (fd);
}

static void
test_leftover (Scene *scene, gconstpointer data)
{
  int error = 0;
  int fd;

  bgc_folder_write (scene->folder, NAME, "of a crash");
  fd = bgc_local_file_temporary_create (scene->directory, NAME, &error);
  g_assert_cmpint (fd, >=, 0);
  g_assert_cmpint (lseek (fd, 0, SEEK_END), ==, 0);
  close (fd);
}

static void
test_not_ours (Scene *scene, gconstpointer data)
{
  g_autofree char *other = bgc_folder_path (scene->folder, "other");
  int error = 0;

  bgc_folder_write (scene->folder, "other", "mine");
  g_assert_cmpint (symlink ("other", scene->path), ==, 0);
  g_assert_cmpint (bgc_local_file_temporary_create (scene->directory, NAME, &error), ==, -1);
  g_assert_cmpint (error, ==, EEXIST);
  g_assert_cmpint (g_unlink (scene->path), ==, 0);
  g_assert_cmpint (link (other, scene->path), ==, 0);
  g_assert_cmpint (bgc_local_file_temporary_create (scene->directory, NAME, &error), ==, -1);
  g_assert_cmpint (bgc_local_file_temporary_create (scene->directory, "other", &error), ==, -1);
  g_assert_cmpint (error, ==, EEXIST);
  bgc_folder_assert_text (scene->folder, "other", "mine");
}

static void
test_reopen (Scene *scene, gconstpointer data)
{
  struct stat status;
  int error = 7;
  int fd;

  bgc_folder_write (scene->folder, NAME, "0123456789");
  status = bgc_folder_stat (scene->folder, NAME);
  fd = bgc_local_file_temporary_reopen (scene->directory, NAME, status.st_dev, status.st_ino, 4, &error);
  g_assert_cmpint (fd, >=, 0);
  close (fd);
  bgc_folder_assert_text (scene->folder, NAME, "0123");
  /* Shorter than stored, or another one. */
  g_assert_cmpint (
    bgc_local_file_temporary_reopen (scene->directory, NAME, status.st_dev, status.st_ino, 5, &error), ==,
    -1);
  g_assert_cmpint (error, ==, 0);
  g_assert_cmpint (
    bgc_local_file_temporary_reopen (scene->directory, NAME, status.st_dev, status.st_ino + 1, 4, &error), ==,
    -1);
  g_assert_cmpint (error, ==, 0);
  g_assert_cmpint (
    bgc_local_file_temporary_reopen (scene->directory, NAME, status.st_dev + 1, status.st_ino, 4, &error), ==,
    -1);
  g_assert_cmpint (error, ==, 0);
  bgc_folder_assert_text (scene->folder, NAME, "0123");
}

/* What has taken the file's place is never followed, opened for long or changed. */
static void
test_reopen_other_things (Scene *scene, gconstpointer data)
{
  g_autofree char *other = bgc_folder_path (scene->folder, "other");
  struct stat status;
  int error = 7;

  g_assert_cmpint (bgc_local_file_temporary_reopen (scene->directory, NAME, 1, 1, 0, &error), ==, -1);
  g_assert_cmpint (error, ==, 0);
  bgc_folder_write (scene->folder, "other", "0123456789");
  status = bgc_folder_stat (scene->folder, "other");
  g_assert_cmpint (symlink ("other", scene->path), ==, 0);
  g_assert_cmpint (
    bgc_local_file_temporary_reopen (scene->directory, NAME, status.st_dev, status.st_ino, 4, &error), ==,
    -1);
  g_assert_cmpint (error, ==, 0);
  g_assert_cmpint (g_unlink (scene->path), ==, 0);
  g_assert_cmpint (link (other, scene->path), ==, 0);
  g_assert_cmpint (
    bgc_local_file_temporary_reopen (scene->directory, NAME, status.st_dev, status.st_ino, 4, &error), ==,
    -1);
  g_assert_cmpint (error, ==, 0);
  bgc_folder_assert_text (scene->folder, "other", "0123456789");
  g_assert_cmpint (g_unlink (scene->path), ==, 0);
  g_assert_cmpint (mkfifo (scene->path, 0600), ==, 0);
  g_assert_cmpint (
    bgc_local_file_temporary_reopen (scene->directory, NAME, status.st_dev, status.st_ino, 0, &error), ==,
    -1);
  g_assert_cmpint (error, ==, 0);
}

/* Nobody may take the new file for the old one. */
static void
test_replace (Scene *scene, gconstpointer data)
{
  int error = 0;
  int fd = bgc_local_file_temporary_create (scene->directory, NAME, &error);

  for (guint i = 0; i < 5; i++)
    {
      ino_t before = bgc_folder_stat (scene->folder, NAME).st_ino;

      g_assert_cmpint (write (fd, "old", 3), ==, 3);
      fd = bgc_local_file_temporary_replace (scene->directory, NAME, fd, &error);
      g_assert_cmpint (fd, >=, 0);
      g_assert_cmpuint (bgc_folder_stat (scene->folder, NAME).st_ino, !=, before);
      g_assert_cmpint (bgc_folder_stat (scene->folder, NAME).st_size, ==, 0);
    }
  close (fd);
}

static void
test_reserve (Scene *scene, gconstpointer data)
{
  int error = 0;
  int fd = bgc_local_file_temporary_create (scene->directory, NAME, &error);
  gboolean reserved = FALSE;
  struct stat status;

  g_assert_cmpint (bgc_local_file_temporary_reserve (fd, 1000000, 0, &reserved), ==, 0);
  g_assert_cmpint (fstat (fd, &status), ==, 0);
  g_assert_cmpint (status.st_size, ==, 0);
  /* More than any disk has. */
  g_assert_cmpint (bgc_local_file_temporary_reserve (fd, G_GUINT64_CONSTANT (1) << 60, 0, &reserved), ==,
                   ENOSPC);
  g_assert_false (reserved);
  g_assert_cmpint (bgc_local_file_temporary_reserve (-1, 10, 0, &reserved), ==, EBADF);
  close (fd);
}

static void
test_open_finished (Scene *scene, gconstpointer data)
{
  int error = 0;
  int fd;

  g_assert_cmpint (bgc_local_file_temporary_open_finished (scene->directory, NAME, &error), ==, -1);
  g_assert_cmpint (error, ==, ENOENT);
  g_assert_cmpint (symlink ("/etc/passwd", scene->path), ==, 0);
  g_assert_cmpint (bgc_local_file_temporary_open_finished (scene->directory, NAME, &error), ==, -1);
  g_assert_cmpint (error, ==, ELOOP);
  g_assert_cmpint (g_unlink (scene->path), ==, 0);
  bgc_folder_write (scene->folder, NAME, "x");
  fd = bgc_local_file_temporary_open_finished (scene->directory, NAME, &error);
  g_assert_cmpint (fd, >=, 0);
  close (fd);
}

#define ADD(path, function)                                                                                  \
  g_test_add ("/local-file-temporary/" path, Scene, NULL, set_up, function, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("create", test_create);
  ADD ("leftover", test_leftover);
  ADD ("not-ours", test_not_ours);
  ADD ("reopen", test_reopen);
  ADD ("reopen-other-things", test_reopen_other_things);
  ADD ("replace", test_replace);
  ADD ("reserve", test_reserve);
  ADD ("open-finished", test_open_finished);
  return g_test_run ();
}
