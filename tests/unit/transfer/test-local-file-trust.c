/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "transfer/bgc-local-file-trust.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* Below the home or the build directory: /tmp is everybody's, and so is what stands there. */
typedef struct {
  char *root;
  char *inner;
  char *file;
  gboolean possible; /* the way to the test's own directory is ours alone */
} Fixture;

static void
set_up (Fixture *f, gconstpointer data)
{
  g_autofree char *template = g_build_filename (g_get_home_dir (), ".bgc-trust-XXXXXX", NULL);

  f->root = g_mkdtemp_full (g_steal_pointer (&template), 0700);
  g_assert_nonnull (f->root);
  f->inner = g_build_filename (f->root, "inner", NULL);
  f->file = g_build_filename (f->inner, "file", NULL);
  g_assert_cmpint (g_mkdir (f->inner, 0755), ==, 0);
  g_assert_true (g_file_set_contents (f->file, "x", 1, NULL));
  g_assert_cmpint (g_chmod (f->file, 0644), ==, 0);
  f->possible = bgc_local_file_trust_check (f->root, NULL);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  g_autofree char *link = g_build_filename (f->root, "link", NULL);

  g_unlink (link);
  g_chmod (f->inner, 0755);
  g_unlink (f->file);
  g_rmdir (f->inner);
  g_rmdir (f->root);
  g_free (f->root);
  g_free (f->inner);
  g_free (f->file);
}

static gboolean
skip (Fixture *f)
{
  if (!f->possible)
    g_test_skip ("the home directory may be written by others");
  return !f->possible;
}

static void
assert_refused (const char *path)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (bgc_local_file_trust_check (path, &error));
  g_assert_error (error, BGC_ERROR, BGC_ERROR_ACCESS_DENIED);
}

static void
assert_trusted (const char *path)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (bgc_local_file_trust_check (path, &error));
  g_assert_no_error (error);
}

static void
test_ours_alone (Fixture *f, gconstpointer data)
{
  if (skip (f))
    return;
  assert_trusted (f->inner);
  assert_trusted (f->file);
}

static void
test_writable_by_others (Fixture *f, gconstpointer data)
{
  static const mode_t modes[] = { 0775, 0757, 01777 };

  if (skip (f))
    return;
  for (gsize i = 0; i < G_N_ELEMENTS (modes); i++)
    {
      g_assert_cmpint (g_chmod (f->inner, modes[i]), ==, 0);
      assert_refused (f->inner);
      assert_refused (f->file);
    }
  g_assert_cmpint (g_chmod (f->inner, 0755), ==, 0);
  g_assert_cmpint (g_chmod (f->file, 0666), ==, 0);
  assert_refused (f->file);
}

static void
test_links (Fixture *f, gconstpointer data)
{
  g_autofree char *link = g_build_filename (f->root, "link", NULL);
  g_autofree char *through = g_build_filename (link, "file", NULL);

  if (skip (f))
    return;
  g_assert_cmpint (symlink (f->inner, link), ==, 0);
  assert_refused (link);
  assert_refused (through);
  assert_refused ("/proc/self/cwd");
}

static void
test_of_another_user (Fixture *f, gconstpointer data)
{
  if (geteuid () != 0)
    {
      g_test_skip ("only root can give a directory away");
      return;
    }
  if (skip (f))
    return;
  g_assert_cmpint (chown (f->inner, 12345, 0), ==, 0);
  assert_refused (f->inner);
  assert_refused (f->file);
}

static void
test_others (Fixture *f, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  assert_refused ("/tmp");
  assert_refused ("/dev/null");
  assert_refused ("/nonexistent/x");
  g_assert_false (bgc_local_file_trust_check ("relative", &error));
  g_assert_error (error, BGC_ERROR, BGC_ERROR_INVALID_PATH);
}

int
main (int argc, char **argv)
{
#define ADD(name, function) g_test_add ("/local-file-trust/" name, Fixture, NULL, set_up, function, tear_down)
  g_test_init (&argc, &argv, NULL);
  ADD ("ours-alone", test_ours_alone);
  ADD ("writable-by-others", test_writable_by_others);
  ADD ("links", test_links);
  ADD ("of-another-user", test_of_another_user);
  ADD ("others", test_others);
  return g_test_run ();
}
