/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "transfer/bgc-upload-protocol-resumable.h"

#include <string.h>

#include "bgc-upload-scene.h"

#define SIZE 100000

static void
test_plain (void)
{
  const char *const queries[] = { "", "relative", "do=patch=2:offset=none" };

  for (guint i = 0; i < G_N_ELEMENTS (queries); i++)
    {
      g_autoptr (BgcUploadScene) scene = bgc_upload_scene_new ("resumable", queries[i], SIZE);

      bgc_upload_scene_send (scene);
      bgc_upload_scene_assert_done (scene, BGC_UPLOAD_STAGE_CLOSED);
      bgc_upload_scene_assert_events (scene, "PW");
      bgc_upload_scene_assert_log (scene, "post 201", "patch " RANGE_1 " 204", "patch " RANGE_2 " 204",
                                   "patch " RANGE_3 " 204", "patch " RANGE_4 " 204", "patch " RANGE_5 " 204",
                                   NULL);
    }
}

static void
test_empty (void)
{
  g_autoptr (BgcUploadScene) scene = bgc_upload_scene_new ("resumable", "", 0);

  bgc_upload_scene_send (scene);
  bgc_upload_scene_assert_done (scene, BGC_UPLOAD_STAGE_CLOSED);
  bgc_upload_scene_assert_log (scene, "post 200", NULL);
}

static void
test_limits (void)
{
  g_autoptr (BgcUploadScene) large = bgc_upload_scene_new ("resumable", "limit=max-size=99999", SIZE);
  g_autoptr (BgcUploadScene) least = bgc_upload_scene_new ("resumable", "limit=min-size=100001", SIZE);
  g_autoptr (BgcUploadScene) piece
    = bgc_upload_scene_new ("resumable", "limit=max-append-size=50000,min-append-size=40000", SIZE);

  bgc_upload_scene_send (large);
  bgc_upload_scene_assert_failure (large, BGC_ERROR_TOO_LARGE, 0, FALSE);
  bgc_upload_scene_send (least);
  bgc_upload_scene_assert_failure (least, BGC_ERROR_TOO_LARGE, 0, FALSE);
  bgc_upload_scene_send (piece);
  bgc_upload_scene_assert_done (piece, BGC_UPLOAD_STAGE_CLOSED);
  bgc_upload_scene_assert_log (piece, "post 201", "patch 0-39999/100000 204", "patch 40000-79999/100000 204",
                               "patch 80000-99999/100000 204", NULL);
}

static void
test_resume (void)
{
  g_autoptr (BgcUploadScene) scene = bgc_upload_scene_new ("resumable", "do=patch=2:cut=3000", SIZE);
  g_autoptr (BgcUploadScene) last = bgc_upload_scene_new ("resumable", "do=last=1:cut", SIZE);

  bgc_upload_scene_send (scene);
  bgc_upload_scene_assert_events (scene, "PF");
  bgc_upload_scene_send (scene);
  bgc_upload_scene_assert_done (scene, BGC_UPLOAD_STAGE_CLOSED);
  bgc_upload_scene_assert_log (scene, "post 201", "patch " RANGE_1 " 204", "patch " RANGE_2 " -", "head 200",
                               "patch 8120-13239/100000 204", "patch 13240-23479/100000 204",
                               "patch 23480-43959/100000 204", "patch 43960-84919/100000 204",
                               "patch 84920-99999/100000 204", NULL);
  bgc_upload_scene_send (last);
  bgc_upload_scene_send (last);
  bgc_upload_scene_assert_done (last, BGC_UPLOAD_STAGE_CLOSED);
}

/* 409 with and without the offset that would have been right. */
static void
test_out_of_step (void)
{
  g_autoptr (BgcUploadScene) told = bgc_upload_scene_new ("resumable", "do=patch=2:done,status=409", SIZE);
  g_autoptr (BgcUploadScene) untold
    = bgc_upload_scene_new ("resumable", "do=patch=2:done,status=409,offset=none", SIZE);
  g_autoptr (BgcUploadScene) always
    = bgc_upload_scene_new ("resumable", "do=patch:status=409,offset=0", SIZE);

  bgc_upload_scene_send (told);
  bgc_upload_scene_assert_done (told, BGC_UPLOAD_STAGE_CLOSED);
  bgc_upload_scene_send (untold);
  bgc_upload_scene_assert_done (untold, BGC_UPLOAD_STAGE_CLOSED);
  bgc_upload_scene_send (always);
  bgc_upload_scene_assert_failure (always, BGC_ERROR_NO_PROGRESS, 0, TRUE);
}

static void
test_lost (void)
{
  const char *const queries[] = { "do=patch=1:lose", "do=patch=3:lose", "do=last=1:lose",
                                  "do=patch=2:cut&do=head=1:lose" };

  for (guint i = 0; i < G_N_ELEMENTS (queries); i++)
    {
      g_autoptr (BgcUploadScene) scene = bgc_upload_scene_new ("resumable", queries[i], SIZE);

      bgc_upload_scene_send (scene);
      if (i == 3)
        bgc_upload_scene_send (scene);
      bgc_upload_scene_assert_done (scene, BGC_UPLOAD_STAGE_CLOSED);
      g_assert_nonnull (strchr (scene->events->str, 'R'));
    }
}

static void
test_refusals (void)
{
  static const BgcUploadRefusal cases[] = {
    { "do=post:status=413", BGC_ERROR_TOO_LARGE, 413, FALSE },
    { "do=post:complete=none", BGC_ERROR_PROTOCOL_MISMATCH, 0, FALSE },
    { "do=post:location=none", BGC_ERROR_INVALID_SERVER_RESPONSE, 0, TRUE },
    { "do=post:status=503", BGC_ERROR_HTTP_STATUS, 503, TRUE },
    { "do=patch=2:complete=none", BGC_ERROR_INVALID_SERVER_RESPONSE, 0, TRUE },
    { "do=patch=2:complete=%3F1", BGC_ERROR_INVALID_SERVER_RESPONSE, 0, TRUE },
    { "do=patch=2:offset=100001", BGC_ERROR_INVALID_SERVER_RESPONSE, 0, TRUE },
    { "do=patch:status=413", BGC_ERROR_TOO_LARGE, 413, FALSE },
    { "do=patch:status=413&limit=min-append-size=40000", BGC_ERROR_TOO_LARGE, 413, FALSE },
    { "do=patch=2:status=400", BGC_ERROR_HTTP_STATUS, 400, FALSE },
    /* The application's own answer to the whole. */
    { "do=last:status=422,complete=%3F1", BGC_ERROR_HTTP_STATUS, 422, FALSE },
    { "do=last:status=500,complete=%3F1", BGC_ERROR_HTTP_STATUS, 500, TRUE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (BgcUploadScene) scene = bgc_upload_scene_new_refused ("resumable", &cases[i], SIZE);

      /* What the application refused is over for good. */
      if (g_str_has_prefix (cases[i].query, "do=last"))
        {
          g_assert_cmpint (scene->upload->stage, ==, BGC_UPLOAD_STAGE_NONE);
          g_assert_cmpuint (scene->file->bytes_transferred, ==, 0);
        }
    }
}

/* Whether the end was taken for the end is asked, where the answer does not say. */
static void
test_untold_end (void)
{
  g_autoptr (BgcUploadScene) scene = bgc_upload_scene_new ("resumable", "do=last=1:complete=none", SIZE);

  bgc_upload_scene_send (scene);
  bgc_upload_scene_assert_done (scene, BGC_UPLOAD_STAGE_CLOSED);
  bgc_upload_scene_assert_log (scene, "post 201", "patch " RANGE_1 " 204", "patch " RANGE_2 " 204",
                               "patch " RANGE_3 " 204", "patch " RANGE_4 " 204", "patch " RANGE_5 " 204",
                               "head 200", NULL);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/upload-protocol-resumable/plain", test_plain);
  g_test_add_func ("/upload-protocol-resumable/empty", test_empty);
  g_test_add_func ("/upload-protocol-resumable/limits", test_limits);
  g_test_add_func ("/upload-protocol-resumable/resume", test_resume);
  g_test_add_func ("/upload-protocol-resumable/out-of-step", test_out_of_step);
  g_test_add_func ("/upload-protocol-resumable/lost", test_lost);
  g_test_add_func ("/upload-protocol-resumable/refusals", test_refusals);
  g_test_add_func ("/upload-protocol-resumable/untold-end", test_untold_end);
  return bgc_upload_scene_run_tests ();
}
