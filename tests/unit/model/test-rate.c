/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "model/bgc-rate.h"

#define SECOND G_USEC_PER_SEC

static void
test_too_few (void)
{
  BgcRate rate;

  bgc_rate_reset (&rate);
  g_assert_cmpuint (bgc_rate_get (&rate, 0), ==, 0);
  bgc_rate_add (&rate, 0, 1000);
  g_assert_cmpuint (bgc_rate_get (&rate, 0), ==, 0);
  bgc_rate_add (&rate, 0, 2000);
  g_assert_cmpuint (bgc_rate_get (&rate, 0), ==, 0);
}

/* 4 reports a second for a minute at 1000 bytes/s, then 3000: the window forgets the old rate. */
static void
test_window (void)
{
  BgcRate rate;
  gint64 now = 0;
  guint64 bytes = 0;

  bgc_rate_reset (&rate);
  for (guint i = 0; i < 240; i++, now += SECOND / 4, bytes += 250)
    bgc_rate_add (&rate, now, bytes);
  g_assert_cmpuint (bgc_rate_get (&rate, now), ==, 1000);
  for (guint i = 0; i < 10; i++, now += SECOND / 4, bytes += 750)
    bgc_rate_add (&rate, now, bytes);
  g_assert_cmpuint (bgc_rate_get (&rate, now), >, 1000);
  g_assert_cmpuint (bgc_rate_get (&rate, now), <, 3000);
  for (guint i = 0; i < 21; i++, now += SECOND / 4, bytes += 750)
    bgc_rate_add (&rate, now, bytes);
  g_assert_cmpuint (bgc_rate_get (&rate, now), ==, 3000);
}

static void
test_stale (void)
{
  BgcRate rate;

  bgc_rate_reset (&rate);
  bgc_rate_add (&rate, 0, 0);
  bgc_rate_add (&rate, SECOND, 500);
  g_assert_cmpuint (bgc_rate_get (&rate, SECOND), ==, 500);
  g_assert_cmpuint (bgc_rate_get (&rate, 3 * SECOND), ==, 500);
  g_assert_cmpuint (bgc_rate_get (&rate, 3 * SECOND + 1), ==, 0);
  bgc_rate_reset (&rate);
  bgc_rate_add (&rate, 0, 1);
  bgc_rate_add (&rate, SECOND, 1000);
  g_assert_cmpuint (bgc_rate_get (&rate, bgc_rate_stale_time (&rate) - 1), >, 0);
  g_assert_cmpuint (bgc_rate_get (&rate, bgc_rate_stale_time (&rate)), ==, 0);
}

/* A pause longer than the window: what came before it does not count. */
static void
test_gap (void)
{
  BgcRate rate;

  bgc_rate_reset (&rate);
  bgc_rate_add (&rate, 0, 0);
  bgc_rate_add (&rate, 10 * SECOND, 100000);
  g_assert_cmpuint (bgc_rate_get (&rate, 10 * SECOND), ==, 0);
  bgc_rate_add (&rate, 11 * SECOND, 100700);
  g_assert_cmpuint (bgc_rate_get (&rate, 11 * SECOND), ==, 700);
}

static void
test_falling (void)
{
  BgcRate rate;

  bgc_rate_reset (&rate);
  bgc_rate_add (&rate, 0, 5000);
  bgc_rate_add (&rate, SECOND, 9000);
  bgc_rate_add (&rate, 2 * SECOND, 10);
  g_assert_cmpuint (rate.count, ==, 1);
  g_assert_cmpuint (bgc_rate_get (&rate, 2 * SECOND), ==, 0);
  bgc_rate_add (&rate, 3 * SECOND, 40);
  g_assert_cmpuint (bgc_rate_get (&rate, 3 * SECOND), ==, 30);
  bgc_rate_add (&rate, 2 * SECOND, 50);
  g_assert_cmpuint (rate.count, ==, 1);
}

static void
test_huge (void)
{
  BgcRate rate;

  bgc_rate_reset (&rate);
  bgc_rate_add (&rate, 0, 0);
  bgc_rate_add (&rate, 2 * SECOND, G_GUINT64_CONSTANT (1) << 60);
  g_assert_cmpuint (bgc_rate_get (&rate, 2 * SECOND), ==, G_GUINT64_CONSTANT (1) << 59);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/rate/too-few", test_too_few);
  g_test_add_func ("/rate/window", test_window);
  g_test_add_func ("/rate/stale", test_stale);
  g_test_add_func ("/rate/gap", test_gap);
  g_test_add_func ("/rate/falling", test_falling);
  g_test_add_func ("/rate/huge", test_huge);

  return g_test_run ();
}
