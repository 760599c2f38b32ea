/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "transfer/bgc-upload-run.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "bgc-upload-scene.h"

#define SIZE 100000

/* Broken off after the first fragments. */
static BgcUploadScene *
half_sent (const char *query)
{
  g_autofree char *whole = g_strconcat ("do=fragment=2:cut&", query, NULL);
  BgcUploadScene *scene = bgc_upload_scene_new ("bits", whole, SIZE);

  bgc_upload_scene_send (scene);
  g_assert_true (bgc_upload_is_open (scene->upload));
  g_assert_cmpuint (scene->upload->source_size, ==, SIZE);
  g_assert_cmpuint (scene->upload->source_inode, !=, 0);
  return scene;
}

static void
grow (BgcUploadScene *scene)
{
  g_assert_cmpint (truncate (scene->file->local, SIZE + 1), ==, 0);
}

static void
shrink (BgcUploadScene *scene)
{
  g_assert_cmpint (truncate (scene->file->local, SIZE - 1), ==, 0);
}

static void
rewrite (BgcUploadScene *scene)
{
  bgc_upload_scene_rewrite (scene, SIZE);
}

static void
replace (BgcUploadScene *scene)
{
  g_assert_cmpint (g_remove (scene->file->local), ==, 0);
  bgc_upload_scene_rewrite (scene, SIZE);
}

static void (*const changes[]) (BgcUploadScene *scene) = { grow, shrink, rewrite, replace };

/* Between two runs: the server drops what it has, and Resume begins with the file as it is. */
static void
test_changed_between (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (changes); i++)
    {
      g_autoptr (BgcUploadScene) scene = half_sent ("");

      changes[i](scene);
      bgc_upload_scene_send (scene);
      bgc_upload_scene_assert_failure (scene, BGC_ERROR_LOCAL_FILE_CHANGED, 0, FALSE);
      g_assert_cmpint (scene->failure->context, ==, BGC_CONTEXT_LOCAL_FILE);
      bgc_upload_scene_assert_events (scene, "PF");
      g_assert_cmpuint (scene->file->bytes_transferred, ==, 0);
      bgc_upload_scene_assert_open (scene, 0);
      g_assert_cmpint (scene->upload->stage, ==, BGC_UPLOAD_STAGE_NONE);
      bgc_upload_scene_send (scene);
      bgc_upload_scene_assert_published (scene);
    }
}

/* The session stays known where the server could not be told. */
static void
test_changed_and_away (void)
{
  g_autoptr (BgcUploadScene) scene = half_sent ("do=cancel=1:cut");

  grow (scene);
  bgc_upload_scene_send (scene);
  bgc_upload_scene_assert_failure (scene, BGC_ERROR_LOCAL_FILE_CHANGED, 0, FALSE);
  g_assert_true (bgc_upload_is_open (scene->upload));
  bgc_upload_scene_send (scene);
  bgc_upload_scene_assert_failure (scene, BGC_ERROR_LOCAL_FILE_CHANGED, 0, FALSE);
  g_assert_cmpint (scene->upload->stage, ==, BGC_UPLOAD_STAGE_NONE);
  bgc_upload_scene_assert_open (scene, 0);
}

static guint change;

static void
on_reported (BgcUploadScene *scene, const BgcFileReport *report)
{
  if (report->event == BGC_FILE_EVENT_PROGRESS && report->durable >= 5120 && change < G_N_ELEMENTS (changes))
    {
      changes[change](scene);
      change = G_MAXUINT;
    }
}

static void
test_changed_amid (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (changes); i++)
    {
      g_autoptr (BgcUploadScene) scene = bgc_upload_scene_new ("bits", "do=fragment:late=50", SIZE);

      change = i;
      scene->reported = on_reported;
      bgc_upload_scene_send (scene);
      bgc_upload_scene_assert_failure (scene, BGC_ERROR_LOCAL_FILE_CHANGED, 0, FALSE);
      bgc_upload_scene_assert_open (scene, 0);
      {
        g_autofree char *published = bgc_upload_scene_ask (scene, "file");

        g_assert_cmpstr (published, ==, "none");
      }
    }
}

static void
test_no_source (void)
{
  g_autoptr (BgcUploadScene) scene = half_sent ("");
  g_autofree char *local = g_strdup (scene->file->local);

  g_assert_cmpint (g_remove (local), ==, 0);
  bgc_upload_scene_send (scene);
  bgc_upload_scene_assert_failure (scene, BGC_ERROR_NOT_FOUND, 0, FALSE);
  g_assert_true (bgc_upload_is_open (scene->upload));
  g_assert_cmpint (g_mkdir (local, 0700), ==, 0);
  bgc_upload_scene_send (scene);
  bgc_upload_scene_assert_failure (scene, BGC_ERROR_INVALID_PATH, 0, FALSE);
}

static void
test_no_url (void)
{
  g_autoptr (BgcUploadScene) scene = bgc_upload_scene_new ("bits", "", 10);

  g_free (scene->file->remote);
  scene->file->remote = g_strdup ("http://127.0.0.1:99999/x");
  bgc_upload_scene_send (scene);
  bgc_upload_scene_assert_failure (scene, BGC_ERROR_INVALID_URL, 0, FALSE);
}

/* A size that does not fit 32 bits; the file is a hole. */
static void
test_large (void)
{
  const guint64 size = (G_GUINT64_CONSTANT (5) << 30) + 3;
  g_autoptr (BgcUploadScene) scene
    = bgc_upload_scene_new ("bits", "do=fragment=1:status=500,done&do=fragment=3:status=501", 10);

  g_assert_cmpint (truncate (scene->file->local, (off_t)size), ==, 0);
  bgc_upload_scene_send (scene);
  g_assert_cmpuint (scene->upload->source_size, ==, size);
  g_assert_cmpuint (scene->file->bytes_total, ==, size);
  bgc_upload_scene_assert_log (scene, "create 200", "fragment 0-5119/5368709123 500", NULL);
  scene->file->bytes_transferred = size - 5;
  bgc_upload_scene_send (scene);
  /* The server has 5120 bytes and says so. */
  bgc_upload_scene_assert_failure (scene, BGC_ERROR_HTTP_STATUS, 501, FALSE);
  bgc_upload_scene_assert_log (scene, "create 200", "fragment 0-5119/5368709123 500", "ping 200",
                               "fragment 5368709118-5368709122/5368709123 416",
                               "fragment 5120-10239/5368709123 501", NULL);
}

/* There is nothing to close. */
static void
test_close (void)
{
  g_autoptr (BgcUploadScene) scene = bgc_upload_scene_new ("put", "", 10);

  bgc_upload_scene_send (scene);
  bgc_upload_scene_close (scene);
  bgc_upload_scene_assert_events (scene, "PWC");
  bgc_upload_scene_assert_log (scene, "put 10 201", NULL);
}

/* A step that was told to have ended, and is asked for again all the same. */
static void
test_after_the_end (void)
{
  g_autoptr (BgcUploadScene) sent = bgc_upload_scene_new ("bits", "", 10);
  g_autoptr (BgcUploadScene) closed = bgc_upload_scene_new ("put", "", 10);

  bgc_upload_scene_send (sent);
  bgc_upload_scene_send (sent);
  bgc_upload_scene_assert_events (sent, "PW");
  bgc_upload_scene_assert_log (sent, "create 200", "fragment 0-9/10 200", NULL);
  bgc_upload_scene_send (closed);
  bgc_upload_scene_send (closed);
  bgc_upload_scene_assert_events (closed, "PWRPW");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/upload-run/changed-between", test_changed_between);
  g_test_add_func ("/upload-run/changed-and-away", test_changed_and_away);
  g_test_add_func ("/upload-run/changed-amid", test_changed_amid);
  g_test_add_func ("/upload-run/no-source", test_no_source);
  g_test_add_func ("/upload-run/no-url", test_no_url);
  g_test_add_func ("/upload-run/large", test_large);
  g_test_add_func ("/upload-run/close", test_close);
  g_test_add_func ("/upload-run/after-the-end", test_after_the_end);
  return bgc_upload_scene_run_tests ();
}
