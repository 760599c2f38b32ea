/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "transfer/bgc-upload-protocol-bits.h"

#include <string.h>

#include "bgc-scene-server.h"
#include "bgc-upload-scene.h"

#define SIZE 100000
#define REST                                                                                        \
  "fragment " RANGE_2 " 200", "fragment " RANGE_3 " 200", "fragment " RANGE_4 " 200",              \
    "fragment " RANGE_5 " 200"
#define ALL "fragment " RANGE_1 " 200", REST

static void
test_plain (void)
{
  g_autoptr (BgcUploadScene) scene = bgc_upload_scene_new ("bits", "", SIZE);
  g_autofree char *connections = NULL;

  bgc_upload_scene_send (scene);
  bgc_upload_scene_assert_done (scene, BGC_UPLOAD_STAGE_SENT);
  bgc_upload_scene_assert_events (scene, "PW");
  connections = bgc_upload_scene_ask (scene, "connections");
  g_assert_cmpstr (connections, ==, "1");
  g_assert_cmpuint (scene->sent, ==, SIZE);
  bgc_upload_scene_assert_open (scene, 1);
  bgc_upload_scene_close (scene);
  bgc_upload_scene_assert_events (scene, "PWC");
  g_assert_cmpint (scene->upload->stage, ==, BGC_UPLOAD_STAGE_CLOSED);
  bgc_upload_scene_assert_log (scene, "create 200", ALL, "close 200", NULL);
  bgc_upload_scene_assert_open (scene, 0);
}

static void
test_empty (void)
{
  g_autoptr (BgcUploadScene) scene = bgc_upload_scene_new ("bits", "", 0);

  bgc_upload_scene_send (scene);
  bgc_upload_scene_assert_done (scene, BGC_UPLOAD_STAGE_SENT);
  bgc_upload_scene_assert_log (scene, "create 200", "fragment */0 200", NULL);
}

static void
test_one_byte (void)
{
  g_autoptr (BgcUploadScene) scene = bgc_upload_scene_new ("bits", "strict&quiet", 1);

  bgc_upload_scene_send (scene);
  bgc_upload_scene_assert_done (scene, BGC_UPLOAD_STAGE_SENT);
  bgc_upload_scene_assert_log (scene, "create 200", "fragment 0-0/1 200", NULL);
}

/* What servers do that is odd but no reason to fail. */
static void
test_tolerance (void)
{
  const char *const queries[] = {
    "do=create:status=201",
    "do=fragment:error=0x8020001F,context=0x7",
    "do=fragment=2:received=none",
    "quiet",
    "strict",
    "do=fragment=2:more",
  };

  for (guint i = 0; i < G_N_ELEMENTS (queries); i++)
    {
      g_autoptr (BgcUploadScene) scene = bgc_upload_scene_new ("bits", queries[i], SIZE);

      g_test_message ("%s", queries[i]);
      bgc_upload_scene_send (scene);
      bgc_upload_scene_assert_done (scene, BGC_UPLOAD_STAGE_SENT);
      bgc_upload_scene_assert_log (scene, i == 0 ? "create 201" : "create 200", ALL, NULL);
    }
}

typedef struct
{
  const char *query;
  BgcErrorCode code;
  guint status;
  gboolean transient;
  BgcErrorContext context;
} Refusal;

#define REMOTE BGC_CONTEXT_REMOTE_FILE

static const Refusal refusals[] = {
  /* Create-Session */
  { "do=create:status=400,error=0x80070057", BGC_ERROR_INVALID_ARGUMENT, 0, FALSE, REMOTE },
  { "do=create:status=400", BGC_ERROR_HTTP_STATUS, 400, FALSE, REMOTE },
  { "do=create:status=401,noack", BGC_ERROR_AUTHENTICATION_REQUIRED, 401, FALSE, REMOTE },
  { "do=create:status=407,noack", BGC_ERROR_PROXY_AUTHENTICATION_REQUIRED, 407, FALSE, REMOTE },
  { "do=create:status=403,error=0x80070005", BGC_ERROR_ACCESS_DENIED, 0, FALSE, REMOTE },
  { "do=create:status=403,code=80070005", BGC_ERROR_ACCESS_DENIED, 0, FALSE, REMOTE },
  { "do=create:status=404", BGC_ERROR_HTTP_STATUS, 404, FALSE, REMOTE },
  { "do=create:status=409", BGC_ERROR_HTTP_STATUS, 409, TRUE, REMOTE },
  { "do=create:status=408", BGC_ERROR_HTTP_STATUS, 408, TRUE, REMOTE },
  { "do=create:status=429,retryafter=77", BGC_ERROR_HTTP_STATUS, 429, TRUE, REMOTE },
  { "do=create:status=500", BGC_ERROR_HTTP_STATUS, 500, TRUE, REMOTE },
  { "do=create:status=501,error=0x80070005", BGC_ERROR_ACCESS_DENIED, 0, FALSE, REMOTE },
  { "do=create:status=503", BGC_ERROR_HTTP_STATUS, 503, TRUE, REMOTE },
  { "do=create:status=505", BGC_ERROR_HTTP_STATUS, 505, FALSE, REMOTE },
  { "do=create:status=302", BGC_ERROR_HTTP_STATUS, 302, FALSE, REMOTE },
  { "do=create:status=307", BGC_ERROR_HTTP_STATUS, 307, FALSE, REMOTE },
  { "do=create:status=413", BGC_ERROR_HTTP_STATUS, 413, FALSE, REMOTE },
  { "do=create:noack", BGC_ERROR_INVALID_SERVER_RESPONSE, 0, TRUE, REMOTE },
  { "do=create:noprotocol", BGC_ERROR_PROTOCOL_MISMATCH, 0, FALSE, REMOTE },
  { "do=create:session=none", BGC_ERROR_INVALID_SERVER_RESPONSE, 0, TRUE, REMOTE },
  { "do=create:cut", BGC_ERROR_CONNECTION_CLOSED, 0, TRUE, BGC_CONTEXT_TRANSPORT },
  { "do=create:hang", BGC_ERROR_TIMEOUT, 0, TRUE, BGC_CONTEXT_TRANSPORT },
  { "do=create:junk", BGC_ERROR_INVALID_SERVER_RESPONSE, 0, TRUE, REMOTE },
  { "do=create:huge", BGC_ERROR_INVALID_SERVER_RESPONSE, 0, TRUE, REMOTE },
  { "do=create:drip", BGC_ERROR_TIMEOUT, 0, TRUE, BGC_CONTEXT_TRANSPORT },
  /* Fragment */
  { "do=fragment=2:status=400,error=0x80070057", BGC_ERROR_INVALID_ARGUMENT, 0, FALSE, REMOTE },
  { "do=fragment=2:status=401", BGC_ERROR_AUTHENTICATION_REQUIRED, 401, FALSE, REMOTE },
  { "do=fragment=2:status=403,error=0x80070005", BGC_ERROR_ACCESS_DENIED, 0, FALSE, REMOTE },
  { "do=fragment=2:status=404", BGC_ERROR_HTTP_STATUS, 404, FALSE, REMOTE },
  { "do=fragment=2:status=408", BGC_ERROR_HTTP_STATUS, 408, TRUE, REMOTE },
  { "do=fragment=2:status=409", BGC_ERROR_HTTP_STATUS, 409, TRUE, REMOTE },
  { "do=fragment=2:status=500", BGC_ERROR_HTTP_STATUS, 500, TRUE, REMOTE },
  { "do=fragment=2:status=501", BGC_ERROR_HTTP_STATUS, 501, FALSE, REMOTE },
  { "do=fragment=2:status=500,error=0x80200020", BGC_ERROR_TOO_LARGE, 0, FALSE, REMOTE },
  { "do=fragment=2:status=500,error=0x80070112", BGC_ERROR_NO_SPACE, 0, TRUE, REMOTE },
  { "do=fragment=2:status=500,error=0x80070070", BGC_ERROR_NO_SPACE, 0, TRUE, REMOTE },
  { "do=fragment=2:noack", BGC_ERROR_INVALID_SERVER_RESPONSE, 0, TRUE, REMOTE },
  { "do=fragment=2:session=other", BGC_ERROR_INVALID_SERVER_RESPONSE, 0, TRUE, REMOTE },
  { "do=fragment=2:received=100001", BGC_ERROR_INVALID_SERVER_RESPONSE, 0, TRUE, REMOTE },
  { "do=fragment=2:cut", BGC_ERROR_CONNECTION_CLOSED, 0, TRUE, BGC_CONTEXT_TRANSPORT },
  { "do=fragment=2:hang", BGC_ERROR_TIMEOUT, 0, TRUE, BGC_CONTEXT_TRANSPORT },
  { "do=fragment=2:status=308", BGC_ERROR_HTTP_STATUS, 308, FALSE, REMOTE },
  { "do=last:status=500,context=0x7,error=0x80070005", BGC_ERROR_HTTP_STATUS, 500, TRUE,
    BGC_CONTEXT_REMOTE_APPLICATION },
  { "do=last:status=403,context=0x7,error=0x0", BGC_ERROR_HTTP_STATUS, 403, FALSE,
    BGC_CONTEXT_REMOTE_APPLICATION },
  { "do=last:status=408,context=0x7,code=x80070112", BGC_ERROR_HTTP_STATUS, 408, TRUE,
    BGC_CONTEXT_REMOTE_APPLICATION },
};

static void
test_refusals (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (refusals); i++)
    {
      const Refusal *refusal = &refusals[i];
      g_autoptr (BgcUploadScene) scene = bgc_upload_scene_new ("bits", refusal->query, SIZE);

      g_test_message ("%s", refusal->query);
      bgc_upload_scene_send (scene);
      bgc_upload_scene_assert_failure (scene, refusal->code, refusal->status, refusal->transient);
      g_assert_cmpint (scene->failure->context, ==, refusal->context);
      g_assert_nonnull (scene->failure->url);
      g_assert_cmpstr (scene->failure->protocol, ==, "http");
      g_assert_cmpuint (scene->failure->retry_after, ==, strstr (refusal->query, "77") != NULL ? 77 : 0);
      g_assert_cmpint (bgc_upload_is_open (scene->upload), ==, strstr (refusal->query, "create") == NULL);
    }
}

/* The server had more or less than the client knew of: goes on where it is. */
static void
test_lost_answer (void)
{
  const char *const queries[] = { "do=fragment=2:done,cut", "strict&do=fragment=2:done,cut" };

  for (guint i = 0; i < G_N_ELEMENTS (queries); i++)
    {
      g_autoptr (BgcUploadScene) scene = bgc_upload_scene_new ("bits", queries[i], SIZE);

      bgc_upload_scene_send (scene);
      bgc_upload_scene_assert_events (scene, "PF");
      g_assert_cmpuint (scene->file->bytes_transferred, ==, 5120);
      /* Half as much at once after a lost connection. */
      g_assert_cmpuint (scene->upload->fragment, ==, 5120);
      bgc_upload_scene_send (scene);
      bgc_upload_scene_assert_done (scene, BGC_UPLOAD_STAGE_SENT);
      if (i == 1)
        bgc_upload_scene_assert_log (scene, "create 200", "fragment " RANGE_1 " 200",
                                     "fragment " RANGE_2 " -", "ping 200", "fragment 5120-10239/100000 416",
                                     "fragment 15360-25599/100000 200", "fragment 25600-46079/100000 200",
                                     "fragment 46080-87039/100000 200", "fragment 87040-99999/100000 200",
                                     NULL);
    }
}

/* The last bytes are there and only the answer was lost. */
static void
test_lost_last_answer (void)
{
  const char *const queries[] = { "do=last=1:cut", "strict&do=last=1:cut" };

  for (guint i = 0; i < G_N_ELEMENTS (queries); i++)
    {
      g_autoptr (BgcUploadScene) scene = bgc_upload_scene_new ("bits", queries[i], SIZE);

      bgc_upload_scene_send (scene);
      bgc_upload_scene_assert_events (scene, "PF");
      bgc_upload_scene_send (scene);
      bgc_upload_scene_assert_done (scene, BGC_UPLOAD_STAGE_SENT);
      bgc_upload_scene_close (scene);
      bgc_upload_scene_assert_open (scene, 0);
    }
}

static void
test_lost_session (void)
{
  const char *const queries[]
    = { "do=fragment=1:lose", "do=fragment=3:lose", "do=last=1:lose" };

  for (guint i = 0; i < G_N_ELEMENTS (queries); i++)
    {
      g_autoptr (BgcUploadScene) scene = bgc_upload_scene_new ("bits", queries[i], SIZE);

      g_test_message ("%s", queries[i]);
      bgc_upload_scene_send (scene);
      bgc_upload_scene_assert_done (scene, BGC_UPLOAD_STAGE_SENT);
      bgc_upload_scene_assert_events (scene, "PRPW");
      bgc_upload_scene_assert_open (scene, 1);
    }
}

static void
test_always_lost (void)
{
  const char *const queries[] = { "do=fragment:lose", "do=last:lose" };

  for (guint i = 0; i < G_N_ELEMENTS (queries); i++)
    {
      g_autoptr (BgcUploadScene) scene = bgc_upload_scene_new ("bits", queries[i], SIZE);

      bgc_upload_scene_send (scene);
      bgc_upload_scene_assert_failure (scene, BGC_ERROR_NO_PROGRESS, 0, TRUE);
      g_assert_cmpint (scene->upload->stage, ==, BGC_UPLOAD_STAGE_NONE);
      bgc_upload_scene_assert_open (scene, 0);
    }
}

/* 416 with offsets of all kinds. */
static void
test_offsets (void)
{
  g_autoptr (BgcUploadScene) below
    = bgc_upload_scene_new ("bits", "do=fragment=3:status=416,received=5120", SIZE);
  g_autoptr (BgcUploadScene) above
    = bgc_upload_scene_new ("bits", "do=fragment=3:status=416,done,received=35840", SIZE);
  g_autoptr (BgcUploadScene) absent
    = bgc_upload_scene_new ("bits", "do=fragment=3:status=416,received=none", SIZE);
  g_autoptr (BgcUploadScene) beyond
    = bgc_upload_scene_new ("bits", "do=fragment=3:status=416,received=100001", SIZE);
  g_autoptr (BgcUploadScene) deaf
    = bgc_upload_scene_new ("bits", "do=fragment=3:status=416,received=none&do=cancel:cut", SIZE);
  g_autoptr (BgcUploadScene) always
    = bgc_upload_scene_new ("bits", "do=fragment:status=416,received=none", SIZE);
  g_autoptr (BgcUploadScene) still = bgc_upload_scene_new ("bits", "do=fragment:status=416,received=0", SIZE);
  g_autoptr (BgcUploadScene) same = bgc_upload_scene_new ("bits", "do=fragment:received=0,status=200", SIZE);
  g_autoptr (BgcUploadScene) wavering
    = bgc_upload_scene_new ("bits",
                            "do=fragment=2:status=416,received=0&do=fragment=4:status=416,received=0"
                            "&do=fragment=6:status=416,received=0&do=fragment=8:status=416,received=0"
                            "&do=fragment:received=5000,status=200",
                            SIZE);

  bgc_upload_scene_send (below);
  bgc_upload_scene_assert_done (below, BGC_UPLOAD_STAGE_SENT);
  bgc_upload_scene_send (above);
  bgc_upload_scene_assert_done (above, BGC_UPLOAD_STAGE_SENT);
  bgc_upload_scene_send (absent);
  bgc_upload_scene_assert_done (absent, BGC_UPLOAD_STAGE_SENT);
  bgc_upload_scene_assert_events (absent, "PRPW");
  /* The session that it could not go on with is gone as well. */
  bgc_upload_scene_close (absent);
  bgc_upload_scene_assert_open (absent, 0);
  bgc_upload_scene_send (deaf);
  bgc_upload_scene_assert_done (deaf, BGC_UPLOAD_STAGE_SENT);
  bgc_upload_scene_assert_events (deaf, "PRPW");
  bgc_upload_scene_close (deaf);
  bgc_upload_scene_assert_open (deaf, 1);
  bgc_upload_scene_send (beyond);
  bgc_upload_scene_assert_done (beyond, BGC_UPLOAD_STAGE_SENT);
  bgc_upload_scene_assert_events (beyond, "PRPW");
  bgc_upload_scene_send (always);
  bgc_upload_scene_assert_failure (always, BGC_ERROR_INVALID_SERVER_RESPONSE, 0, TRUE);
  bgc_upload_scene_send (still);
  bgc_upload_scene_assert_failure (still, BGC_ERROR_NO_PROGRESS, 0, TRUE);
  bgc_upload_scene_send (same);
  bgc_upload_scene_assert_failure (same, BGC_ERROR_NO_PROGRESS, 0, TRUE);
  bgc_upload_scene_send (wavering);
  bgc_upload_scene_assert_failure (wavering, BGC_ERROR_NO_PROGRESS, 0, TRUE);
}

/* A proxy's, without a word of BITS. */
static void
test_too_large (void)
{
  g_autoptr (BgcUploadScene) scene = bgc_upload_scene_new ("bits", "do=fragment=3:status=413,noack", SIZE);
  g_autoptr (BgcUploadScene) never = bgc_upload_scene_new ("bits", "do=fragment:status=413,noack", SIZE);

  bgc_upload_scene_send (scene);
  bgc_upload_scene_assert_done (scene, BGC_UPLOAD_STAGE_SENT);
  /* Never again as much as was refused. */
  bgc_upload_scene_assert_log (scene, "create 200", "fragment " RANGE_1 " 200", "fragment " RANGE_2 " 200",
                               "fragment " RANGE_3 " 413", "fragment 15360-25599/100000 200",
                               "fragment 25600-35839/100000 200", "fragment 35840-46079/100000 200",
                               "fragment 46080-56319/100000 200", "fragment 56320-66559/100000 200",
                               "fragment 66560-76799/100000 200", "fragment 76800-87039/100000 200",
                               "fragment 87040-97279/100000 200", "fragment 97280-99999/100000 200", NULL);
  never->upload->fragment = 20480;
  bgc_upload_scene_send (never);
  bgc_upload_scene_assert_failure (never, BGC_ERROR_TOO_LARGE, 413, FALSE);
  bgc_upload_scene_assert_log (never, "create 200", "fragment 0-20479/100000 413",
                               "fragment 0-10239/100000 413",
                               "fragment 0-5119/100000 413", NULL);
}

/* ---- the host of a session ---------------------------------------------------------------------- */

static void
test_host (void)
{
  g_autoptr (BgcUploadScene) scene
    = bgc_upload_scene_new ("bits", "host=127.0.0.2&fallback=100&reply=r%5Cx", 10);

  scene->settings.wants_reply = TRUE;
  bgc_upload_scene_send (scene);
  bgc_upload_scene_assert_done (scene, BGC_UPLOAD_STAGE_SENT);
  g_assert_cmpstr (scene->upload->host_id, ==, "127.0.0.2");
  g_assert_cmpint (scene->upload->host_fallback, ==, 100);
  g_assert_cmpint (scene->upload->host_silent_since, ==, 0);
  bgc_upload_scene_close (scene);
  bgc_upload_scene_assert_log (scene, "create 200", "ping 200 @127.0.0.2", "fragment 0-9/10 200 @127.0.0.2",
                               "close 200 @127.0.0.2", NULL);
}

/* Nobody listens on 127.0.0.3. */
static void
test_host_fallback (void)
{
  g_autoptr (BgcUploadScene) scene = bgc_upload_scene_new ("bits", "host=127.0.0.3&fallback=100", 10);
  gint64 now = g_get_real_time () / G_USEC_PER_SEC;

  bgc_upload_scene_send (scene);
  bgc_upload_scene_assert_failure (scene, BGC_ERROR_CONNECT_FAILED, 0, TRUE);
  g_assert_true (bgc_upload_is_open (scene->upload));
  g_assert_cmpint (scene->upload->host_silent_since, >=, now);
  bgc_upload_scene_send (scene);
  bgc_upload_scene_assert_failure (scene, BGC_ERROR_CONNECT_FAILED, 0, TRUE);
  bgc_upload_scene_assert_log (scene, "create 200", NULL);
  /* The time is over. The host that answers now knows the session after all. */
  scene->upload->host_silent_since = now - 101;
  bgc_upload_scene_send (scene);
  bgc_upload_scene_assert_done (scene, BGC_UPLOAD_STAGE_SENT);
  g_assert_null (scene->upload->host_id);
  bgc_upload_scene_assert_log (scene, "create 200", "ping 200", "fragment 0-9/10 200", NULL);
}

static void
test_host_lost (void)
{
  g_autoptr (BgcUploadScene) scene
    = bgc_upload_scene_new ("bits", "host=127.0.0.2&do=fragment=1:lose", 10);

  bgc_upload_scene_send (scene);
  bgc_upload_scene_assert_done (scene, BGC_UPLOAD_STAGE_SENT);
  bgc_upload_scene_assert_log (scene, "create 200", "ping 200 @127.0.0.2", "fragment 0-9/10 500 @127.0.0.2",
                               "create 200", "ping 200 @127.0.0.2", "fragment 0-9/10 200 @127.0.0.2", NULL);
}

/* ---- replies ------------------------------------------------------------------------------------ */

static void
test_reply (void)
{
  g_autoptr (BgcUploadScene) scene
    = bgc_upload_scene_new ("bits", "reply=BITS-Sessions%5CReplies%5C%7B9A%7D%5Cresponse%20file.bin", 10);
  g_autofree char *wanted
    = g_strdup_printf ("http://127.0.0.1:%u/bits/BITS-Sessions/Replies/%%7B9A%%7D/response%%20file.bin",
                       bgc_scene_server_port (0));

  scene->settings.wants_reply = TRUE;
  bgc_upload_scene_send (scene);
  bgc_upload_scene_assert_done (scene, BGC_UPLOAD_STAGE_SENT);
  g_assert_cmpstr (scene->upload->reply_url, ==, wanted);
}

static void
test_no_reply (void)
{
  g_autoptr (BgcUploadScene) scene = bgc_upload_scene_new ("bits", "reply=none", SIZE);
  g_autoptr (BgcUploadScene) file = bgc_upload_scene_new ("bits", "reply=file:///etc/passwd", 10);
  g_autoptr (BgcUploadScene) unasked = bgc_upload_scene_new ("bits", "reply=http://x/y", 10);

  scene->settings.wants_reply = TRUE;
  bgc_upload_scene_send (scene);
  bgc_upload_scene_assert_failure (scene, BGC_ERROR_INVALID_SERVER_RESPONSE, 0, FALSE);
  g_assert_true (bgc_upload_is_open (scene->upload));
  bgc_upload_scene_send (scene);
  /* Should the daemon know that all is there, the last byte asks for it again, never an empty fragment. */
  scene->file->bytes_transferred = SIZE;
  bgc_upload_scene_send (scene);
  bgc_upload_scene_assert_log (scene, "create 200", ALL, "ping 200", "fragment " RANGE_5 " 200", "ping 200",
                               "fragment 99999-99999/100000 200", NULL);
  file->settings.wants_reply = TRUE;
  bgc_upload_scene_send (file);
  bgc_upload_scene_assert_failure (file, BGC_ERROR_INVALID_SERVER_RESPONSE, 0, FALSE);
  bgc_upload_scene_send (unasked);
  bgc_upload_scene_assert_done (unasked, BGC_UPLOAD_STAGE_SENT);
  g_assert_null (unasked->upload->reply_url);
}

/* An application behind the server takes longer than any other answer may. */
static void
test_slow_application (void)
{
  g_autoptr (BgcUploadScene) scene = bgc_upload_scene_new ("bits", "do=last:late=1700", SIZE);
  g_autoptr (BgcUploadScene) slower = bgc_upload_scene_new ("bits", "do=last:hang", 10);

  bgc_upload_scene_send (scene);
  bgc_upload_scene_assert_done (scene, BGC_UPLOAD_STAGE_SENT);
  bgc_upload_scene_send (slower);
  bgc_upload_scene_assert_failure (slower, BGC_ERROR_TIMEOUT, 0, TRUE);
}

/* ---- ping and close ----------------------------------------------------------------------------- */

/* A server that knows no Ping may know the session all the same; one that is busy is asked later. */
static void
test_ping (void)
{
  static const struct
  {
    const char *query;
    gboolean goes_on;
  } cases[] = {
    { "do=fragment=2:cut&do=ping:status=405,noack", TRUE },
    { "do=fragment=2:cut&do=ping:status=501,noack", TRUE },
    { "do=fragment=2:cut&do=ping:status=400,noack", TRUE },
    { "do=fragment=2:cut&do=ping=1:status=400,error=0x80070057", FALSE },
    { "do=fragment=2:cut&do=ping=1:status=401,noack", FALSE },
    { "do=fragment=2:cut&do=ping=1:status=503", FALSE },
    { "do=fragment=2:cut&do=ping=1:noack", FALSE },
    { "do=fragment=2:cut&do=ping=1:cut", FALSE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (BgcUploadScene) scene = bgc_upload_scene_new ("bits", cases[i].query, SIZE);

      g_test_message ("%s", cases[i].query);
      bgc_upload_scene_send (scene);
      bgc_upload_scene_send (scene);
      if (cases[i].goes_on)
        bgc_upload_scene_assert_done (scene, BGC_UPLOAD_STAGE_SENT);
      else
        g_assert_true (scene->upload->stage == BGC_UPLOAD_STAGE_OPEN && scene->failure != NULL);
      /* Whatever it was, it is over. */
      bgc_upload_scene_send (scene);
      bgc_upload_scene_assert_done (scene, BGC_UPLOAD_STAGE_SENT);
    }
}

static void
test_close (void)
{
  static const struct
  {
    const char *query;
    gboolean closes;
    gboolean transient;
  } cases[] = {
    { "do=close:lose", TRUE, FALSE },
    { "do=close:status=400,error=0x80070057", TRUE, FALSE },
    { "do=close:status=404", TRUE, FALSE },
    { "do=close:status=409", TRUE, FALSE },
    { "do=close:status=201", TRUE, FALSE },
    { "do=close:status=401", FALSE, FALSE },
    { "do=close:status=500", FALSE, TRUE },
    { "do=close:status=503", FALSE, TRUE },
    { "do=close:status=408", FALSE, TRUE },
    { "do=close:noack", FALSE, TRUE },
    { "do=close:cut", FALSE, TRUE },
    { "do=close:hang", FALSE, TRUE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (BgcUploadScene) scene = bgc_upload_scene_new ("bits", cases[i].query, 10);

      g_test_message ("%s", cases[i].query);
      bgc_upload_scene_send (scene);
      bgc_upload_scene_assert_done (scene, BGC_UPLOAD_STAGE_SENT);
      bgc_upload_scene_close (scene);
      bgc_upload_scene_assert_events (scene, cases[i].closes ? "PWC" : "PWF");
      g_assert_cmpint (scene->upload->stage, ==,
                       cases[i].closes ? BGC_UPLOAD_STAGE_CLOSED : BGC_UPLOAD_STAGE_SENT);
      if (!cases[i].closes)
        g_assert_cmpint (scene->failure->transient, ==, cases[i].transient);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/upload-protocol-bits/plain", test_plain);
  g_test_add_func ("/upload-protocol-bits/empty", test_empty);
  g_test_add_func ("/upload-protocol-bits/one-byte", test_one_byte);
  g_test_add_func ("/upload-protocol-bits/tolerance", test_tolerance);
  g_test_add_func ("/upload-protocol-bits/refusals", test_refusals);
  g_test_add_func ("/upload-protocol-bits/lost-answer", test_lost_answer);
  g_test_add_func ("/upload-protocol-bits/lost-last-answer", test_lost_last_answer);
  g_test_add_func ("/upload-protocol-bits/lost-session", test_lost_session);
  g_test_add_func ("/upload-protocol-bits/always-lost", test_always_lost);
  g_test_add_func ("/upload-protocol-bits/offsets", test_offsets);
  g_test_add_func ("/upload-protocol-bits/too-large", test_too_large);
  g_test_add_func ("/upload-protocol-bits/host", test_host);
  g_test_add_func ("/upload-protocol-bits/host-fallback", test_host_fallback);
  g_test_add_func ("/upload-protocol-bits/host-lost", test_host_lost);
  g_test_add_func ("/upload-protocol-bits/reply", test_reply);
  g_test_add_func ("/upload-protocol-bits/no-reply", test_no_reply);
  g_test_add_func ("/upload-protocol-bits/slow-application", test_slow_application);
  g_test_add_func ("/upload-protocol-bits/ping", test_ping);
  g_test_add_func ("/upload-protocol-bits/close", test_close);
  return bgc_upload_scene_run_tests ();
}
