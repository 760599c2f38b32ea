/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "protocol/bgc-content-range.h"

#include "base/bgc-error.h"

static void
test_good (void)
{
  static const struct
  {
    const char *text;
    BgcContentRange range;
    const char *formatted;
  } rows[] = {
    { "bytes 0-5/10", { 0, 6, 10 }, "bytes 0-5/10" },
    { "BYTES 6-9/10", { 6, 4, 10 }, "bytes 6-9/10" },
    { "bytes 0-0/1", { 0, 1, 1 }, "bytes 0-0/1" },
    { "bytes */0", { 0, 0, 0 }, "bytes */0" },
    { "bytes 18446744073709551613-18446744073709551614/18446744073709551615",
      { G_MAXUINT64 - 2, 2, G_MAXUINT64 },
      "bytes 18446744073709551613-18446744073709551614/18446744073709551615" },
    { "bytes 0-18446744073709551614/18446744073709551615",
      { 0, G_MAXUINT64, G_MAXUINT64 },
      "bytes 0-18446744073709551614/18446744073709551615" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autofree char *text = NULL;
      BgcContentRange range;

      g_assert_true (bgc_content_range_parse (rows[i].text, &range, &error));
      g_assert_no_error (error);
      g_assert_cmpuint (range.first, ==, rows[i].range.first);
      g_assert_cmpuint (range.length, ==, rows[i].range.length);
      g_assert_cmpuint (range.total, ==, rows[i].range.total);
      text = bgc_content_range_format (&range);
      g_assert_cmpstr (text, ==, rows[i].formatted);
    }
}

static void
test_bad (void)
{
  static const char *const rows[] = {
    NULL,
    "",
    "bytes",
    "bytes ",
    "0-5/10",
    "bytes 0-5",
    "bytes 0-5/",
    "bytes 0-5/*",
    "bytes */10",
    "bytes *",
    "bytes 5-4/10",
    "bytes 0-10/10",
    "bytes 10-9/10",
    "bytes 0--1/0",
    "bytes 0-0/0",
    "bytes -5/10",
    "bytes 5-/10",
    "bytes a-b/c",
    "bytes 0-5/10 ",
    " bytes 0-5/10",
    "bytes  0-5/10",
    "bytes 0 -5/10",
    "bytes=0-5/10",
    "items 0-5/10",
    "bytes 0-5/10/10",
    "bytes 0-1-2/10",
    "bytes +0-5/10",
    "bytes 0-5/18446744073709551616",
    "bytes 18446744073709551616-5/9",
    "bytes 0-5/10, 6-9/10",
    "bytes 0x0-0x5/10",
    "bytes 000000000000000000000000000000000000000-000000000000000000000000000000000000005/10",
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (GError) error = NULL;
      BgcContentRange range = { 1, 2, 3 };

      g_assert_false (bgc_content_range_parse (rows[i], &range, &error));
      g_assert_error (error, BGC_ERROR, BGC_ERROR_INVALID_ARGUMENT);
      g_assert_cmpuint (range.total, ==, 3);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/content-range/good", test_good);
  g_test_add_func ("/content-range/bad", test_bad);

  return g_test_run ();
}
