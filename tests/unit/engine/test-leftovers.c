/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "engine/bgc-leftovers.h"

#include "bgc-rig.h"

/* A cancelled job whose temporary file cannot be deleted; its name is owned by the caller. */
static char *
leave_one (Rig *rig)
{
  BgcJobId id = rig_job_in (rig, BGC_JOB_STATE_TRANSFERRING);
  char *temporary = g_strdup (rig_file (rig, &id, 0)->temporary);

  bgc_workers_fake_set_placement (rig->workers, temporary, BGC_ERROR_ACCESS_DENIED);
  rig_expect_warning (rig);
  g_assert_cmpint (rig_outcome (rig, &id, BGC_REQUEST_CANCEL), ==, BGC_OUTCOME_UNABLE_TO_DELETE_FILES);
  return temporary;
}

static void
test_hourly (void)
{
  g_autoptr (Rig) rig = rig_new ();
  g_autofree char *temporary = leave_one (rig);
  GPtrArray *placements = bgc_workers_fake_placements (rig->workers);

  g_assert_cmpuint (placements->len, ==, 1);
  rig_advance (rig, 3600 * SECOND - 1);
  g_assert_cmpuint (placements->len, ==, 1);
  rig_advance (rig, 1);
  g_assert_cmpuint (placements->len, ==, 2);
  g_assert_cmpuint (bgc_store_fake_leftovers (rig->store), ==, 1);
  bgc_workers_fake_set_placement (rig->workers, temporary, BGC_N_ERRORS);
  rig_advance (rig, 3600 * SECOND);
  g_assert_cmpuint (placements->len, ==, 3);
  g_assert_cmpuint (bgc_store_fake_leftovers (rig->store), ==, 0);
  /* Then nobody wakes up for it. */
  rig_advance (rig, 2 * 3600 * SECOND);
  g_assert_cmpuint (placements->len, ==, 3);
  g_assert_cmpuint (bgc_clock_fake_pending (rig->clock), <=, 1);
}

static void
test_at_start (void)
{
  g_autoptr (Rig) rig = rig_new ();
  g_autofree char *temporary = leave_one (rig);
  BgcPlacement *placement;

  rig_crash (rig);
  rig_start (rig);
  placement = g_ptr_array_index (bgc_workers_fake_placements (rig->workers), 0);
  g_assert_cmpstr (placement->temporary, ==, temporary);
  g_assert_cmpstr (placement->directory, ==, "/home/u");
  g_assert_null (placement->target);
  g_assert_cmpuint (placement->inode, ==, 1000);
  g_assert_cmpuint (bgc_store_fake_leftovers (rig->store), ==, 0);
}

/* They count in their owner's quota until they are gone. */
static void
test_quota (void)
{
  g_autoptr (Rig) rig = rig_new ();
  g_autofree char *temporary = leave_one (rig);
  BgcLimits limits = rig->limits;

  limits.max_files_per_user = 1;
  bgc_manager_set_limits (rig->manager, &limits);
  g_assert_cmpint (rig_wait (rig, rig_create_async (rig, RIG_OWNER, 1, FALSE)), ==,
                   BGC_ERROR_LIMITS_EXCEEDED);
  bgc_workers_fake_set_placement (rig->workers, temporary, BGC_N_ERRORS);
  rig_advance (rig, 3600 * SECOND);
  g_assert_cmpint (rig_wait (rig, rig_create_async (rig, RIG_OWNER, 1, FALSE)), ==, RIG_SUCCESS);
}

/* Four weeks, over restarts. */
static void
test_given_up (void)
{
  g_autoptr (Rig) rig = rig_new ();
  g_autofree char *temporary = leave_one (rig);

  rig_advance (rig, BGC_LEFTOVERS_PATIENCE / 2);
  rig_crash (rig);
  bgc_workers_fake_set_placement (rig->workers, temporary, BGC_ERROR_ACCESS_DENIED);
  rig_start (rig);
  rig_advance (rig, BGC_LEFTOVERS_PATIENCE / 2 - 1);
  g_assert_cmpuint (bgc_store_fake_leftovers (rig->store), ==, 1);
  rig_advance (rig, BGC_LEFTOVERS_INTERVAL);
  g_assert_cmpuint (bgc_store_fake_leftovers (rig->store), ==, 0);
}

/* Who removes a file does not have the disks of all others looked at. */
static void
test_of_one_owner (void)
{
  g_autoptr (Rig) rig = rig_new ();
  g_autofree char *temporary = leave_one (rig);
  BgcJobId other = rig_create_for (rig, RIG_OWNER + 1, BGC_PRIORITY_NORMAL, TRUE);
  GPtrArray *placements = bgc_workers_fake_placements (rig->workers);
  guint before = placements->len;

  rig_progress (rig, &other, 0, 10, 100);
  g_assert_cmpint (rig_wait (rig, rig_remove_async (rig, &other, 0)), ==, RIG_SUCCESS);
  g_assert_cmpuint (placements->len, ==, before + 1);
  g_assert_cmpstr (((BgcPlacement *)g_ptr_array_index (placements, before))->temporary, !=, temporary);
  g_assert_cmpuint (bgc_store_fake_leftovers (rig->store), ==, 1);
}

static void
test_store_failed (void)
{
  g_autoptr (Rig) rig = rig_new ();
  g_autofree char *temporary = leave_one (rig);

  bgc_workers_fake_set_placement (rig->workers, temporary, BGC_N_ERRORS);
  bgc_store_fake_fail (rig->store, 1, BGC_ERROR_STORE_FAILED);
  rig_expect_warning (rig);
  rig_advance (rig, 3600 * SECOND);
  g_assert_cmpuint (bgc_store_fake_leftovers (rig->store), ==, 1);
  rig_advance (rig, 3600 * SECOND);
  g_assert_cmpuint (bgc_store_fake_leftovers (rig->store), ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/leftovers/hourly", test_hourly);
  g_test_add_func ("/leftovers/at-start", test_at_start);
  g_test_add_func ("/leftovers/quota", test_quota);
  g_test_add_func ("/leftovers/given-up", test_given_up);
  g_test_add_func ("/leftovers/of-one-owner", test_of_one_owner);
  g_test_add_func ("/leftovers/store-failed", test_store_failed);
  return g_test_run ();
}
