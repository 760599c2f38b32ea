/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "transfer/bgc-session-cancel.h"

#include <string.h>

#include "bgc-upload-scene.h"

#define SIZE 100000

typedef struct
{
  const char *query;
  gboolean settled;
  gboolean fails;
  guint retry_after;
} Case;

/* One attempt each, at a session that is in the midst of its bytes. */
static void
try_all (const char *protocol, const char *interruption, const Case *cases, guint n)
{
  for (guint i = 0; i < n; i++)
    {
      g_autofree char *query = g_strconcat (interruption, cases[i].query, NULL);
      g_autoptr (BgcUploadScene) scene = bgc_upload_scene_new (protocol, query, SIZE);

      g_test_message ("%s %s", protocol, cases[i].query);
      bgc_upload_scene_send (scene);
      g_assert_true (bgc_upload_is_open (scene->upload));
      g_assert_cmpint (bgc_upload_scene_cancel (scene), ==, cases[i].settled);
      g_assert_cmpint (scene->failure != NULL, ==, cases[i].fails);
      if (cases[i].fails)
        g_assert_cmpuint (scene->failure->retry_after, ==, cases[i].retry_after);
      if (!cases[i].fails)
        bgc_upload_scene_assert_open (scene, 0);
      if (cases[i].settled)
        continue;
      /* The next attempt. */
      g_assert_true (bgc_upload_scene_cancel (scene));
      bgc_upload_scene_assert_open (scene, 0);
    }
}

static void
test_bits (void)
{
  static const Case cases[] = {
    { "", TRUE, FALSE, 0 },
    { "do=cancel=1:lose", TRUE, FALSE, 0 },
    { "do=cancel=1:status=201,done", TRUE, FALSE, 0 },
    { "do=cancel=1:status=302", TRUE, TRUE, 0 },
    { "do=cancel=1:status=400,error=0x80070057", TRUE, TRUE, 0 },
    { "do=cancel=1:status=401,noack", TRUE, TRUE, 0 },
    { "do=cancel=1:status=407,noack", TRUE, TRUE, 0 },
    { "do=cancel=1:status=404", TRUE, TRUE, 0 },
    { "do=cancel=1:status=408", FALSE, TRUE, 0 },
    { "do=cancel=1:status=409", FALSE, TRUE, 0 },
    { "do=cancel=1:status=429,retryafter=99", FALSE, TRUE, 99 },
    { "do=cancel=1:status=503,retryafter=2", FALSE, TRUE, 30 },
    { "do=cancel=1:status=500", FALSE, TRUE, 0 },
    { "do=cancel=1:status=501", FALSE, TRUE, 0 },
    { "do=cancel=1:cut", FALSE, TRUE, 0 },
    { "do=cancel=1:junk", FALSE, TRUE, 0 },
  };

  try_all ("bits", "do=fragment=2:status=500&", cases, G_N_ELEMENTS (cases));
}

static void
test_tus (void)
{
  static const Case cases[] = {
    { "", TRUE, FALSE, 0 },
    { "do=delete=1:lose", TRUE, FALSE, 0 },
    { "do=delete=1:status=410,lose", TRUE, FALSE, 0 },
    { "do=delete=1:status=403", TRUE, TRUE, 0 },
    { "do=delete=1:status=500", FALSE, TRUE, 0 },
    { "do=delete=1:cut", FALSE, TRUE, 0 },
  };

  try_all ("tus", "do=patch=2:status=500&", cases, G_N_ELEMENTS (cases));
  try_all ("resumable", "do=patch=2:status=500&", cases, G_N_ELEMENTS (cases));
}

/* A server that removes nothing when asked is not asked. */
static void
test_no_termination (void)
{
  g_autoptr (BgcUploadScene) scene
    = bgc_upload_scene_new ("tus", "extensions=creation&do=patch=2:status=500", SIZE);

  bgc_upload_scene_send (scene);
  g_assert_true (bgc_upload_is_open (scene->upload));
  g_assert_true (bgc_upload_scene_cancel (scene));
  g_assert_null (scene->failure);
  bgc_upload_scene_assert_open (scene, 1);
}

static void
test_nothing_open (void)
{
  g_autoptr (BgcUploadScene) none = bgc_upload_scene_new ("bits", "", SIZE);
  g_autoptr (BgcUploadScene) closed = bgc_upload_scene_new ("bits", "", SIZE);

  g_assert_true (bgc_upload_scene_cancel (none));
  bgc_upload_scene_assert_log (none, NULL, NULL);
  bgc_upload_scene_send (closed);
  bgc_upload_scene_close (closed);
  g_assert_true (bgc_upload_scene_cancel (closed));
  bgc_upload_scene_assert_open (closed, 0);
}

/* The host that the session is on is the one to be asked, until it has been silent for too long. */
static void
test_host (void)
{
  g_autoptr (BgcUploadScene) scene
    = bgc_upload_scene_new ("bits", "host=127.0.0.2&fallback=100&do=fragment=1:status=500", 10);
  g_autoptr (BgcUploadScene) away
    = bgc_upload_scene_new ("bits", "host=127.0.0.3&fallback=100&do=fragment=1:status=500", 10);

  bgc_upload_scene_send (scene);
  g_assert_true (bgc_upload_scene_cancel (scene));
  bgc_upload_scene_assert_log (scene, "create 200", "ping 200 @127.0.0.2", "fragment 0-9/10 500 @127.0.0.2",
                               "cancel 200 @127.0.0.2", NULL);
  bgc_upload_scene_send (away);
  g_assert_false (bgc_upload_scene_cancel (away));
  g_assert_cmpint (away->failure->code, ==, BGC_ERROR_CONNECT_FAILED);
  away->upload->host_silent_since = g_get_real_time () / G_USEC_PER_SEC - 101;
  g_assert_true (bgc_upload_scene_cancel (away));
  bgc_upload_scene_assert_log (away, "create 200", "cancel 200", NULL);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/session-cancel/bits", test_bits);
  g_test_add_func ("/session-cancel/tus", test_tus);
  g_test_add_func ("/session-cancel/no-termination", test_no_termination);
  g_test_add_func ("/session-cancel/nothing-open", test_nothing_open);
  g_test_add_func ("/session-cancel/host", test_host);
  return bgc_upload_scene_run_tests ();
}
