/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "client/bgc-rate-option.h"

static void
test_rates (void)
{
  static const struct
  {
    const char *text;
    guint64 rate;
  } good[] = { { "0", 0 },         { "1", 1 },          { "100K", 102400 }, { "100k", 102400 },
               { "3M", 3145728 },  { "3m", 3145728 },   { "1G", 1073741824 },
               { "9223372036854775807", G_MAXINT64 } };
  static const char *const bad[] = { "", "K", "-1", "+1", "1.5M", "1 K", " 1", "1KB", "1T", "x", "0x10",
                                     "9223372036854775808", "9007199254740992K" };
  guint64 rate;

  for (guint i = 0; i < G_N_ELEMENTS (good); i++)
    {
      g_assert_true (bgc_rate_option_parse (good[i].text, &rate));
      g_assert_cmpuint (rate, ==, good[i].rate);
    }
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    g_assert_false (bgc_rate_option_parse (bad[i], &rate));
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/rate-option/rates", test_rates);
  return g_test_run ();
}
