/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* The whole of a running job: many files, checkpoints, stopping, and temporary files that are not what
 * was stored. */

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bgc-scene-server.h"
#include "bgc-transfer-scene.h"
#include "transfer/bgc-local-file.h"

/* ---- stopping ------------------------------------------------------------------------------------- */

/* What came is durable and reported, and the next run needs only the rest. */
static void
test_stop_keeps (gconstpointer data)
{
  g_autoptr (BgcTransferScene) scene = bgc_transfer_scene_new ("size=400000&stall=300000&first=1");
  g_autofree char *path = bgc_transfer_scene_temporary_path (scene);
  struct stat status;

  bgc_transfer_scene_run_until (scene, 300000, FALSE);
  g_assert_cmpint (scene->file->state, ==, BGC_FILE_PENDING);
  g_assert_cmpuint (scene->file->bytes_transferred, ==, 300000);
  g_assert_cmpint (g_stat (path, &status), ==, 0);
  g_assert_cmpuint (status.st_ino, ==, scene->file->inode);
  bgc_transfer_scene_run (scene, NULL);
  bgc_transfer_scene_assert_whole (scene, 1, 400000);
  g_assert_cmpuint (scene->received, ==, 100000);
}

/* Nothing is told of what is thrown away, and nothing is written any more. */
static void
test_stop_discards (gconstpointer data)
{
  g_autoptr (BgcTransferScene) scene = bgc_transfer_scene_new ("size=9000000&stall=5000000");
  g_autofree char *path = bgc_transfer_scene_temporary_path (scene);
  struct stat before;
  struct stat after;

  /* More than may wait to be written: some of it has been. */
  bgc_transfer_scene_run_until (scene, 4900000, TRUE);
  g_assert_cmpint (g_stat (path, &before), ==, 0);
  g_assert_cmpuint (scene->most_durable, ==, 0);
  while (g_main_context_iteration (NULL, FALSE))
    continue;
  g_assert_cmpint (g_stat (path, &after), ==, 0);
  g_assert_cmpint (before.st_size, ==, after.st_size);
  g_assert_cmpint (before.st_mtim.tv_nsec, ==, after.st_mtim.tv_nsec);
}

static void
test_stop_at_once (gconstpointer data)
{
  static const char *const queries[] = { "size=100000", "stallhead", "size=3000000", "status=404" };

  for (guint i = 0; i < 2 * G_N_ELEMENTS (queries); i++)
    {
      g_autoptr (BgcTransferScene) scene = bgc_transfer_scene_new (queries[i / 2]);

      bgc_transfer_scene_run_until (scene, 0, i % 2 == 0);
      g_assert_cmpint (scene->file->state, ==, BGC_FILE_PENDING);
      g_assert_cmpstr (scene->events->str, ==, "");
    }
}

/* A chunked file cannot be gone on with, so nothing is held of it. */
static void
test_stop_chunked (gconstpointer data)
{
  g_autoptr (BgcTransferScene) scene = bgc_transfer_scene_new ("size=900000&chunked=100000&stall=1&first=1");

  bgc_transfer_scene_run_until (scene, 500000, FALSE);
  bgc_transfer_scene_run (scene, NULL);
  bgc_transfer_scene_assert_whole (scene, 1, 900000);
}

/* ---- checkpoints ---------------------------------------------------------------------------------- */

static void
test_checkpoints (gconstpointer data)
{
  g_autoptr (BgcTransferScene) scene = bgc_transfer_scene_new ("size=5000000&stall=4500000&first=1");
  BgcTransferSettings settings;

  bgc_transfer_scene_settings (&settings);
  settings.checkpoint_bytes = 1000000;
  bgc_transfer_scene_run (scene, &settings);
  bgc_transfer_scene_assert_failed (scene, BGC_ERROR_TIMEOUT, TRUE);
  g_assert_cmpuint (scene->file->bytes_transferred, ==, 4500000);
  /* The first P tells the size, the last what there was at the end; how many lie between depends on
   * the disk. */
  g_assert_true (g_str_has_prefix (scene->events->str, "PPP"));
  bgc_transfer_scene_run (scene, &settings);
  bgc_transfer_scene_assert_whole (scene, 1, 5000000);
  g_assert_cmpuint (scene->received, ==, 500000);
}

static void
test_checkpoint_by_time (gconstpointer data)
{
  g_autoptr (BgcTransferScene) scene = bgc_transfer_scene_new ("size=1500000&stall=1200000&drip=1");
  BgcTransferSettings settings;

  bgc_transfer_scene_settings (&settings);
  settings.checkpoint_seconds = 1;
  bgc_transfer_scene_run (scene, &settings);
  bgc_transfer_scene_assert_failed (scene, BGC_ERROR_TIMEOUT, TRUE);
  g_assert_cmpuint (scene->file->bytes_transferred, ==, 1200000);
  g_assert_true (g_str_has_prefix (scene->events->str, "PPP"));
}

/* ---- the temporary file --------------------------------------------------------------------------- */

static BgcTransferScene *
make_held (void)
{
  BgcTransferScene *scene = bgc_transfer_scene_new ("size=200000&cut=150000&first=1");

  bgc_transfer_scene_run (scene, NULL);
  bgc_transfer_scene_assert_failed (scene, BGC_ERROR_CONNECTION_CLOSED, TRUE);
  g_assert_cmpuint (scene->file->bytes_transferred, ==, 150000);
  return scene;
}

static void
assert_begins_again (BgcTransferScene *scene)
{
  bgc_transfer_scene_run (scene, NULL);
  bgc_transfer_scene_assert_whole (scene, 1, 200000);
  g_assert_cmpstr (scene->events->str, ==, "RW");
  bgc_transfer_scene_assert_requests (scene, "- - 200, - - 200");
}

static void
test_replaced (gconstpointer data)
{
  g_autoptr (BgcTransferScene) scene = make_held ();
  g_autofree char *path = bgc_transfer_scene_temporary_path (scene);
  g_autofree guint8 *rubbish = g_malloc0 (200000);

  g_assert_true (g_file_set_contents (path, (const char *)rubbish, 200000, NULL)); /* by rename */
  assert_begins_again (scene);
}

static void
test_shortened (gconstpointer data)
{
  g_autoptr (BgcTransferScene) scene = make_held ();
  g_autofree char *path = bgc_transfer_scene_temporary_path (scene);

  g_assert_cmpint (truncate (path, 149999), ==, 0);
  assert_begins_again (scene);
}

static void
test_gone (gconstpointer data)
{
  g_autoptr (BgcTransferScene) scene = make_held ();
  g_autofree char *path = bgc_transfer_scene_temporary_path (scene);

  g_assert_cmpint (g_unlink (path), ==, 0);
  assert_begins_again (scene);
}

/* More bytes than were stored as durable: they go. */
static void
test_longer (gconstpointer data)
{
  g_autoptr (BgcTransferScene) scene = make_held ();

  scene->file->bytes_transferred = 70000;
  bgc_transfer_scene_run (scene, NULL);
  bgc_transfer_scene_assert_whole (scene, 1, 200000);
  g_assert_cmpuint (scene->received, ==, 130000);
}

static void
test_linked (gconstpointer data)
{
  g_autoptr (BgcTransferScene) scene = make_held ();
  g_autofree char *path = bgc_transfer_scene_temporary_path (scene);
  g_autofree char *second = g_strconcat (path, "-second", NULL);

  g_assert_cmpint (link (path, second), ==, 0);
  bgc_transfer_scene_run (scene, NULL);
  bgc_transfer_scene_assert_failed (scene, BGC_ERROR_LOCAL_FILE_CHANGED, TRUE);
}

static void
test_symbolic_link (gconstpointer data)
{
  g_autoptr (BgcTransferScene) scene = bgc_transfer_scene_new ("size=1000");
  g_autofree char *path = bgc_transfer_scene_temporary_path (scene);
  g_autofree char *victim = g_build_filename (bgc_scene_server_directory (), "victim", NULL);
  g_autofree char *text = NULL;

  g_assert_true (g_file_set_contents (victim, "mine", -1, NULL));
  g_assert_cmpint (symlink (victim, path), ==, 0);
  bgc_transfer_scene_run (scene, NULL);
  bgc_transfer_scene_assert_failed (scene, BGC_ERROR_LOCAL_FILE_CHANGED, TRUE);
  g_assert_true (g_file_get_contents (victim, &text, NULL, NULL));
  g_assert_cmpstr (text, ==, "mine");
}

/* Created and lost from memory before it could be reported. */
static void
test_leftover (gconstpointer data)
{
  g_autoptr (BgcTransferScene) scene = bgc_transfer_scene_new ("size=1000");
  g_autofree char *path = bgc_transfer_scene_temporary_path (scene);

  g_assert_true (g_file_set_contents (path, "leftover of a crash that is longer than the file", -1, NULL));
  bgc_transfer_scene_run (scene, NULL);
  bgc_transfer_scene_assert_whole (scene, 1, 1000);
}

static void
test_directory_away (gconstpointer data)
{
  g_autoptr (BgcTransferScene) scene = bgc_transfer_scene_new ("size=1000");

  g_free (scene->file->local);
  scene->file->local = g_build_filename (bgc_scene_server_directory (), "away", "f", NULL);
  bgc_transfer_scene_run (scene, NULL);
  bgc_transfer_scene_assert_failed (scene, BGC_ERROR_INVALID_PATH, TRUE);
  g_assert_cmpint (scene->failure->wait, ==, BGC_WAIT_STORAGE);
  g_assert_cmpint (scene->failure->context, ==, BGC_CONTEXT_LOCAL_FILE);
}

/* ---- many files ----------------------------------------------------------------------------------- */

typedef struct
{
  guint whole;
  guint failed;
  GPtrArray *placements;
  const char *directory;
} Crowd;

static void
on_crowd_report (const BgcFileReport *report, gpointer data)
{
  Crowd *crowd = data;
  g_autofree char *temporary = g_strdup_printf (".bgcopy-%032u", report->index);
  g_autofree char *target = g_strdup_printf ("crowd-%u", report->index);

  if (report->event == BGC_FILE_EVENT_WHOLE)
    {
      crowd->whole++;
      g_ptr_array_add (crowd->placements, bgc_placement_new (report->index, crowd->directory, temporary,
                                                             target, report->device, report->inode, FALSE));
    }
  if (report->event == BGC_FILE_EVENT_FAILED)
    {
      g_assert_cmpuint (report->index % 10, ==, 7);
      crowd->failed++;
    }
}

static void
on_stopped (GObject *source, GAsyncResult *result, gpointer data)
{
  *(gboolean *)data = TRUE;
}

static char *
make_directory (void)
{
  char *directory = g_build_filename (bgc_scene_server_directory (), "crowd-XXXXXX", NULL);

  g_assert_nonnull (g_mkdtemp (directory));
  return directory;
}

static BgcFile *
make_member (guint index, const char *directory)
{
  g_autofree char *temporary = g_strdup_printf (".bgcopy-%032u", index);
  g_autofree char *local = g_strdup_printf ("%s/crowd-%u", directory, index);
  g_autofree char *url
    = g_strdup_printf ("http://127.0.0.1:%u/f/crowd?size=%u%s", bgc_transfer_scene_port (FALSE), 1000 + index,
                       index % 10 == 7 ? "&status=404" : "");

  return bgc_file_new (index, url, local, temporary);
}

static void
assert_member (guint index, const char *directory)
{
  g_autofree char *local = g_strdup_printf ("%s/crowd-%u", directory, index);
  g_autofree guint8 *expected = bgc_transfer_scene_content (1, 1000 + index);
  g_autofree char *bytes = NULL;
  gsize length = 0;

  g_assert_cmpint (g_file_get_contents (local, &bytes, &length, NULL), ==, index % 10 != 7);
  if (bytes != NULL)
    g_assert_cmpmem (bytes, length, expected, 1000 + index);
}

static void
test_crowd (gconstpointer data)
{
  g_autofree char *directory = make_directory ();
  Crowd crowd = { .directory = directory };
  g_autoptr (GPtrArray) results = NULL;
  BgcTransferSettings settings;
  BgcTransfer *transfer;
  gboolean stopped = FALSE;

  crowd.placements = g_ptr_array_new_with_free_func ((GDestroyNotify)bgc_placement_free);
  bgc_transfer_scene_settings (&settings);
  transfer = bgc_transfer_new (&settings, on_crowd_report, &crowd);
  for (guint i = 0; i < 500; i++)
    bgc_transfer_add (transfer, make_member (i, directory));
  while (bgc_transfer_unsettled (transfer) > 0)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpuint (crowd.whole, ==, 450);
  g_assert_cmpuint (crowd.failed, ==, 50);
  bgc_transfer_stop_async (transfer, FALSE, on_stopped, &stopped);
  while (!stopped)
    g_main_context_iteration (NULL, TRUE);
  bgc_transfer_free (transfer);
  results = bgc_local_file_place (crowd.placements);
  for (guint i = 0; i < results->len; i++)
    g_assert_true (((BgcPlacementResult *)g_ptr_array_index (results, i))->done);
  for (guint i = 0; i < 500; i++)
    assert_member (i, directory);
  g_ptr_array_unref (crowd.placements);
}

/* Stopped in the middle: what is whole stays whole, nothing else is told. */
static void
test_crowd_stopped (gconstpointer data)
{
  for (guint discard = 0; discard < 2; discard++)
    {
      g_autofree char *directory = make_directory ();
      Crowd crowd = { .directory = directory };
      BgcTransferSettings settings;
      BgcTransfer *transfer;
      gboolean stopped = FALSE;
      guint before;

      crowd.placements = g_ptr_array_new_with_free_func ((GDestroyNotify)bgc_placement_free);
      bgc_transfer_scene_settings (&settings);
      transfer = bgc_transfer_new (&settings, on_crowd_report, &crowd);
      for (guint i = 0; i < 300; i++)
        bgc_transfer_add (transfer, make_member (i, directory));
      while (bgc_transfer_received (transfer) < 100000)
        g_main_context_iteration (NULL, TRUE);
      bgc_transfer_stop_async (transfer, discard == 1, on_stopped, &stopped);
      before = crowd.whole;
      while (!stopped)
        g_main_context_iteration (NULL, TRUE);
      if (discard == 1)
        g_assert_cmpuint (crowd.whole, ==, before);
      else
        g_assert_cmpuint (crowd.whole, >, 0);
      g_assert_cmpuint (crowd.whole, <, 270);
      bgc_transfer_free (transfer);
      g_ptr_array_unref (crowd.placements);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  bgc_transfer_scene_add ("/transfer/stop-keeps", NULL, test_stop_keeps);
  bgc_transfer_scene_add ("/transfer/stop-discards", NULL, test_stop_discards);
  bgc_transfer_scene_add ("/transfer/stop-at-once", NULL, test_stop_at_once);
  bgc_transfer_scene_add ("/transfer/stop-chunked", NULL, test_stop_chunked);
  bgc_transfer_scene_add ("/transfer/checkpoints", NULL, test_checkpoints);
  bgc_transfer_scene_add ("/transfer/checkpoint-by-time", NULL, test_checkpoint_by_time);
  bgc_transfer_scene_add ("/transfer/replaced", NULL, test_replaced);
  bgc_transfer_scene_add ("/transfer/shortened", NULL, test_shortened);
  bgc_transfer_scene_add ("/transfer/gone", NULL, test_gone);
  bgc_transfer_scene_add ("/transfer/longer", NULL, test_longer);
  bgc_transfer_scene_add ("/transfer/linked", NULL, test_linked);
  bgc_transfer_scene_add ("/transfer/symbolic-link", NULL, test_symbolic_link);
  bgc_transfer_scene_add ("/transfer/leftover", NULL, test_leftover);
  bgc_transfer_scene_add ("/transfer/directory-away", NULL, test_directory_away);
  bgc_transfer_scene_add ("/transfer/crowd", NULL, test_crowd);
  bgc_transfer_scene_add ("/transfer/crowd-stopped", NULL, test_crowd_stopped);
  return bgc_transfer_scene_run_tests ();
}
