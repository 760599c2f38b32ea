/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "protocol/bgc-hresult.h"

static void
test_parse (void)
{
  static const struct
  {
    const char *text;
    gboolean good;
    guint32 value;
  } rows[] = {
    { "0x8020001F", TRUE, BGC_HRESULT_SESSION_NOT_FOUND },
    { "0x8020001f", TRUE, BGC_HRESULT_SESSION_NOT_FOUND },
    { "0X80070057", TRUE, BGC_HRESULT_INVALID_ARGUMENT },
    { "x80070057", TRUE, BGC_HRESULT_INVALID_ARGUMENT },
    { "80070057", TRUE, BGC_HRESULT_INVALID_ARGUMENT },
    { "0", TRUE, 0 },
    { "0x0", TRUE, 0 },
    { "1", TRUE, 1 },
    { "", FALSE, 0 },
    { NULL, FALSE, 0 },
    { "0x", FALSE, 0 },
    { "x", FALSE, 0 },
    { "0x123456789", FALSE, 0 },
    { "-1", FALSE, 0 },
    { "0x8007 057", FALSE, 0 },
    { "error", FALSE, 0 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      guint32 value = 0;

      g_assert_cmpint (bgc_hresult_parse (rows[i].text, &value), ==, rows[i].good);
      g_assert_cmpuint (value, ==, rows[i].value);
    }
}

static void
test_format (void)
{
  g_autofree char *value = bgc_hresult_format (BGC_HRESULT_SESSION_NOT_FOUND);
  g_autofree char *none = bgc_hresult_format (0);
  g_autofree char *context = bgc_hresult_format_context (BGC_CONTEXT_REMOTE_APPLICATION);

  g_assert_cmpstr (value, ==, "0x8020001F");
  g_assert_cmpstr (none, ==, "0x00000000");
  g_assert_cmpstr (context, ==, "0x7");
}

static void
test_context (void)
{
  BgcErrorContext context = BGC_CONTEXT_NONE;

  g_assert_true (bgc_hresult_parse_context ("0x5", &context));
  g_assert_cmpint (context, ==, BGC_CONTEXT_REMOTE_FILE);
  g_assert_true (bgc_hresult_parse_context ("7", &context));
  g_assert_cmpint (context, ==, BGC_CONTEXT_REMOTE_APPLICATION);
  g_assert_false (bgc_hresult_parse_context ("0x1", &context));
  g_assert_false (bgc_hresult_parse_context ("", &context));
  g_assert_false (bgc_hresult_parse_context (NULL, &context));
}

static void
test_errors (void)
{
  g_assert_cmpint (bgc_hresult_to_error (BGC_HRESULT_SESSION_NOT_FOUND, BGC_ERROR_TIMEOUT), ==,
                   BGC_ERROR_SESSION_NOT_FOUND);
  g_assert_cmpint (bgc_hresult_to_error (BGC_HRESULT_TOO_LARGE, BGC_ERROR_TIMEOUT), ==, BGC_ERROR_TOO_LARGE);
  g_assert_cmpint (bgc_hresult_to_error (BGC_HRESULT_ACCESS_DENIED, BGC_ERROR_TIMEOUT), ==,
                   BGC_ERROR_ACCESS_DENIED);
  g_assert_cmpint (bgc_hresult_to_error (BGC_HRESULT_DISK_FULL, BGC_ERROR_TIMEOUT), ==, BGC_ERROR_NO_SPACE);
  g_assert_cmpint (bgc_hresult_to_error (BGC_HRESULT_WIN32_DISK_FULL, BGC_ERROR_TIMEOUT), ==,
                   BGC_ERROR_NO_SPACE);
  g_assert_cmpint (bgc_hresult_to_error (BGC_HRESULT_EXECUTE_ENABLED, BGC_ERROR_TIMEOUT), ==,
                   BGC_ERROR_ACCESS_DENIED);
  g_assert_cmpint (bgc_hresult_to_error (0x12345678, BGC_ERROR_TIMEOUT), ==, BGC_ERROR_TIMEOUT);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/hresult/parse", test_parse);
  g_test_add_func ("/hresult/format", test_format);
  g_test_add_func ("/hresult/context", test_context);
  g_test_add_func ("/hresult/errors", test_errors);

  return g_test_run ();
}
