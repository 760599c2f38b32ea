/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "transfer/bgc-http-outcome.h"

#include <libsoup/soup.h>

#define NOW 1700000000 /* Tue, 14 Nov 2023 22:13:20 GMT */

static const struct
{
  guint status;
  BgcErrorCode code;
  gboolean transient;
} statuses[] = {
  { 204, BGC_ERROR_HTTP_STATUS, FALSE },
  { 300, BGC_ERROR_HTTP_STATUS, FALSE },
  { 304, BGC_ERROR_HTTP_STATUS, FALSE },
  { 307, BGC_ERROR_HTTP_STATUS, FALSE },
  { 400, BGC_ERROR_HTTP_STATUS, FALSE },
  { 401, BGC_ERROR_AUTHENTICATION_REQUIRED, FALSE },
  { 403, BGC_ERROR_HTTP_STATUS, FALSE },
  { 404, BGC_ERROR_HTTP_STATUS, FALSE },
  { 407, BGC_ERROR_PROXY_AUTHENTICATION_REQUIRED, FALSE },
  { 408, BGC_ERROR_HTTP_STATUS, TRUE },
  { 409, BGC_ERROR_HTTP_STATUS, TRUE },
  { 410, BGC_ERROR_HTTP_STATUS, FALSE },
  { 416, BGC_ERROR_HTTP_STATUS, FALSE },
  { 429, BGC_ERROR_HTTP_STATUS, TRUE },
  { 500, BGC_ERROR_HTTP_STATUS, TRUE },
  { 501, BGC_ERROR_HTTP_STATUS, FALSE },
  { 502, BGC_ERROR_HTTP_STATUS, TRUE },
  { 503, BGC_ERROR_HTTP_STATUS, TRUE },
  { 505, BGC_ERROR_HTTP_STATUS, FALSE },
  { 507, BGC_ERROR_HTTP_STATUS, TRUE },
  { 599, BGC_ERROR_HTTP_STATUS, TRUE },
};

static void
test_statuses (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (statuses); i++)
    {
      g_autoptr (BgcFailure) failure = bgc_http_outcome_of_status (statuses[i].status, NULL, NOW);

      g_test_message ("%u", statuses[i].status);
      g_assert_cmpint (failure->code, ==, statuses[i].code);
      g_assert_cmpint (failure->transient, ==, statuses[i].transient);
      g_assert_cmpint (failure->wait, ==, statuses[i].transient ? BGC_WAIT_RETRY : BGC_WAIT_NONE);
      g_assert_cmpuint (failure->http_status, ==, statuses[i].status);
      g_assert_cmpint (failure->context, ==, BGC_CONTEXT_REMOTE_FILE);
      g_assert_cmpuint (failure->retry_after, ==, 0);
    }
}

static const struct
{
  const char *value;
  guint32 seconds;
} retries[] = {
  { NULL, 0 },
  { "", 0 },
  { "soon", 0 },
  { "12x", 0 },
  { "0", 30 },
  { "29", 30 },
  { "120", 120 },
  { "86400", 86400 },
  { "86401", 86400 },
  { "9223372036854775807", 86400 },
  { "99999999999999999999", 0 },
  { "-5", 0 },
  { "Tue, 14 Nov 2023 22:15:20 GMT", 120 },
  { "Tue, 14 Nov 2023 22:13:21 GMT", 30 },
  { "Mon, 13 Nov 2023 00:00:00 GMT", 30 },
  { "Thu, 14 Nov 2024 00:00:00 GMT", 86400 },
};

static void
test_retry_after (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (retries); i++)
    {
      g_autoptr (BgcFailure) busy = bgc_http_outcome_of_status (503, retries[i].value, NOW);
      g_autoptr (BgcFailure) gone = bgc_http_outcome_of_status (404, retries[i].value, NOW);

      g_assert_cmpuint (bgc_http_outcome_retry_after (retries[i].value, NOW), ==, retries[i].seconds);
      g_assert_cmpuint (busy->retry_after, ==, retries[i].seconds);
      g_assert_cmpuint (gone->retry_after, ==, 0);
    }
}

static void
check_error (GQuark domain, int number, BgcErrorCode code, gboolean transient)
{
  g_autoptr (GError) error = g_error_new_literal (domain, number, "m\033\377");
  g_autoptr (BgcFailure) failure = bgc_http_outcome_of_error (error);

  g_test_message ("%s %d", g_quark_to_string (domain), number);
  g_assert_cmpint (failure->code, ==, code);
  g_assert_cmpint (failure->transient, ==, transient);
  g_assert_cmpuint (failure->http_status, ==, 0);
  g_assert_true (g_utf8_validate (failure->message, -1, NULL));
}

static void
test_errors (void)
{
  check_error (G_RESOLVER_ERROR, G_RESOLVER_ERROR_NOT_FOUND, BGC_ERROR_NAME_RESOLUTION, TRUE);
  check_error (G_RESOLVER_ERROR, G_RESOLVER_ERROR_TEMPORARY_FAILURE, BGC_ERROR_NAME_RESOLUTION, TRUE);
  check_error (G_IO_ERROR, G_IO_ERROR_HOST_NOT_FOUND, BGC_ERROR_NAME_RESOLUTION, TRUE);
  check_error (G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED, BGC_ERROR_CONNECT_FAILED, TRUE);
  check_error (G_IO_ERROR, G_IO_ERROR_NETWORK_UNREACHABLE, BGC_ERROR_CONNECT_FAILED, TRUE);
  check_error (G_IO_ERROR, G_IO_ERROR_TIMED_OUT, BGC_ERROR_TIMEOUT, TRUE);
  check_error (G_IO_ERROR, G_IO_ERROR_CONNECTION_CLOSED, BGC_ERROR_CONNECTION_CLOSED, TRUE);
  check_error (G_IO_ERROR, G_IO_ERROR_PARTIAL_INPUT, BGC_ERROR_CONNECTION_CLOSED, TRUE);
  check_error (G_IO_ERROR, G_IO_ERROR_INVALID_DATA, BGC_ERROR_INVALID_SERVER_RESPONSE, TRUE);
  check_error (G_IO_ERROR, G_IO_ERROR_PROXY_FAILED, BGC_ERROR_CONNECT_FAILED, TRUE);
  check_error (G_IO_ERROR, G_IO_ERROR_PROXY_NEED_AUTH, BGC_ERROR_PROXY_AUTHENTICATION_REQUIRED, FALSE);
  check_error (G_TLS_ERROR, G_TLS_ERROR_BAD_CERTIFICATE, BGC_ERROR_TLS, FALSE);
  check_error (G_TLS_ERROR, G_TLS_ERROR_CERTIFICATE_REQUIRED, BGC_ERROR_TLS, FALSE);
  check_error (G_TLS_ERROR, G_TLS_ERROR_MISC, BGC_ERROR_TLS, TRUE);
  check_error (G_TLS_ERROR, G_TLS_ERROR_EOF, BGC_ERROR_CONNECTION_CLOSED, TRUE);
  check_error (SOUP_SESSION_ERROR, SOUP_SESSION_ERROR_PARSING, BGC_ERROR_INVALID_SERVER_RESPONSE, TRUE);
  check_error (G_FILE_ERROR, G_FILE_ERROR_FAILED, BGC_ERROR_CONNECT_FAILED, TRUE);
}

static void
test_nonsense (void)
{
  g_autoptr (BgcFailure) failure = bgc_http_outcome_of_nonsense ("100% wrong");

  g_assert_cmpstr (failure->message, ==, "100% wrong");
  g_assert_cmpint (failure->code, ==, BGC_ERROR_INVALID_SERVER_RESPONSE);
  g_assert_true (failure->transient);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/http-outcome/statuses", test_statuses);
  g_test_add_func ("/http-outcome/retry-after", test_retry_after);
  g_test_add_func ("/http-outcome/errors", test_errors);
  g_test_add_func ("/http-outcome/nonsense", test_nonsense);
  return g_test_run ();
}
