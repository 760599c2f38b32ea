/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "transfer/bgc-local-file.h"

#include <glib/gstdio.h>
#include <unistd.h>

#include "bgc-folder.h"

static BgcPathVerdict *
check (const char *path)
{
  BgcLocalFileVisit visit = { 0 };
  BgcPathVerdict *verdict = bgc_local_file_check (&visit, path);

  bgc_local_file_visit_clear (&visit);
  return verdict;
}

static void
assert_refused (const char *path, BgcErrorCode code)
{
  g_autoptr (BgcPathVerdict) verdict = check (path);

  g_test_message ("%s: %s", path, verdict->message);
  g_assert_false (verdict->allowed);
  g_assert_cmpstr (bgc_error_name (verdict->code), ==, bgc_error_name (code));
  g_assert_nonnull (verdict->message);
}

static void
assert_allowed (const char *path, const char *identity)
{
  g_autoptr (BgcPathVerdict) verdict = check (path);

  g_test_message ("%s: %s", path, verdict->message);
  g_assert_true (verdict->allowed);
  g_assert_cmpstr (verdict->identity, ==, identity);
}

static void
test_allowed (void)
{
  g_autoptr (BgcFolder) folder = bgc_folder_new ();
  g_autofree char *absent = bgc_folder_path (folder, "new file");
  g_autofree char *present = bgc_folder_path (folder, "old");

  assert_allowed (absent, NULL);
  bgc_folder_write (folder, "old", "x");
  assert_allowed (present, NULL);
}

static void
test_identity (void)
{
  g_autoptr (BgcFolder) folder = bgc_folder_new ();
  g_autofree char *link = bgc_folder_path (folder, "link");
  g_autofree char *through = bgc_folder_path (folder, "link/f");
  g_autofree char *dots = bgc_folder_path (folder, "real/../real/./f");
  g_autofree char *real = bgc_folder_path (folder, "real");
  g_autofree char *target = bgc_folder_path (folder, "real/f");

  g_assert_cmpint (g_mkdir (real, 0700), ==, 0);
  g_assert_cmpint (symlink ("real", link), ==, 0);
  assert_allowed (target, NULL);
  assert_allowed (through, target);
  assert_allowed (dots, target);
}

/* What is remembered of one directory is not said of another. */
static void
test_one_visit (void)
{
  g_autoptr (BgcFolder) folder = bgc_folder_new ();
  g_autofree char *real = bgc_folder_path (folder, "real");
  g_autofree char *link = bgc_folder_path (folder, "link");
  g_autofree char *first = bgc_folder_path (folder, "real/a");
  g_autofree char *second = bgc_folder_path (folder, "link/b");
  g_autofree char *second_identity = bgc_folder_path (folder, "real/b");
  g_autofree char *missing = bgc_folder_path (folder, "missing/c");
  const char *paths[] = { first, first, second, second, missing, missing, first };
  const char *identities[] = { NULL, NULL, second_identity, second_identity, NULL, NULL, NULL };
  BgcLocalFileVisit visit = { 0 };

  g_assert_cmpint (g_mkdir (real, 0700), ==, 0);
  g_assert_cmpint (symlink ("real", link), ==, 0);
  for (guint i = 0; i < G_N_ELEMENTS (paths); i++)
    {
      g_autoptr (BgcPathVerdict) verdict = bgc_local_file_check (&visit, paths[i]);

      g_assert_cmpint (verdict->allowed, ==, paths[i] != missing);
      g_assert_cmpstr (verdict->identity, ==, identities[i]);
    }
  bgc_local_file_visit_clear (&visit);
  bgc_local_file_visit_clear (&visit);
}

static void
test_invalid (void)
{
  g_autoptr (BgcFolder) folder = bgc_folder_new ();
  g_autofree char *missing = bgc_folder_path (folder, "missing/f");
  g_autofree char *under_file = bgc_folder_path (folder, "file/f");
  g_autofree char *link = bgc_folder_path (folder, "link");
  g_autofree char *dangling = bgc_folder_path (folder, "dangling");
  g_autofree char *pipe = bgc_folder_path (folder, "pipe");
  g_autofree char *name = g_strnfill (256, 'n');
  g_autofree char *long_name = bgc_folder_path (folder, name);

  bgc_folder_write (folder, "file", "x");
  g_assert_cmpint (symlink ("file", link), ==, 0);
  g_assert_cmpint (symlink ("nowhere", dangling), ==, 0);
  g_assert_cmpint (mkfifo (pipe, 0600), ==, 0);
  assert_refused ("relative", BGC_ERROR_INVALID_PATH);
  assert_refused ("", BGC_ERROR_INVALID_PATH);
  assert_refused (missing, BGC_ERROR_INVALID_PATH);
  assert_refused (under_file, BGC_ERROR_INVALID_PATH);
  assert_refused (folder->path, BGC_ERROR_INVALID_PATH);
  assert_refused (link, BGC_ERROR_INVALID_PATH);
  assert_refused (dangling, BGC_ERROR_INVALID_PATH);
  assert_refused (pipe, BGC_ERROR_INVALID_PATH);
  assert_refused (long_name, BGC_ERROR_STRING_TOO_LONG);
}

static void
test_denied (void)
{
  g_autoptr (BgcFolder) folder = bgc_folder_new ();
  g_autofree char *closed = bgc_folder_path (folder, "closed");
  g_autofree char *within = bgc_folder_path (folder, "closed/f");
  g_autofree char *deeper = bgc_folder_path (folder, "closed/d/f");

  g_assert_cmpint (g_mkdir (closed, 0700), ==, 0);
  g_assert_cmpint (g_chmod (closed, 0555), ==, 0);
  bgc_folder_be_nobody (folder);
  assert_refused (within, BGC_ERROR_ACCESS_DENIED);
  bgc_folder_be_root ();
  g_assert_cmpint (g_chmod (closed, 0000), ==, 0);
  bgc_folder_be_nobody (folder);
  assert_refused (deeper, BGC_ERROR_ACCESS_DENIED);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/local-file/allowed", test_allowed);
  g_test_add_func ("/local-file/identity", test_identity);
  g_test_add_func ("/local-file/one-visit", test_one_visit);
  g_test_add_func ("/local-file/invalid", test_invalid);
  g_test_add_func ("/local-file/denied", test_denied);
  return g_test_run ();
}
