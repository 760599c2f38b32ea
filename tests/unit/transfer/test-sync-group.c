/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "transfer/bgc-sync-group.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <unistd.h>

#include "bgc-folder.h"

typedef struct
{
  BgcFolder *folder;
  BgcIoPool *io;
  BgcSyncGroup *group;
  BgcLocalFileDirectory *directory;
  guint done;
  guint failed;
} Scene;

static void
set_up (Scene *scene, gconstpointer data)
{
  int error = 0;

  scene->folder = bgc_folder_new ();
  scene->io = bgc_io_pool_new (2);
  scene->group = bgc_sync_group_new (scene->io);
  scene->directory = bgc_local_file_directory_open (scene->folder->path, &error);
}

static void
tear_down (Scene *scene, gconstpointer data)
{
  bgc_sync_group_free (scene->group);
  bgc_io_pool_free (scene->io);
  bgc_local_file_directory_unref (scene->directory);
  bgc_folder_free (scene->folder);
}

static void
on_synced (int error, gpointer data)
{
  Scene *scene = data;

  scene->done++;
  if (error != 0)
    scene->failed++;
}

static void
add (Scene *scene, guint number, gboolean exists)
{
  g_autofree char *name = g_strdup_printf (".bgcopy-%032u", number);

  if (exists)
    bgc_folder_write (scene->folder, name, "x");
  bgc_sync_group_add (scene->group, scene->directory, name, -1, on_synced, scene);
}

static void
wait_done (Scene *scene, guint count)
{
  while (scene->done < count)
    g_main_context_iteration (NULL, TRUE);
}

/* Nobody says that no more are coming: they are synced all the same. */
static void
test_by_itself (Scene *scene, gconstpointer data)
{
  for (guint i = 0; i < 3; i++)
    add (scene, i, TRUE);
  g_assert_cmpuint (scene->done, ==, 0);
  wait_done (scene, 3);
  g_assert_cmpuint (scene->failed, ==, 0);
}

static void
test_many (Scene *scene, gconstpointer data)
{
  for (guint i = 0; i < 2000; i++)
    {
      add (scene, i, i % 100 == 0);
      while (g_main_context_iteration (NULL, FALSE))
        continue;
    }
  bgc_sync_group_flush (scene->group);
  wait_done (scene, 2000);
}

/* Few are opened one by one, and one that is gone is not called durable. */
static void
test_gone (Scene *scene, gconstpointer data)
{
  add (scene, 1, TRUE);
  add (scene, 2, FALSE);
  add (scene, 3, TRUE);
  bgc_sync_group_flush (scene->group);
  wait_done (scene, 3);
  g_assert_cmpuint (scene->failed, ==, 1);
}

static void
test_large (Scene *scene, gconstpointer data)
{
  g_autofree char *path = bgc_folder_path (scene->folder, "large");

  bgc_sync_group_add (scene->group, scene->directory, "large", open (path, O_CREAT | O_RDWR, 0600), on_synced,
                      scene);
  wait_done (scene, 1);
  g_assert_cmpuint (scene->failed, ==, 0);
  /* A descriptor that cannot be synced. */
  bgc_sync_group_add (scene->group, scene->directory, "large", open ("/dev/null", O_RDONLY), on_synced,
                      scene);
  wait_done (scene, 2);
  g_assert_cmpuint (scene->failed, ==, 1);
}

static void
test_forget (Scene *scene, gconstpointer data)
{
  Scene other = { 0 };

  add (scene, 1, TRUE);
  bgc_sync_group_add (scene->group, scene->directory, "x", -1, on_synced, &other);
  bgc_sync_group_forget (scene->group, &other);
  bgc_sync_group_flush (scene->group);
  add (scene, 2, TRUE);
  wait_done (scene, 2);
  g_assert_cmpuint (other.done, ==, 0);
}

/* Freed while it works: nobody is called. */
static void
test_free (Scene *scene, gconstpointer data)
{
  for (guint i = 0; i < 20; i++)
    add (scene, i, TRUE);
  bgc_sync_group_flush (scene->group);
  add (scene, 20, TRUE);
  bgc_sync_group_free (scene->group);
  scene->group = bgc_sync_group_new (scene->io);
  add (scene, 21, TRUE);
  wait_done (scene, 1);
  g_assert_cmpuint (scene->done, ==, 1);
}

#define ADD(path, function) g_test_add ("/sync-group/" path, Scene, NULL, set_up, function, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("by-itself", test_by_itself);
  ADD ("many", test_many);
  ADD ("gone", test_gone);
  ADD ("large", test_large);
  ADD ("forget", test_forget);
  ADD ("free", test_free);
  return g_test_run ();
}
