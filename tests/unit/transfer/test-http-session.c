/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* Requests and redirects as such; what becomes of files is tested with downloads. */

#include "transfer/bgc-http-session.h"

#include "bgc-transfer-scene.h"

typedef struct
{
  gboolean ended;
  BgcHttpReply *reply;
  BgcFailure *failure;
} Answer;

static void
on_answer (BgcHttpReply *reply, BgcFailure *failure, gpointer data)
{
  Answer *answer = data;

  answer->ended = TRUE;
  answer->reply = reply;
  answer->failure = failure;
}

static Answer
get (BgcHttpSession *session, const char *url, guint64 first, const char *condition, gboolean cancel)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  Answer answer = { 0 };

  bgc_http_session_get (session, url, first, condition, first > 0, cancellable, on_answer, &answer);
  g_assert_false (answer.ended);
  if (cancel)
    g_cancellable_cancel (cancellable);
  while (!answer.ended)
    g_main_context_iteration (NULL, TRUE);
  return answer;
}

static char *
local_url (gboolean tls, const char *rest)
{
  return g_strdup_printf ("%s://127.0.0.1:%u%s", tls ? "https" : "http", bgc_transfer_scene_port (tls), rest);
}

static void
assert_failure (BgcHttpSession *session, const char *url, BgcErrorCode code, gboolean transient)
{
  Answer answer = get (session, url, 0, NULL, FALSE);

  g_assert_null (answer.reply);
  g_assert_nonnull (answer.failure);
  g_test_message ("%s: %s", url, answer.failure->message);
  g_assert_cmpstr (bgc_error_name (answer.failure->code), ==, bgc_error_name (code));
  g_assert_cmpint (answer.failure->transient, ==, transient);
  bgc_failure_free (answer.failure);
}

static void
test_get (void)
{
  BgcHttpSession *session = bgc_http_session_new (2, "test");
  g_autofree char *url = local_url (FALSE, "/f/session?size=1000");
  Answer answer = get (session, url, 0, NULL, FALSE);

  g_assert_cmpuint (answer.reply->status, ==, 200);
  g_assert_cmpuint (answer.reply->length, ==, 1000);
  g_assert_false (answer.reply->has_range);
  bgc_http_reply_free (answer.reply);
  answer = get (session, url, 600, "\"v1\"", FALSE);
  g_assert_cmpuint (answer.reply->status, ==, 206);
  g_assert_cmpuint (answer.reply->range.first, ==, 600);
  g_assert_cmpuint (answer.reply->range.total, ==, 1000);
  bgc_http_reply_free (answer.reply);
  answer = get (session, url, 600, "\"v0\"", FALSE);
  g_assert_cmpuint (answer.reply->status, ==, 200);
  bgc_http_reply_free (answer.reply);
  bgc_http_session_free (session);
}

static void
test_cancel (void)
{
  BgcHttpSession *session = bgc_http_session_new (2, "test");
  g_autofree char *url = local_url (FALSE, "/f/session?stallhead");
  Answer answer = get (session, url, 0, NULL, TRUE);

  g_assert_null (answer.reply);
  g_assert_null (answer.failure);
  bgc_http_session_free (session);
}

static void
test_bad_urls (void)
{
  BgcHttpSession *session = bgc_http_session_new (2, "test");

  assert_failure (session, "", BGC_ERROR_INVALID_URL, FALSE);
  assert_failure (session, "ftp://127.0.0.1/x", BGC_ERROR_INVALID_URL, FALSE);
  assert_failure (session, "http://user:word@127.0.0.1/x", BGC_ERROR_INVALID_URL, FALSE);
  assert_failure (session, "http://127.0.0.1:1/", BGC_ERROR_CONNECT_FAILED, TRUE);
  bgc_http_session_free (session);
}

static void
test_untrusted (void)
{
  BgcHttpSession *session = bgc_http_session_new (2, "test");
  g_autofree char *url = local_url (TRUE, "/f/session?size=1000");

  assert_failure (session, url, BGC_ERROR_TLS, FALSE);
  bgc_http_session_free (session);
}

/* From here on the server's certificate is one of the system's. */
static void
trust_server (void)
{
  g_autofree char *path = g_test_build_filename (G_TEST_DIST, "httpd", "test-cert.pem", NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (GTlsDatabase) database = g_tls_file_database_new (path, &error);

  g_assert_no_error (error);
  g_tls_backend_set_default_database (g_tls_backend_get_default (), database);
}

static void
test_secure (void)
{
  BgcHttpSession *session;
  g_autofree char *url = local_url (TRUE, "/f/session?size=1000");
  g_autofree char *down = local_url (FALSE, "/f/session?size=5");
  g_autofree char *escaped = g_uri_escape_string (down, NULL, FALSE);
  g_autofree char *rest = g_strconcat ("/f/session?redirect=", escaped, NULL);
  g_autofree char *downgrade = local_url (TRUE, rest);
  Answer answer;

  trust_server ();
  session = bgc_http_session_new (2, "test");
  answer = get (session, url, 0, NULL, FALSE);
  g_assert_null (answer.failure);
  g_assert_cmpuint (answer.reply->status, ==, 200);
  bgc_http_reply_free (answer.reply);
  /* A secure request is not answered over an open line. */
  assert_failure (session, downgrade, BGC_ERROR_HTTP_STATUS, FALSE);
  bgc_http_session_free (session);
}

/* Another protocol's better half: from open to secure is fine. */
static void
test_upgrade (void)
{
  BgcHttpSession *session = bgc_http_session_new (2, "test");
  g_autofree char *target = local_url (TRUE, "/f/session?size=5");
  g_autofree char *escaped = g_uri_escape_string (target, NULL, FALSE);
  g_autofree char *rest = g_strconcat ("/f/session?code=308&redirect=", escaped, NULL);
  g_autofree char *url = local_url (FALSE, rest);
  Answer answer = get (session, url, 0, NULL, FALSE);

  g_assert_null (answer.failure);
  g_assert_cmpuint (answer.reply->length, ==, 5);
  bgc_http_reply_free (answer.reply);
  bgc_http_session_free (session);
}

/* Twenty are followed, twenty-one are not. */
static void
test_redirect_bound (void)
{
  BgcHttpSession *session = bgc_http_session_new (2, "test");
  g_autofree char *enough = local_url (FALSE, "/f/session?hops=20&redirect=/f/session%3Fsize%3D5");
  g_autofree char *too_many = local_url (FALSE, "/f/session?hops=21&redirect=/f/session%3Fsize%3D5");
  Answer answer = get (session, enough, 0, NULL, FALSE);

  g_assert_null (answer.failure);
  g_assert_cmpuint (answer.reply->length, ==, 5);
  bgc_http_reply_free (answer.reply);
  assert_failure (session, too_many, BGC_ERROR_HTTP_STATUS, FALSE);
  bgc_http_session_free (session);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/http-session/get", test_get);
  g_test_add_func ("/http-session/cancel", test_cancel);
  g_test_add_func ("/http-session/bad-urls", test_bad_urls);
  g_test_add_func ("/http-session/untrusted", test_untrusted);
  g_test_add_func ("/http-session/secure", test_secure);
  g_test_add_func ("/http-session/upgrade", test_upgrade);
  g_test_add_func ("/http-session/redirect-bound", test_redirect_bound);
  return bgc_transfer_scene_run_tests ();
}
