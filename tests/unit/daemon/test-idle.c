/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "daemon/bgc-idle.h"

#include "host/bgc-clock-fake.h"

typedef struct {
  BgcClockFake *clock; /* (owned) */
  BgcIdle *idle;       /* (owned) (nullable) */
  gboolean busy;
  guint calls;
} Fixture;

static gboolean
is_busy (gpointer data)
{
  return ((Fixture *) data)->busy;
}

static void
on_idle (gpointer data)
{
  ((Fixture *) data)->calls++;
}

static void
set_up (Fixture *f, gconstpointer data)
{
  f->clock = bgc_clock_fake_new (0, 0);
  f->idle = bgc_idle_new (BGC_CLOCK (f->clock), 100, is_busy, on_idle, f);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  g_clear_pointer (&f->idle, bgc_idle_free);
  g_assert_cmpuint (bgc_clock_fake_pending (f->clock), ==, 0);
  g_object_unref (f->clock);
}

static void
advance (Fixture *f, gint64 seconds)
{
  bgc_clock_fake_advance (f->clock, seconds * G_USEC_PER_SEC);
}

static void
test_idle (Fixture *f, gconstpointer data)
{
  advance (f, 99);
  g_assert_cmpuint (f->calls, ==, 0);
  advance (f, 1);
  g_assert_cmpuint (f->calls, ==, 1);
  advance (f, 1000);
  g_assert_cmpuint (f->calls, ==, 1);
}

static void
test_busy (Fixture *f, gconstpointer data)
{
  f->busy = TRUE;
  advance (f, 1000);
  g_assert_cmpuint (f->calls, ==, 0);
  f->busy = FALSE;
  /* The last look that found something was at most a quarter of the time ago. */
  advance (f, 74);
  g_assert_cmpuint (f->calls, ==, 0);
  advance (f, 26);
  g_assert_cmpuint (f->calls, ==, 1);
}

static void
test_touch (Fixture *f, gconstpointer data)
{
  for (guint i = 0; i < 20; i++)
    {
      advance (f, 60);
      bgc_idle_touch (f->idle);
    }
  advance (f, 99);
  g_assert_cmpuint (f->calls, ==, 0);
  advance (f, 1);
  g_assert_cmpuint (f->calls, ==, 1);
}

static void
test_restart (Fixture *f, gconstpointer data)
{
  advance (f, 100);
  bgc_idle_restart (f->idle);
  advance (f, 99);
  g_assert_cmpuint (f->calls, ==, 1);
  advance (f, 1);
  g_assert_cmpuint (f->calls, ==, 2);
}

#define ADD(name, function) g_test_add (name, Fixture, NULL, set_up, function, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/idle/idle", test_idle);
  ADD ("/idle/busy", test_busy);
  ADD ("/idle/touch", test_touch);
  ADD ("/idle/restart", test_restart);
  return g_test_run ();
}
