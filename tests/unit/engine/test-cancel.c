/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* Cancel in every state, twice, with files that cannot be deleted, and with the daemon dying between any
 * two of its steps. */

#include "bgc-rig.h"

static void
assert_gone (Rig *rig, const BgcJobId *id)
{
  g_assert_null (rig_stored (rig, id));
  g_assert_cmpuint (bgc_manager_count (rig->manager, G_MAXUINT32), ==, 0);
  g_assert_false (bgc_workers_fake_is_running (rig->workers, id));
}

static void
test_every_state (void)
{
  for (guint state = 0; state <= BGC_JOB_STATE_TRANSFERRED; state++)
    {
      g_autoptr (Rig) rig = rig_new ();
      BgcJobId id = rig_job_in (rig, (BgcJobState)state);
      guint others = bgc_manager_count (rig->manager, G_MAXUINT32) - 1;

      g_assert_cmpint (rig_outcome (rig, &id, BGC_REQUEST_CANCEL), ==, BGC_OUTCOME_OK);
      rig_assert_state (rig, &id, "cancelled");
      g_assert_null (rig_stored (rig, &id));
      g_assert_cmpuint (bgc_manager_count (rig->manager, G_MAXUINT32), ==, others);
      g_assert_false (bgc_workers_fake_is_running (rig->workers, &id));
      /* Temporary files are deleted wherever there can be any. */
      g_assert_cmpuint (bgc_workers_fake_placements (rig->workers)->len, ==,
                        state != BGC_JOB_STATE_SUSPENDED);
      g_assert_cmpint (rig_request (rig, &id, BGC_REQUEST_CANCEL), ==, BGC_ERROR_INVALID_STATE);
    }
}

/* A job that never ran: one commit, no worker. */
static void
test_one_commit (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id = rig_create (rig, 3, FALSE);
  g_autoptr (Reply) reply = NULL;

  bgc_store_fake_hold (rig->store);
  reply = rig_ask (rig, &id, BGC_REQUEST_CANCEL);
  rig_settle (rig);
  g_assert_false (reply->done);
  rig_assert_state (rig, &id, "suspended");
  bgc_store_fake_release (rig->store, 1);
  g_assert_true (reply->done);
  assert_gone (rig, &id);
  g_assert_cmpuint (bgc_workers_fake_placements (rig->workers)->len, ==, 0);
}

static void
test_unable_to_delete (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id = rig_create (rig, 2, TRUE);
  g_autofree char *temporary = g_strdup (rig_file (rig, &id, 1)->temporary);

  rig_progress (rig, &id, 0, 10, 100);
  rig_progress (rig, &id, 1, 10, 100);
  bgc_workers_fake_set_placement (rig->workers, temporary, BGC_ERROR_ACCESS_DENIED);
  rig_expect_warning (rig);
  g_assert_cmpint (rig_outcome (rig, &id, BGC_REQUEST_CANCEL), ==, BGC_OUTCOME_UNABLE_TO_DELETE_FILES);
  rig_assert_state (rig, &id, "cancelled");
  assert_gone (rig, &id);
  g_assert_cmpuint (bgc_store_fake_leftovers (rig->store), ==, 1);
  /* An hour later it can be deleted, and is. */
  bgc_workers_fake_set_placement (rig->workers, temporary, BGC_N_ERRORS);
  rig_advance (rig, 3600 * SECOND);
  g_assert_cmpuint (bgc_store_fake_leftovers (rig->store), ==, 0);
}

/* The worker answers neither the stop nor, once it is lost, anything else. */
static void
test_worker_hangs (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id = rig_job_in (rig, BGC_JOB_STATE_TRANSFERRING);
  g_autoptr (Reply) reply = NULL;

  bgc_workers_fake_hang (rig->workers, FALSE, TRUE, TRUE);
  rig_expect_warning (rig);
  reply = rig_ask (rig, &id, BGC_REQUEST_CANCEL);
  rig_settle (rig);
  g_assert_false (reply->done);
  rig_assert_state (rig, &id, "cancelled");
  g_assert_cmpint (rig_stored (rig, &id)->state, ==, BGC_JOB_STATE_CANCELLED);
  g_assert_cmpint (rig_request (rig, &id, BGC_REQUEST_CANCEL), ==, BGC_ERROR_INVALID_STATE);
  rig_advance (rig, 10 * SECOND);
  bgc_workers_fake_lose (rig->workers, RIG_OWNER);
  rig_settle (rig);
  g_assert_true (reply->done);
  g_assert_cmpint (reply->value, ==, BGC_OUTCOME_UNABLE_TO_DELETE_FILES);
  g_assert_cmpuint (bgc_store_fake_leftovers (rig->store), ==, 1);
  assert_gone (rig, &id);
}

/* A worker that merely crashed is followed by one that deletes. */
static void
test_worker_lost (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id = rig_job_in (rig, BGC_JOB_STATE_TRANSFERRING);
  g_autoptr (Reply) reply = NULL;

  bgc_workers_fake_hang (rig->workers, FALSE, TRUE, FALSE);
  reply = rig_ask (rig, &id, BGC_REQUEST_CANCEL);
  rig_settle (rig);
  bgc_workers_fake_lose (rig->workers, RIG_OWNER);
  rig_settle (rig);
  g_assert_true (reply->done);
  g_assert_cmpint (reply->value, ==, BGC_OUTCOME_OK);
  g_assert_cmpuint (bgc_workers_fake_placements (rig->workers)->len, ==, 1);
  assert_gone (rig, &id);
}

/* The daemon dies after each commit and at each call: the same end. */
static void
test_crash (void)
{
  static const struct
  {
    guint commits;  /* that become durable */
    gboolean stops; /* hangs there */
    gboolean places;
  } points[] = {
    { 0, FALSE, FALSE }, { 1, FALSE, FALSE }, { 1, TRUE, FALSE }, { 1, FALSE, TRUE }, { 2, FALSE, FALSE }
  };

  for (guint i = 0; i < G_N_ELEMENTS (points); i++)
    {
      g_autoptr (Rig) rig = rig_new ();
      BgcJobId id = rig_job_in (rig, BGC_JOB_STATE_TRANSFERRING);
      g_autoptr (Reply) reply = NULL;

      bgc_workers_fake_hang (rig->workers, FALSE, points[i].stops, points[i].places);
      bgc_store_fake_hold (rig->store);
      reply = rig_ask (rig, &id, BGC_REQUEST_CANCEL);
      for (guint j = 0; j < points[i].commits; j++)
        {
          rig_settle (rig);
          bgc_store_fake_release (rig->store, 1);
        }
      rig_settle (rig);
      g_assert_cmpint (reply->done, ==, points[i].commits == 2);
      rig_crash (rig);
      if (points[i].commits == 0)
        {
          rig_assert_state (rig, &id, "queued");
          continue;
        }
      /* Nobody sees it any more, whatever is left to do. */
      g_assert_cmpuint (bgc_manager_count (rig->manager, G_MAXUINT32), ==, 0);
      rig_start (rig);
      g_assert_cmpuint (bgc_store_fake_jobs (rig->store), ==, 0);
      g_assert_cmpuint (bgc_workers_fake_placements (rig->workers)->len, ==, points[i].commits == 1);
      rig_advance (rig, 60 * SECOND);
      g_assert_null (bgc_manager_find (rig->manager, &id));
    }
}

static void
test_crash_again (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id = rig_job_in (rig, BGC_JOB_STATE_TRANSFERRING);
  g_autoptr (Reply) reply = NULL;

  bgc_workers_fake_hang (rig->workers, FALSE, FALSE, TRUE);
  reply = rig_ask (rig, &id, BGC_REQUEST_CANCEL);
  rig_settle (rig);
  rig_crash (rig);
  bgc_workers_fake_hang (rig->workers, FALSE, FALSE, TRUE);
  rig_start (rig);
  rig_crash (rig);
  rig_start (rig);
  g_assert_cmpuint (bgc_store_fake_jobs (rig->store), ==, 0);
}

static void
test_store_failed (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id = rig_job_in (rig, BGC_JOB_STATE_TRANSFERRING);
  g_autoptr (Reply) reply = NULL;

  bgc_store_fake_fail (rig->store, 1, BGC_ERROR_STORE_FAILED);
  g_assert_cmpint (rig_request (rig, &id, BGC_REQUEST_CANCEL), ==, BGC_ERROR_STORE_FAILED);
  rig_assert_state (rig, &id, "transferring");
  g_assert_true (bgc_workers_fake_is_running (rig->workers, &id));
  /* The second commit fails: cancelled it is, and the row goes later. */
  rig_expect_warning (rig);
  bgc_store_fake_hold (rig->store);
  reply = rig_ask (rig, &id, BGC_REQUEST_CANCEL);
  rig_settle (rig);
  bgc_store_fake_release (rig->store, 1);
  rig_settle (rig);
  bgc_store_fake_fail (rig->store, 1, BGC_ERROR_STORE_FAILED);
  bgc_store_fake_release (rig->store, 1);
  rig_settle (rig);
  g_assert_true (reply->done);
  g_assert_cmpint (reply->code, ==, RIG_SUCCESS);
  g_assert_nonnull (rig_stored (rig, &id));
  bgc_workers_fake_hang (rig->workers, FALSE, FALSE, FALSE);
  rig_advance (rig, 30 * SECOND);
  bgc_store_fake_release (rig->store, 1);
  rig_settle (rig);
  g_assert_null (rig_stored (rig, &id));
}

/* Cancel goes before what waits; that then finds a job that is final. */
static void
test_overtakes (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id = rig_job_in (rig, BGC_JOB_STATE_TRANSFERRED);
  Reply *suspend;
  Reply *complete;
  Reply *cancel;

  bgc_store_fake_hold (rig->store);
  suspend = rig_ask (rig, &id, BGC_REQUEST_SUSPEND);
  complete = rig_ask (rig, &id, BGC_REQUEST_COMPLETE);
  cancel = rig_ask (rig, &id, BGC_REQUEST_CANCEL);
  for (guint i = 0; i < 5; i++)
    {
      rig_settle (rig);
      bgc_store_fake_release (rig->store, 1);
    }
  g_assert_cmpint (rig_wait (rig, suspend), ==, RIG_SUCCESS);
  g_assert_cmpint (rig_wait (rig, cancel), ==, RIG_SUCCESS);
  g_assert_cmpint (rig_wait (rig, complete), ==, BGC_ERROR_INVALID_STATE);
  g_assert_cmpuint (bgc_workers_fake_placements (rig->workers)->len, ==, 1);
  g_assert_null (((BgcPlacement *)g_ptr_array_index (bgc_workers_fake_placements (rig->workers), 0))->target);
}

static void
test_during_complete (void)
{
  for (guint fails = 0; fails < 2; fails++)
    {
      g_autoptr (Rig) rig = rig_new ();
      BgcJobId id = rig_job_in (rig, BGC_JOB_STATE_TRANSFERRED);
      g_autofree char *temporary = g_strdup (rig_file (rig, &id, 0)->temporary);
      Reply *complete;
      Reply *cancel;

      bgc_workers_fake_hang (rig->workers, FALSE, FALSE, TRUE);
      complete = rig_ask (rig, &id, BGC_REQUEST_COMPLETE);
      rig_settle (rig);
      cancel = rig_ask (rig, &id, BGC_REQUEST_CANCEL);
      rig_settle (rig);
      g_assert_false (cancel->done);
      if (fails)
        {
          bgc_workers_fake_set_placement (rig->workers, temporary, BGC_ERROR_FILE_EXISTS);
          /* The fake does not delete it either. */
          rig_expect_warning (rig);
        }
      bgc_workers_fake_hang (rig->workers, FALSE, FALSE, FALSE);
      /* Completed first: no Cancel. Failed: Cancel it is. */
      g_assert_cmpint (rig_wait (rig, complete), ==, fails ? BGC_ERROR_FILE_EXISTS : RIG_SUCCESS);
      g_assert_cmpint (rig_wait (rig, cancel), ==, fails ? RIG_SUCCESS : BGC_ERROR_INVALID_STATE);
    }
}

/* Also in the middle of what waits for a worker's opinion. */
static void
test_during_add (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id = rig_create (rig, 1, FALSE);
  Reply *add = rig_add_async (rig, &id, "/home/u/a");
  Reply *cancel = rig_ask (rig, &id, BGC_REQUEST_CANCEL);

  g_assert_cmpint (rig_wait (rig, cancel), ==, RIG_SUCCESS);
  g_assert_cmpint (rig_wait (rig, add), ==, BGC_ERROR_INVALID_STATE);
}

static void
test_picked (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id = rig_create (rig, 1, FALSE);
  Reply *resume;
  Reply *cancel;

  bgc_store_fake_hold (rig->store);
  resume = rig_ask (rig, &id, BGC_REQUEST_RESUME);
  cancel = rig_ask (rig, &id, BGC_REQUEST_CANCEL);
  for (guint i = 0; i < 4; i++)
    {
      rig_settle (rig);
      bgc_store_fake_release (rig->store, 1);
    }
  g_assert_cmpint (rig_wait (rig, resume), ==, RIG_SUCCESS);
  g_assert_cmpint (rig_wait (rig, cancel), ==, RIG_SUCCESS);
  assert_gone (rig, &id);
  rig_advance (rig, 60 * SECOND);
  g_assert_null (bgc_manager_find (rig->manager, &id));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/cancel/every-state", test_every_state);
  g_test_add_func ("/cancel/one-commit", test_one_commit);
  g_test_add_func ("/cancel/unable-to-delete", test_unable_to_delete);
  g_test_add_func ("/cancel/worker-hangs", test_worker_hangs);
  g_test_add_func ("/cancel/worker-lost", test_worker_lost);
  g_test_add_func ("/cancel/crash", test_crash);
  g_test_add_func ("/cancel/crash-again", test_crash_again);
  g_test_add_func ("/cancel/store-failed", test_store_failed);
  g_test_add_func ("/cancel/overtakes", test_overtakes);
  g_test_add_func ("/cancel/during-complete", test_during_complete);
  g_test_add_func ("/cancel/during-add", test_during_add);
  g_test_add_func ("/cancel/picked", test_picked);
  return g_test_run ();
}
