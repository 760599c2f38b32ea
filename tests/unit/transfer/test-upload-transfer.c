/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "transfer/bgc-upload-transfer.h"

#include <unistd.h>

#include "bgc-upload-scene.h"

#define SIZE 100000

static void
iterate (double seconds)
{
  gint64 end = g_get_monotonic_time () + (gint64)(seconds * G_USEC_PER_SEC);

  while (g_get_monotonic_time () < end)
    {
      g_main_context_iteration (NULL, FALSE);
      g_usleep (1000);
    }
}

static void
wait_sent (BgcUploadScene *scene, guint64 bytes)
{
  while (bgc_upload_transfer_sent (scene->transfer) < bytes)
    g_main_context_iteration (NULL, TRUE);
}

/* In the midst of a fragment; the next run finds what the server got of it. */
static void
test_stop (void)
{
  g_autoptr (BgcUploadScene) scene = bgc_upload_scene_new ("bits", "do=fragment=2:hang=3000", SIZE);
  gint64 begin;

  scene->settings.stall_seconds = 60;
  bgc_upload_scene_begin (scene);
  wait_sent (scene, 5120 + 3000);
  begin = g_get_monotonic_time ();
  bgc_upload_scene_stop (scene);
  g_assert_cmpint (g_get_monotonic_time () - begin, <, G_USEC_PER_SEC);
  g_assert_false (scene->ended);
  bgc_upload_scene_assert_events (scene, "P");
  g_assert_cmpuint (scene->file->bytes_transferred, ==, 5120);
  g_assert_true (bgc_upload_is_open (scene->upload));
  bgc_upload_scene_send (scene);
  bgc_upload_scene_assert_published (scene);
}

/* What a request for a session opened is heard of, even if it is answered late. */
static void
test_stop_early (void)
{
  const char *const queries[] = { "bits", "tus", "resumable" };

  for (guint i = 0; i < G_N_ELEMENTS (queries); i++)
    {
      g_autoptr (BgcUploadScene) scene
        = bgc_upload_scene_new (queries[i], "do=create:late=500&do=post:late=500", SIZE);

      bgc_upload_scene_begin (scene);
      iterate (0.25);
      bgc_upload_scene_assert_events (scene, "");
      bgc_upload_scene_stop (scene);
      bgc_upload_scene_assert_events (scene, "P");
      g_assert_true (bgc_upload_is_open (scene->upload));
      g_assert_cmpuint (scene->sent, ==, 0);
      bgc_upload_scene_assert_open (scene, 1);
      g_assert_true (bgc_upload_scene_cancel (scene));
      bgc_upload_scene_assert_open (scene, 0);
    }
}

static void
test_stop_unanswered (void)
{
  g_autoptr (BgcUploadScene) scene = bgc_upload_scene_new ("bits", "do=create:hang", SIZE);
  gint64 begin;

  scene->settings.stall_seconds = 60;
  bgc_upload_scene_begin (scene);
  iterate (0.1);
  begin = g_get_monotonic_time ();
  bgc_upload_scene_stop (scene);
  g_assert_cmpint (g_get_monotonic_time () - begin, <, 4 * G_USEC_PER_SEC);
  g_assert_cmpint (scene->upload->stage, ==, BGC_UPLOAD_STAGE_NONE);
  g_assert_cmpuint (scene->upload->source_size, ==, 0);
}

static void
test_stop_put (void)
{
  g_autoptr (BgcUploadScene) scene = bgc_upload_scene_new ("put", "do=put=1:hang=100000", 30000000);
  gint64 begin;

  scene->settings.stall_seconds = 60;
  bgc_upload_scene_begin (scene);
  wait_sent (scene, 100000);
  begin = g_get_monotonic_time ();
  bgc_upload_scene_stop (scene);
  g_assert_cmpint (g_get_monotonic_time () - begin, <, G_USEC_PER_SEC);
  g_assert_cmpuint (scene->file->bytes_transferred, ==, 0);
  bgc_upload_scene_send (scene);
  bgc_upload_scene_assert_published (scene);
}

/* Of one long request it is told now and then how far it is; that was nothing, if it breaks. */
static void
test_progress_put (void)
{
  const off_t size = 90000000;
  g_autoptr (BgcUploadScene) scene = bgc_upload_scene_new ("put", "do=put=1:hang=80000000", 10);

  g_assert_cmpint (truncate (scene->file->local, size), ==, 0);
  scene->settings.stall_seconds = 60;
  bgc_upload_scene_begin (scene);
  while (scene->file->bytes_transferred == 0)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpuint (scene->file->bytes_transferred, >=, 64 << 20);
  g_assert_cmpuint (scene->file->bytes_total, ==, size);
  bgc_upload_scene_stop (scene);
  bgc_upload_scene_assert_events (scene, "PRP");
  g_assert_cmpuint (scene->file->bytes_transferred, ==, 0);
}

static void
test_stop_idle (void)
{
  g_autoptr (BgcUploadScene) scene = bgc_upload_scene_new ("bits", "", 10);

  bgc_upload_scene_begin (scene);
  bgc_upload_scene_wait (scene);
  bgc_upload_scene_assert_events (scene, "PW");
}

static guint moves;

static void
on_moved (gpointer data)
{
  moves++;
}

static void
test_moved (void)
{
  g_autoptr (BgcUploadScene) scene = bgc_upload_scene_new ("bits", "", SIZE);

  moves = 0;
  bgc_upload_scene_begin (scene);
  g_assert_true (bgc_upload_transfer_is_busy (scene->transfer));
  g_assert_false (bgc_upload_transfer_is_connected (scene->transfer));
  bgc_upload_transfer_set_moved (scene->transfer, on_moved, scene);
  while (!scene->ended)
    g_main_context_iteration (NULL, TRUE);
  g_assert_true (bgc_upload_transfer_is_connected (scene->transfer));
  g_assert_cmpuint (moves, >, 0);
  g_assert_cmpstr (bgc_upload_transfer_upload (scene->transfer)->session_id, ==, scene->upload->session_id);
  /* The next step of the same transfer. */
  scene->ended = FALSE;
  bgc_upload_transfer_close (scene->transfer);
  bgc_upload_scene_wait (scene);
  bgc_upload_scene_assert_events (scene, "PWC");
}

static void
note_session (BgcUploadScene *scene, const BgcFileReport *report)
{
  /* Before a byte of it went the session was told. */
  if (scene->upload->session_id != NULL && report->durable == 0 && report->event == BGC_FILE_EVENT_PROGRESS)
    scene->reported = NULL;
  else
    g_assert_cmpuint (report->durable, ==, 0);
}

static void
test_session_first (void)
{
  g_autoptr (BgcUploadScene) scene = bgc_upload_scene_new ("bits", "", SIZE);

  scene->reported = note_session;
  bgc_upload_scene_send (scene);
  g_assert_null (scene->reported);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/upload-transfer/stop", test_stop);
  g_test_add_func ("/upload-transfer/stop-early", test_stop_early);
  g_test_add_func ("/upload-transfer/stop-unanswered", test_stop_unanswered);
  g_test_add_func ("/upload-transfer/stop-put", test_stop_put);
  g_test_add_func ("/upload-transfer/progress-put", test_progress_put);
  g_test_add_func ("/upload-transfer/stop-idle", test_stop_idle);
  g_test_add_func ("/upload-transfer/moved", test_moved);
  g_test_add_func ("/upload-transfer/session-first", test_session_first);
  return bgc_upload_scene_run_tests ();
}
