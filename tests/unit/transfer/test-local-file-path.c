/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "transfer/bgc-local-file-path.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* Somebody who is neither root nor us. */
#define STRANGER 54321

typedef struct {
  char *root;
} Fixture;

static char *
path_in (Fixture *f, const char *name)
{
  return g_build_filename (f->root, name, NULL);
}

static void
make_directory (Fixture *f, const char *name)
{
  g_autofree char *path = path_in (f, name);

  g_assert_cmpint (g_mkdir (path, 0755), ==, 0);
}

static void
make_file (Fixture *f, const char *name)
{
  g_autofree char *path = path_in (f, name);

  g_assert_true (g_file_set_contents (path, name, -1, NULL));
}

/* @owner (uid_t) -1 for us. */
static void
make_link (Fixture *f, const char *name, const char *target, uid_t owner)
{
  g_autofree char *path = path_in (f, name);

  g_assert_cmpint (symlink (target, path), ==, 0);
  g_assert_cmpint (lchown (path, owner, (gid_t) -1), ==, 0);
}

static void
set_up (Fixture *f, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  f->root = g_dir_make_tmp ("bgc-path-XXXXXX", &error);
  g_assert_no_error (error);
  make_directory (f, "d");
  make_directory (f, "d/e");
  make_file (f, "d/e/file");
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  const char *const rm[] = { "rm", "-rf", f->root, NULL };

  g_assert_true (g_spawn_sync (NULL, (char **) rm, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, NULL,
                               NULL));
  g_free (f->root);
}

/* 0 and it is the same as @like, or the errno. */
static int
try (Fixture *f, const char *name, int flags, const char *like)
{
  g_autofree char *path = path_in (f, name);
  g_autofree char *wanted = path_in (f, like);
  struct stat got, should;
  int fd = bgc_local_file_path_open (path, flags | O_CLOEXEC);

  if (fd < 0)
    return errno;
  g_assert_cmpint (fstat (fd, &got), ==, 0);
  g_assert_cmpint (stat (wanted, &should), ==, 0);
  g_assert_cmpuint (got.st_ino, ==, should.st_ino);
  close (fd);
  return 0;
}

static int
try_file (Fixture *f, const char *name)
{
  return try (f, name, O_RDONLY, "d/e/file");
}

static void
test_plain (Fixture *f, gconstpointer data)
{
  g_assert_cmpint (try_file (f, "d/e/file"), ==, 0);
  g_assert_cmpint (try_file (f, "d//e/./../e/file"), ==, 0);
  g_assert_cmpint (try (f, "d/e", O_PATH | O_DIRECTORY, "d/e"), ==, 0);
  g_assert_cmpint (try (f, "d/e/", O_RDONLY | O_DIRECTORY, "d/e"), ==, 0);
  g_assert_cmpint (try_file (f, "d/none/file"), ==, ENOENT);
  g_assert_cmpint (try_file (f, "d/e/file/x"), ==, ENOTDIR);
  g_assert_cmpint (try (f, "d/e/file", O_RDONLY | O_DIRECTORY, "d"), ==, ENOTDIR);
}

static void
test_root (void)
{
  int fd = bgc_local_file_path_open ("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

  g_assert_cmpint (fd, >=, 0);
  close (fd);
}

static void
test_own_links (Fixture *f, gconstpointer data)
{
  g_autofree char *absolute = path_in (f, "d/e");

  make_link (f, "relative", "d", (uid_t) -1);
  make_link (f, "absolute", absolute, (uid_t) -1);
  make_link (f, "d/up", "../relative/e", (uid_t) -1);
  make_link (f, "d/last", "e/file", (uid_t) -1);
  make_link (f, "nowhere", "none", (uid_t) -1);
  make_link (f, "round", "round", (uid_t) -1);
  g_assert_cmpint (try_file (f, "relative/e/file"), ==, 0);
  g_assert_cmpint (try_file (f, "absolute/file"), ==, 0);
  g_assert_cmpint (try_file (f, "absolute/../up//file"), ==, 0);
  g_assert_cmpint (try_file (f, "relative/last"), ==, 0);
  g_assert_cmpint (try (f, "relative/up", O_RDONLY | O_DIRECTORY, "d/e"), ==, 0);
  g_assert_cmpint (try (f, "relative/up/", O_PATH | O_DIRECTORY, "d/e"), ==, 0);
  g_assert_cmpint (try (f, "absolute", O_PATH, "d/e"), ==, 0);
  g_assert_cmpint (try (f, "relative/last", O_RDONLY | O_NOFOLLOW, "d/e/file"), ==, ELOOP);
  g_assert_cmpint (try_file (f, "nowhere/file"), ==, ENOENT);
  g_assert_cmpint (try_file (f, "round/file"), ==, ELOOP);
}

static void
test_links_of_strangers (Fixture *f, gconstpointer data)
{
  if (geteuid () != 0)
    {
      g_test_skip ("only root can make a link that belongs to somebody else");
      return;
    }
  make_link (f, "theirs", "d", STRANGER);
  make_link (f, "d/theirs", "e/file", STRANGER);
  make_link (f, "ours", "theirs/e", (uid_t) -1);
  g_assert_cmpint (try_file (f, "theirs/e/file"), ==, EACCES);
  g_assert_cmpint (try (f, "theirs", O_RDONLY | O_DIRECTORY, "d"), ==, EACCES);
  g_assert_cmpint (try (f, "theirs", O_PATH | O_DIRECTORY, "d"), ==, EACCES);
  g_assert_cmpint (try_file (f, "d/theirs"), ==, EACCES);
  g_assert_cmpint (try_file (f, "ours/file"), ==, EACCES);
}

/* /proc/self is one on every machine, whoever runs the test. */
static void
test_links_of_root (void)
{
  struct stat status;
  int fd;

  g_assert_cmpint (lstat ("/proc/self", &status), ==, 0);
  g_assert_true (S_ISLNK (status.st_mode));
  fd = bgc_local_file_path_open ("/proc/self/fd", O_PATH | O_DIRECTORY | O_CLOEXEC);
  g_assert_cmpint (fd, >=, 0);
  close (fd);
}

#define ADD(name, function) g_test_add ("/local-file-path/" name, Fixture, NULL, set_up, function, tear_down)

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/local-file-path/root", test_root);
  g_test_add_func ("/local-file-path/links-of-root", test_links_of_root);
  ADD ("plain", test_plain);
  ADD ("own-links", test_own_links);
  ADD ("links-of-strangers", test_links_of_strangers);
  return g_test_run ();
}
