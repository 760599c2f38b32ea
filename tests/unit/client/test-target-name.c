/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "client/bgc-target-name.h"

#include <glib/gstdio.h>
#include <string.h>

#include "base/bgc-error.h"

static void
test_names (void)
{
  static const struct
  {
    const char *url;
    const char *name;
  } cases[] = {
    { "http://h.example/a/file.iso", "file.iso" },
    { "http://h.example/file.iso?x=/y#z/w", "file.iso" },
    { "http://h.example/file.iso#z/w", "file.iso" },
    { "http://h.example/a%20b%C3%A4", "a bä" },
    { "http://h.example/", "download" },
    { "http://h.example", "download" },
    { "http://h.example?a/b", "download" },
    { "http://h.example/a/", "download" },
    { "no url at all", "download" },
    { "", "download" },
    { "http://h.example/..", "download" },
    { "http://h.example/%2e%2E", "download" },
    { "http://h.example/...", "download" },
    { "http://h.example/%20", "download" },
    { "http://h.example/.bashrc", "_bashrc" },
    { "http://h.example/..x", "_.x" },
    { "http://h.example/a%2Fb", "a_b" },
    { "http://h.example/..%2F..%2Fetc%2Fpasswd", "_._.._etc_passwd" },
    { "http://h.example/a%00b", "a_b" },
    { "http://h.example/a%0Ab%1b", "a_b_" },
    { "http://h.example/a%FFb", "a_b" },
    { "http://h.example/a%E2%80%AEb", "a_b" },
    { "http://h.example/100%", "100%" },
    { "http://h.example/a%4", "a%4" },
    { "http://h.example/a%zz", "a%zz" },
    { "http://h.example/-rf", "-rf" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *name = bgc_target_name_from_url (cases[i].url);
      g_assert_cmpstr (name, ==, cases[i].name);
    }
}

static void
test_length (void)
{
  g_autoptr (GString) url = g_string_new ("http://h.example/");
  g_autofree char *name = NULL;

  for (guint i = 0; i < 200; i++)
    g_string_append (url, "%C3%A4");
  name = bgc_target_name_from_url (url->str);
  g_assert_cmpuint (strlen (name), ==, 254);
  g_assert_true (g_utf8_validate (name, -1, NULL));
}

static void
assert_resolves (const char *path, const char *directory, const char *wanted)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *got = bgc_target_name_resolve ("http://h.example/f", path, directory, &error);

  g_assert_no_error (error);
  g_assert_cmpstr (got, ==, wanted);
}

static void
test_resolve (void)
{
  g_autofree char *directory = g_dir_make_tmp ("bgcopyctl-test-XXXXXX", NULL);
  g_autofree char *sub = g_build_filename (directory, "sub", NULL);
  g_autofree char *in_directory = g_build_filename (directory, "f", NULL);
  g_autofree char *in_sub = g_build_filename (directory, "sub", "f", NULL);
  g_autofree char *named = g_build_filename (directory, "named", NULL);
  g_autofree char *missing = g_build_filename (directory, "missing", "f", NULL);
  g_autofree char *through = g_strconcat (directory, "/sub/../named", NULL);

  g_assert_cmpint (g_mkdir (sub, 0700), ==, 0);
  assert_resolves (NULL, directory, in_directory);
  assert_resolves (".", directory, in_directory);
  assert_resolves ("sub", directory, in_sub);
  assert_resolves ("sub/", directory, in_sub);
  assert_resolves (sub, "/", in_sub);
  assert_resolves ("named", directory, named);
  assert_resolves ("./named", directory, named);
  assert_resolves ("missing/", directory, missing);
  assert_resolves ("/srv/x", directory, "/srv/x");
  assert_resolves ("sub/../named", directory, through);
  g_assert_cmpint (g_rmdir (sub), ==, 0);
  g_assert_cmpint (g_rmdir (directory), ==, 0);
}

static void
test_remote (void)
{
  static const struct
  {
    const char *url, *source, *remote;
  } rows[] = {
    { "http://h/d/", "/srv/a b", "http://h/d/a%20b" },
    { "http://h/d/?x=/#f", "f", "http://h/d/f?x=/#f" },
    { "http://h/d/#/", "f", "http://h/d/f#/" },
    { "http://h/d", "f", "http://h/d" },
    { "http://h", "f", "http://h" },
    { "http://h/?", "/srv/?#%", "http://h/%3F%23%25?" },
    { "", "f", "" },
    { "/", "f", "/f" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *remote = bgc_target_name_remote (rows[i].url, rows[i].source);
      g_assert_cmpstr (remote, ==, rows[i].remote);
    }
}

static void
test_refused (void)
{
  static const char *const paths[] = { "", "a\xff" };

  for (guint i = 0; i < G_N_ELEMENTS (paths); i++)
    {
      g_autoptr (GError) error = NULL;
      g_assert_null (bgc_target_name_resolve ("http://h.example/f", paths[i], "/srv", &error));
      g_assert_error (error, BGC_ERROR, BGC_ERROR_INVALID_PATH);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/target-name/names", test_names);
  g_test_add_func ("/target-name/length", test_length);
  g_test_add_func ("/target-name/resolve", test_resolve);
  g_test_add_func ("/target-name/remote", test_remote);
  g_test_add_func ("/target-name/refused", test_refused);
  return g_test_run ();
}
