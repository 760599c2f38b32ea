/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "transfer/bgc-http-reply.h"

static void
test_keep (void)
{
  g_autofree char *long_enough = g_strnfill (1024, 'x');
  g_autofree char *too_long = g_strnfill (1025, 'x');
  g_autofree char *kept = bgc_http_reply_keep ("\"tag\"");
  g_autofree char *accented = bgc_http_reply_keep ("\"\303\251\"");
  g_autofree char *kept_long = bgc_http_reply_keep (long_enough);

  g_assert_cmpstr (kept, ==, "\"tag\"");
  g_assert_cmpstr (accented, ==, "\"\303\251\"");
  g_assert_cmpstr (kept_long, ==, long_enough);
  g_assert_null (bgc_http_reply_keep (NULL));
  g_assert_null (bgc_http_reply_keep (""));
  g_assert_null (bgc_http_reply_keep (too_long));
  g_assert_null (bgc_http_reply_keep ("\"\377\""));
  g_assert_null (bgc_http_reply_keep ("a\tb"));
  g_assert_null (bgc_http_reply_keep ("a\033b"));
  g_assert_null (bgc_http_reply_keep ("a\177"));
  g_assert_null (bgc_http_reply_keep ("a\302\205"));
}

static BgcHttpReply *
make_reply (const char *const *headers)
{
  g_autoptr (SoupMessage) message = soup_message_new ("GET", "http://127.0.0.1/");
  GInputStream *stream = g_memory_input_stream_new_from_data ("hello", 5, NULL);

  for (guint i = 0; headers[i] != NULL; i += 2)
    soup_message_headers_append (soup_message_get_response_headers (message), headers[i], headers[i + 1]);
  return bgc_http_reply_new (message, stream);
}

static void
test_headers (void)
{
  static const char *const headers[] = {
    "Content-Length",
    "5",
    "Content-Range",
    "bytes 1-5/9",
    "ETag",
    "\"t\"",
    "Last-Modified",
    "Thu, 02 Jan 2020 00:00:00 GMT",
    "Date",
    "Thu, 02 Jan 2020 00:00:10 GMT",
    "Retry-After",
    "7",
    NULL,
  };
  g_autoptr (BgcHttpReply) reply = make_reply (headers);

  g_assert_cmpuint (reply->length, ==, 5);
  g_assert_true (reply->has_range);
  g_assert_cmpuint (reply->range.total, ==, 9);
  g_assert_cmpstr (reply->etag, ==, "\"t\"");
  g_assert_cmpstr (reply->last_modified, ==, "Thu, 02 Jan 2020 00:00:00 GMT");
  g_assert_cmpint (reply->date, ==, 1577923210);
  g_assert_cmpstr (reply->retry_after, ==, "7");
  g_assert_true (bgc_http_body_is_framed (reply->body));
}

static void
test_nothing (void)
{
  static const char *const headers[] = {
    "Content-Range", "bytes 1-5/x", "ETag", "\"\377\"", "Date", "today", NULL,
  };
  g_autoptr (BgcHttpReply) reply = make_reply (headers);

  g_assert_cmpuint (reply->length, ==, BGC_SIZE_UNKNOWN);
  g_assert_false (reply->has_range);
  g_assert_null (reply->etag);
  g_assert_null (reply->last_modified);
  g_assert_cmpint (reply->date, ==, 0);
  g_assert_null (reply->retry_after);
  g_assert_false (bgc_http_body_is_framed (reply->body));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/http-reply/keep", test_keep);
  g_test_add_func ("/http-reply/headers", test_headers);
  g_test_add_func ("/http-reply/nothing", test_nothing);
  return g_test_run ();
}
