/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* What holds jobs back: each condition comes and goes while a job runs and while one waits. */

#include "engine/bgc-conditions.h"

#include "bgc-rig.h"

static gboolean
set_cost_policy (BgcJob *draft, gpointer policy, GError **error)
{
  draft->cost_policy = GPOINTER_TO_UINT (policy);
  return TRUE;
}

static void
assert_waits (Rig *rig, const BgcJobId *id, BgcWaitReason reason)
{
  rig_settle (rig);
  rig_assert_state (rig, id, "queued");
  g_assert_cmpint (rig_job (rig, id)->wait_reason, ==, reason);
  g_assert_null (rig_job (rig, id)->error);
  g_assert_cmpuint (rig_job (rig, id)->error_count, ==, 0);
}

static void
assert_runs (Rig *rig, const BgcJobId *id)
{
  rig_settle (rig);
  g_assert_true (bgc_job_state_is_running (rig_job (rig, id)->state));
  g_assert_cmpint (rig_job (rig, id)->wait_reason, ==, BGC_WAIT_NONE);
}

static void
test_metered (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id = rig_create (rig, 1, TRUE);
  BgcJobId foreground = rig_create_for (rig, RIG_OWNER, BGC_PRIORITY_FOREGROUND, TRUE);
  BgcJobId late;

  rig_progress (rig, &id, 0, 50, 100);
  rig_assert_state (rig, &id, "transferring");
  bgc_metering_fake_set (rig->metering, BGC_METERING_METERED);
  assert_waits (rig, &id, BGC_WAIT_METERED);
  assert_runs (rig, &foreground);
  /* What the worker had made durable when it stopped is kept. */
  g_assert_cmpuint (rig_file (rig, &id, 0)->bytes_transferred, ==, 50);
  late = rig_create (rig, 1, TRUE);
  assert_waits (rig, &late, BGC_WAIT_METERED);
  /* However long it takes. */
  rig_advance (rig, 30 * 86400 * SECOND);
  assert_waits (rig, &id, BGC_WAIT_METERED);
  bgc_metering_fake_set (rig->metering, BGC_METERING_FREE);
  assert_runs (rig, &id);
  assert_runs (rig, &late);
  rig_whole (rig, &id, 0);
  rig_assert_state (rig, &id, "transferred");
}

/* What each policy says to each price; both ways of being asked: by the price and by the policy. */
static void
test_policies (void)
{
  static const gboolean runs[BGC_N_COST_POLICIES][3] = {
    [BGC_COST_POLICY_BY_PRIORITY] = { TRUE, FALSE, FALSE },
    [BGC_COST_POLICY_ALWAYS] = { TRUE, TRUE, TRUE },
    [BGC_COST_POLICY_NOT_ROAMING] = { TRUE, TRUE, FALSE },
    [BGC_COST_POLICY_STANDARD] = { TRUE, FALSE, FALSE },
    [BGC_COST_POLICY_UNRESTRICTED] = { TRUE, FALSE, FALSE },
  };
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id = rig_create (rig, 1, TRUE);

  for (guint policy = 0; policy < BGC_N_COST_POLICIES; policy++)
    {
      g_assert_cmpint (rig_modify (rig, &id, set_cost_policy, GUINT_TO_POINTER (policy)), ==, RIG_SUCCESS);
      for (guint cost = 0; cost < G_N_ELEMENTS (runs[policy]); cost++)
        {
          bgc_metering_fake_set (rig->metering, (BgcMeteringCost) cost);
          if (runs[policy][cost])
            assert_runs (rig, &id);
          else
            assert_waits (rig, &id, BGC_WAIT_METERED);
        }
    }
  rig_modify (rig, &id, set_cost_policy, GUINT_TO_POINTER (BGC_COST_POLICY_ALWAYS));
  assert_runs (rig, &id);
  rig_modify (rig, &id, set_cost_policy, GUINT_TO_POINTER (BGC_COST_POLICY_STANDARD));
  assert_waits (rig, &id, BGC_WAIT_METERED);
  /* The owner's own word is asked for, and Resume is not it. */
  g_assert_cmpint (rig_request (rig, &id, BGC_REQUEST_RESUME), ==, RIG_SUCCESS);
  assert_waits (rig, &id, BGC_WAIT_METERED);
  rig_modify (rig, &id, set_cost_policy, GUINT_TO_POINTER (BGC_COST_POLICY_BY_PRIORITY));
  rig_modify (rig, &id, rig_set_priority, GUINT_TO_POINTER (BGC_PRIORITY_FOREGROUND));
  assert_runs (rig, &id);
}

static void
test_power (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId normal = rig_create (rig, 1, TRUE);
  BgcJobId low = rig_create_for (rig, RIG_OWNER, BGC_PRIORITY_LOW, TRUE);

  assert_runs (rig, &low);
  bgc_power_fake_set (rig->power, TRUE);
  assert_waits (rig, &low, BGC_WAIT_POWER);
  assert_runs (rig, &normal);
  bgc_power_fake_set (rig->power, FALSE);
  assert_runs (rig, &low);
  bgc_power_fake_set (rig->power, TRUE);
  assert_waits (rig, &low, BGC_WAIT_POWER);
  /* Resume has it run now, and only for this once. */
  g_assert_cmpint (rig_request (rig, &low, BGC_REQUEST_RESUME), ==, RIG_SUCCESS);
  assert_runs (rig, &low);
  bgc_power_fake_set (rig->power, FALSE);
  assert_runs (rig, &low);
  bgc_power_fake_set (rig->power, TRUE);
  assert_waits (rig, &low, BGC_WAIT_POWER);
  rig_modify (rig, &low, rig_set_priority, GUINT_TO_POINTER (BGC_PRIORITY_NORMAL));
  assert_runs (rig, &low);
}

static void
test_logins (void)
{
  BgcLimits limits;
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id = rig_create (rig, 1, TRUE);
  BgcJobId system = rig_create_for (rig, 999, BGC_PRIORITY_NORMAL, TRUE);
  BgcJobId other = rig_create_for (rig, RIG_OWNER + 1, BGC_PRIORITY_FOREGROUND, TRUE);

  bgc_limits_init (&limits);
  /* Whoever did not ask for it does not care. */
  bgc_logins_fake_set (rig->logins, RIG_OWNER + 1, TRUE);
  assert_runs (rig, &id);
  limits.only_while_logged_in = TRUE;
  bgc_manager_set_limits (rig->manager, &limits);
  assert_waits (rig, &id, BGC_WAIT_OWNER_LOGGED_OUT);
  assert_runs (rig, &system);
  assert_runs (rig, &other);
  bgc_logins_fake_set (rig->logins, RIG_OWNER, TRUE);
  assert_runs (rig, &id);
  bgc_logins_fake_set (rig->logins, RIG_OWNER + 1, FALSE);
  assert_waits (rig, &other, BGC_WAIT_OWNER_LOGGED_OUT);
  /* The administrator wants it so: no Resume of the owner's. */
  g_assert_cmpint (rig_request (rig, &other, BGC_REQUEST_RESUME), ==, RIG_SUCCESS);
  assert_waits (rig, &other, BGC_WAIT_OWNER_LOGGED_OUT);
  limits.only_while_logged_in = FALSE;
  bgc_manager_set_limits (rig->manager, &limits);
  assert_runs (rig, &other);
}

/* A job that waits for its next attempt: its no-progress clock stands still meanwhile. */
static gboolean
set_no_progress (BgcJob *draft, gpointer seconds, GError **error)
{
  draft->no_progress_timeout = GPOINTER_TO_UINT (seconds);
  bgc_job_set_minimum_retry_delay (draft, 600);
  return TRUE;
}

static void
test_no_progress (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id = rig_create (rig, 1, TRUE);

  rig_modify (rig, &id, set_no_progress, GUINT_TO_POINTER (900));
  rig_fail (rig, &id, 0, BGC_ERROR_CONNECT_FAILED, TRUE);
  rig_advance (rig, 300 * SECOND);
  bgc_metering_fake_set (rig->metering, BGC_METERING_METERED);
  rig_advance (rig, 3000 * SECOND);
  rig_assert_state (rig, &id, "queued");
  g_assert_cmpint (rig_job (rig, &id)->wait_reason, ==, BGC_WAIT_METERED);
  g_assert_cmpint (rig_job (rig, &id)->no_progress_time, ==, 300 * SECOND);
  bgc_metering_fake_set (rig->metering, BGC_METERING_FREE);
  assert_runs (rig, &id);
}

/* Stopping is stored; what was held when the daemon died is held again. */
static void
test_restart (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id = rig_create (rig, 1, TRUE);

  bgc_metering_fake_set (rig->metering, BGC_METERING_METERED);
  rig_settle (rig);
  rig_crash (rig);
  rig_start (rig);
  assert_runs (rig, &id);
  rig_crash (rig);
  bgc_metering_fake_set (rig->metering, BGC_METERING_METERED);
  rig_start (rig);
  assert_waits (rig, &id, BGC_WAIT_METERED);
}

/* In the order in which they were made. */
static void
test_order (void)
{
  BgcLimits limits;
  g_autoptr (Rig) rig = NULL;
  BgcJobId ids[3];

  bgc_limits_init (&limits);
  limits.background_transfers = 1;
  rig = rig_new_with (&limits);
  bgc_metering_fake_set (rig->metering, BGC_METERING_METERED);
  for (guint i = 0; i < G_N_ELEMENTS (ids); i++)
    ids[i] = rig_create (rig, 1, TRUE);
  bgc_metering_fake_set (rig->metering, BGC_METERING_FREE);
  for (guint i = 0; i < G_N_ELEMENTS (ids); i++)
    {
      assert_runs (rig, &ids[i]);
      for (guint later = i + 1; later < G_N_ELEMENTS (ids); later++)
        assert_waits (rig, &ids[later], BGC_WAIT_SCHEDULER);
      rig_whole (rig, &ids[i], 0);
    }
}

/* It comes and goes while the stop is under way, and while a start is. */
static void
test_flicker (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id = rig_create (rig, 1, TRUE);

  for (guint i = 0; i < 5; i++)
    {
      bgc_metering_fake_set (rig->metering, BGC_METERING_METERED);
      bgc_metering_fake_set (rig->metering, BGC_METERING_FREE);
    }
  assert_runs (rig, &id);
  for (guint i = 0; i < 5; i++)
    {
      bgc_metering_fake_set (rig->metering, BGC_METERING_FREE);
      bgc_metering_fake_set (rig->metering, BGC_METERING_METERED);
    }
  assert_waits (rig, &id, BGC_WAIT_METERED);
  g_assert_cmpint (rig_request (rig, &id, BGC_REQUEST_SUSPEND), ==, RIG_SUCCESS);
  rig_assert_state (rig, &id, "suspended");
  g_assert_cmpint (rig_job (rig, &id)->wait_reason, ==, BGC_WAIT_NONE);
}

/* Under two seconds nobody notices that the network was away. */
static void
test_blip (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id = rig_create (rig, 1, TRUE);
  BgcJobId runs = rig_create (rig, 1, TRUE);

  rig_fail (rig, &id, 0, BGC_ERROR_CONNECT_FAILED, TRUE);
  bgc_network_fake_set (rig->network, FALSE);
  rig_advance (rig, BGC_CONDITIONS_BLIP - 1);
  bgc_network_fake_set (rig->network, TRUE);
  rig_settle (rig);
  rig_assert_state (rig, &id, "transient-error");
  g_assert_cmpint (rig_job (rig, &id)->wait_reason, ==, BGC_WAIT_RETRY);
  /* One that runs is not stopped for a network that is said to be away: it may know better. */
  rig_go_offline (rig);
  assert_runs (rig, &runs);
  rig_fail (rig, &runs, 0, BGC_ERROR_CONNECT_FAILED, TRUE);
  g_assert_cmpint (rig_job (rig, &runs)->wait_reason, ==, BGC_WAIT_NETWORK);
  bgc_network_fake_set (rig->network, TRUE);
  assert_runs (rig, &id);
  assert_runs (rig, &runs);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/conditions/metered", test_metered);
  g_test_add_func ("/conditions/policies", test_policies);
  g_test_add_func ("/conditions/power", test_power);
  g_test_add_func ("/conditions/logins", test_logins);
  g_test_add_func ("/conditions/no-progress", test_no_progress);
  g_test_add_func ("/conditions/restart", test_restart);
  g_test_add_func ("/conditions/order", test_order);
  g_test_add_func ("/conditions/flicker", test_flicker);
  g_test_add_func ("/conditions/blip", test_blip);
  return g_test_run ();
}
