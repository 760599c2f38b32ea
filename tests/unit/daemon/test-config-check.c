/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "daemon/bgc-config-check.h"

#include <string.h>

#include <glib/gstdio.h>

typedef struct {
  char *folder;   /* (owned) */
  char *file;     /* (owned) */
  char *out;      /* (owned) (nullable) of the last check, and likewise the next */
  char *errors;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->folder = g_dir_make_tmp ("bgcopyd-config-XXXXXX", NULL);
  g_assert_nonnull (fixture->folder);
  fixture->file = g_build_filename (fixture->folder, "file", NULL);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_unlink (fixture->file);
  g_rmdir (fixture->folder);
  g_free (fixture->folder);
  g_free (fixture->file);
  g_free (fixture->out);
  g_free (fixture->errors);
}

static int
check (Fixture *fixture, const char *text)
{
  size_t out_length, errors_length;
  FILE *out, *errors;
  int status;

  g_clear_pointer (&fixture->out, g_free);
  g_clear_pointer (&fixture->errors, g_free);
  out = open_memstream (&fixture->out, &out_length);
  errors = open_memstream (&fixture->errors, &errors_length);
  if (text != NULL)
    g_assert_true (g_file_set_contents (fixture->file, text, -1, NULL));
  status = bgc_config_check (fixture->file, FALSE, out, errors);
  fclose (out);
  fclose (errors);
  return status;
}

static void
test_right (Fixture *fixture, gconstpointer data)
{
  g_autofree char *expected = g_strconcat (fixture->file, "\n", NULL);

  g_assert_cmpint (check (fixture, "[Limits]\nFilesAtOnce=3\n"), ==, 0);
  g_assert_cmpstr (fixture->out, ==, expected);
  g_assert_cmpstr (fixture->errors, ==, "");
}

static void
test_wrong (Fixture *fixture, gconstpointer data)
{
  g_autofree char *warning
    = g_strdup_printf ("warning: %s:2: there is no key Files in [Limits]\n", fixture->file);
  g_autofree char *error = g_strdup_printf ("error: %s:3: FilesAtOnce must be ", fixture->file);

  g_assert_cmpint (check (fixture, "[Limits]\nFiles=3\nFilesAtOnce=x\n"), ==, 1);
  g_assert_true (g_str_has_prefix (fixture->errors, warning));
  g_assert_nonnull (strstr (fixture->errors, error));
}

static void
test_warned (Fixture *fixture, gconstpointer data)
{
  g_assert_cmpint (check (fixture, "[Limits]\nFiles=3\n"), ==, 0);
  g_assert_true (g_str_has_prefix (fixture->errors, "warning: "));
}

static void
test_missing (Fixture *fixture, gconstpointer data)
{
  g_assert_cmpint (check (fixture, NULL), ==, 1);
  g_assert_nonnull (strstr (fixture->errors, fixture->file));
}

#define ADD(name, function) g_test_add (name, Fixture, NULL, set_up, function, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/config-check/right", test_right);
  ADD ("/config-check/wrong", test_wrong);
  ADD ("/config-check/warned", test_warned);
  ADD ("/config-check/missing", test_missing);
  return g_test_run ();
}
