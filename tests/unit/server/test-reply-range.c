/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "server/bgc-reply-range.h"

static void
test_table (void)
{
  static const struct
  {
    const char *value;
    guint64 size;
    BgcReplyRange kind;
    guint64 first, length;
  } rows[] = {
    { NULL, 100, BGC_REPLY_RANGE_ALL, 0, 100 },
    { "bytes=0-9", 100, BGC_REPLY_RANGE_PART, 0, 10 },
    { "Bytes=90-", 100, BGC_REPLY_RANGE_PART, 90, 10 },
    { "bytes=90-1000", 100, BGC_REPLY_RANGE_PART, 90, 10 },
    { "bytes=-1", 100, BGC_REPLY_RANGE_PART, 99, 1 },
    { "bytes=-1000", 100, BGC_REPLY_RANGE_PART, 0, 100 },
    { "bytes=99-99", 100, BGC_REPLY_RANGE_PART, 99, 1 },
    { "bytes=100-", 100, BGC_REPLY_RANGE_UNSATISFIABLE, 0, 100 },
    { "bytes=-0", 100, BGC_REPLY_RANGE_UNSATISFIABLE, 0, 100 },
    { "bytes=0-", 0, BGC_REPLY_RANGE_UNSATISFIABLE, 0, 0 },
    { "bytes=-5", 0, BGC_REPLY_RANGE_UNSATISFIABLE, 0, 0 },
    { "bytes=5-4", 100, BGC_REPLY_RANGE_ALL, 0, 100 },
    { "bytes=0-1,5-6", 100, BGC_REPLY_RANGE_ALL, 0, 100 },
    { "items=0-1", 100, BGC_REPLY_RANGE_ALL, 0, 100 },
    { "bytes=", 100, BGC_REPLY_RANGE_ALL, 0, 100 },
    { "bytes=-", 100, BGC_REPLY_RANGE_ALL, 0, 100 },
    { "bytes=a-b", 100, BGC_REPLY_RANGE_ALL, 0, 100 },
    { "bytes=18446744073709551616-", 100, BGC_REPLY_RANGE_ALL, 0, 100 },
    { "bytes=18446744073709551615-18446744073709551615", 100, BGC_REPLY_RANGE_UNSATISFIABLE, 0, 100 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      guint64 first, length;

      g_assert_cmpint (bgc_reply_range_parse (rows[i].value, rows[i].size, &first, &length), ==,
                       rows[i].kind);
      g_assert_cmpuint (first, ==, rows[i].first);
      g_assert_cmpuint (length, ==, rows[i].length);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/reply-range/table", test_table);

  return g_test_run ();
}
