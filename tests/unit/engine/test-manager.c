/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* The use cases as callers see them: what each request does in each state, and what is told of it. */

#include "bgc-rig.h"

static void
test_download (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id = rig_create (rig, 2, FALSE);
  g_autofree char *created = rig_told (rig);
  g_autofree char *resumed = NULL;
  g_autofree char *moved = NULL;
  g_autofree char *first = NULL;
  g_autofree char *last = NULL;
  g_autofree char *completed = NULL;
  g_autofree char *forgotten = NULL;

  g_assert_cmpstr (created, ==, "added");
  rig_assert_state (rig, &id, "suspended");
  g_assert_cmpint (rig_request (rig, &id, BGC_REQUEST_RESUME), ==, RIG_SUCCESS);
  resumed = rig_told (rig);
  g_assert_cmpstr (resumed, ==, "changed state:queued changed state:connecting");
  g_assert_true (bgc_workers_fake_is_running (rig->workers, &id));
  rig_progress (rig, &id, 0, 10, 100);
  moved = rig_told (rig);
  g_assert_cmpstr (moved, ==, "changed state:transferring");
  g_assert_cmpuint (bgc_file_list_bytes_transferred (rig_stored (rig, &id)->files), ==, 10);
  rig_whole (rig, &id, 0);
  first = rig_told (rig);
  g_assert_cmpstr (first, ==, "changed file:0");
  rig_whole (rig, &id, 1);
  last = rig_told (rig);
  g_assert_cmpstr (last, ==, "changed file:1 state:transferred");
  g_assert_false (bgc_workers_fake_is_running (rig->workers, &id));
  g_assert_cmpint (rig_job (rig, &id)->completion_time, ==, RIG_WALL);
  g_assert_cmpint (rig_outcome (rig, &id, BGC_REQUEST_COMPLETE), ==, BGC_OUTCOME_OK);
  completed = rig_told (rig);
  g_assert_cmpstr (completed, ==, "changed changed state:acknowledged left");
  g_assert_cmpuint (bgc_workers_fake_placements (rig->workers)->len, ==, 2);
  g_assert_null (rig_stored (rig, &id));
  g_assert_false (bgc_manager_is_listed (rig->manager, rig_job (rig, &id)));
  rig_advance (rig, 60 * SECOND);
  forgotten = rig_told (rig);
  g_assert_cmpstr (forgotten, ==, "forgotten");
  g_assert_null (bgc_manager_find (rig->manager, &id));
}

/* What each request answers in each state: RIG_SUCCESS, or InvalidState for a final job. */
static void
test_states (void)
{
  for (guint state = 0; state < BGC_N_JOB_STATES; state++)
    for (guint request = 0; request < BGC_N_REQUESTS; request++)
      {
        g_autoptr (Rig) rig = rig_new ();
        BgcJobId id = rig_job_in (rig, (BgcJobState)state);
        gboolean final = bgc_job_state_is_final ((BgcJobState)state);
        int expected = final ? BGC_ERROR_INVALID_STATE : RIG_SUCCESS;

        /* A file that is whole is not removed. */
        if (request == BGC_REQUEST_REMOVE_FILE && state == BGC_JOB_STATE_TRANSFERRED)
          expected = BGC_ERROR_INVALID_STATE;
        g_test_message ("%s, request %u", bgc_enums_job_state_to_string ((BgcJobState)state), request);
        g_assert_cmpint (rig_request (rig, &id, (BgcRequest)request), ==, expected);
      }
}

/* What state a request leaves the job in. */
static void
test_successors (void)
{
  static const char *const after_suspend[]
    = { "suspended", "suspended", "suspended", "suspended", "suspended", "suspended", "suspended" };
  static const char *const after_resume[]
    = { "queued", "connecting", "transferring", "connecting", "connecting", "connecting", "transferred" };

  for (guint state = 0; state <= BGC_JOB_STATE_TRANSFERRED; state++)
    {
      g_autoptr (Rig) rig = rig_new ();
      BgcJobId id = rig_job_in (rig, (BgcJobState)state);

      g_assert_cmpint (rig_request (rig, &id, BGC_REQUEST_RESUME), ==, RIG_SUCCESS);
      rig_assert_state (rig, &id, after_resume[state]);
      g_assert_cmpint (rig_request (rig, &id, BGC_REQUEST_SUSPEND), ==, RIG_SUCCESS);
      rig_assert_state (rig, &id, after_suspend[state]);
      g_assert_false (bgc_workers_fake_is_running (rig->workers, &id));
      g_assert_cmpint (rig_stored (rig, &id)->state, ==, BGC_JOB_STATE_SUSPENDED);
    }
}

static void
test_unknown_job (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id = { { 1, 2, 3 } };

  for (guint request = 0; request < BGC_N_REQUESTS; request++)
    g_assert_cmpint (rig_request (rig, &id, (BgcRequest)request), ==, BGC_ERROR_NOT_FOUND);
}

static void
test_list (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId ids[6];
  g_autoptr (GPtrArray) all = NULL;
  g_autoptr (GPtrArray) page = NULL;
  g_autoptr (GPtrArray) mine = NULL;
  g_autoptr (GPtrArray) running = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (ids); i++)
    ids[i] = rig_create_for (rig, 1000 + i % 2, BGC_PRIORITY_NORMAL, i == 3);
  rig_outcome (rig, &ids[2], BGC_REQUEST_CANCEL);
  all = bgc_manager_list (rig->manager, G_MAXUINT32, 0, 0, 100);
  g_assert_cmpuint (all->len, ==, 5);
  g_assert_true (g_ptr_array_index (all, 2) == rig_job (rig, &ids[3]));
  page = bgc_manager_list (rig->manager, G_MAXUINT32, 0, 3, 1);
  g_assert_cmpuint (page->len, ==, 1);
  g_assert_true (g_ptr_array_index (page, 0) == rig_job (rig, &ids[4]));
  mine = bgc_manager_list (rig->manager, 1000, 0, 0, 100);
  g_assert_cmpuint (mine->len, ==, 2);
  running = bgc_manager_list (rig->manager, G_MAXUINT32, 1u << BGC_JOB_STATE_CONNECTING, 0, 100);
  g_assert_cmpuint (running->len, ==, 1);
  g_assert_cmpuint (bgc_manager_count (rig->manager, 1001), ==, 3);
  g_assert_cmpuint (bgc_manager_count (rig->manager, G_MAXUINT32), ==, 5);
  g_assert_cmpuint (bgc_manager_count (rig->manager, 77), ==, 0);
}

/* Nothing is shown before it is durable. */
static void
test_durable_before_told (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id = rig_create (rig, 1, FALSE);
  g_autofree char *before = rig_told (rig);
  g_autoptr (Reply) reply = NULL;
  g_autofree char *held = NULL;

  bgc_store_fake_hold (rig->store);
  reply = rig_ask (rig, &id, BGC_REQUEST_RESUME);
  held = rig_told (rig);
  g_assert_false (reply->done);
  g_assert_cmpstr (held, ==, "");
  rig_assert_state (rig, &id, "suspended");
  bgc_store_fake_release (rig->store, 1);
  rig_settle (rig);
  g_assert_true (reply->done);
  rig_assert_state (rig, &id, "queued");
}

/* A commit that fails leaves everything as it was, and says so. */
static void
test_store_failed (void)
{
  for (guint request = 0; request < BGC_N_REQUESTS; request++)
    {
      g_autoptr (Rig) rig = rig_new ();
      BgcJobId id = rig_create (rig, 2, FALSE);
      g_autofree char *before = rig_told (rig);
      g_autofree char *after = NULL;

      bgc_store_fake_fail (rig->store, 1, BGC_ERROR_NO_SPACE);
      if (request == BGC_REQUEST_SUSPEND)
        g_assert_cmpint (rig_request (rig, &id, (BgcRequest)request), ==, RIG_SUCCESS);
      else
        g_assert_cmpint (rig_request (rig, &id, (BgcRequest)request), ==, BGC_ERROR_NO_SPACE);
      after = rig_told (rig);
      g_assert_cmpstr (after, ==, "");
      rig_assert_state (rig, &id, "suspended");
      g_assert_cmpuint (bgc_file_list_length (rig_job (rig, &id)->files), ==, 2);
    }
}

/* The daemon dies with the commit on its way: the job is as before, or as after, and goes on by itself. */
static void
test_crash_while_running (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id = rig_create (rig, 2, TRUE);

  rig_progress (rig, &id, 0, 10, 100);
  rig_whole (rig, &id, 1);
  rig_crash (rig);
  rig_assert_state (rig, &id, "queued");
  g_assert_cmpuint (bgc_workers_fake_running (rig->workers), ==, 0);
  rig_start (rig);
  rig_assert_state (rig, &id, "connecting");
  g_assert_true (bgc_workers_fake_is_running (rig->workers, &id));
  g_assert_cmpint (rig_file (rig, &id, 1)->state, ==, BGC_FILE_WHOLE);
  g_assert_cmpuint (rig_file (rig, &id, 0)->bytes_transferred, ==, 10);
  rig_whole (rig, &id, 0);
  rig_assert_state (rig, &id, "transferred");
}

static void
test_limits (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcLimits limits = rig->limits;

  limits.max_jobs_per_user = 1;
  bgc_manager_set_limits (rig->manager, &limits);
  g_assert_cmpuint (bgc_manager_limits (rig->manager)->max_jobs_per_user, ==, 1);
  rig_create (rig, 0, FALSE);
  g_assert_cmpint (rig_wait (rig, rig_create_async (rig, RIG_OWNER, 0, FALSE)), ==, BGC_ERROR_TOO_MANY_JOBS);
}

static void
test_rate (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id = rig_create (rig, 1, TRUE);

  g_assert_cmpuint (bgc_manager_figures (rig->manager, rig_job (rig, &id)).rate, ==, 0);
  rig_advance (rig, SECOND);
  rig_progress (rig, &id, 0, 1000, 100000);
  g_assert_cmpuint (bgc_manager_figures (rig->manager, rig_job (rig, &id)).rate, ==, 1000);
  rig_request (rig, &id, BGC_REQUEST_SUSPEND);
  g_assert_cmpuint (bgc_manager_figures (rig->manager, rig_job (rig, &id)).rate, ==, 0);
}

/* Requests that are not waited for take effect in the order asked. */
static void
test_order (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id = rig_create (rig, 0, FALSE);
  Reply *add = rig_add_async (rig, &id, "/home/u/a");
  Reply *resume = rig_ask (rig, &id, BGC_REQUEST_RESUME);
  Reply *suspend = rig_ask (rig, &id, BGC_REQUEST_SUSPEND);

  g_assert_cmpint (rig_wait (rig, add), ==, RIG_SUCCESS);
  g_assert_cmpint (rig_wait (rig, resume), ==, RIG_SUCCESS);
  g_assert_cmpint (rig_wait (rig, suspend), ==, RIG_SUCCESS);
  rig_assert_state (rig, &id, "suspended");
}

static void
test_many (void)
{
  BgcLimits limits;
  g_autoptr (Rig) rig = NULL;
  g_autoptr (GPtrArray) replies = NULL;
  guint jobs = 3000;

  bgc_limits_init (&limits);
  limits.max_jobs_per_user = jobs;
  rig = rig_new_with (&limits);
  replies = g_ptr_array_new_with_free_func ((GDestroyNotify)reply_free);
  for (guint i = 0; i < jobs; i++)
    g_ptr_array_add (replies, rig_create_async (rig, RIG_OWNER, 0, FALSE));
  rig_settle (rig);
  g_assert_cmpuint (bgc_manager_count (rig->manager, RIG_OWNER), ==, jobs);
  /* Suspended jobs have no alarms but the one that looks for those long forgotten. */
  g_assert_cmpuint (bgc_clock_fake_pending (rig->clock), ==, 1);
  g_assert_cmpint (bgc_clock_fake_next (rig->clock), >, RIG_BOOT + 60 * SECOND);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/manager/download", test_download);
  g_test_add_func ("/manager/states", test_states);
  g_test_add_func ("/manager/successors", test_successors);
  g_test_add_func ("/manager/unknown-job", test_unknown_job);
  g_test_add_func ("/manager/list", test_list);
  g_test_add_func ("/manager/durable-before-told", test_durable_before_told);
  g_test_add_func ("/manager/store-failed", test_store_failed);
  g_test_add_func ("/manager/crash-while-running", test_crash_while_running);
  g_test_add_func ("/manager/limits", test_limits);
  g_test_add_func ("/manager/rate", test_rate);
  g_test_add_func ("/manager/order", test_order);
  g_test_add_func ("/manager/many", test_many);
  return g_test_run ();
}
