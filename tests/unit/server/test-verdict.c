/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "server/bgc-verdict.h"

#include "base/bgc-error.h"
#include "protocol/bgc-hresult.h"

/* What clients of BITS are told to do by: the numbers are those of its documentation. */
static void
test_errors (void)
{
  static const struct
  {
    BgcErrorCode code;
    const char *wire; /* status and BITS-Error-Code, "-" for none */
  } rows[] = {
    /* begin again with a new session */
    { BGC_ERROR_SESSION_NOT_FOUND, "500 0x8020001F" },
    /* E_ACCESSDENIED, for good */
    { BGC_ERROR_FILE_EXISTS, "403 0x80070005" },
    { BGC_ERROR_ACCESS_DENIED, "403 0x80070005" },
    { BGC_ERROR_NOT_SUPPORTED, "501 0x80070005" },
    /* E_INVALIDARG, for good */
    { BGC_ERROR_INVALID_ARGUMENT, "400 0x80070057" },
    { BGC_ERROR_INVALID_PATH, "400 0x80070057" },
    /* BG_E_TOO_LARGE, for good */
    { BGC_ERROR_TOO_LARGE, "500 0x80200020" },
    /* the disk is full: later */
    { BGC_ERROR_NO_SPACE, "500 0x80070112" },
    /* by the status alone */
    { BGC_ERROR_NOT_FOUND, "404 -" },
    { BGC_ERROR_MAXIMUM_SIZE, "413 -" },
    { BGC_ERROR_BUSY, "503 -" },
    { BGC_ERROR_LIMITS_EXCEEDED, "503 -" },
    { BGC_ERROR_AUTHENTICATION_REQUIRED, "401 -" },
    { BGC_ERROR_STORE_FAILED, "500 -" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (GError) error = g_error_new_literal (BGC_ERROR, (int) rows[i].code, "x");
      BgcVerdict verdict = bgc_verdict_from_error (error);
      g_autofree char *value = verdict.has_error ? bgc_hresult_format (verdict.error_value) : g_strdup ("-");
      g_autofree char *wire = g_strdup_printf ("%u %s", verdict.status, value);

      g_assert_cmpstr (wire, ==, rows[i].wire);
      g_assert_true (verdict.has_error || verdict.error_value == 0);
      g_assert_cmpint (verdict.context, ==, BGC_CONTEXT_REMOTE_FILE);
    }
  g_assert_cmpuint (bgc_verdict_from_error (NULL).status, ==, 500);
}

static void
test_applications (void)
{
  static const guint rows[][2] = { { 200, 200 }, { 204, 200 }, { 302, 302 }, { 403, 403 }, { 503, 503 },
                                   { 599, 599 }, { 0, 502 },   { 100, 502 }, { 600, 502 } };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      BgcVerdict verdict = bgc_verdict_from_application (rows[i][0]);

      g_assert_cmpuint (verdict.status, ==, rows[i][1]);
      g_assert_cmpint (verdict.has_error, ==, rows[i][1] != 200);
      if (verdict.has_error)
        g_assert_cmpint (verdict.context, ==, BGC_CONTEXT_REMOTE_APPLICATION);
    }
}

static void
test_special (void)
{
  BgcVerdict step = bgc_verdict_out_of_step ();
  BgcVerdict late = bgc_verdict_application_timeout ();

  g_assert_cmpuint (step.status, ==, 416);
  g_assert_true (step.has_error && step.error_value == 0);
  g_assert_cmpuint (late.status, ==, 408);
  g_assert_cmpuint (late.error_value, ==, BGC_HRESULT_DISK_FULL);
  g_assert_cmpint (late.context, ==, BGC_CONTEXT_REMOTE_APPLICATION);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/verdict/errors", test_errors);
  g_test_add_func ("/verdict/applications", test_applications);
  g_test_add_func ("/verdict/special", test_special);

  return g_test_run ();
}
