/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "transfer/bgc-upload-detection.h"

#include "bgc-upload-scene.h"

static BgcUploadScene *
detect (const char *protocol, const char *query)
{
  BgcUploadScene *scene = bgc_upload_scene_new (protocol, query, 10);

  g_test_message ("%s %s", protocol, query);
  scene->upload->protocol = BGC_UPLOAD_PROTOCOL_AUTO;
  bgc_upload_scene_send (scene);
  return scene;
}

static void
test_found (void)
{
  static const struct
  {
    const char *path;
    const char *query;
    BgcUploadProtocol found;
  } cases[] = {
    { "bits", "", BGC_UPLOAD_PROTOCOL_BITS },
    /* It speaks BITS, and says no in BITS. */
    { "bits", "do=ping=1:status=400,error=0x80070057", BGC_UPLOAD_PROTOCOL_BITS },
    /* It was restarted just then. */
    { "bits", "do=ping=1:cut", BGC_UPLOAD_PROTOCOL_BITS },
    { "tus", "", BGC_UPLOAD_PROTOCOL_TUS },
    { "tus", "do=bits_post:cut", BGC_UPLOAD_PROTOCOL_TUS },
    { "resumable", "limit=min-size=0", BGC_UPLOAD_PROTOCOL_RESUMABLE },
    { "put", "", BGC_UPLOAD_PROTOCOL_PUT },
    { "put", "do=bits_post:status=404", BGC_UPLOAD_PROTOCOL_PUT },
    { "put", "do=bits_post:status=200", BGC_UPLOAD_PROTOCOL_PUT },
    { "put", "do=bits_post:status=500", BGC_UPLOAD_PROTOCOL_PUT },
    { "put", "do=bits_post:status=501&do=options:status=200", BGC_UPLOAD_PROTOCOL_PUT },
    { "put", "do=bits_post:cut", BGC_UPLOAD_PROTOCOL_PUT },
    { "put", "do=bits_post:junk", BGC_UPLOAD_PROTOCOL_PUT },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (BgcUploadScene) scene = detect (cases[i].path, cases[i].query);

      g_assert_cmpint (scene->upload->protocol, ==, cases[i].found);
      bgc_upload_scene_assert_published (scene);
    }
}

static void
test_not_now (void)
{
  static const struct
  {
    const char *query;
    BgcErrorCode code;
    gboolean transient;
  } cases[] = {
    { "do=bits_post:status=401", BGC_ERROR_AUTHENTICATION_REQUIRED, FALSE },
    { "do=bits_post:status=503", BGC_ERROR_HTTP_STATUS, TRUE },
    { "do=bits_post:status=429", BGC_ERROR_HTTP_STATUS, TRUE },
    { "do=bits_post:hang", BGC_ERROR_TIMEOUT, TRUE },
    { "do=options:status=502", BGC_ERROR_HTTP_STATUS, TRUE },
    { "do=options:cut", BGC_ERROR_CONNECTION_CLOSED, TRUE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (BgcUploadScene) scene = detect ("put", cases[i].query);

      g_assert_cmpint (scene->upload->protocol, ==, BGC_UPLOAD_PROTOCOL_AUTO);
      bgc_upload_scene_assert_events (scene, "F");
      g_assert_cmpint (scene->failure->code, ==, cases[i].code);
      g_assert_cmpint (scene->failure->transient, ==, cases[i].transient);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/upload-detection/found", test_found);
  g_test_add_func ("/upload-detection/not-now", test_not_now);
  return bgc_upload_scene_run_tests ();
}
