/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "bgc-folder.h"

#include <glib/gstdio.h>
#include <unistd.h>

#define NOBODY 65534

static gboolean was_root;

BgcFolder *
bgc_folder_new (void)
{
  BgcFolder *self = g_new0 (BgcFolder, 1);
  g_autoptr (GError) error = NULL;

  self->path = g_dir_make_tmp ("bgcopy-folder-XXXXXX", &error);
  g_assert_no_error (error);
  return self;
}

static void
remove_tree (const char *path)
{
  g_autoptr (GDir) directory = NULL;
  const char *name;

  (void)g_chmod (path, 0700);
  directory = g_dir_open (path, 0, NULL);
  while (directory != NULL && (name = g_dir_read_name (directory)) != NULL)
    {
      g_autofree char *child = g_build_filename (path, name, NULL);

      if (!g_file_test (child, G_FILE_TEST_IS_SYMLINK) && g_file_test (child, G_FILE_TEST_IS_DIR))
        remove_tree (child);
      else
        g_unlink (child);
    }
  g_rmdir (path);
}

void
bgc_folder_free (BgcFolder *self)
{
  if (self == NULL)
    return;
  bgc_folder_be_root ();
  remove_tree (self->path);
  g_free (self->path);
  g_free (self);
}

char *
bgc_folder_path (BgcFolder *self, const char *name)
{
  return g_build_filename (self->path, name, NULL);
}

void
bgc_folder_write (BgcFolder *self, const char *name, const char *text)
{
  g_autofree char *path = bgc_folder_path (self, name);
  g_autoptr (GError) error = NULL;

  g_file_set_contents_full (path, text, -1, G_FILE_SET_CONTENTS_NONE, 0600, &error);
  g_assert_no_error (error);
}

void
bgc_folder_assert_text (BgcFolder *self, const char *name, const char *text)
{
  g_autofree char *path = bgc_folder_path (self, name);
  g_autofree char *found = NULL;

  g_assert_true (g_file_get_contents (path, &found, NULL, NULL));
  g_assert_cmpstr (found, ==, text);
}

void
bgc_folder_assert_absent (BgcFolder *self, const char *name)
{
  g_autofree char *path = bgc_folder_path (self, name);
  struct stat status;

  g_assert_cmpint (g_lstat (path, &status), !=, 0);
}

struct stat
bgc_folder_stat (BgcFolder *self, const char *name)
{
  g_autofree char *path = bgc_folder_path (self, name);
  struct stat status;

  g_assert_cmpint (g_lstat (path, &status), ==, 0);
  return status;
}

void
bgc_folder_be_nobody (BgcFolder *self)
{
  if (geteuid () != 0)
    return;
  was_root = TRUE;
  g_assert_cmpint (g_chmod (self->path, 0755), ==, 0);
  g_assert_cmpint (seteuid (NOBODY), ==, 0);
}

void
bgc_folder_be_root (void)
{
  if (was_root)
    g_assert_cmpint (seteuid (0), ==, 0);
  was_root = FALSE;
}
