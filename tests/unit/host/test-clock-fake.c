/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "host/bgc-clock-fake.h"

#include "../../contract/bgc-clock-contract.h"

#define WALL G_GINT64_CONSTANT (1790000000000000)

static BgcClock *
create (void)
{
  return BGC_CLOCK (bgc_clock_fake_new (WALL, 50));
}

static void
pass (BgcClock *clock, gint64 microseconds)
{
  bgc_clock_fake_advance (BGC_CLOCK_FAKE (clock), microseconds);
}

static void
set_wall (BgcClock *clock)
{
  bgc_clock_fake_shift_wall (BGC_CLOCK_FAKE (clock), -5);
}

static const BgcClockContract contract = { create, pass, set_wall };

typedef struct
{
  BgcClockFake *clock;
  gint64 wall;
  gint64 boot;
  gboolean idle_ran;
} Seen;

static gboolean
note_idle (gpointer data)
{
  ((Seen *) data)->idle_ran = TRUE;

  return G_SOURCE_REMOVE;
}

static void
note_times (gpointer data)
{
  Seen *seen = data;

  seen->wall = bgc_clock_wall (BGC_CLOCK (seen->clock));
  seen->boot = bgc_clock_boot (BGC_CLOCK (seen->clock));
  g_idle_add (note_idle, seen);
}

static void
check_idle (gpointer data)
{
  g_assert_true (((Seen *) data)->idle_ran);
}

/* The clock stands still at the alarm's very instant while it fires, and the loop runs in between. */
static void
test_exact (void)
{
  g_autoptr (BgcClockFake) clock = bgc_clock_fake_new (WALL, 100);
  Seen seen = { .clock = clock };

  bgc_clock_set_alarm (BGC_CLOCK (clock), 130, "first", note_times, &seen);
  bgc_clock_set_alarm (BGC_CLOCK (clock), 131, "second", check_idle, &seen);
  bgc_clock_fake_advance (clock, 29);
  g_assert_cmpint (seen.boot, ==, 0);
  bgc_clock_fake_advance (clock, 1000);
  g_assert_cmpint (seen.boot, ==, 130);
  g_assert_cmpint (seen.wall, ==, WALL + 30);
  g_assert_cmpint (bgc_clock_boot (BGC_CLOCK (clock)), ==, 1129);
  g_assert_cmpint (bgc_clock_wall (BGC_CLOCK (clock)), ==, WALL + 1029);
}

static void
test_stands_still (void)
{
  g_autoptr (BgcClockFake) clock = bgc_clock_fake_new (WALL, 100);

  g_assert_cmpint (bgc_clock_boot (BGC_CLOCK (clock)), ==, 100);
  g_assert_cmpint (bgc_clock_boot (BGC_CLOCK (clock)), ==, 100);
  bgc_clock_fake_shift_wall (clock, -3600);
  g_assert_cmpint (bgc_clock_wall (BGC_CLOCK (clock)), ==, WALL - 3600);
  g_assert_cmpint (bgc_clock_boot (BGC_CLOCK (clock)), ==, 100);
}

static void
test_zone (void)
{
  g_autoptr (BgcClockFake) clock = bgc_clock_fake_new (WALL, 100);
  g_autoptr (GTimeZone) before = bgc_clock_zone (BGC_CLOCK (clock));
  g_autoptr (GTimeZone) after = NULL;

  g_assert_cmpint (g_time_zone_get_offset (before, 0), ==, 0);
  bgc_clock_fake_set_zone (clock, "Asia/Tokyo");
  after = bgc_clock_zone (BGC_CLOCK (clock));
  g_assert_cmpstr (g_time_zone_get_identifier (after), ==, "Asia/Tokyo");
}

static void
test_pending (void)
{
  g_autoptr (BgcClockFake) clock = bgc_clock_fake_new (WALL, 100);
  Seen seen = { .clock = clock };
  guint64 id;

  g_assert_cmpuint (bgc_clock_fake_pending (clock), ==, 0);
  g_assert_cmpint (bgc_clock_fake_next (clock), ==, -1);
  id = bgc_clock_set_alarm (BGC_CLOCK (clock), 300, "late", note_times, &seen);
  bgc_clock_set_alarm (BGC_CLOCK (clock), 200, "early", note_times, &seen);
  g_assert_cmpuint (bgc_clock_fake_pending (clock), ==, 2);
  g_assert_cmpint (bgc_clock_fake_next (clock), ==, 200);
  bgc_clock_clear_alarm (BGC_CLOCK (clock), &id);
  bgc_clock_fake_advance (clock, 100);
  g_assert_cmpuint (bgc_clock_fake_pending (clock), ==, 0);
}

/* An alarm that is due is fired by an advance of nothing at all. */
static void
test_advance_by_nothing (void)
{
  g_autoptr (BgcClockFake) clock = bgc_clock_fake_new (WALL, 100);
  Seen seen = { .clock = clock };

  bgc_clock_set_alarm (BGC_CLOCK (clock), 100, "now", note_times, &seen);
  bgc_clock_fake_advance (clock, 0);
  g_assert_cmpint (seen.boot, ==, 100);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  bgc_clock_contract_add ("/clock-fake/contract", &contract);
  g_test_add_func ("/clock-fake/exact", test_exact);
  g_test_add_func ("/clock-fake/stands-still", test_stands_still);
  g_test_add_func ("/clock-fake/zone", test_zone);
  g_test_add_func ("/clock-fake/pending", test_pending);
  g_test_add_func ("/clock-fake/advance-by-nothing", test_advance_by_nothing);

  return g_test_run ();
}
