/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "transfer/bgc-upload-protocol-tus.h"

#include <string.h>

#include "bgc-upload-scene.h"

#define SIZE 100000

static void
test_plain (void)
{
  const char *const queries[] = { "", "relative" };

  for (guint i = 0; i < G_N_ELEMENTS (queries); i++)
    {
      g_autoptr (BgcUploadScene) scene = bgc_upload_scene_new ("tus", queries[i], SIZE);

      bgc_upload_scene_send (scene);
      bgc_upload_scene_assert_done (scene, BGC_UPLOAD_STAGE_CLOSED);
      bgc_upload_scene_assert_events (scene, "PW");
      g_assert_true (scene->upload->can_terminate);
      g_assert_true (g_str_has_prefix (scene->upload->resource, "http://127.0.0.1:"));
      bgc_upload_scene_assert_log (scene, "options 204", "post 201", "patch " RANGE_1 " 204",
                                   "patch " RANGE_2 " 204", "patch " RANGE_3 " 204", "patch " RANGE_4 " 204",
                                   "patch " RANGE_5 " 204", NULL);
    }
}

static void
test_empty (void)
{
  g_autoptr (BgcUploadScene) scene = bgc_upload_scene_new ("tus", "", 0);

  bgc_upload_scene_send (scene);
  bgc_upload_scene_assert_done (scene, BGC_UPLOAD_STAGE_CLOSED);
  bgc_upload_scene_assert_log (scene, "options 204", "post 201", NULL);
}

static void
test_abilities (void)
{
  g_autoptr (BgcUploadScene) scene = bgc_upload_scene_new ("tus", "extensions=creation", SIZE);
  g_autoptr (BgcUploadScene) small = bgc_upload_scene_new ("tus", "maxsize=99999", SIZE);
  g_autoptr (BgcUploadScene) enough = bgc_upload_scene_new ("tus", "maxsize=100000", SIZE);
  g_autoptr (BgcUploadScene) silent = bgc_upload_scene_new ("tus", "do=options:status=405", SIZE);

  bgc_upload_scene_send (scene);
  bgc_upload_scene_assert_done (scene, BGC_UPLOAD_STAGE_CLOSED);
  g_assert_false (scene->upload->can_terminate);
  bgc_upload_scene_send (small);
  bgc_upload_scene_assert_failure (small, BGC_ERROR_TOO_LARGE, 0, FALSE);
  bgc_upload_scene_assert_log (small, "options 204", NULL);
  bgc_upload_scene_send (enough);
  bgc_upload_scene_assert_done (enough, BGC_UPLOAD_STAGE_CLOSED);
  bgc_upload_scene_send (silent);
  bgc_upload_scene_assert_done (silent, BGC_UPLOAD_STAGE_CLOSED);
}

static void
test_resume (void)
{
  g_autoptr (BgcUploadScene) scene = bgc_upload_scene_new ("tus", "do=patch=2:cut=3000", SIZE);
  g_autoptr (BgcUploadScene) last = bgc_upload_scene_new ("tus", "do=last=1:cut", SIZE);

  bgc_upload_scene_send (scene);
  bgc_upload_scene_assert_events (scene, "PF");
  g_assert_cmpuint (scene->upload->fragment, ==, 5120);
  bgc_upload_scene_send (scene);
  bgc_upload_scene_assert_done (scene, BGC_UPLOAD_STAGE_CLOSED);
  bgc_upload_scene_assert_log (scene, "options 204", "post 201", "patch " RANGE_1 " 204",
                               "patch " RANGE_2 " -", "head 200", "patch 8120-13239/100000 204",
                               "patch 13240-23479/100000 204", "patch 23480-43959/100000 204",
                               "patch 43960-84919/100000 204", "patch 84920-99999/100000 204", NULL);
  /* Only the answer to the end was lost. */
  bgc_upload_scene_send (last);
  bgc_upload_scene_send (last);
  bgc_upload_scene_assert_done (last, BGC_UPLOAD_STAGE_CLOSED);
}

static void
test_out_of_step (void)
{
  g_autoptr (BgcUploadScene) scene = bgc_upload_scene_new ("tus", "do=patch=2:done,status=409", SIZE);
  g_autoptr (BgcUploadScene) always = bgc_upload_scene_new ("tus", "do=patch:status=409", SIZE);

  bgc_upload_scene_send (scene);
  bgc_upload_scene_assert_done (scene, BGC_UPLOAD_STAGE_CLOSED);
  bgc_upload_scene_assert_log (scene, "options 204", "post 201", "patch " RANGE_1 " 204",
                               "patch " RANGE_2 " 409", "head 200", "patch 15360-25599/100000 204",
                               "patch 25600-46079/100000 204", "patch 46080-87039/100000 204",
                               "patch 87040-99999/100000 204", NULL);
  bgc_upload_scene_send (always);
  bgc_upload_scene_assert_failure (always, BGC_ERROR_NO_PROGRESS, 0, TRUE);
}

static void
test_lost (void)
{
  const char *const queries[] = { "do=patch=1:lose", "do=patch=3:lose", "do=last=1:lose",
                                  "do=patch=2:cut&do=head=1:lose", "do=patch=2:cut&do=head=1:status=403",
                                  "do=patch=2:cut&do=head=1:status=410" };
  g_autoptr (BgcUploadScene) always = bgc_upload_scene_new ("tus", "do=patch:lose", SIZE);

  for (guint i = 0; i < G_N_ELEMENTS (queries); i++)
    {
      g_autoptr (BgcUploadScene) scene = bgc_upload_scene_new ("tus", queries[i], SIZE);

      g_test_message ("%s", queries[i]);
      bgc_upload_scene_send (scene);
      if (i >= 3)
        bgc_upload_scene_send (scene);
      bgc_upload_scene_assert_done (scene, BGC_UPLOAD_STAGE_CLOSED);
      g_assert_nonnull (strchr (scene->events->str, 'R'));
    }
  bgc_upload_scene_send (always);
  bgc_upload_scene_assert_failure (always, BGC_ERROR_NO_PROGRESS, 0, TRUE);
}

static void
test_refusals (void)
{
  static const BgcUploadRefusal cases[] = {
    { "do=post:status=413", BGC_ERROR_TOO_LARGE, 413, FALSE },
    { "do=post:status=401", BGC_ERROR_AUTHENTICATION_REQUIRED, 401, FALSE },
    { "do=post:status=500", BGC_ERROR_HTTP_STATUS, 500, TRUE },
    { "do=post:location=none", BGC_ERROR_INVALID_SERVER_RESPONSE, 0, TRUE },
    { "do=post:location=ftp://x/y", BGC_ERROR_INVALID_SERVER_RESPONSE, 0, TRUE },
    { "do=post:cut", BGC_ERROR_CONNECTION_CLOSED, 0, TRUE },
    { "do=patch=2:status=415", BGC_ERROR_HTTP_STATUS, 415, FALSE },
    { "do=patch=2:status=423", BGC_ERROR_HTTP_STATUS, 423, TRUE },
    { "do=patch=2:status=400", BGC_ERROR_HTTP_STATUS, 400, FALSE },
    { "do=patch=2:offset=none", BGC_ERROR_INVALID_SERVER_RESPONSE, 0, TRUE },
    { "do=patch=2:offset=100001", BGC_ERROR_INVALID_SERVER_RESPONSE, 0, TRUE },
    { "do=patch:offset=0", BGC_ERROR_NO_PROGRESS, 0, TRUE },
    { "do=patch:status=413", BGC_ERROR_TOO_LARGE, 413, FALSE },
    { "do=patch=2:hang", BGC_ERROR_TIMEOUT, 0, TRUE },
    { "do=patch=2:huge", BGC_ERROR_INVALID_SERVER_RESPONSE, 0, TRUE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (BgcUploadScene) scene = bgc_upload_scene_new_refused ("tus", &cases[i], SIZE);

    }
}

/* A server that does not speak the protocol it is said to. */
static void
test_mismatch (void)
{
  g_autoptr (BgcUploadScene) scene = bgc_upload_scene_new ("put", "do=post:status=201", SIZE);

  scene->upload->protocol = BGC_UPLOAD_PROTOCOL_TUS;
  bgc_upload_scene_send (scene);
  bgc_upload_scene_assert_failure (scene, BGC_ERROR_PROTOCOL_MISMATCH, 0, FALSE);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/upload-protocol-tus/plain", test_plain);
  g_test_add_func ("/upload-protocol-tus/empty", test_empty);
  g_test_add_func ("/upload-protocol-tus/abilities", test_abilities);
  g_test_add_func ("/upload-protocol-tus/resume", test_resume);
  g_test_add_func ("/upload-protocol-tus/out-of-step", test_out_of_step);
  g_test_add_func ("/upload-protocol-tus/lost", test_lost);
  g_test_add_func ("/upload-protocol-tus/refusals", test_refusals);
  g_test_add_func ("/upload-protocol-tus/mismatch", test_mismatch);
  return bgc_upload_scene_run_tests ();
}
