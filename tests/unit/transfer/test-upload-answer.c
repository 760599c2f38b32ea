/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "transfer/bgc-upload-answer.h"

static void
test_take (void)
{
  g_autoptr (SoupMessage) message = soup_message_new ("GET", "http://localhost/");
  g_auto (BgcUploadAnswer) answer = { 0 };

  g_assert_false (bgc_upload_answer_is_success (&answer));
  soup_message_headers_append (soup_message_get_response_headers (message), "Upload-Offset", "5");
  bgc_upload_answer_take (&answer, message);
  g_assert_cmpstr (bgc_header_get (&answer.reader, "upload-offset"), ==, "5");
  g_assert_null (bgc_header_get (&answer.reader, "Location"));
  bgc_upload_answer_clear (&answer);
  g_assert_null (answer.headers);
}

static void
test_success (void)
{
  BgcUploadAnswer answer = { 0 };

  for (guint status = 100; status < 600; status++)
    {
      answer.status = status;
      g_assert_cmpint (bgc_upload_answer_is_success (&answer), ==, status / 100 == 2);
      g_assert_cmpint (bgc_upload_answer_is_gone (&answer), ==, status == 404 || status == 410);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/upload-answer/take", test_take);
  g_test_add_func ("/upload-answer/success", test_success);
  return g_test_run ();
}
