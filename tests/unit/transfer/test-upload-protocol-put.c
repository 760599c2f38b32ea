/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "transfer/bgc-upload-protocol-put.h"

#include <string.h>

#include "bgc-upload-scene.h"

#define LARGE 3000000

static void
test_sizes (void)
{
  const gsize sizes[] = { 0, 1, 100000, LARGE };

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      g_autoptr (BgcUploadScene) scene = bgc_upload_scene_new ("put", "", sizes[i]);

      bgc_upload_scene_send (scene);
      bgc_upload_scene_assert_done (scene, BGC_UPLOAD_STAGE_CLOSED);
      bgc_upload_scene_assert_events (scene, "PW");
      g_assert_cmpuint (scene->sent, ==, sizes[i]);
      g_assert_true (bgc_upload_scene_cancel (scene));
      g_assert_null (scene->failure);
    }
}

static void
test_answers (void)
{
  const char *const queries[] = { "do=put:done,status=200", "do=put:done,status=204",
                                  "do=put:done,status=202",
                                  "do=put:late=1500" };

  for (guint i = 0; i < G_N_ELEMENTS (queries); i++)
    {
      g_autoptr (BgcUploadScene) scene = bgc_upload_scene_new ("put", queries[i], LARGE);

      bgc_upload_scene_send (scene);
      bgc_upload_scene_assert_done (scene, BGC_UPLOAD_STAGE_CLOSED);
    }
}

static void
test_refusals (void)
{
  static const BgcUploadRefusal cases[] = {
    { "do=put:status=413", BGC_ERROR_TOO_LARGE, 413, FALSE },
    { "do=put:status=401", BGC_ERROR_AUTHENTICATION_REQUIRED, 401, FALSE },
    { "do=put:status=403", BGC_ERROR_HTTP_STATUS, 403, FALSE },
    { "do=put:status=405", BGC_ERROR_HTTP_STATUS, 405, FALSE },
    { "do=put:status=409", BGC_ERROR_HTTP_STATUS, 409, TRUE },
    { "do=put:status=503,retryafter=60", BGC_ERROR_HTTP_STATUS, 503, TRUE },
    { "do=put:status=301,location=/other", BGC_ERROR_HTTP_STATUS, 301, FALSE },
    { "do=put:cut", BGC_ERROR_CONNECTION_CLOSED, 0, TRUE },
    { "do=put:hang", BGC_ERROR_TIMEOUT, 0, TRUE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (BgcUploadScene) scene = bgc_upload_scene_new_refused ("put", &cases[i], LARGE);

      g_assert_cmpuint (scene->failure->retry_after, ==, cases[i].status == 503 ? 60 : 0);
      /* A refusal was heard before the bytes went. */
      if (cases[i].status != 0)
        g_assert_cmpuint (scene->sent, ==, 0);
      g_assert_cmpuint (scene->file->bytes_transferred, ==, 0);
      g_assert_false (bgc_upload_is_open (scene->upload));
    }
}

/* Nothing is left of a broken request: all of it goes again. */
static void
test_again (void)
{
  g_autoptr (BgcUploadScene) scene = bgc_upload_scene_new ("put", "do=put=1:cut=200000", LARGE);

  bgc_upload_scene_send (scene);
  g_assert_nonnull (scene->failure);
  g_assert_true (scene->failure->transient);
  bgc_upload_scene_send (scene);
  bgc_upload_scene_assert_done (scene, BGC_UPLOAD_STAGE_CLOSED);
  g_assert_cmpuint (scene->sent, ==, LARGE);
}

/* Of an earlier run that never came to its end the daemon may know more bytes than the server has. */
static void
test_stale_progress (void)
{
  g_autoptr (BgcUploadScene) scene = bgc_upload_scene_new ("put", "", LARGE);

  scene->file->bytes_transferred = 1000;
  bgc_upload_scene_send (scene);
  bgc_upload_scene_assert_done (scene, BGC_UPLOAD_STAGE_CLOSED);
  bgc_upload_scene_assert_events (scene, "RPW");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/upload-protocol-put/sizes", test_sizes);
  g_test_add_func ("/upload-protocol-put/answers", test_answers);
  g_test_add_func ("/upload-protocol-put/refusals", test_refusals);
  g_test_add_func ("/upload-protocol-put/again", test_again);
  g_test_add_func ("/upload-protocol-put/stale-progress", test_stale_progress);
  return bgc_upload_scene_run_tests ();
}
