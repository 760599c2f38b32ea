/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "service/bgc-repeater.h"

#include "host/bgc-clock-fake.h"

static void
count (const char *connection, const BgcJobId *id, gpointer data)
{
  (*(guint *) data)++;
}

static GArray *
ids (guint n_ids)
{
  return g_array_set_size (g_array_new (FALSE, TRUE, sizeof (BgcJobId)), n_ids);
}

static void
test_portions (void)
{
  g_autoptr (BgcClockFake) clock = bgc_clock_fake_new (0, 0);
  guint told = 0;
  g_autoptr (BgcRepeater) self = bgc_repeater_new (BGC_CLOCK (clock), count, &told);

  bgc_repeater_start (self, ":1.1", ids (2 * BGC_REPEATER_PORTION + 1));
  g_assert_cmpuint (told, ==, BGC_REPEATER_PORTION);
  g_assert_cmpuint (bgc_repeater_pending (self), ==, 1);
  bgc_clock_fake_advance (clock, BGC_REPEATER_PAUSE);
  g_assert_cmpuint (told, ==, 2 * BGC_REPEATER_PORTION);
  bgc_clock_fake_advance (clock, BGC_REPEATER_PAUSE);
  g_assert_cmpuint (told, ==, 2 * BGC_REPEATER_PORTION + 1);
  g_assert_cmpuint (bgc_repeater_pending (self), ==, 0);
  g_assert_cmpuint (bgc_clock_fake_pending (clock), ==, 0);
}

static void
test_nothing_to_tell (void)
{
  g_autoptr (BgcClockFake) clock = bgc_clock_fake_new (0, 0);
  guint told = 0;
  g_autoptr (BgcRepeater) self = bgc_repeater_new (BGC_CLOCK (clock), count, &told);

  bgc_repeater_start (self, ":1.1", ids (0));
  g_assert_cmpuint (told, ==, 0);
  g_assert_cmpuint (bgc_repeater_pending (self), ==, 0);
}

static void
test_stop_and_restart (void)
{
  g_autoptr (BgcClockFake) clock = bgc_clock_fake_new (0, 0);
  guint told = 0;
  g_autoptr (BgcRepeater) self = bgc_repeater_new (BGC_CLOCK (clock), count, &told);

  bgc_repeater_start (self, ":1.1", ids (2 * BGC_REPEATER_PORTION));
  bgc_repeater_start (self, ":1.1", ids (2 * BGC_REPEATER_PORTION));
  g_assert_cmpuint (bgc_clock_fake_pending (clock), ==, 1);
  bgc_repeater_stop (self, ":1.1");
  bgc_repeater_stop (self, ":1.2");
  g_assert_cmpuint (bgc_clock_fake_pending (clock), ==, 0);
  g_assert_cmpuint (told, ==, 2 * BGC_REPEATER_PORTION);
  bgc_repeater_start (self, ":1.2", ids (2 * BGC_REPEATER_PORTION));
  g_clear_pointer (&self, bgc_repeater_free);
  g_assert_cmpuint (bgc_clock_fake_pending (clock), ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/repeater/portions", test_portions);
  g_test_add_func ("/repeater/nothing-to-tell", test_nothing_to_tell);
  g_test_add_func ("/repeater/stop-and-restart", test_stop_and_restart);
  return g_test_run ();
}
