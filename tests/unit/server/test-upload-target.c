/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "server/bgc-upload-target.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <unistd.h>

#include "base/bgc-error.h"

static void
test_parse (void)
{
  static const struct
  {
    const char *path, *parent, *name;
  } rows[] = {
    { "/x", ".", "x" },
    { "//x", ".", "x" },
    { "/a/b/c.txt", "a/b", "c.txt" },
    { "/a%20b/c%2Bd", "a b", "c+d" },
    { "/%C3%A4/%ff", "\xc3\xa4", "\xff" },
    { "/%2561", ".", "%61" }, /* decoded once */
    { "/...", ".", "..." },
    { "/a\\b", ".", "a\\b" },
    { "", NULL, NULL },
    { "/", NULL, NULL },
    { "/a/", NULL, NULL },
    { "/a//b", NULL, NULL },
    { "/.", NULL, NULL },
    { "/..", NULL, NULL },
    { "/../x", NULL, NULL },
    { "/a/../x", NULL, NULL },
    { "/a/%2e%2E/x", NULL, NULL },
    { "/%2e", NULL, NULL },
    { "/a%2fb", NULL, NULL },
    { "/a%00b", NULL, NULL },
    { "/a%0d", NULL, NULL },
    { "/a\x7f", NULL, NULL },
    { "/a%", NULL, NULL },
    { "/a%2", NULL, NULL },
    { "/a%zz", NULL, NULL },
    { "/.bgcopy-sessions", NULL, NULL },
    { "/a/.BGCOPY-Sessions/x", NULL, NULL },
    { "/bits-sessions/x", NULL, NULL },
    { "/a/bits-sessions", "a", "bits-sessions" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_auto (BgcUploadTarget) target = { NULL, NULL };
      g_autoptr (GError) error = NULL;

      g_assert_cmpint (bgc_upload_target_parse (rows[i].path, &target, &error), ==, rows[i].name != NULL);
      g_assert_cmpstr (target.parent, ==, rows[i].parent);
      g_assert_cmpstr (target.name, ==, rows[i].name);
      if (rows[i].name == NULL)
        g_assert_error (error, BGC_ERROR, BGC_ERROR_INVALID_PATH);
    }
}

static void
test_bounds (void)
{
  g_autofree char *fits = g_strnfill (255, 'n');
  g_autofree char *longer = g_strnfill (256, 'n');
  g_autofree char *deep = g_strnfill (300, '/');
  g_auto (BgcUploadTarget) first = { NULL, NULL };
  g_auto (BgcUploadTarget) second = { NULL, NULL };

  for (guint i = 0; deep[i] != '\0'; i += 2)
    deep[i] = 'd';
  g_assert_true (bgc_upload_target_parse (fits, &first, NULL));
  g_assert_false (bgc_upload_target_parse (longer, &second, NULL));
  g_assert_false (bgc_upload_target_parse (deep, &second, NULL));
}

static void
test_open (void)
{
  g_autofree char *root = g_dir_make_tmp ("bgc-target-XXXXXX", NULL);
  g_autofree char *inner = g_build_filename (root, "inner", NULL);
  g_autofree char *link = g_build_filename (root, "link", NULL);
  g_autofree char *up = g_build_filename (root, "up", NULL);
  static const struct
  {
    const char *parent;
    gboolean good;
  } rows[] = { { ".", TRUE },        { "inner", TRUE }, { "link", FALSE },       { "up", FALSE },
               { "missing", FALSE }, { "..", FALSE },   { "inner/../..", FALSE } };
  int descriptor;

  g_assert_cmpint (g_mkdir (inner, 0700), ==, 0);
  g_assert_cmpint (symlink ("inner", link), ==, 0);
  g_assert_cmpint (symlink ("..", up), ==, 0);
  descriptor = open (root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      BgcUploadTarget target = { (char *) rows[i].parent, (char *) "x" };
      g_autoptr (GError) error = NULL;
      int parent = bgc_upload_target_open_parent (&target, descriptor, &error);

      g_assert_cmpint (parent >= 0, ==, rows[i].good);
      if (rows[i].good)
        close (parent);
      else
        g_assert_error (error, BGC_ERROR, BGC_ERROR_NOT_FOUND);
    }
  {
    BgcUploadTarget folder = { (char *) ".", (char *) "inner" };
    BgcUploadTarget nothing = { (char *) ".", (char *) "nothing" };
    BgcUploadTarget symbolic = { (char *) ".", (char *) "link" };
    g_autoptr (GError) error = NULL;

    g_assert_false (bgc_upload_target_exists (&nothing, descriptor, &error));
    g_assert_no_error (error);
    g_assert_true (bgc_upload_target_exists (&symbolic, descriptor, &error));
    g_assert_no_error (error);
    g_assert_true (bgc_upload_target_exists (&folder, descriptor, &error));
    g_assert_error (error, BGC_ERROR, BGC_ERROR_INVALID_PATH);
  }
  close (descriptor);
  g_unlink (link);
  g_unlink (up);
  g_rmdir (inner);
  g_rmdir (root);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/upload-target/parse", test_parse);
  g_test_add_func ("/upload-target/bounds", test_bounds);
  g_test_add_func ("/upload-target/open", test_open);

  return g_test_run ();
}
