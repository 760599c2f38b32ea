/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "engine/bgc-closing.h"

#include "bgc-rig.h"

static void
test_idle (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id = rig_create (rig, 1, FALSE);

  g_assert_cmpint (rig_wait (rig, rig_shut_down_async (rig)), ==, RIG_SUCCESS);
  g_assert_cmpint (rig_wait (rig, rig_shut_down_async (rig)), ==, BGC_ERROR_INVALID_STATE);
  g_assert_cmpint (rig_request (rig, &id, BGC_REQUEST_RESUME), ==, BGC_ERROR_BUSY);
  g_assert_cmpint (rig_wait (rig, rig_create_async (rig, RIG_OWNER, 0, FALSE)), ==, BGC_ERROR_BUSY);
}

/* Running jobs stop with their bytes, queue durably, and go on after the next start. */
static void
test_running (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id = rig_create (rig, 1, TRUE);
  g_autoptr (Reply) reply = NULL;

  rig_progress (rig, &id, 0, 10, 100);
  bgc_workers_fake_hang (rig->workers, FALSE, TRUE, FALSE);
  reply = rig_shut_down_async (rig);
  rig_settle (rig);
  g_assert_false (reply->done);
  rig_progress (rig, &id, 0, 20, 100);
  bgc_workers_fake_hang (rig->workers, FALSE, FALSE, FALSE);
  rig_settle (rig);
  g_assert_true (reply->done);
  g_assert_cmpint (rig_stored (rig, &id)->state, ==, BGC_JOB_STATE_QUEUED);
  g_assert_cmpuint (bgc_file_list_bytes_transferred (rig_stored (rig, &id)->files), ==, 20);
  g_assert_cmpuint (bgc_workers_fake_running (rig->workers), ==, 0);
  rig_crash (rig);
  rig_start (rig);
  rig_assert_state (rig, &id, "connecting");
}

/* What was asked before is still answered. */
static void
test_pending (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id = rig_create (rig, 1, FALSE);
  Reply *modify;
  Reply *end;

  bgc_store_fake_hold (rig->store);
  modify = rig_ask (rig, &id, BGC_REQUEST_MODIFY);
  end = rig_shut_down_async (rig);
  rig_settle (rig);
  g_assert_false (end->done);
  bgc_store_fake_release (rig->store, 1);
  g_assert_cmpint (rig_wait (rig, modify), ==, RIG_SUCCESS);
  g_assert_cmpint (rig_wait (rig, end), ==, RIG_SUCCESS);
}

/* Who renames a hundred thousand files is not waited for. */
static void
test_slow (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id = rig_create (rig, 1, TRUE);
  g_autoptr (Reply) complete = NULL;
  g_autoptr (Reply) end = NULL;

  rig_whole (rig, &id, 0);
  bgc_workers_fake_hang (rig->workers, FALSE, FALSE, TRUE);
  complete = rig_ask (rig, &id, BGC_REQUEST_COMPLETE);
  end = rig_shut_down_async (rig);
  rig_advance (rig, 15 * SECOND - 1);
  g_assert_false (end->done);
  g_assert_false (complete->done);
  rig_advance (rig, 1);
  g_assert_true (end->done);
  g_assert_cmpint (complete->code, ==, BGC_ERROR_WORKER_LOST);
  g_assert_cmpint (rig_stored (rig, &id)->state, ==, BGC_JOB_STATE_TRANSFERRED);
  g_assert_false (rig_stored (rig, &id)->completing);
}

/* Nothing wakes up any more. */
static void
test_quiet (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id = rig_job_in (rig, BGC_JOB_STATE_TRANSIENT_ERROR);

  g_assert_cmpint (rig_wait (rig, rig_shut_down_async (rig)), ==, RIG_SUCCESS);
  rig_advance (rig, 10000 * SECOND);
  rig_assert_state (rig, &id, "transient-error");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/closing/idle", test_idle);
  g_test_add_func ("/closing/running", test_running);
  g_test_add_func ("/closing/pending", test_pending);
  g_test_add_func ("/closing/slow", test_slow);
  g_test_add_func ("/closing/quiet", test_quiet);
  return g_test_run ();
}
