/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "model/bgc-counters.h"

static void
test_add (void)
{
  BgcCounters sum = { 1, 2, 3, 4 };
  const BgcCounters more = { 10, 20, 30, 40 };

  bgc_counters_add (&sum, &more);
  g_assert_cmpuint (sum.received, ==, 11);
  g_assert_cmpuint (sum.sent, ==, 22);
  g_assert_cmpuint (sum.refetched, ==, 33);
  g_assert_cmpuint (sum.saved, ==, 44);
}

/* No number from a worker makes a sum small again. */
static void
test_most (void)
{
  BgcCounters sum = { .received = 2, .saved = 2 };
  const BgcCounters more = { .received = G_MAXUINT64 - 1, .saved = G_MAXUINT64 - 2 };

  bgc_counters_add (&sum, &more);
  g_assert_cmpuint (sum.received, ==, G_MAXUINT64);
  g_assert_cmpuint (sum.saved, ==, G_MAXUINT64);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/counters/add", test_add);
  g_test_add_func ("/counters/most", test_most);
  return g_test_run ();
}
