/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "transfer/bgc-local-file.h"

#include <glib/gstdio.h>
#include <unistd.h>

#include "bgc-folder.h"

#define TEMPORARY ".bgcopy-0123456789abcdef0123456789abcdef"

static BgcPlacementResult *
place_one (BgcPlacement *placement)
{
  g_autoptr (GPtrArray) placements = g_ptr_array_new_with_free_func ((GDestroyNotify)bgc_placement_free);
  g_autoptr (GPtrArray) results = NULL;

  g_ptr_array_add (placements, placement);
  results = bgc_local_file_place (placements);
  g_assert_cmpuint (results->len, ==, 1);
  return g_ptr_array_steal_index (results, 0);
}

static void
assert_result (BgcPlacement *placement, gboolean done, BgcErrorCode code)
{
  guint32 index = placement->index;
  BgcPlacementResult *result = place_one (placement);

  if (result->failure != NULL)
    g_test_message ("%s", result->failure->message);
  g_assert_cmpuint (result->index, ==, index);
  g_assert_cmpint (result->done, ==, done);
  g_assert_cmpint (result->failure == NULL, ==, done);
  if (!done)
    {
      g_assert_cmpstr (bgc_error_name (result->failure->code), ==, bgc_error_name (code));
      g_assert_cmpint (result->failure->context, ==, BGC_CONTEXT_LOCAL_FILE);
      g_assert_cmpuint (result->failure->file, ==, index);
    }
  bgc_placement_result_free (result);
}

static BgcPlacement *
to_delete (BgcFolder *folder, const char *name)
{
  return bgc_placement_new (3, folder->path, name, NULL, 0, 0, TRUE);
}

/* A placement of the temporary file as it is now. */
static BgcPlacement *
to_rename (BgcFolder *folder, const char *target, gboolean overwrite)
{
  struct stat status = bgc_folder_stat (folder, TEMPORARY);

  return bgc_placement_new (4, folder->path, TEMPORARY, target, status.st_dev, status.st_ino, overwrite);
}

static void
test_delete (void)
{
  g_autoptr (BgcFolder) folder = bgc_folder_new ();

  assert_result (to_delete (folder, TEMPORARY), TRUE, 0);
  bgc_folder_write (folder, TEMPORARY, "x");
  assert_result (to_delete (folder, TEMPORARY), TRUE, 0);
  bgc_folder_assert_absent (folder, TEMPORARY);
}

/* A home that is not mounted: without its directory, or with an empty one of another file system. */
static void
test_delete_in_a_home_that_is_away (void)
{
  g_autoptr (BgcFolder) folder = bgc_folder_new ();
  struct stat status;

  assert_result (bgc_placement_new (1, "/nonexistent/x", TEMPORARY, NULL, 0, 0, TRUE), FALSE,
                 BGC_ERROR_INVALID_PATH);
  bgc_folder_write (folder, "f", "x");
  status = bgc_folder_stat (folder, "f");
  assert_result (bgc_placement_new (1, folder->path, TEMPORARY, NULL, status.st_dev + 1, 5, TRUE), FALSE,
                 BGC_ERROR_INVALID_PATH);
  assert_result (bgc_placement_new (1, folder->path, TEMPORARY, NULL, status.st_dev, 5, TRUE), TRUE, 0);
}

/* A file that began again has another inode than the one stored. */
static void
test_delete_other_inode (void)
{
  g_autoptr (BgcFolder) folder = bgc_folder_new ();
  struct stat status;

  bgc_folder_write (folder, TEMPORARY, "x");
  status = bgc_folder_stat (folder, TEMPORARY);
  assert_result (bgc_placement_new (1, folder->path, TEMPORARY, NULL, status.st_dev, status.st_ino + 1, TRUE),
                 TRUE, 0);
  bgc_folder_assert_absent (folder, TEMPORARY);
}

static void
test_delete_only_ours (void)
{
  g_autoptr (BgcFolder) folder = bgc_folder_new ();
  g_autofree char *temporary = bgc_folder_path (folder, TEMPORARY);
  g_autofree char *keep = bgc_folder_path (folder, "keep");

  bgc_folder_write (folder, "keep", "mine");
  assert_result (to_delete (folder, "keep"), FALSE, BGC_ERROR_INVALID_PATH);
  assert_result (to_delete (folder, "../keep"), FALSE, BGC_ERROR_INVALID_PATH);
  g_assert_cmpint (symlink ("keep", temporary), ==, 0);
  assert_result (to_delete (folder, TEMPORARY), FALSE, BGC_ERROR_LOCAL_FILE_CHANGED);
  g_assert_cmpint (g_unlink (temporary), ==, 0);
  g_assert_cmpint (link (keep, temporary), ==, 0);
  assert_result (to_delete (folder, TEMPORARY), FALSE, BGC_ERROR_LOCAL_FILE_CHANGED);
  g_assert_cmpint (g_unlink (temporary), ==, 0);
  g_assert_cmpint (g_mkdir (temporary, 0700), ==, 0);
  assert_result (to_delete (folder, TEMPORARY), FALSE, BGC_ERROR_LOCAL_FILE_CHANGED);
  bgc_folder_assert_text (folder, "keep", "mine");
}

static void
test_delete_where_a_file_stands (void)
{
  g_autoptr (BgcFolder) folder = bgc_folder_new ();
  g_autofree char *directory = bgc_folder_path (folder, "directory");

  bgc_folder_write (folder, "directory", "a file in its place");
  assert_result (bgc_placement_new (1, directory, TEMPORARY, NULL, 0, 0, TRUE), TRUE, 0);
}

static void
test_other_size (void)
{
  g_autoptr (BgcFolder) folder = bgc_folder_new ();
  BgcPlacement *placement;

  bgc_folder_write (folder, TEMPORARY, "cut");
  placement = to_rename (folder, "target", TRUE);
  placement->size = 4;
  assert_result (placement, FALSE, BGC_ERROR_LOCAL_FILE_CHANGED);
  bgc_folder_assert_absent (folder, "target");
  placement = to_rename (folder, "target", TRUE);
  placement->size = 3;
  assert_result (placement, TRUE, 0);
}

static void
test_delete_denied (void)
{
  g_autoptr (BgcFolder) folder = bgc_folder_new ();
  g_autofree char *temporary = bgc_folder_path (folder, TEMPORARY);

  bgc_folder_write (folder, TEMPORARY, "x");
  if (geteuid () == 0)
    g_assert_cmpint (chown (temporary, 65534, 65534), ==, 0);
  else
    g_assert_cmpint (g_chmod (folder->path, 0555), ==, 0);
  bgc_folder_be_nobody (folder);
  assert_result (to_delete (folder, TEMPORARY), FALSE, BGC_ERROR_ACCESS_DENIED);
  bgc_folder_be_root ();
  bgc_folder_assert_text (folder, TEMPORARY, "x");
}

static void
test_rename (void)
{
  g_autoptr (BgcFolder) folder = bgc_folder_new ();
  BgcPlacement *placement;

  bgc_folder_write (folder, TEMPORARY, "new");
  placement = to_rename (folder, "target", TRUE);
  assert_result (bgc_placement_copy (placement), TRUE, 0);
  bgc_folder_assert_text (folder, "target", "new");
  bgc_folder_assert_absent (folder, TEMPORARY);
  g_assert_cmpint (bgc_folder_stat (folder, "target").st_mode & 07777, ==, 0644);
  /* Again, as after a crash: found in place. */
  assert_result (bgc_placement_copy (placement), TRUE, 0);
  placement->overwrite = FALSE;
  assert_result (placement, TRUE, 0);
  bgc_folder_assert_text (folder, "target", "new");
}

static void
test_overwrite (void)
{
  g_autoptr (BgcFolder) folder = bgc_folder_new ();
  g_autofree char *target = bgc_folder_path (folder, "target");

  bgc_folder_write (folder, "target", "old");
  g_assert_cmpint (g_chmod (target, 0640), ==, 0);
  bgc_folder_write (folder, TEMPORARY, "new");
  assert_result (to_rename (folder, "target", FALSE), FALSE, BGC_ERROR_FILE_EXISTS);
  bgc_folder_assert_text (folder, "target", "old");
  bgc_folder_assert_text (folder, TEMPORARY, "new");
  assert_result (to_rename (folder, "target", TRUE), TRUE, 0);
  bgc_folder_assert_text (folder, "target", "new");
  g_assert_cmpint (bgc_folder_stat (folder, "target").st_mode & 07777, ==, 0640);
  bgc_folder_write (folder, TEMPORARY, "newer");
  assert_result (to_rename (folder, "free", FALSE), TRUE, 0);
  bgc_folder_assert_text (folder, "free", "newer");
}

static void
test_bad_targets (void)
{
  g_autoptr (BgcFolder) folder = bgc_folder_new ();
  g_autofree char *link = bgc_folder_path (folder, "link");
  g_autofree char *directory = bgc_folder_path (folder, "directory");

  bgc_folder_write (folder, "real", "old");
  bgc_folder_write (folder, TEMPORARY, "new");
  g_assert_cmpint (symlink ("real", link), ==, 0);
  g_assert_cmpint (g_mkdir (directory, 0700), ==, 0);
  assert_result (to_rename (folder, "link", TRUE), FALSE, BGC_ERROR_INVALID_PATH);
  assert_result (to_rename (folder, "directory", TRUE), FALSE, BGC_ERROR_INVALID_PATH);
  bgc_folder_assert_text (folder, "real", "old");
  bgc_folder_assert_text (folder, TEMPORARY, "new");
}

static void
test_bad_temporaries (void)
{
  g_autoptr (BgcFolder) folder = bgc_folder_new ();
  g_autofree char *temporary = bgc_folder_path (folder, TEMPORARY);
  BgcPlacement *placement;

  bgc_folder_write (folder, TEMPORARY, "new");
  placement = to_rename (folder, "target", TRUE);
  placement->inode++;
  assert_result (placement, FALSE, BGC_ERROR_LOCAL_FILE_CHANGED);
  placement = to_rename (folder, "target", TRUE);
  g_assert_cmpint (g_unlink (temporary), ==, 0);
  assert_result (placement, FALSE, BGC_ERROR_LOCAL_FILE_CHANGED);
  bgc_folder_write (folder, "other", "x");
  g_assert_cmpint (symlink ("other", temporary), ==, 0);
  assert_result (bgc_placement_new (5, folder->path, TEMPORARY, "target", 0, 0, TRUE), FALSE,
                 BGC_ERROR_LOCAL_FILE_CHANGED);
  assert_result (bgc_placement_new (5, "/nonexistent/x", TEMPORARY, "target", 1, 1, TRUE), FALSE,
                 BGC_ERROR_INVALID_PATH);
  bgc_folder_assert_absent (folder, "target");
}

/* A second link was made and the first not yet removed, where there is no RENAME_NOREPLACE. */
static void
test_second_link (void)
{
  g_autoptr (BgcFolder) folder = bgc_folder_new ();
  g_autofree char *temporary = bgc_folder_path (folder, TEMPORARY);
  g_autofree char *target = bgc_folder_path (folder, "target");

  bgc_folder_write (folder, TEMPORARY, "new");
  g_assert_cmpint (link (temporary, target), ==, 0);
  assert_result (to_rename (folder, "target", FALSE), TRUE, 0);
  bgc_folder_assert_absent (folder, TEMPORARY);
  bgc_folder_assert_text (folder, "target", "new");
}

/* Many at once, one of them bad, in two directories. */
static void
test_many (void)
{
  g_autoptr (BgcFolder) folder = bgc_folder_new ();
  g_autoptr (BgcFolder) second = bgc_folder_new ();
  g_autoptr (GPtrArray) placements = g_ptr_array_new_with_free_func ((GDestroyNotify)bgc_placement_free);
  g_autoptr (GPtrArray) results = NULL;

  for (guint i = 0; i < 50; i++)
    {
      BgcFolder *where = i % 2 == 0 ? folder : second;
      g_autofree char *name = g_strdup_printf (".bgcopy-%032u", i);
      g_autofree char *target = g_strdup_printf ("target-%u", i);
      struct stat status;

      bgc_folder_write (where, name, target);
      status = bgc_folder_stat (where, name);
      g_ptr_array_add (placements, bgc_placement_new (i, where->path, name, i % 10 == 9 ? NULL : target,
                                                      status.st_dev, status.st_ino + (i == 20), TRUE));
    }
  results = bgc_local_file_place (placements);
  g_assert_cmpuint (results->len, ==, 50);
  for (guint i = 0; i < 50; i++)
    {
      BgcPlacementResult *result = g_ptr_array_index (results, i);
      g_autofree char *target = g_strdup_printf ("target-%u", i);

      g_assert_cmpuint (result->index, ==, i);
      g_assert_cmpint (result->done, ==, i != 20);
      if (i == 20 || i % 10 == 9)
        bgc_folder_assert_absent (i % 2 == 0 ? folder : second, target);
      else
        bgc_folder_assert_text (i % 2 == 0 ? folder : second, target, target);
    }
}

/* More directories than are kept open. */
static void
test_many_directories (void)
{
  g_autoptr (BgcFolder) folder = bgc_folder_new ();
  g_autoptr (GPtrArray) placements = g_ptr_array_new_with_free_func ((GDestroyNotify)bgc_placement_free);
  g_autoptr (GPtrArray) results = NULL;

  for (guint i = 0; i < 200; i++)
    {
      g_autofree char *name = g_strdup_printf ("d%u", i % 100);
      g_autofree char *directory = bgc_folder_path (folder, name);
      g_autofree char *temporary = g_strdup_printf (".bgcopy-%032u", i);
      g_autofree char *file = g_build_filename (name, temporary, NULL);

      (void)g_mkdir (directory, 0700);
      bgc_folder_write (folder, file, "x");
      g_ptr_array_add (placements,
                       bgc_placement_new (i, directory, temporary, i < 100 ? "target" : NULL, 0, 0, TRUE));
    }
  results = bgc_local_file_place (placements);
  for (guint i = 0; i < 200; i++)
    g_assert_true (((BgcPlacementResult *)g_ptr_array_index (results, i))->done);
  bgc_folder_assert_text (folder, "d99/target", "x");
}

static void
test_none (void)
{
  g_autoptr (GPtrArray) placements = g_ptr_array_new ();
  g_autoptr (GPtrArray) results = bgc_local_file_place (placements);

  g_assert_cmpuint (results->len, ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/local-file-place/delete", test_delete);
  g_test_add_func ("/local-file-place/delete-in-a-home-that-is-away", test_delete_in_a_home_that_is_away);
  g_test_add_func ("/local-file-place/delete-other-inode", test_delete_other_inode);
  g_test_add_func ("/local-file-place/delete-only-ours", test_delete_only_ours);
  g_test_add_func ("/local-file-place/delete-denied", test_delete_denied);
  g_test_add_func ("/local-file-place/rename", test_rename);
  g_test_add_func ("/local-file-place/overwrite", test_overwrite);
  g_test_add_func ("/local-file-place/bad-targets", test_bad_targets);
  g_test_add_func ("/local-file-place/bad-temporaries", test_bad_temporaries);
  g_test_add_func ("/local-file-place/delete-where-a-file-stands", test_delete_where_a_file_stands);
  g_test_add_func ("/local-file-place/other-size", test_other_size);
  g_test_add_func ("/local-file-place/second-link", test_second_link);
  g_test_add_func ("/local-file-place/many", test_many);
  g_test_add_func ("/local-file-place/many-directories", test_many_directories);
  g_test_add_func ("/local-file-place/none", test_none);
  return g_test_run ();
}
