/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "engine/bgc-reaper.h"

#include "bgc-rig.h"

#define DAY (86400 * SECOND)

static void
test_farewell (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId first = rig_create (rig, 0, FALSE);
  BgcJobId second = rig_create (rig, 0, FALSE);

  rig_outcome (rig, &first, BGC_REQUEST_CANCEL);
  rig_advance (rig, 30 * SECOND);
  rig_outcome (rig, &second, BGC_REQUEST_COMPLETE);
  rig_advance (rig, 30 * SECOND - 1);
  g_assert_nonnull (bgc_manager_find (rig->manager, &first));
  rig_advance (rig, 1);
  g_assert_null (bgc_manager_find (rig->manager, &first));
  g_assert_nonnull (bgc_manager_find (rig->manager, &second));
  rig_advance (rig, 30 * SECOND);
  g_assert_null (bgc_manager_find (rig->manager, &second));
  /* Nothing to do, nothing to wake up for. */
  rig_advance (rig, 200 * DAY);
  g_assert_cmpint (bgc_clock_fake_next (rig->clock), ==, -1);
}

/* Made and cancelled faster than they are forgotten, they fill no memory. */
static void
test_many_farewells (void)
{
  g_autoptr (Rig) rig = rig_new ();
  guint count = BGC_REAPER_FAREWELL_BYTES / (256 * 1000);
  g_autofree BgcJobId *ids = g_new0 (BgcJobId, count);
  guint found = 0;

  for (guint i = 0; i < count; i++)
    {
      ids[i] = rig_create (rig, 1000, FALSE);
      rig_outcome (rig, &ids[i], BGC_REQUEST_CANCEL);
    }
  rig_advance (rig, 1);
  g_assert_null (bgc_manager_find (rig->manager, &ids[0]));
  for (guint i = 0; i < count; i++)
    found += bgc_manager_find (rig->manager, &ids[i]) != NULL ? 1 : 0;
  g_assert_nonnull (bgc_manager_find (rig->manager, &ids[count - 1]));
  g_assert_cmpuint (found, >, count / 4);
  rig_advance (rig, 60 * SECOND);
  g_assert_null (bgc_manager_find (rig->manager, &ids[count - 1]));
}

static BgcJobId
create_kept (Rig *rig)
{
  BgcJobId id = rig_create (rig, 1, TRUE);

  rig_modify (rig, &id, rig_set_auto_complete, rig);
  rig_whole (rig, &id, 0);
  rig_assert_state (rig, &id, "acknowledged");
  return id;
}

static void
test_kept (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id = create_kept (rig);

  rig_advance (rig, 7 * DAY - 1);
  g_assert_true (bgc_manager_is_listed (rig->manager, rig_job (rig, &id)));
  rig_advance (rig, 1);
  g_assert_false (bgc_manager_is_listed (rig->manager, rig_job (rig, &id)));
  g_assert_null (rig_stored (rig, &id));
  rig_advance (rig, 60 * SECOND);
  g_assert_null (bgc_manager_find (rig->manager, &id));
}

/* One that the store did not forget is forgotten a little later. */
static void
test_kept_store_failed (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id = create_kept (rig);

  rig_advance (rig, 7 * DAY - 1);
  bgc_store_fake_fail (rig->store, 1, BGC_ERROR_STORE_FAILED);
  rig_expect_warning (rig);
  rig_advance (rig, 1);
  g_assert_true (bgc_manager_is_listed (rig->manager, rig_job (rig, &id)));
  rig_advance (rig, BGC_ENGINE_TRY_AGAIN);
  g_assert_false (bgc_manager_is_listed (rig->manager, rig_job (rig, &id)));
  g_assert_null (rig_stored (rig, &id));
}

/* The days before a restart count, in whatever order they are loaded. */
static void
test_kept_over_restart (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId late = rig_create (rig, 1, TRUE);
  BgcJobId first;

  rig_modify (rig, &late, rig_set_auto_complete, rig);
  first = create_kept (rig);
  rig_advance (rig, 3 * DAY);
  rig_whole (rig, &late, 0);
  rig_crash (rig);
  rig_start (rig);
  rig_advance (rig, 4 * DAY - 1);
  g_assert_nonnull (rig_stored (rig, &first));
  rig_advance (rig, 1);
  g_assert_null (rig_stored (rig, &first));
  g_assert_nonnull (rig_stored (rig, &late));
  rig_advance (rig, 3 * DAY);
  g_assert_null (rig_stored (rig, &late));
}

static void
test_inactive (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId idle = rig_create (rig, 1, FALSE);
  BgcJobId changed = rig_create (rig, 1, FALSE);

  rig_advance (rig, 10 * DAY);
  rig_modify (rig, &changed, rig_set_priority, GUINT_TO_POINTER (BGC_PRIORITY_LOW));
  rig_advance (rig, 80 * DAY - 1);
  rig_assert_state (rig, &idle, "suspended");
  rig_advance (rig, 1);
  rig_assert_state (rig, &idle, "cancelled");
  rig_assert_state (rig, &changed, "suspended");
  rig_advance (rig, 10 * DAY);
  rig_assert_state (rig, &changed, "cancelled");
}

/* A clock that jumps ahead, or was wrong when the daemon started, costs nobody his job. */
static void
test_inactive_wall_clock (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id = rig_create (rig, 1, FALSE);

  bgc_clock_fake_shift_wall (rig->clock, 1000 * DAY);
  rig_advance (rig, 89 * DAY);
  rig_assert_state (rig, &id, "suspended");
  rig_crash (rig);
  rig_start (rig);
  rig_assert_state (rig, &id, "suspended");
  rig_advance (rig, 1800 * SECOND);
  bgc_clock_fake_shift_wall (rig->clock, -1050 * DAY);
  rig_advance (rig, 2 * DAY);
  rig_assert_state (rig, &id, "suspended");
}

static void
test_inactive_over_restart (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id = rig_create (rig, 1, FALSE);
  BgcJobId running = rig_create (rig, 1, TRUE);
  BgcLimits limits = rig->limits;

  rig_advance (rig, 60 * DAY);
  rig_progress (rig, &running, 0, 5, 100);
  rig_crash (rig);
  rig_start (rig);
  rig_advance (rig, 30 * DAY);
  rig_assert_state (rig, &id, "cancelled");
  /* A shorter time is looked for at once. */
  limits.job_inactivity_timeout = 3600;
  bgc_manager_set_limits (rig->manager, &limits);
  rig_request (rig, &running, BGC_REQUEST_SUSPEND);
  rig_advance (rig, 2 * 3600 * SECOND);
  rig_assert_state (rig, &running, "cancelled");
}

/* A daemon that ends when there is nothing to do, and is started for a moment now and then, has to stay for
 * long enough to see that a job is overdue. */
static void
test_inactive_is_near (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id = rig_create (rig, 1, FALSE);

  for (guint i = 0; i < 5; i++)
    {
      g_assert_cmpuint (bgc_manager_chores (rig->manager), ==, 0);
      rig_advance (rig, 300 * SECOND);
      rig_crash (rig);
      bgc_clock_fake_shift_wall (rig->clock, 17 * DAY);
      rig_start (rig);
    }
  bgc_clock_fake_shift_wall (rig->clock, 5 * DAY);
  rig_crash (rig);
  rig_start (rig);
  g_assert_cmpuint (bgc_manager_chores (rig->manager), ==, 1);
  rig_assert_state (rig, &id, "suspended");
  rig_advance (rig, 3600 * SECOND);
  rig_assert_state (rig, &id, "cancelled");
  rig_advance (rig, 60 * SECOND);
  g_assert_cmpuint (bgc_manager_chores (rig->manager), ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/reaper/farewell", test_farewell);
  g_test_add_func ("/reaper/many-farewells", test_many_farewells);
  g_test_add_func ("/reaper/kept", test_kept);
  g_test_add_func ("/reaper/kept-store-failed", test_kept_store_failed);
  g_test_add_func ("/reaper/kept-over-restart", test_kept_over_restart);
  g_test_add_func ("/reaper/inactive", test_inactive);
  g_test_add_func ("/reaper/inactive-wall-clock", test_inactive_wall_clock);
  g_test_add_func ("/reaper/inactive-over-restart", test_inactive_over_restart);
  g_test_add_func ("/reaper/inactive-is-near", test_inactive_is_near);
  return g_test_run ();
}
