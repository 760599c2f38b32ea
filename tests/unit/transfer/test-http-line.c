/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* Requests made on a thread of their own, and what the main thread makes of those handed over. */

#include "transfer/bgc-http-line.h"

#include "bgc-transfer-scene.h"
#include "transfer/bgc-http-session.h"

typedef struct
{
  BgcHttpLine *line;
  const char *url;
  GCancellable *cancellable;
  gboolean hand_over;
} Call;

typedef struct
{
  gboolean ended;
  BgcHttpReply *reply;
  BgcFailure *failure;
} Answer;

static gpointer
get_on_thread (gpointer data)
{
  Call *call = data;
  BgcHttpSent *sent = bgc_http_line_get (call->line, call->url, call->cancellable);

  bgc_http_line_reply (sent);
  if (call->hand_over)
    bgc_http_line_hand_over (call->line, sent);
  return sent;
}

static BgcHttpSent *
get (BgcHttpLine *line, const char *query, gboolean hand_over)
{
  g_autofree char *url
    = g_strdup_printf ("http://127.0.0.1:%u/f/line?%s", bgc_transfer_scene_port (FALSE), query);
  Call call = { .line = line, .url = url, .hand_over = hand_over };

  return g_thread_join (g_thread_new ("line", get_on_thread, &call));
}

static gsize
read_all (BgcHttpBody *body)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  guint8 bytes[4096];
  gsize sum = 0;
  gssize n;

  while ((n = bgc_http_body_read (body, bytes, sizeof bytes, NULL)) != 0)
    {
      if (n > 0)
        sum += (gsize)n;
      else
        g_assert_true (bgc_http_body_wait (body, context, g_get_monotonic_time () + 5 * G_USEC_PER_SEC));
    }
  return sum;
}

/* One connection serves many requests. */
static void
test_answers (void)
{
  BgcHttpLine *line = bgc_http_line_new ("test");

  for (guint i = 0; i < 3; i++)
    {
      g_autoptr (BgcHttpSent) sent = get (line, "size=20000", FALSE);
      BgcHttpReply *reply = bgc_http_line_reply (sent);

      g_assert_no_error (sent->error);
      g_assert_nonnull (reply);
      g_assert_cmpuint (reply->status, ==, 200);
      g_assert_cmpuint (reply->length, ==, 20000);
      g_assert_cmpuint (read_all (reply->body), ==, 20000);
    }
  bgc_http_line_free (line);
}

static void
test_no_answer (void)
{
  BgcHttpLine *line = bgc_http_line_new ("test");
  BgcHttpSent *sent = bgc_http_line_get (line, "http://127.0.0.1:1/", NULL);

  g_assert_error (sent->error, G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED);
  g_assert_null (bgc_http_line_reply (sent));
  bgc_http_line_drop (sent);
  sent = bgc_http_line_get (line, "ftp://127.0.0.1/", NULL);
  g_assert_null (sent->message);
  g_assert_null (sent->error);
  bgc_http_line_drop (sent);
  bgc_http_line_free (line);
}

static void
test_cancelled (void)
{
  g_autofree char *url
    = g_strdup_printf ("http://127.0.0.1:%u/f/line?stallhead", bgc_transfer_scene_port (FALSE));
  BgcHttpLine *line = bgc_http_line_new ("test");
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  Call call = { .line = line, .url = url, .cancellable = cancellable };
  GThread *thread = g_thread_new ("line", get_on_thread, &call);
  BgcHttpSent *sent;

  g_cancellable_cancel (cancellable);
  sent = g_thread_join (thread);
  g_assert_error (sent->error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  bgc_http_line_drop (sent);
  bgc_http_line_free (line);
}

static void
on_answer (BgcHttpReply *reply, BgcFailure *failure, gpointer data)
{
  Answer *answer = data;

  answer->ended = TRUE;
  answer->reply = reply;
  answer->failure = failure;
}

static Answer
go_on (BgcHttpSent *sent, gboolean cancel)
{
  BgcHttpSession *session = bgc_http_session_new (2, "test");
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  Answer answer = { 0 };

  bgc_http_session_go_on (session, sent, cancellable, on_answer, &answer);
  g_assert_false (answer.ended);
  if (cancel)
    g_cancellable_cancel (cancellable);
  while (!answer.ended)
    g_main_context_iteration (NULL, TRUE);
  bgc_http_session_free (session);
  return answer;
}

/* The line may be gone long before the body is read. */
static void
test_handed_over (void)
{
  BgcHttpLine *line = bgc_http_line_new ("test");
  BgcHttpSent *sent = get (line, "size=3000000", TRUE);
  BgcHttpSent *next = get (line, "size=10", FALSE);
  Answer answer;

  g_assert_cmpuint (bgc_http_line_reply (next)->length, ==, 10);
  bgc_http_line_drop (next);
  bgc_http_line_free (line);
  answer = go_on (sent, FALSE);
  g_assert_nonnull (answer.reply);
  g_assert_cmpuint (answer.reply->length, ==, 3000000);
  g_assert_cmpuint (read_all (answer.reply->body), ==, 3000000);
  bgc_http_reply_free (answer.reply);
}

static void
test_redirect (void)
{
  BgcHttpLine *line = bgc_http_line_new ("test");
  BgcHttpSent *sent = get (line, "redirect=/f/line%3Fsize%3D77", TRUE);
  Answer answer;

  g_assert_null (bgc_http_line_reply (sent));
  answer = go_on (sent, FALSE);
  g_assert_nonnull (answer.reply);
  g_assert_cmpuint (answer.reply->length, ==, 77);
  bgc_http_reply_free (answer.reply);
  bgc_http_line_free (line);
}

static void
test_error_handed_over (void)
{
  BgcHttpLine *line = bgc_http_line_new ("test");
  BgcHttpSent *sent = bgc_http_line_get (line, "http://127.0.0.1:1/", NULL);
  Answer answer;

  bgc_http_line_hand_over (line, sent);
  answer = go_on (sent, FALSE);
  g_assert_null (answer.reply);
  g_assert_cmpint (answer.failure->code, ==, BGC_ERROR_CONNECT_FAILED);
  bgc_failure_free (answer.failure);
  answer = go_on (get (line, "size=1000000", TRUE), TRUE);
  g_assert_null (answer.reply);
  g_assert_null (answer.failure);
  bgc_http_line_free (line);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/http-line/answers", test_answers);
  g_test_add_func ("/http-line/no-answer", test_no_answer);
  g_test_add_func ("/http-line/cancelled", test_cancelled);
  g_test_add_func ("/http-line/handed-over", test_handed_over);
  g_test_add_func ("/http-line/redirect", test_redirect);
  g_test_add_func ("/http-line/error-handed-over", test_error_handed_over);
  return bgc_transfer_scene_run_tests ();
}
