/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "engine/bgc-effects.h"

#include "bgc-rig.h"

/* job-changed first, then files, then the state, then that it left; each once. */
static void
test_order_of_signals (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id = rig_create (rig, 2, TRUE);
  g_autofree char *before = rig_told (rig);
  g_autofree char *after = NULL;
  g_autofree char *cancelled = NULL;
  g_autoptr (Reply) reply = NULL;

  bgc_store_fake_hold (rig->store);
  bgc_workers_fake_report_whole (rig->workers, rig_job (rig, &id), 1, 5);
  bgc_store_fake_release (rig->store, 1);
  bgc_workers_fake_report_whole (rig->workers, rig_job (rig, &id), 0, 5);
  bgc_store_fake_release (rig->store, 1);
  after = rig_told (rig);
  g_assert_cmpstr (after, ==, "changed file:1 state:transferring changed file:0 state:transferred");
  reply = rig_ask (rig, &id, BGC_REQUEST_CANCEL);
  rig_settle (rig);
  bgc_store_fake_release (rig->store, 1);
  cancelled = rig_told (rig);
  g_assert_cmpstr (cancelled, ==, "changed state:cancelled left");
  g_assert_false (reply->done);
  bgc_store_fake_release (rig->store, 1);
  g_assert_true (reply->done);
}

/* A job that is final and on its way out is not told again. */
static void
test_leaves_once (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id = rig_job_in (rig, BGC_JOB_STATE_TRANSFERRING);
  g_autofree char *before = rig_told (rig);
  g_autofree char *told = NULL;

  rig_outcome (rig, &id, BGC_REQUEST_CANCEL);
  rig_advance (rig, 61 * SECOND);
  told = rig_told (rig);
  g_assert_cmpstr (told, ==, "changed state:cancelled left changed forgotten");
}

/* Loaded as it was, but what ran is queued; nobody is told, and nothing moves before the start. */
static void
test_load (void)
{
  for (guint state = 0; state < BGC_JOB_STATE_ACKNOWLEDGED; state++)
    {
      g_autoptr (Rig) rig = rig_new ();
      BgcJobId id = rig_job_in (rig, (BgcJobState)state);
      gint64 modified = rig_job (rig, &id)->modification_time;
      gboolean ran = bgc_job_state_is_running ((BgcJobState)state);

      rig_crash (rig);
      rig_settle (rig);
      g_assert_cmpint (rig_job (rig, &id)->state, ==, ran ? BGC_JOB_STATE_QUEUED : state);
      g_assert_cmpint (rig_job (rig, &id)->modification_time, ==, modified);
      g_assert_cmpstr (rig->told->str, ==, "");
      g_assert_cmpuint (bgc_workers_fake_log (rig->workers)->len, ==, 0);
      g_assert_cmpuint (bgc_clock_fake_pending (rig->clock), ==, 0);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/effects/order-of-signals", test_order_of_signals);
  g_test_add_func ("/effects/leaves-once", test_leaves_once);
  g_test_add_func ("/effects/load", test_load);
  return g_test_run ();
}
