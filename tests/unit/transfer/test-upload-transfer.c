/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "transfer/bgc-upload-transfer.h"

#include <unistd.h>

#include "bgc-login-scene.h"
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

/* Of a transfer that is not to end meanwhile. */
static void
go_on (const BgcUploadScene *scene)
{
  g_assert_false (scene->ended);
  g_main_context_iteration (NULL, TRUE);
}

static void
wait_sent (BgcUploadScene *scene, guint64 bytes)
{
  while (bgc_upload_transfer_sent (scene->transfer) < bytes)
    go_on (scene);
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
  /* More than the buffers of a socket hold behind what the server takes at once. */
  const off_t size = 300000000;
  g_autoptr (BgcUploadScene) scene = bgc_upload_scene_new ("put", "do=put=1:slow=70000000", 10);

  g_assert_cmpint (truncate (scene->file->local, size), ==, 0);
  scene->settings.stall_seconds = 60;
  bgc_upload_scene_begin (scene);
  while (scene->file->bytes_transferred == 0)
    go_on (scene);
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

/* ---- logins ------------------------------------------------------------------------------------- */

static const char *const protocols[] = { "bits", "tus", "resumable", "put" };

static BgcUploadScene *
new_asked (const char *protocol, const char *query, gsize size, const char *words)
{
  BgcUploadScene *scene = bgc_upload_scene_new (protocol, query, size);

  scene->settings.secrets = bgc_login_scene_secrets (words);
  scene->settings.stall_seconds = scene->settings.answer_seconds = 60;
  return scene;
}

static void
free_asked (BgcUploadScene *scene)
{
  bgc_job_secrets_free ((BgcJobSecrets *)scene->settings.secrets);
  bgc_upload_scene_free (scene);
}

/* Lines of what the server tells that begin so. */
static guint
count_lines (BgcUploadScene *scene, const char *what, const char *prefix)
{
  g_autofree char *log = bgc_upload_scene_ask (scene, what);
  g_auto (GStrv) lines = g_strsplit (log, "\n", 0);
  guint count = 0;

  for (char **line = lines; *line != NULL; line++)
    count += g_str_has_prefix (*line, prefix) ? 1 : 0;
  return count;
}

static void
check_logged_in (const char *protocol, const char *kind, gsize size)
{
  g_autofree char *query = g_strdup_printf ("auth=%s", kind);
  BgcUploadScene *scene = new_asked (protocol, query, size, kind);

  g_test_message ("%s with %s, %" G_GSIZE_FORMAT " bytes", protocol, kind, size);
  bgc_upload_scene_send (scene);
  if (scene->failure != NULL)
    g_test_message ("%s", scene->failure->message);
  bgc_upload_scene_assert_published (scene);
  /* Of basic, each directory is asked about for itself. */
  if (g_str_equal (kind, "bearer"))
    g_assert_cmpuint (count_lines (scene, "log", "who 401"), ==, 0);
  else if (g_str_equal (protocol, "put"))
    g_assert_cmpuint (count_lines (scene, "log", "who 401"), ==, 1);
  else
    g_assert_cmpuint (count_lines (scene, "log", "who 401"), <=, 3);
  free_asked (scene);
}

/* Also a body that has to go once more, and one whose server is asked first. */
static void
test_login (void)
{
  const char *const kinds[] = { "basic", "digest", "bearer" };
  const gsize sizes[] = { 0, SIZE, 3000000 };

  for (guint i = 0; i < G_N_ELEMENTS (protocols); i++)
    for (guint k = 0; k < G_N_ELEMENTS (kinds); k++)
      for (guint n = 0; n < G_N_ELEMENTS (sizes); n++)
        check_logged_in (protocols[i], kinds[k], sizes[n]);
}

/* A wrong one is shown once. */
static void
test_login_wrong (void)
{
  const char *const words[] = { "basic!", "digest!", "bearer!", "", "proxy-basic proxy-digest" };
  const char *const queries[] = { "auth=basic", "auth=digest", "auth=bearer", "auth=both", "auth=both" };

  for (guint i = 0; i < G_N_ELEMENTS (protocols); i++)
    for (guint k = 0; k < G_N_ELEMENTS (words); k++)
      {
        BgcUploadScene *scene = new_asked (protocols[i], queries[k], SIZE, words[k]);

        g_test_message ("%s with %s", protocols[i], words[k]);
        bgc_upload_scene_send (scene);
        bgc_upload_scene_assert_failure (scene, BGC_ERROR_AUTHENTICATION_REQUIRED, 401, FALSE);
        g_assert_cmpuint (count_lines (scene, "shown", "Basic"), ==, k == 0 ? 1 : 0);
        g_assert_cmpuint (count_lines (scene, "shown", "Digest"), ==, k == 1 ? 1 : 0);
        free_asked (scene);
      }
}

/* What the server speaks is asked with them, too. */
static void
test_login_detection (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (protocols); i++)
    {
      BgcUploadScene *scene = new_asked (protocols[i], "auth=digest&limit=max-size=1000000", SIZE, "digest");

      scene->upload->protocol = BGC_UPLOAD_PROTOCOL_AUTO;
      bgc_upload_scene_send (scene);
      g_assert_cmpstr (bgc_enums_upload_protocol_to_string (scene->upload->protocol), ==, protocols[i]);
      bgc_upload_scene_assert_published (scene);
      free_asked (scene);
    }
}

static void
test_login_cancel (void)
{
  for (guint i = 0; i < 3; i++)
    {
      g_autofree char *query = g_strdup_printf ("auth=digest&do=%s=2:cut",
                                                g_str_equal (protocols[i], "bits") ? "fragment" : "patch");
      BgcUploadScene *scene = new_asked (protocols[i], query, SIZE, "digest");
      const BgcJobSecrets *right = scene->settings.secrets;
      g_autoptr (BgcJobSecrets) wrong = bgc_login_scene_secrets ("digest!");

      bgc_upload_scene_send (scene);
      g_assert_true (bgc_upload_is_open (scene->upload));
      /* Somebody who has a login waits for better times; who has none hears what everybody hears. */
      scene->settings.secrets = wrong;
      g_assert_false (bgc_upload_scene_cancel (scene));
      bgc_upload_scene_assert_open (scene, 1);
      scene->settings.secrets = NULL;
      g_assert_true (bgc_upload_scene_cancel (scene));
      bgc_upload_scene_assert_open (scene, 1);
      scene->settings.secrets = right;
      g_assert_true (bgc_upload_scene_cancel (scene));
      bgc_upload_scene_assert_open (scene, 0);
      free_asked (scene);
    }
}

static void
assert_shown (BgcUploadScene *scene, const char *expected)
{
  g_autofree char *said = bgc_upload_scene_ask (scene, "shown");
  g_auto (GStrv) lines = g_strsplit (g_strchomp (said), "\n", 0);
  g_autoptr (GString) got = g_string_new (NULL);

  for (guint i = 0; lines[i] != NULL; i++)
    if (i == 0 || !g_str_equal (lines[i], lines[i - 1]))
      g_string_append_printf (got, "%s%s", got->len > 0 ? ", " : "", lines[i]);
  g_assert_cmpstr (got->str, ==, expected);
}

/* Headers and a token go with every request to the job's own origin. */
static void
test_shown (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (protocols); i++)
    {
      BgcUploadScene *scene = new_asked (protocols[i], "", SIZE, "bearer headers");

      bgc_upload_scene_send (scene);
      bgc_upload_scene_assert_published (scene);
      assert_shown (scene, "Bearer abc other");
      free_asked (scene);
    }
}

/* And with none to a host that the server names. */
static void
test_shown_elsewhere (void)
{
  const char *const queries[] = { "host=127.0.0.2", "place=127.0.0.2", "place=127.0.0.2" };

  for (guint i = 0; i < G_N_ELEMENTS (queries); i++)
    {
      BgcUploadScene *scene = new_asked (protocols[i], queries[i], SIZE, "basic digest bearer headers");

      bgc_upload_scene_send (scene);
      bgc_upload_scene_assert_published (scene);
      assert_shown (scene, "Bearer abc other, - - test @127.0.0.2");
      free_asked (scene);
    }
}

/* Nothing is asked for without what its owner wants shown. */
static void
test_no_certificate (void)
{
  g_autoptr (BgcJobSecrets) secrets = bgc_job_secrets_new ();
  g_autoptr (BgcUploadScene) scene = bgc_upload_scene_new ("bits", "", SIZE);

  bgc_job_secrets_set_certificate (secrets, "/nowhere/c.pem", NULL);
  scene->settings.secrets = secrets;
  bgc_upload_scene_send (scene);
  bgc_upload_scene_assert_failure (scene, BGC_ERROR_INVALID_PATH, 0, TRUE);
  assert_shown (scene, "");
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
  g_test_add_func ("/upload-transfer/login", test_login);
  g_test_add_func ("/upload-transfer/login/wrong", test_login_wrong);
  g_test_add_func ("/upload-transfer/login/detection", test_login_detection);
  g_test_add_func ("/upload-transfer/login/cancel", test_login_cancel);
  g_test_add_func ("/upload-transfer/shown", test_shown);
  g_test_add_func ("/upload-transfer/shown/elsewhere", test_shown_elsewhere);
  g_test_add_func ("/upload-transfer/no-certificate", test_no_certificate);
  return bgc_upload_scene_run_tests ();
}
