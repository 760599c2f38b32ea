/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "transfer/bgc-upload-request.h"

static const char *
header (BgcUploadRequest *request, const char *name)
{
  return soup_message_headers_get_one (soup_message_get_request_headers (request->message), name);
}

static void
test_url (void)
{
  const char *const urls[] = { "ftp://x/y", "http://", "http://u:p@host/", "http://host/a b", "",
                               "file:///x" };

  for (guint i = 0; i < G_N_ELEMENTS (urls); i++)
    {
      g_autoptr (BgcFailure) failure = NULL;

      g_assert_null (bgc_upload_request_new ("PUT", urls[i], &failure));
      g_assert_nonnull (failure);
      g_assert_cmpint (failure->code, ==, BGC_ERROR_INVALID_URL);
      g_assert_false (failure->transient);
    }
}

static void
test_headers (void)
{
  g_autoptr (BgcFailure) failure = NULL;
  g_autoptr (BgcUploadRequest) request = bgc_upload_request_new ("BITS_POST", "http://host/x", &failure);
  BgcHeaderWriter headers;

  g_assert_null (failure);
  headers = bgc_upload_request_headers (request);
  bgc_header_set_number (&headers, "Content-Length", 0);
  g_assert_cmpstr (header (request, "Content-Length"), ==, "0");
  g_assert_cmpstr (header (request, "Accept-Encoding"), ==, "identity");
  g_assert_cmpint (soup_message_get_flags (request->message), ==,
                   SOUP_MESSAGE_NO_REDIRECT | SOUP_MESSAGE_IDEMPOTENT);
}

/* A round trip is worth it only where it may save more. */
static void
test_asking (void)
{
  const BgcLocalFileSource source = BGC_LOCAL_FILE_SOURCE_NONE;
  g_autoptr (BgcFailure) failure = NULL;
  g_autoptr (BgcUploadRequest) request = bgc_upload_request_new ("PUT", "http://host/x", &failure);

  bgc_upload_request_set_body (request, &source, 0, 1000, TRUE);
  g_assert_false (request->ask_first);
  bgc_upload_request_set_body (request, &source, 0, G_GUINT64_CONSTANT (5) << 30, TRUE);
  g_assert_true (request->ask_first);
  bgc_upload_request_set_body (request, &source, 7, G_GUINT64_CONSTANT (5) << 30, FALSE);
  g_assert_false (request->ask_first);
  g_assert_cmpuint (request->first, ==, 7);
}

static void
test_copy (void)
{
  const BgcLocalFileSource source = BGC_LOCAL_FILE_SOURCE_NONE;
  g_autoptr (BgcFailure) failure = NULL;
  g_autoptr (BgcUploadRequest) request = bgc_upload_request_new ("PUT", "http://host/x", &failure);
  g_autoptr (BgcUploadRequest) copy = NULL;

  bgc_upload_request_set_body (request, &source, 1, 2000000, TRUE);
  request->is_last = TRUE;
  soup_message_headers_set_expectations (soup_message_get_request_headers (request->message),
                                         SOUP_EXPECTATION_CONTINUE);
  soup_message_headers_append (soup_message_get_request_headers (request->message), "X-Name", "value");
  copy = bgc_upload_request_copy (request);
  g_assert_null (header (copy, "Expect"));
  g_assert_cmpstr (header (copy, "X-Name"), ==, "value");
  g_assert_true (copy->source == &source && copy->first == 1 && copy->length == 2000000 && copy->is_last);
  g_assert_false (copy->ask_first);
  g_assert_cmpstr (soup_message_get_method (copy->message), ==, "PUT");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/upload-request/url", test_url);
  g_test_add_func ("/upload-request/headers", test_headers);
  g_test_add_func ("/upload-request/asking", test_asking);
  g_test_add_func ("/upload-request/copy", test_copy);
  return g_test_run ();
}
