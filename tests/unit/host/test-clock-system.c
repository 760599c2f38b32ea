/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "host/bgc-clock-system.h"

#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

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

/* The descriptor of our one timer on that clock of the kernel, -1 if there is none, and what the kernel says
 * of it. */
static int
find_timer (int clock, char **info)
{
  g_autoptr (GDir) dir = g_dir_open ("/proc/self/fd", 0, NULL);
  g_autofree char *line = g_strdup_printf ("clockid: %d\n", clock);
  const char *name;
  int found = -1;

  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *link = g_build_filename ("/proc/self/fd", name, NULL);
      g_autofree char *path = g_build_filename ("/proc/self/fdinfo", name, NULL);
      g_autofree char *target = g_file_read_link (link, NULL);
      g_autofree char *text = NULL;

      if (g_strcmp0 (target, "anon_inode:[timerfd]") != 0 || !g_file_get_contents (path, &text, NULL, NULL)
          || strstr (text, line) == NULL)
        continue;
      g_assert_cmpint (found, ==, -1);
      found = atoi (name);
      *info = g_steal_pointer (&text);
    }
  return found;
}

static void
count (gpointer data)
{
  (*(guint *) data)++;
}

typedef struct
{
  int timer; /* its number */
  int kept;  /* (owned) the timer itself */
  guint told;
} Exchange;

static void
on_wall_set (BgcClock *clock, Exchange *exchange)
{
  g_assert_cmpint (dup2 (exchange->kept, exchange->timer), ==, exchange->timer);
  exchange->told++;
}

/* Only root may set the machine's clock, and no test should. What the clock sees of it is that its timer can
 * be read: for that long something else that can be read has the timer's number. */
static void
set_wall (BgcClock *clock)
{
  g_autofree char *info = NULL;
  int event = eventfd (1, EFD_CLOEXEC | EFD_NONBLOCK);
  Exchange exchange = { .timer = find_timer (CLOCK_REALTIME, &info) };
  gulong id = g_signal_connect (clock, "wall-set", G_CALLBACK (on_wall_set), &exchange);
  g_autoptr (BgcClock) alive = g_object_ref (clock);

  g_assert_cmpint (exchange.timer, >=, 0);
  exchange.kept = dup (exchange.timer);
  g_assert_cmpint (dup2 (event, exchange.timer), ==, exchange.timer);
  while (exchange.told == 0)
    g_main_context_iteration (NULL, TRUE);
  g_signal_handler_disconnect (clock, id);
  close (exchange.kept);
  close (event);
}

static const BgcClockContract contract = { create, pass, set_wall };

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

/* What the kernel has our timer on the boot clock set to, "it_value: (seconds, nanoseconds)". */
static char *
timer_setting (void)
{
  g_autofree char *info = NULL;

  g_assert_cmpint (find_timer (CLOCK_BOOTTIME, &info), >=, 0);
  g_assert_nonnull (strstr (info, "it_value: "));
  return g_strdup (strstr (info, "it_value: "));
}

static gboolean
is_armed (void)
{
  g_autofree char *setting = timer_setting ();

  return !g_str_has_prefix (setting, "it_value: (0, 0)");
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

/* The wall clock's timer waits for a day that does not come, and is cancelled when the clock is set. */
static void
test_wall_timer (void)
{
  g_autoptr (BgcClock) clock = create ();
  g_autofree char *info = NULL;
  guint64 seconds;
  const char *value;

  g_assert_cmpint (find_timer (CLOCK_REALTIME, &info), >=, 0);
  g_assert_nonnull (strstr (info, "settime flags: 03\n"));
  value = strstr (info, "it_value: (");
  g_assert_nonnull (value);
  seconds = g_ascii_strtoull (value + strlen ("it_value: ("), NULL, 10);
  g_assert_cmpuint (seconds, >, G_GUINT64_CONSTANT (100) * 365 * 86400);
}

static guint warnings;

static GLogWriterOutput
count_warnings (GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer data)
{
  if ((level & G_LOG_LEVEL_WARNING) == 0)
    return g_log_writer_default (level, fields, n_fields, data);
  warnings++;
  return G_LOG_WRITER_HANDLED;
}

/* Where the kernel does not tell any more, it is said once, and all else goes on. */
static void
test_wall_lost (void)
{
  g_autoptr (BgcClock) clock = create ();
  g_autofree char *info = NULL;
  int timer = find_timer (CLOCK_REALTIME, &info);
  int event = eventfd (1, EFD_CLOEXEC | EFD_NONBLOCK);
  guint fired = 0;

  warnings = 0;
  g_assert_cmpint (dup2 (event, timer), ==, timer);
  g_main_context_iteration (NULL, TRUE);
  g_assert_cmpuint (warnings, ==, 1);
  g_assert_cmpint (find_timer (CLOCK_REALTIME, &info), ==, -1);
  bgc_clock_set_alarm (clock, 0, "near", count, &fired);
  while (fired == 0)
    g_main_context_iteration (NULL, TRUE);
  close (event);
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
  g_log_set_writer_func (count_warnings, NULL, NULL);
  bgc_clock_contract_add ("/clock-system/contract", &contract);
  g_test_add_func ("/clock-system/real-time", test_real_time);
  g_test_add_func ("/clock-system/no-wake-up", test_no_wake_up);
  g_test_add_func ("/clock-system/wall-timer", test_wall_timer);
  g_test_add_func ("/clock-system/wall-lost", test_wall_lost);
  g_test_add_func ("/clock-system/follows-first", test_follows_first);
  g_test_add_func ("/clock-system/no-starving", test_no_starving);
  g_test_add_func ("/clock-system/dropped-by-alarm", test_dropped_by_alarm);

  return g_test_run ();
}
