/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "transfer/bgc-local-file-notes.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bgc-folder.h"
#include "model/bgc-placement.h"

#define TAG   0x0123abcdu
#define OURS  ".bgcopy-0123abcd00000000000000000000000"
#define OTHER ".bgcopy-0123abce000000000000000000000000"

typedef struct
{
  BgcFolder *state;
  BgcFolder *one;
  BgcFolder *two;
} Scene;

static void
set_up (Scene *scene, gconstpointer data)
{
  scene->state = bgc_folder_new ();
  scene->one = bgc_folder_new ();
  scene->two = bgc_folder_new ();
  bgc_local_file_notes_init (scene->state->path);
}

static void
tear_down (Scene *scene, gconstpointer data)
{
  bgc_folder_free (scene->state);
  bgc_folder_free (scene->one);
  bgc_folder_free (scene->two);
}

/* As the next worker of the owner. */
static void
begin_again (Scene *scene)
{
  bgc_local_file_notes_init (scene->state->path);
}

static guint
found (void)
{
  g_autoptr (GPtrArray) files = bgc_local_file_notes_find (TAG, 0, 100);

  return files->len;
}

static char *
notes_text (Scene *scene)
{
  g_autofree char *path = bgc_folder_path (scene->state, "directories");
  char *text = NULL;

  g_file_get_contents (path, &text, NULL, NULL);
  return text;
}

static void
test_found (Scene *scene, gconstpointer data)
{
  g_autoptr (GPtrArray) first = NULL;
  g_autoptr (GPtrArray) second = NULL;
  g_autoptr (GPtrArray) end = NULL;
  struct stat status;

  bgc_folder_write (scene->one, OURS "1", "x");
  bgc_folder_write (scene->two, OURS "2", "x");
  bgc_folder_write (scene->two, OURS "3", "x");
  g_assert_cmpuint (found (), ==, 0);
  bgc_local_file_notes_add (scene->one->path);
  bgc_local_file_notes_add (scene->two->path);
  begin_again (scene);
  first = bgc_local_file_notes_find (TAG, 0, 2);
  second = bgc_local_file_notes_find (TAG, 2, 2);
  end = bgc_local_file_notes_find (TAG, 3, 2);
  g_assert_cmpuint (first->len, ==, 2);
  g_assert_cmpuint (second->len, ==, 1);
  g_assert_cmpuint (end->len, ==, 0);
  status = bgc_folder_stat (scene->one, OURS "1");
  g_assert_cmpstr (((BgcPlacement *)first->pdata[0])->temporary, ==, OURS "1");
  g_assert_cmpstr (((BgcPlacement *)first->pdata[0])->directory, ==, scene->one->path);
  g_assert_cmpuint (((BgcPlacement *)first->pdata[0])->inode, ==, status.st_ino);
  g_assert_null (((BgcPlacement *)first->pdata[0])->target);
}

static void
test_only_ours (Scene *scene, gconstpointer data)
{
  g_autofree char *linked = bgc_folder_path (scene->one, OURS "1");
  g_autofree char *link_to = bgc_folder_path (scene->one, "second");
  g_autofree char *symbolic = bgc_folder_path (scene->one, OURS "2");
  g_autofree char *directory = bgc_folder_path (scene->one, OURS "3");

  bgc_local_file_notes_add (scene->one->path);
  bgc_folder_write (scene->one, "a file", "x");
  bgc_folder_write (scene->one, OTHER, "another queue's");
  bgc_folder_write (scene->one, OURS "1", "x");
  g_assert_cmpint (link (linked, link_to), ==, 0);
  g_assert_cmpint (symlink ("second", symbolic), ==, 0);
  g_assert_cmpint (g_mkdir (directory, 0700), ==, 0);
  if (geteuid () == 0)
    {
      g_autofree char *foreign = bgc_folder_path (scene->one, OURS "4");

      bgc_folder_write (scene->one, OURS "4", "x");
      g_assert_cmpint (chown (foreign, 12345, 12345), ==, 0);
    }
  g_assert_cmpuint (found (), ==, 0);
  g_assert_cmpint (g_rmdir (directory), ==, 0);
  bgc_folder_write (scene->one, OURS "3", "x");
  g_assert_cmpuint (found (), ==, 1);
}

/* What is empty is forgotten, but not by a process that uses it, and not what cannot be looked into. */
static void
test_forgotten (Scene *scene, gconstpointer data)
{
  g_autofree char *text = NULL;

  bgc_folder_write (scene->two, OURS "1", "x");
  bgc_local_file_notes_add (scene->one->path);
  bgc_local_file_notes_add (scene->two->path);
  bgc_local_file_notes_add ("/nonexistent/unmounted");
  g_assert_cmpuint (found (), ==, 1);
  text = notes_text (scene);
  g_assert_nonnull (strstr (text, scene->one->path));
  begin_again (scene);
  g_assert_cmpuint (found (), ==, 1);
  g_free (text);
  text = notes_text (scene);
  g_assert_null (strstr (text, scene->one->path));
  g_assert_nonnull (strstr (text, scene->two->path));
  g_assert_nonnull (strstr (text, "/nonexistent/unmounted\n"));
}

/* The power went while a line was written: it is no line, and the next one is. */
static void
test_torn (Scene *scene, gconstpointer data)
{
  g_autofree char *line = g_strdup_printf ("%s\n/half/a", scene->one->path);
  g_autofree char *text = NULL;

  bgc_folder_write (scene->state, "directories", line);
  begin_again (scene);
  bgc_folder_write (scene->one, OURS "1", "x");
  bgc_folder_write (scene->two, OURS "1", "x");
  g_assert_cmpuint (found (), ==, 1);
  bgc_local_file_notes_add (scene->two->path);
  begin_again (scene);
  g_assert_cmpuint (found (), ==, 2);
}

/* A name may have anything in it. */
static void
test_strange_names (Scene *scene, gconstpointer data)
{
  g_autofree char *strange = bgc_folder_path (scene->one, "a\nb\\ \303\244");
  g_autofree char *file = g_build_filename (strange, OURS "1", NULL);
  g_autoptr (GPtrArray) files = NULL;

  g_assert_cmpint (g_mkdir (strange, 0700), ==, 0);
  g_assert_true (g_file_set_contents (file, "x", 1, NULL));
  bgc_local_file_notes_add (strange);
  begin_again (scene);
  files = bgc_local_file_notes_find (TAG, 0, 10);
  g_assert_cmpuint (files->len, ==, 1);
  g_assert_cmpstr (((BgcPlacement *)files->pdata[0])->directory, ==, strange);
}

/* A transfer does not depend on notes. */
static void
test_no_place_for_notes (Scene *scene, gconstpointer data)
{
  g_autofree char *file = bgc_folder_path (scene->state, "file");
  g_autofree char *below = g_build_filename (file, "worker", NULL);

  bgc_folder_write (scene->state, "file", "in the way");
  bgc_local_file_notes_init (below);
  bgc_local_file_notes_add (scene->one->path);
  g_assert_cmpuint (found (), ==, 0);
}

int
main (int argc, char **argv)
{
#define ADD(path, function) \
  g_test_add ("/local-file-notes/" path, Scene, NULL, set_up, function, tear_down)

  g_test_init (&argc, &argv, NULL);
  ADD ("found", test_found);
  ADD ("only-ours", test_only_ours);
  ADD ("forgotten", test_forgotten);
  ADD ("torn", test_torn);
  ADD ("strange-names", test_strange_names);
  ADD ("no-place-for-notes", test_no_place_for_notes);
  return g_test_run ();
}
