/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "host/bgc-clock-system.h"

#include <string.h>
#include <time.h>

#include "../../contract/bgc-clock-contract.h"

#define SECOND G_GINT64_CONSTANT (1000000) /* microseconds */

static BgcClock *
create (void)
{
  g_autoptr (GError) error = NULL;
  BgcClock *clock = bgc_clock_system_new (&error);

  g_assert_no_error (error);
  g_assert_nonnull (clock);

  return clock;
}

static gboolean
note (gpointer data)
{
  *(gboolean *) data = TRUE;

  return G_SOURCE_REMOVE;
}

/* GLib's time-out wakes the loop, so that an alarm that never comes fails the test and does not hang it. */
static void
pass (BgcClock *clock, gint64 microseconds)
{
  gint64 end = bgc_clock_boot (clock) + microseconds;

  while (bgc_clock_boot (clock) < end)
    {
      gboolean over = FALSE;
      guint id = g_timeout_add ((guint) ((end - bgc_clock_boot (clock)) / 1000 + 1), note, &over);

      while (!over)
        g_main_context_iteration (NULL, TRUE);
      g_assert_null (g_main_context_find_source_by_id (NULL, id));
    }
  while (g_main_context_iteration (NULL, FALSE))
    continue;
}

static const BgcClockContract contract = { create, pass };

static void
test_real_time (void)
{
  g_autoptr (BgcClock) clock = create ();
  struct timespec now;
  gint64 boot;

  clock_gettime (CLOCK_BOOTTIME, &now);
  boot = (gint64) now.tv_sec * G_USEC_PER_SEC + now.tv_nsec / 1000;
  g_assert_cmpint (bgc_clock_boot (clock), >=, boot);
  g_assert_cmpint (bgc_clock_boot (clock), <, boot + 10 * G_USEC_PER_SEC);
  g_assert_cmpint (ABS (bgc_clock_wall (clock) - g_get_real_time ()), <, 10 * G_USEC_PER_SEC);
}

/* What the kernel has our one timer set to, "it_value: (seconds, nanoseconds)". */
static char *
timer_setting (void)
{
  g_autoptr (GDir) dir = g_dir_open ("/proc/self/fd", 0, NULL);
  const char *name;
  char *found = NULL;

  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *link = g_build_filename ("/proc/self/fd", name, NULL);
      g_autofree char *info = g_build_filename ("/proc/self/fdinfo", name, NULL);
      g_autofree char *target = g_file_read_link (link, NULL);
      g_autofree char *text = NULL;

      if (g_strcmp0 (target, "anon_inode:[timerfd]") != 0 || !g_file_get_contents (info, &text, NULL, NULL))
        continue;
      g_assert_null (found);
      g_assert_nonnull (strstr (text, "it_value: "));
      found = g_strdup (strstr (text, "it_value: "));
      g_assert_nonnull (strstr (text, "clockid: 7\n")); /* CLOCK_BOOTTIME */
    }
  g_assert_nonnull (found);

  return found;
}

static gboolean
is_armed (void)
{
  g_autofree char *setting = timer_setting ();

  return !g_str_has_prefix (setting, "it_value: (0, 0)");
}

static void
count (gpointer data)
{
  (*(guint *) data)++;
}

/* No alarm, no wake-up: the kernel's timer is off before the first alarm, after the last, and when
 * the last is cancelled. */
static void
test_no_wake_up (void)
{
  g_autoptr (BgcClock) clock = create ();
  guint fired = 0;
  gint64 hour = bgc_clock_boot (clock) + 3600 * SECOND;
  guint64 far;

  g_assert_false (is_armed ());
  far = bgc_clock_set_alarm (clock, hour, "far", count, &fired);
  g_assert_true (is_armed ());
  bgc_clock_clear_alarm (clock, &far);
  g_assert_false (is_armed ());

  bgc_clock_set_alarm (clock, bgc_clock_boot (clock) + 1000, "near", count, &fired);
  g_assert_true (is_armed ());
  while (fired == 0)
    g_main_context_iteration (NULL, TRUE);
  g_assert_false (is_armed ());
}

/* The timer follows the first alarm, also when that one is cancelled or overtaken. */
static void
test_follows_first (void)
{
  g_autoptr (BgcClock) clock = create ();
  gint64 hour = bgc_clock_boot (clock) + 3600 * SECOND;
  guint fired = 0;
  guint64 far = bgc_clock_set_alarm (clock, hour, "far", count, &fired);
  g_autofree char *before = timer_setting ();
  g_autofree char *with_near = NULL;
  guint64 near = bgc_clock_set_alarm (clock, hour - 1800 * SECOND, "near", count, &fired);

  with_near = timer_setting ();
  g_assert_true (g_str_has_prefix (before, "it_value: (3599,")
                 || g_str_has_prefix (before, "it_value: (3600,"));
  g_assert_true (g_str_has_prefix (with_near, "it_value: (1799,")
                 || g_str_has_prefix (with_near, "it_value: (1800,"));
  bgc_clock_clear_alarm (clock, &near);
  g_assert_true (is_armed ());
  bgc_clock_clear_alarm (clock, &far);
  g_assert_false (is_armed ());
}

typedef struct
{
  BgcClock *clock;
  guint rounds;
} Stubborn;

static void
set_again (gpointer data)
{
  Stubborn *stubborn = data;

  stubborn->rounds++;
  bgc_clock_set_alarm (stubborn->clock, 0, "again", set_again, data);
}

/* An alarm that always sets itself to now lets other sources run. */
static void
test_no_starving (void)
{
  g_autoptr (BgcClock) clock = create ();
  Stubborn stubborn = { clock, 0 };
  gboolean other_ran = FALSE;

  set_again (&stubborn);
  g_idle_add_full (G_PRIORITY_DEFAULT, note, &other_ran, NULL);
  for (guint i = 0; i < 3; i++)
    g_main_context_iteration (NULL, TRUE);
  g_assert_true (other_ran);
  g_assert_cmpuint (stubborn.rounds, >, 1);
  g_assert_cmpuint (stubborn.rounds, <, 10);
}

static void
drop_clock (gpointer data)
{
  g_clear_object ((BgcClock **) data);
}

static void
test_dropped_by_alarm (void)
{
  BgcClock *clock = create ();

  bgc_clock_set_alarm (clock, 0, "drop", drop_clock, &clock);
  while (clock != NULL)
    g_main_context_iteration (NULL, TRUE);
  g_assert_false (g_main_context_pending (NULL));
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  bgc_clock_contract_add ("/clock-system/contract", &contract);
  g_test_add_func ("/clock-system/real-time", test_real_time);
  g_test_add_func ("/clock-system/no-wake-up", test_no_wake_up);
  g_test_add_func ("/clock-system/follows-first", test_follows_first);
  g_test_add_func ("/clock-system/no-starving", test_no_starving);
  g_test_add_func ("/clock-system/dropped-by-alarm", test_dropped_by_alarm);

  return g_test_run ();
}
