/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "model/bgc-upload.h"

static BgcUpload *
sample (void)
{
  BgcUpload *upload = bgc_upload_new ();

  upload->protocol = BGC_UPLOAD_PROTOCOL_BITS;
  upload->stage = BGC_UPLOAD_STAGE_OPEN;
  upload->session_id = g_strdup ("{9A}");
  upload->host_id = g_strdup ("node7.example");
  upload->reply_url = g_strdup ("http://node7.example/r");
  upload->host_fallback = 110;
  upload->fragment = 4096;
  upload->source_size = 7;
  return upload;
}

static void
test_copy (void)
{
  g_autoptr (BgcUpload) upload = sample ();
  g_autoptr (BgcUpload) copy = bgc_upload_copy (upload);

  g_assert_cmpstr (copy->session_id, ==, "{9A}");
  g_assert_true (copy->session_id != upload->session_id);
  g_assert_cmpstr (copy->host_id, ==, "node7.example");
  g_assert_cmpint (copy->host_fallback, ==, 110);
  g_assert_cmpstr (copy->reply_url, ==, "http://node7.example/r");
  g_assert_null (copy->resource);
  g_assert_null (bgc_upload_copy (NULL));
}

static void
test_open (void)
{
  g_autoptr (BgcUpload) upload = bgc_upload_new ();

  g_assert_false (bgc_upload_is_open (upload));
  /* Begun, but the server has named nothing that could be removed. */
  upload->stage = BGC_UPLOAD_STAGE_OPEN;
  g_assert_false (bgc_upload_is_open (upload));
  upload->resource = g_strdup ("https://example.org/files/1");
  g_assert_true (bgc_upload_is_open (upload));
  upload->stage = BGC_UPLOAD_STAGE_SENT;
  g_assert_true (bgc_upload_is_open (upload));
  upload->stage = BGC_UPLOAD_STAGE_CLOSED;
  g_assert_false (bgc_upload_is_open (upload));
}

static void
test_restart (void)
{
  g_autoptr (BgcUpload) upload = sample ();

  bgc_upload_restart (upload);
  g_assert_cmpint (upload->protocol, ==, BGC_UPLOAD_PROTOCOL_BITS);
  g_assert_cmpint (upload->stage, ==, BGC_UPLOAD_STAGE_NONE);
  g_assert_null (upload->session_id);
  g_assert_null (upload->host_id);
  g_assert_null (upload->reply_url);
  g_assert_cmpint (upload->host_fallback, ==, -1);
  g_assert_cmpuint (upload->fragment, ==, 0);
  g_assert_cmpuint (upload->source_size, ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/upload/copy", test_copy);
  g_test_add_func ("/upload/open", test_open);
  g_test_add_func ("/upload/restart", test_restart);
  return g_test_run ();
}
