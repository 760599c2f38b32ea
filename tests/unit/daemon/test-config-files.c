/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "daemon/bgc-config-files.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "daemon/bgc-config-mistakes.h"

typedef struct {
  char *root;            /* (owned) with etc and lib */
  char *directories[3];  /* (owned) */
  GPtrArray *mistakes;   /* (owned) */
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->root = g_dir_make_tmp ("bgcopyd-config-XXXXXX", NULL);
  g_assert_nonnull (fixture->root);
  fixture->directories[0] = g_build_filename (fixture->root, "etc", NULL);
  fixture->directories[1] = g_build_filename (fixture->root, "lib", NULL);
  fixture->mistakes = bgc_config_mistakes_new ();
}

static void
remove_tree (const char *path)
{
  g_autoptr (GDir) dir = g_file_test (path, G_FILE_TEST_IS_SYMLINK) ? NULL : g_dir_open (path, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *child = g_build_filename (path, name, NULL);

      remove_tree (child);
    }
  g_remove (path);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  remove_tree (fixture->root);
  g_free (fixture->root);
  g_free (fixture->directories[0]);
  g_free (fixture->directories[1]);
  g_ptr_array_unref (fixture->mistakes);
}

static void
make (Fixture *fixture, const char *name)
{
  g_autofree char *path = g_build_filename (fixture->root, name, NULL);
  g_autofree char *folder = g_path_get_dirname (path);

  g_assert_cmpint (g_mkdir_with_parents (folder, 0700), ==, 0);
  g_assert_true (g_file_set_contents (path, "", -1, NULL));
}

/* @expected: paths below the root, divided by blanks. */
static void
assert_found (Fixture *fixture, const char *expected)
{
  g_autoptr (GPtrArray) files
    = bgc_config_files_find ((const char *const *)fixture->directories, fixture->mistakes);
  g_autoptr (GString) found = g_string_new (NULL);

  for (guint i = 0; i < files->len; i++)
    g_string_append_printf (found, "%s%s", i > 0 ? " " : "",
                            (char *)g_ptr_array_index (files, i) + strlen (fixture->root) + 1);
  g_assert_cmpstr (found->str, ==, expected);
}

static void
test_none (Fixture *fixture, gconstpointer data)
{
  assert_found (fixture, "");
  g_assert_cmpuint (fixture->mistakes->len, ==, 0);
}

static void
test_main_file (Fixture *fixture, gconstpointer data)
{
  make (fixture, "lib/bgcopyd.conf");
  assert_found (fixture, "lib/bgcopyd.conf");
  make (fixture, "etc/bgcopyd.conf");
  assert_found (fixture, "etc/bgcopyd.conf");
}

static void
test_drop_ins (Fixture *fixture, gconstpointer data)
{
  make (fixture, "lib/bgcopyd.conf.d/10-a.conf");
  make (fixture, "lib/bgcopyd.conf.d/50-b.conf");
  make (fixture, "etc/bgcopyd.conf.d/20-c.conf");
  make (fixture, "etc/bgcopyd.conf.d/50-b.conf");
  make (fixture, "lib/bgcopyd.conf");
  assert_found (fixture, "lib/bgcopyd.conf lib/bgcopyd.conf.d/10-a.conf etc/bgcopyd.conf.d/20-c.conf "
                         "etc/bgcopyd.conf.d/50-b.conf");
}

static void
test_other_names (Fixture *fixture, gconstpointer data)
{
  make (fixture, "etc/bgcopyd.conf.d/a.conf~");
  make (fixture, "etc/bgcopyd.conf.d/.b.conf");
  make (fixture, "etc/bgcopyd.conf.d/c.conf.dpkg-old");
  make (fixture, "etc/bgcopyd.conf.d/README");
  assert_found (fixture, "");
}

static void
test_dangling (Fixture *fixture, gconstpointer data)
{
  g_autofree char *link = g_build_filename (fixture->root, "etc", "bgcopyd.conf.d", "z.conf", NULL);

  make (fixture, "etc/bgcopyd.conf.d/a.conf");
  g_assert_cmpint (symlink ("/nonexistent/x", link), ==, 0);
  assert_found (fixture, "etc/bgcopyd.conf.d/a.conf etc/bgcopyd.conf.d/z.conf");
}

static void
test_unreadable (Fixture *fixture, gconstpointer data)
{
  g_autofree char *folder = g_build_filename (fixture->root, "etc", "bgcopyd.conf.d", NULL);

  make (fixture, "etc/bgcopyd.conf");
  /* Too many links: unreadable for root as well. */
  g_assert_cmpint (symlink ("bgcopyd.conf.d", folder), ==, 0);
  assert_found (fixture, "etc/bgcopyd.conf");
  g_assert_cmpuint (fixture->mistakes->len, ==, 1);
  g_assert_true (bgc_config_mistakes_any_grave (fixture->mistakes));
}

static void
test_directories (void)
{
  g_auto (GStrv) system = bgc_config_files_directories (FALSE);
  g_auto (GStrv) session = bgc_config_files_directories (TRUE);

  g_assert_cmpuint (g_strv_length (system), ==, 2);
  g_assert_true (g_str_has_suffix (system[0], "/etc/bgcopyd"));
  g_assert_true (g_str_has_suffix (system[1], "/lib/bgcopyd"));
  g_assert_cmpuint (g_strv_length (session), ==, 1);
  g_assert_true (g_str_has_prefix (session[0], g_get_user_config_dir ()));
}

#define ADD(name, function) g_test_add (name, Fixture, NULL, set_up, function, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/config-files/none", test_none);
  ADD ("/config-files/main-file", test_main_file);
  ADD ("/config-files/drop-ins", test_drop_ins);
  ADD ("/config-files/other-names", test_other_names);
  ADD ("/config-files/dangling", test_dangling);
  ADD ("/config-files/unreadable", test_unreadable);
  g_test_add_func ("/config-files/directories", test_directories);
  return g_test_run ();
}
