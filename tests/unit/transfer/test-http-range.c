/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "transfer/bgc-http-range.h"

static void
test_good (void)
{
  BgcHttpRange range;

  g_assert_true (bgc_http_range_parse ("bytes 0-0/1", &range));
  g_assert_false (range.unsatisfied);
  g_assert_cmpuint (range.first, ==, 0);
  g_assert_cmpuint (range.last, ==, 0);
  g_assert_cmpuint (range.total, ==, 1);
  g_assert_true (bgc_http_range_parse ("Bytes  500-999/9223372036854775807 ", &range));
  g_assert_cmpuint (range.first, ==, 500);
  g_assert_cmpuint (range.last, ==, 999);
  g_assert_cmpuint (range.total, ==, G_MAXINT64);
  g_assert_true (bgc_http_range_parse ("bytes 5-9/*", &range));
  g_assert_cmpuint (range.total, ==, BGC_SIZE_UNKNOWN);
  g_assert_true (bgc_http_range_parse ("bytes */77", &range));
  g_assert_true (range.unsatisfied);
  g_assert_cmpuint (range.total, ==, 77);
}

static void
test_bad (void)
{
  static const char *const bad[] = {
    NULL,
    "",
    "bytes",
    "bytes ",
    "bytes=0-1/2",
    "items 0-1/2",
    "bytes0-1/2",
    "bytes 0-1",
    "bytes 0-1/",
    "bytes 1-0/5",
    "bytes 0-5/5",
    "bytes -1/5",
    "bytes 1-/5",
    "bytes */*",
    "bytes */",
    "bytes +0-1/2",
    "bytes 0 -1/2",
    "bytes 0- 1/2",
    "bytes 0-1/2x",
    "bytes 0-1/2, 3-4/5",
    "bytes 0-1/9223372036854775808",
    "bytes 0-18446744073709551616/18446744073709551617",
    "bytes 0x0-0x1/2",
    "bytes 0-1/-2",
  };

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      BgcHttpRange range = { .first = 42 };

      g_test_message ("%s", bad[i]);
      g_assert_false (bgc_http_range_parse (bad[i], &range));
      g_assert_cmpuint (range.first, ==, 42);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/http-range/good", test_good);
  g_test_add_func ("/http-range/bad", test_bad);
  return g_test_run ();
}
