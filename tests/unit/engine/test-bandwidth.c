/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "engine/bgc-bandwidth.h"

#include "bgc-rig.h"
#include "model/bgc-timetable-window.h"

#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)

typedef struct {
  Rig *rig;
  BgcBandwidth *bandwidth;
  BgcTimetable table;
} Fixture;

/* Tuesday 2026-11-24 00:00:00 UTC. */
#define TUESDAY (G_GINT64_CONSTANT (1795478400) * SECOND)

static gint64
wall (Fixture *fixture)
{
  return bgc_clock_wall (BGC_CLOCK (fixture->rig->clock));
}

/* The wall clock is set to @time. */
static void
jump (Fixture *fixture, gint64 time)
{
  bgc_clock_fake_shift_wall (fixture->rig->clock, time - wall (fixture));
  rig_settle (fixture->rig);
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->rig = rig_new ();
  fixture->bandwidth = bgc_manager_bandwidth (fixture->rig->manager);
  bgc_timetable_init (&fixture->table);
  jump (fixture, TUESDAY);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  bgc_timetable_clear (&fixture->table);
  rig_free (fixture->rig);
}

static void
add (GArray *list, const char *text)
{
  BgcTimetableWindow window;
  GError *error = NULL;

  g_assert_true (bgc_timetable_window_parse (text, &window, &error));
  g_assert_no_error (error);
  g_array_append_val (list, window);
}

static void
set (Fixture *fixture)
{
  bgc_bandwidth_set (fixture->bandwidth, &fixture->table);
  rig_settle (fixture->rig);
}

static guint64
limit (Fixture *fixture)
{
  return bgc_bandwidth_caps (fixture->bandwidth)->all;
}

static void
assert_runs (Rig *rig, const BgcJobId *id)
{
  rig_settle (rig);
  g_assert_true (bgc_job_state_is_running (rig_job (rig, id)->state));
  g_assert_cmpint (rig_job (rig, id)->wait_reason, ==, BGC_WAIT_NONE);
  g_assert_cmpint (rig_job (rig, id)->next_attempt, ==, 0);
}

static void
assert_held (Rig *rig, const BgcJobId *id, gint64 until)
{
  rig_settle (rig);
  rig_assert_state (rig, id, "queued");
  g_assert_cmpint (rig_job (rig, id)->wait_reason, ==, BGC_WAIT_BANDWIDTH_POLICY);
  g_assert_cmpint (rig_job (rig, id)->next_attempt, ==, until);
}

static BgcJobId
run (Rig *rig, BgcPriority priority)
{
  BgcJobId id = rig_create_for (rig, RIG_OWNER, priority, TRUE);

  rig_settle (rig);
  return id;
}

/* Without a timetable nobody looks at the clock. */
static void
test_none (Fixture *fixture, gconstpointer data)
{
  guint alarms = bgc_clock_fake_pending (fixture->rig->clock);

  g_assert_cmpuint (limit (fixture), ==, BGC_CAP_NONE);
  fixture->table.base.all = 77;
  add (fixture->table.windows, "00:00-24:00 limit=99");
  set (fixture);
  g_assert_cmpuint (limit (fixture), ==, 99);
  g_assert_cmpint (bgc_bandwidth_until (fixture->bandwidth), ==, 0);
  g_assert_cmpuint (bgc_clock_fake_pending (fixture->rig->clock), ==, alarms);
}

/* At the instant, not before and not after. */
static void
test_edges (Fixture *fixture, gconstpointer data)
{
  add (fixture->table.windows, "Tue 00:00-00:30 limit=1");
  add (fixture->table.windows, "Tue 22:00-02:00 limit=2");
  add (fixture->table.windows, "Sun 23:00-24:00 limit=3");
  set (fixture);
  g_assert_cmpuint (limit (fixture), ==, 1);
  g_assert_cmpint (bgc_bandwidth_until (fixture->bandwidth), ==, TUESDAY + 30 * MINUTE);
  rig_advance (fixture->rig, 30 * MINUTE - 1);
  g_assert_cmpuint (limit (fixture), ==, 1);
  rig_advance (fixture->rig, 1);
  g_assert_cmpuint (limit (fixture), ==, BGC_CAP_NONE);
  g_assert_cmpint (bgc_bandwidth_until (fixture->bandwidth), ==, TUESDAY + 22 * HOUR);
  rig_advance (fixture->rig, 21 * HOUR + 30 * MINUTE);
  g_assert_cmpuint (limit (fixture), ==, 2);
  rig_advance (fixture->rig, 4 * HOUR - 1);
  g_assert_cmpuint (limit (fixture), ==, 2);
  rig_advance (fixture->rig, 1);
  g_assert_cmpuint (limit (fixture), ==, BGC_CAP_NONE);
  g_assert_cmpint (bgc_bandwidth_until (fixture->bandwidth), ==, TUESDAY + 5 * DAY + 23 * HOUR);
  rig_advance (fixture->rig, 4 * DAY + 21 * HOUR);
  g_assert_cmpuint (limit (fixture), ==, 3);
  rig_advance (fixture->rig, HOUR);
  g_assert_cmpuint (limit (fixture), ==, BGC_CAP_NONE);
}

/* Both changes of the clocks in Berlin: in March 02:00 becomes 03:00, in October 03:00 becomes 02:00. */
static void
test_clock_changes (Fixture *fixture, gconstpointer data)
{
  gint64 march = G_GINT64_CONSTANT (1774746000) * SECOND;   /* 2026-03-29 01:00 UTC */
  gint64 october = G_GINT64_CONSTANT (1792890000) * SECOND; /* 2026-10-25 01:00 UTC */

  bgc_clock_fake_set_zone (fixture->rig->clock, "Europe/Berlin");
  add (fixture->table.windows, "02:30-04:00 limit=5");
  set (fixture);
  jump (fixture, march - HOUR);
  g_assert_cmpint (bgc_bandwidth_until (fixture->bandwidth), ==, march);
  rig_advance (fixture->rig, HOUR - 1);
  g_assert_cmpuint (limit (fixture), ==, BGC_CAP_NONE);
  rig_advance (fixture->rig, 1);
  g_assert_cmpuint (limit (fixture), ==, 5);
  rig_advance (fixture->rig, HOUR);
  g_assert_cmpuint (limit (fixture), ==, BGC_CAP_NONE);
  jump (fixture, october - HOUR);
  rig_advance (fixture->rig, 30 * MINUTE);
  g_assert_cmpuint (limit (fixture), ==, 5);
  rig_advance (fixture->rig, 30 * MINUTE);
  g_assert_cmpuint (limit (fixture), ==, BGC_CAP_NONE);
  rig_advance (fixture->rig, 30 * MINUTE);
  g_assert_cmpuint (limit (fixture), ==, 5);
  rig_advance (fixture->rig, 90 * MINUTE);
  g_assert_cmpuint (limit (fixture), ==, BGC_CAP_NONE);
}

/* Somebody sets the wall clock, forth and back: at once what it says now, and the edges follow. */
static void
test_jumps (Fixture *fixture, gconstpointer data)
{
  add (fixture->table.windows, "08:00-18:00 limit=8");
  set (fixture);
  g_assert_cmpuint (limit (fixture), ==, BGC_CAP_NONE);
  jump (fixture, TUESDAY + 9 * HOUR);
  g_assert_cmpuint (limit (fixture), ==, 8);
  g_assert_cmpint (bgc_bandwidth_until (fixture->bandwidth), ==, TUESDAY + 18 * HOUR);
  jump (fixture, TUESDAY + 18 * HOUR - 5 * SECOND);
  g_assert_cmpuint (limit (fixture), ==, 8);
  rig_advance (fixture->rig, 5 * SECOND);
  g_assert_cmpuint (limit (fixture), ==, BGC_CAP_NONE);
  jump (fixture, TUESDAY + 12 * HOUR);
  g_assert_cmpuint (limit (fixture), ==, 8);
  jump (fixture, TUESDAY - 3000 * DAY + 7 * HOUR);
  g_assert_cmpuint (limit (fixture), ==, BGC_CAP_NONE);
  rig_advance (fixture->rig, HOUR);
  g_assert_cmpuint (limit (fixture), ==, 8);
}

/* A place that moves is noticed within the hour, though nobody tells. */
static void
test_zone (Fixture *fixture, gconstpointer data)
{
  jump (fixture, TUESDAY + 10 * MINUTE);
  add (fixture->table.windows, "08:00-18:00 limit=8");
  set (fixture);
  bgc_clock_fake_set_zone (fixture->rig->clock, "Asia/Tokyo");
  g_assert_cmpuint (limit (fixture), ==, BGC_CAP_NONE);
  rig_advance (fixture->rig, BGC_BANDWIDTH_LOOK);
  g_assert_cmpuint (limit (fixture), ==, 8);
}

/* Who has a cap of 0 is stopped, keeps what it has, says until when, and goes on by itself. */
static void
test_hold (Fixture *fixture, gconstpointer data)
{
  Rig *rig = fixture->rig;
  BgcJobId low = run (rig, BGC_PRIORITY_LOW);
  BgcJobId normal = run (rig, BGC_PRIORITY_NORMAL);

  add (fixture->table.windows, "08:00-12:00 low=0");
  add (fixture->table.windows, "12:00-18:00 low=0 limit=1M");
  set (fixture);
  rig_progress (rig, &low, 0, 400, 1000);
  rig_progress (rig, &normal, 0, 400, 1000);
  assert_runs (rig, &low);
  rig_advance (rig, 8 * HOUR);
  assert_held (rig, &low, TUESDAY + 18 * HOUR);
  g_assert_cmpuint (rig_file (rig, &low, 0)->bytes_transferred, ==, 400);
  /* Asking for it changes nothing. */
  g_assert_cmpint (rig_request (rig, &low, BGC_REQUEST_RESUME), ==, RIG_SUCCESS);
  assert_held (rig, &low, TUESDAY + 18 * HOUR);
  assert_runs (rig, &normal);
  /* Nothing of it is stored, whatever is changed meanwhile. */
  g_assert_cmpint (rig_modify (rig, &low, rig_set_auto_complete, GINT_TO_POINTER (TRUE)), ==, RIG_SUCCESS);
  assert_held (rig, &low, TUESDAY + 18 * HOUR);
  g_assert_cmpint (rig_stored (rig, &low)->next_attempt, ==, 0);
  g_assert_cmpint (rig_stored (rig, &low)->wait_reason, ==, BGC_WAIT_SCHEDULER);
  rig_advance (rig, 10 * HOUR - 1);
  assert_held (rig, &low, TUESDAY + 18 * HOUR);
  rig_advance (rig, 1);
  assert_runs (rig, &low);
  g_assert_cmpuint (rig_file (rig, &low, 0)->bytes_transferred, ==, 400);
}

/* A job that comes while its priority is held, and one whose priority changes. */
static void
test_priorities (Fixture *fixture, gconstpointer data)
{
  Rig *rig = fixture->rig;
  BgcJobId id;

  add (fixture->table.windows, "00:00-06:00 normal=0");
  set (fixture);
  id = run (rig, BGC_PRIORITY_NORMAL);
  assert_held (rig, &id, TUESDAY + 6 * HOUR);
  g_assert_cmpint (rig_modify (rig, &id, rig_set_priority, GINT_TO_POINTER (BGC_PRIORITY_HIGH)), ==,
                   RIG_SUCCESS);
  assert_runs (rig, &id);
  g_assert_cmpint (rig_modify (rig, &id, rig_set_priority, GINT_TO_POINTER (BGC_PRIORITY_NORMAL)), ==,
                   RIG_SUCCESS);
  assert_held (rig, &id, TUESDAY + 6 * HOUR);
  g_assert_cmpint (rig_request (rig, &id, BGC_REQUEST_SUSPEND), ==, RIG_SUCCESS);
  g_assert_cmpint (rig_job (rig, &id)->next_attempt, ==, 0);
  g_assert_cmpint (rig_job (rig, &id)->wait_reason, ==, BGC_WAIT_NONE);
}

/* For ever, until the configuration is another. */
static void
test_never (Fixture *fixture, gconstpointer data)
{
  Rig *rig = fixture->rig;
  BgcJobId id = run (rig, BGC_PRIORITY_FOREGROUND);
  g_autofree char *told = NULL;

  fixture->table.base.owner = 0;
  set (fixture);
  assert_held (rig, &id, 0);
  add (fixture->table.maintenance, "Wed 01:00-02:00");
  g_free (rig_told (rig));
  set (fixture);
  assert_held (rig, &id, TUESDAY + DAY + HOUR);
  told = rig_told (rig);
  g_assert_cmpstr (told, ==, "changed");
  fixture->table.base.owner = BGC_CAP_NONE;
  set (fixture);
  assert_runs (rig, &id);
}

static gboolean
set_no_progress (BgcJob *draft, gpointer seconds, GError **error)
{
  draft->no_progress_timeout = GPOINTER_TO_UINT (seconds);
  bgc_job_set_minimum_retry_delay (draft, 600);
  return TRUE;
}

/* While it may not run no time runs out for it. */
static void
test_no_progress (Fixture *fixture, gconstpointer data)
{
  Rig *rig = fixture->rig;
  BgcJobId id = rig_create (rig, 1, TRUE);

  rig_modify (rig, &id, set_no_progress, GUINT_TO_POINTER (900));
  rig_fail (rig, &id, 0, BGC_ERROR_CONNECT_FAILED, TRUE);
  add (fixture->table.windows, "00:05-12:00 limit=0");
  set (fixture);
  rig_advance (rig, 5 * HOUR);
  assert_held (rig, &id, TUESDAY + 12 * HOUR);
  g_assert_cmpint (rig_job (rig, &id)->no_progress_time, ==, 300 * SECOND);
  rig_advance (rig, 7 * HOUR);
  assert_runs (rig, &id);
}

/* After a restart the timetable is asked again. */
static void
test_restart (Fixture *fixture, gconstpointer data)
{
  Rig *rig = fixture->rig;
  BgcJobId id;

  add (fixture->table.windows, "00:00-12:00 limit=0");
  set (fixture);
  id = run (rig, BGC_PRIORITY_NORMAL);
  assert_held (rig, &id, TUESDAY + 12 * HOUR);
  rig_crash (rig);
  fixture->bandwidth = bgc_manager_bandwidth (rig->manager);
  rig_start (rig);
  assert_runs (rig, &id);
  set (fixture);
  assert_held (rig, &id, TUESDAY + 12 * HOUR);
}

#define ADD(name, function) g_test_add (name, Fixture, NULL, set_up, function, tear_down)

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/bandwidth/none", test_none);
  ADD ("/bandwidth/edges", test_edges);
  ADD ("/bandwidth/clock-changes", test_clock_changes);
  ADD ("/bandwidth/jumps", test_jumps);
  ADD ("/bandwidth/zone", test_zone);
  ADD ("/bandwidth/hold", test_hold);
  ADD ("/bandwidth/priorities", test_priorities);
  ADD ("/bandwidth/never", test_never);
  ADD ("/bandwidth/no-progress", test_no_progress);
  ADD ("/bandwidth/restart", test_restart);
  return g_test_run ();
}
