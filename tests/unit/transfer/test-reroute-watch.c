/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "transfer/bgc-reroute-watch.h"

#define STEP (100 * G_TIME_SPAN_MILLISECOND)
/* Microseconds. */
#define EVEN 2500u

/* Seconds until a reroute is seen while round trips are @low and @high in turn; 0 = none in two minutes. */
static double
seconds_until (BgcRerouteWatch *watch, guint32 low, guint32 high)
{
  for (gint64 now = STEP; now <= 120 * G_TIME_SPAN_SECOND; now += STEP)
    if (bgc_reroute_watch_sample (watch, now, TRUE, now / STEP % 2 == 0 ? low : high, EVEN))
      return (double)(now - STEP) / G_TIME_SPAN_SECOND;
  return 0;
}

static void
test_even (void)
{
  BgcRerouteWatch watch = { 0 };

  g_assert_cmpfloat (seconds_until (&watch, 60000, 60000 + EVEN), ==, 15);
  g_assert_cmpuint (watch.low, ==, 60000);
  g_assert_cmpint (watch.since, ==, 0);
  g_assert_cmpfloat (seconds_until (&watch, 90000, 90000), ==, 15);
  g_assert_cmpuint (watch.low, ==, 90000);
}

/* Somebody's queue. */
static void
test_uneven (void)
{
  BgcRerouteWatch watch = { 0 };

  g_assert_cmpfloat (seconds_until (&watch, 60000, 60000 + EVEN + 1), ==, 0);
}

/* One moment without it, or above the floor, and all begins anew. */
static void
test_interrupted (void)
{
  BgcRerouteWatch watch = { 0 };

  g_assert_false (bgc_reroute_watch_sample (&watch, STEP, TRUE, 60000, EVEN));
  g_assert_cmpint (watch.since, ==, STEP);
  g_assert_false (bgc_reroute_watch_sample (&watch, 2 * STEP, FALSE, 60000, EVEN));
  g_assert_cmpint (watch.since, ==, 0);
  g_assert_false (bgc_reroute_watch_sample (&watch, 16 * G_TIME_SPAN_SECOND, TRUE, 61000, EVEN));
  g_assert_cmpuint (watch.low, ==, 61000);
  g_assert_true (bgc_reroute_watch_sample (&watch, 31 * G_TIME_SPAN_SECOND, TRUE, 61000, EVEN));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/reroute-watch/even", test_even);
  g_test_add_func ("/reroute-watch/uneven", test_uneven);
  g_test_add_func ("/reroute-watch/interrupted", test_interrupted);
  return g_test_run ();
}
