/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "model/bgc-failure.h"

static void
test_new (void)
{
  g_autoptr (BgcFailure) fatal
      = bgc_failure_new (BGC_CONTEXT_LOCAL_FILE, BGC_ERROR_NO_SPACE, FALSE, "no room in %s", "/srv");
  g_autoptr (BgcFailure) transient
      = bgc_failure_new (BGC_CONTEXT_TRANSPORT, BGC_ERROR_TIMEOUT, TRUE, "said\nthe server \xff");

  g_assert_cmpint (fatal->context, ==, BGC_CONTEXT_LOCAL_FILE);
  g_assert_cmpint (fatal->code, ==, BGC_ERROR_NO_SPACE);
  g_assert_cmpstr (fatal->message, ==, "no room in /srv");
  g_assert_cmpuint (fatal->file, ==, BGC_FAILURE_NO_FILE);
  g_assert_false (fatal->transient);
  g_assert_cmpint (fatal->wait, ==, BGC_WAIT_NONE);
  g_assert_true (transient->transient);
  g_assert_cmpint (transient->wait, ==, BGC_WAIT_RETRY);
  g_assert_cmpstr (transient->message, ==, "said\\x0Athe server \\xFF");
}

static void
test_copy (void)
{
  g_autoptr (BgcFailure) copy = NULL;
  BgcFailure *original = bgc_failure_new (BGC_CONTEXT_REMOTE_FILE, BGC_ERROR_HTTP_STATUS, TRUE, "gone away");

  original->url = g_strdup ("http://h/f");
  original->protocol = g_strdup ("http");
  original->http_status = 503;
  original->file = 7;
  original->time = 1234;
  original->retry_after = 60;
  copy = bgc_failure_copy (original);
  bgc_failure_free (original);

  g_assert_cmpstr (copy->url, ==, "http://h/f");
  g_assert_cmpstr (copy->protocol, ==, "http");
  g_assert_cmpstr (copy->message, ==, "gone away");
  g_assert_cmpuint (copy->http_status, ==, 503);
  g_assert_cmpuint (copy->file, ==, 7);
  g_assert_cmpint (copy->time, ==, 1234);
  g_assert_cmpuint (copy->retry_after, ==, 60);
  g_assert_null (bgc_failure_copy (NULL));
  bgc_failure_free (NULL);
}

static void
test_bits_code (void)
{
  g_autoptr (BgcFailure) failure
      = bgc_failure_new (BGC_CONTEXT_REMOTE_FILE, BGC_ERROR_REMOTE_FILE_CHANGED, FALSE, "changed");

  g_assert_cmphex (bgc_failure_bits_code (failure), ==, 0x80200073);
  failure->http_status = 412;
  g_assert_cmphex (bgc_failure_bits_code (failure), ==, 0x8019019c);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/failure/new", test_new);
  g_test_add_func ("/failure/copy", test_copy);
  g_test_add_func ("/failure/bits-code", test_bits_code);

  return g_test_run ();
}
