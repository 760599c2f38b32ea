/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "bgc-clock-contract.h"

#include <string.h>

#define MILLISECOND 1000
#define MANY 500u

typedef struct
{
  BgcClock *clock;                  /* (owned) */
  const BgcClockContract *contract;
  gint64 start;                     /* boot time of the beginning */
  GString *log;                     /* (owned) a letter for each alarm fired */
  guint64 victim;                   /* an alarm that another one cancels */
  guint repetitions;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->contract = data;
  fixture->clock = fixture->contract->create ();
  fixture->start = bgc_clock_boot (fixture->clock);
  fixture->log = g_string_new (NULL);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_assert_finalize_object (fixture->clock);
  g_string_free (fixture->log, TRUE);
}

static void
pass (Fixture *fixture, gint64 microseconds)
{
  fixture->contract->pass (fixture->clock, microseconds);
}

static void
log_a (gpointer data)
{
  g_string_append_c (((Fixture *) data)->log, 'a');
}

static void
log_b (gpointer data)
{
  g_string_append_c (((Fixture *) data)->log, 'b');
}

static void
log_c (gpointer data)
{
  g_string_append_c (((Fixture *) data)->log, 'c');
}

static guint64
set_alarm (Fixture *fixture, gint64 after, BgcAlarmFunc function)
{
  guint64 id = bgc_clock_set_alarm (fixture->clock, fixture->start + after, "test", function, fixture);

  g_assert_cmpuint (id, !=, 0);

  return id;
}

static void
test_times (Fixture *fixture, gconstpointer data)
{
  gint64 wall = bgc_clock_wall (fixture->clock);

  pass (fixture, 2 * MILLISECOND);
  g_assert_cmpint (bgc_clock_boot (fixture->clock), >=, fixture->start + 2 * MILLISECOND);
  g_assert_cmpint (bgc_clock_wall (fixture->clock), >, wall);
  /* Microseconds since the epoch, after the year 2020. */
  g_assert_cmpint (wall, >, G_GINT64_CONSTANT (1577836800000000));
}

static void
test_order (Fixture *fixture, gconstpointer data)
{
  set_alarm (fixture, 4 * MILLISECOND, log_c);
  set_alarm (fixture, 2 * MILLISECOND, log_a);
  set_alarm (fixture, 3 * MILLISECOND, log_b);
  g_assert_cmpstr (fixture->log->str, ==, "");
  pass (fixture, 6 * MILLISECOND);
  g_assert_cmpstr (fixture->log->str, ==, "abc");
  pass (fixture, 4 * MILLISECOND);
  g_assert_cmpstr (fixture->log->str, ==, "abc");
}

static void
test_same_instant (Fixture *fixture, gconstpointer data)
{
  set_alarm (fixture, 2 * MILLISECOND, log_b);
  set_alarm (fixture, 2 * MILLISECOND, log_a);
  set_alarm (fixture, 2 * MILLISECOND, log_c);
  set_alarm (fixture, 2 * MILLISECOND, log_a);
  pass (fixture, 4 * MILLISECOND);
  g_assert_cmpstr (fixture->log->str, ==, "baca");
}

static void
check_not_early (gpointer data)
{
  Fixture *fixture = data;

  g_assert_cmpint (bgc_clock_boot (fixture->clock), >=, fixture->start + 3 * MILLISECOND);
  log_a (data);
}

static void
test_not_early (Fixture *fixture, gconstpointer data)
{
  set_alarm (fixture, 3 * MILLISECOND, check_not_early);
  pass (fixture, 5 * MILLISECOND);
  g_assert_cmpstr (fixture->log->str, ==, "a");
}

/* Due already: soon, but not from within the call that sets it. */
static void
test_past (Fixture *fixture, gconstpointer data)
{
  set_alarm (fixture, -1, log_b);
  set_alarm (fixture, -fixture->start, log_a);
  set_alarm (fixture, -fixture->start - 5, log_c);
  g_assert_cmpstr (fixture->log->str, ==, "");
  pass (fixture, MILLISECOND);
  g_assert_cmpstr (fixture->log->str, ==, "cab");
}

static void
test_far (Fixture *fixture, gconstpointer data)
{
  guint64 id = bgc_clock_set_alarm (fixture->clock, G_MAXINT64, "far", log_a, fixture);

  set_alarm (fixture, 2 * MILLISECOND, log_b);
  pass (fixture, 4 * MILLISECOND);
  g_assert_cmpstr (fixture->log->str, ==, "b");
  bgc_clock_clear_alarm (fixture->clock, &id);
}

static void
test_clear (Fixture *fixture, gconstpointer data)
{
  guint64 first = set_alarm (fixture, MILLISECOND, log_a);
  guint64 second = set_alarm (fixture, MILLISECOND, log_b);

  g_assert_cmpuint (first, !=, second);
  bgc_clock_clear_alarm (fixture->clock, &first);
  g_assert_cmpuint (first, ==, 0);
  bgc_clock_clear_alarm (fixture->clock, &first);
  pass (fixture, 3 * MILLISECOND);
  g_assert_cmpstr (fixture->log->str, ==, "b");
  /* It has fired: nothing to cancel, nothing wrong. */
  bgc_clock_clear_alarm (fixture->clock, &second);
  g_assert_cmpuint (second, ==, 0);
}

static void
cancel_victim (gpointer data)
{
  Fixture *fixture = data;

  bgc_clock_clear_alarm (fixture->clock, &fixture->victim);
  log_a (data);
}

/* Also one that is due at the same instant. */
static void
test_clear_from_alarm (Fixture *fixture, gconstpointer data)
{
  set_alarm (fixture, 2 * MILLISECOND, cancel_victim);
  fixture->victim = set_alarm (fixture, 2 * MILLISECOND, log_b);
  set_alarm (fixture, 2 * MILLISECOND, log_c);
  pass (fixture, 4 * MILLISECOND);
  g_assert_cmpstr (fixture->log->str, ==, "ac");
}

static void
repeat (gpointer data)
{
  Fixture *fixture = data;
  gint64 soon = bgc_clock_boot (fixture->clock) + MILLISECOND / 2;

  log_a (data);
  if (++fixture->repetitions < 5)
    bgc_clock_set_alarm (fixture->clock, soon, "again", repeat, data);
}

static void
test_set_from_alarm (Fixture *fixture, gconstpointer data)
{
  set_alarm (fixture, MILLISECOND, repeat);
  /* A loaded machine may need more than the 3 ms that these take. */
  for (guint i = 0; i < 1000 && fixture->log->len < 5; i++)
    pass (fixture, 4 * MILLISECOND);
  pass (fixture, 4 * MILLISECOND);
  g_assert_cmpstr (fixture->log->str, ==, "aaaaa");
}

static void
set_past (gpointer data)
{
  Fixture *fixture = data;
  gsize before = fixture->log->len;

  bgc_clock_set_alarm (fixture->clock, fixture->start - 10, "past", log_b, data);
  g_assert_cmpuint (fixture->log->len, ==, before);
  log_a (data);
}

static void
test_past_from_alarm (Fixture *fixture, gconstpointer data)
{
  set_alarm (fixture, MILLISECOND, set_past);
  pass (fixture, 4 * MILLISECOND);
  g_assert_cmpstr (fixture->log->str, ==, "ab");
}

typedef struct
{
  Fixture *fixture;
  gint64 when;
  GArray *fired; /* shared; instants in the order of firing */
} Numbered;

static void
record (gpointer data)
{
  Numbered *alarm = data;

  g_array_append_val (alarm->fired, alarm->when);
}

static void
test_many (Fixture *fixture, gconstpointer data)
{
  g_autofree Numbered *alarms = g_new (Numbered, MANY);
  g_autofree guint64 *ids = g_new (guint64, MANY);
  g_autoptr (GArray) fired = g_array_new (FALSE, FALSE, sizeof (gint64));
  guint cancelled = 0;

  for (guint i = 0; i < MANY; i++)
    {
      gint64 when = bgc_clock_boot (fixture->clock) + g_test_rand_int_range (0, 5 * MILLISECOND);

      alarms[i] = (Numbered) { fixture, when, fired };
      ids[i] = bgc_clock_set_alarm (fixture->clock, when, "many", record, &alarms[i]);
    }
  for (guint i = 0; i < MANY; i += 3, cancelled++)
    bgc_clock_clear_alarm (fixture->clock, &ids[i]);

  pass (fixture, 10 * MILLISECOND);
  g_assert_cmpuint (fired->len, ==, MANY - cancelled);
  for (guint i = 1; i < fired->len; i++)
    g_assert_cmpint (g_array_index (fired, gint64, i - 1), <=, g_array_index (fired, gint64, i));
}

/* The same as long as the machine is up. */
static void
test_boot_id (Fixture *fixture, gconstpointer data)
{
  g_autofree char *before = g_strdup (bgc_clock_boot_id (fixture->clock));

  g_assert_cmpuint (strlen (before), ==, 36);
  pass (fixture, MILLISECOND);
  g_assert_cmpstr (bgc_clock_boot_id (fixture->clock), ==, before);
}

static void
log_wall_set (BgcClock *clock, Fixture *fixture)
{
  log_a (fixture);
}

/* Each time, and only then: time that goes by, and alarms, are none. */
static void
test_wall_set (Fixture *fixture, gconstpointer data)
{
  g_signal_connect (fixture->clock, "wall-set", G_CALLBACK (log_wall_set), fixture);
  set_alarm (fixture, MILLISECOND, log_b);
  pass (fixture, 3 * MILLISECOND);
  g_assert_cmpstr (fixture->log->str, ==, "b");
  for (guint i = 0; i < 3 && fixture->contract->set_wall != NULL; i++)
    {
      fixture->contract->set_wall (fixture->clock);
      g_assert_cmpuint (fixture->log->len, ==, i + 2);
      pass (fixture, 2 * MILLISECOND);
    }
  g_assert_cmpstr (fixture->log->str, ==, fixture->contract->set_wall != NULL ? "baaa" : "b");
}

static void
test_zone (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GTimeZone) zone = bgc_clock_zone (fixture->clock);

  g_assert_nonnull (zone);
  g_assert_cmpint (g_time_zone_find_interval (zone, G_TIME_TYPE_UNIVERSAL, 0), >=, 0);
}

static void
drop_by_wall_set (BgcClock *clock, Fixture *fixture)
{
  log_c (fixture);
  g_object_unref (clock);
}

/* Whoever hears of it may let the clock go. */
static void
test_dropped_by_wall_set (Fixture *fixture, gconstpointer data)
{
  if (fixture->contract->set_wall == NULL)
    return;
  g_object_ref (fixture->clock);
  g_signal_connect (fixture->clock, "wall-set", G_CALLBACK (drop_by_wall_set), fixture);
  fixture->contract->set_wall (fixture->clock);
  g_assert_cmpstr (fixture->log->str, ==, "c");
}

/* A clock that goes away takes its alarms along; tear_down checks that nothing holds it. */
static void
test_dropped (Fixture *fixture, gconstpointer data)
{
  set_alarm (fixture, MILLISECOND, log_a);
  set_alarm (fixture, 100000 * MILLISECOND, log_a);
}

static void
add (const char *prefix, const char *name, const BgcClockContract *contract,
     void (*test) (Fixture *fixture, gconstpointer data))
{
  g_autofree char *path = g_strconcat (prefix, "/", name, NULL);

  g_test_add (path, Fixture, contract, set_up, test, tear_down);
}

void
bgc_clock_contract_add (const char *prefix, const BgcClockContract *contract)
{
  add (prefix, "times", contract, test_times);
  add (prefix, "order", contract, test_order);
  add (prefix, "same-instant", contract, test_same_instant);
  add (prefix, "not-early", contract, test_not_early);
  add (prefix, "past", contract, test_past);
  add (prefix, "far", contract, test_far);
  add (prefix, "clear", contract, test_clear);
  add (prefix, "clear/from-alarm", contract, test_clear_from_alarm);
  add (prefix, "set/from-alarm", contract, test_set_from_alarm);
  add (prefix, "past/from-alarm", contract, test_past_from_alarm);
  add (prefix, "many", contract, test_many);
  add (prefix, "boot-id", contract, test_boot_id);
  add (prefix, "wall-set", contract, test_wall_set);
  add (prefix, "wall-set/dropped", contract, test_dropped_by_wall_set);
  add (prefix, "zone", contract, test_zone);
  add (prefix, "dropped", contract, test_dropped);
}
