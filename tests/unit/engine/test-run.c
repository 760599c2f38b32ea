/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* A job's run: its reports, its end, and what happens when worker or store fail it. */

#include "bgc-rig.h"

static guint
count (Rig *rig, char sign)
{
  GPtrArray *log = bgc_workers_fake_log (rig->workers);
  guint number = 0;

  for (guint i = 0; i < log->len; i++)
    number += ((const char *)g_ptr_array_index (log, i))[0] == sign;
  return number;
}

/* One file that fails for good does not stop the others; then the job is an error. */
static void
test_one_bad_file (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id = rig_create (rig, 3, TRUE);

  rig_fail (rig, &id, 1, BGC_ERROR_HTTP_STATUS, FALSE);
  rig_assert_state (rig, &id, "transferring");
  rig_whole (rig, &id, 0);
  rig_assert_state (rig, &id, "transferring");
  rig_whole (rig, &id, 2);
  rig_assert_state (rig, &id, "error");
  g_assert_cmpuint (rig_job (rig, &id)->error->file, ==, 1);
  g_assert_cmpuint (rig_job (rig, &id)->error_count, ==, 1);
  g_assert_false (bgc_workers_fake_is_running (rig->workers, &id));
  /* Resume tries the bad one alone again. */
  g_assert_cmpint (rig_request (rig, &id, BGC_REQUEST_RESUME), ==, RIG_SUCCESS);
  g_assert_cmpint (rig_file (rig, &id, 1)->state, ==, BGC_FILE_PENDING);
  g_assert_cmpint (rig_file (rig, &id, 0)->state, ==, BGC_FILE_WHOLE);
  rig_whole (rig, &id, 1);
  rig_assert_state (rig, &id, "transferred");
}

/* Something else stands at a temporary name: another name, from 0, at once; but where that was never a
 * file of ours, only after a while. */
static void
test_displaced (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id = rig_create (rig, 2, TRUE);
  g_autofree char *first = g_strdup (rig_file (rig, &id, 0)->temporary);
  g_autofree char *second = NULL;

  rig_progress (rig, &id, 0, 50, 100);
  g_assert_cmpuint (rig_file (rig, &id, 0)->inode, !=, 0);
  rig_fail (rig, &id, 0, BGC_ERROR_LOCAL_FILE_CHANGED, TRUE);
  second = g_strdup (rig_file (rig, &id, 0)->temporary);
  g_assert_cmpstr (second, !=, first);
  g_assert_cmpstr (rig_stored (rig, &id)->files != NULL ? second : NULL, ==, second);
  g_assert_cmpuint (rig_file (rig, &id, 0)->bytes_transferred, ==, 0);
  g_assert_cmpuint (rig_file (rig, &id, 0)->inode, ==, 0);
  rig_whole (rig, &id, 1);
  /* Not waiting: running again. */
  rig_assert_state (rig, &id, "connecting");
  g_assert_true (bgc_workers_fake_is_running (rig->workers, &id));
  rig_fail (rig, &id, 0, BGC_ERROR_LOCAL_FILE_CHANGED, TRUE);
  g_assert_cmpstr (rig_file (rig, &id, 0)->temporary, !=, second);
  rig_assert_state (rig, &id, "transient-error");
  rig_advance (rig, 120 * SECOND);
  rig_whole (rig, &id, 0);
  rig_assert_state (rig, &id, "transferred");
}

/* Some wait, some are bad: those that wait decide. */
static void
test_transient_and_fatal (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id = rig_create (rig, 3, TRUE);

  rig_fail (rig, &id, 2, BGC_ERROR_TIMEOUT, TRUE);
  rig_assert_state (rig, &id, "transferring");
  rig_fail (rig, &id, 0, BGC_ERROR_HTTP_STATUS, FALSE);
  rig_fail (rig, &id, 1, BGC_ERROR_CONNECT_FAILED, TRUE);
  rig_assert_state (rig, &id, "transient-error");
  g_assert_cmpint (rig_job (rig, &id)->error->code, ==, BGC_ERROR_CONNECT_FAILED);
  g_assert_cmpuint (rig_job (rig, &id)->error->file, ==, 1);
  g_assert_cmpint (rig_file (rig, &id, 0)->state, ==, BGC_FILE_FAILED);
  g_assert_cmpuint (count (rig, '-'), ==, 1);
}

/* Reports that come while one is being stored are stored together, and none is lost. */
static void
test_coalesced (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id = rig_create (rig, 2, TRUE);
  const BgcJob *job = rig_job (rig, &id);

  bgc_store_fake_hold (rig->store);
  for (guint i = 1; i <= 50; i++)
    bgc_workers_fake_report_progress (rig->workers, job, 0, i, 100);
  bgc_workers_fake_report_whole (rig->workers, job, 1, 7);
  g_assert_cmpuint (bgc_store_fake_waiting (rig->store), ==, 1);
  bgc_store_fake_release (rig->store, 1);
  g_assert_cmpuint (rig_file (rig, &id, 0)->bytes_transferred, ==, 1);
  g_assert_cmpuint (bgc_store_fake_waiting (rig->store), ==, 1);
  bgc_store_fake_release (rig->store, 1);
  g_assert_cmpuint (rig_file (rig, &id, 0)->bytes_transferred, ==, 50);
  g_assert_cmpint (rig_file (rig, &id, 1)->state, ==, BGC_FILE_WHOLE);
  g_assert_cmpuint (rig_file (rig, &id, 0)->attempts, ==, 1);
  g_assert_cmpuint (bgc_store_fake_waiting (rig->store), ==, 0);
}

/* Progress cannot be stored: the transfer stops, and goes on later with what it had. */
static void
test_store_failed (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id = rig_create (rig, 1, TRUE);

  bgc_store_fake_fail (rig->store, 1, BGC_ERROR_NO_SPACE);
  rig_expect_warning (rig);
  rig_progress (rig, &id, 0, 60, 100);
  g_assert_false (bgc_workers_fake_is_running (rig->workers, &id));
  rig_assert_state (rig, &id, "connecting");
  g_assert_cmpuint (rig_file (rig, &id, 0)->bytes_transferred, ==, 0);
  rig_advance (rig, 30 * SECOND);
  g_assert_true (bgc_workers_fake_is_running (rig->workers, &id));
  g_assert_cmpuint (rig_file (rig, &id, 0)->bytes_transferred, ==, 60);
}

static void
test_start_cannot_be_stored (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id = rig_create (rig, 1, FALSE);
  Reply *reply;

  bgc_store_fake_hold (rig->store);
  reply = rig_ask (rig, &id, BGC_REQUEST_RESUME);
  rig_settle (rig);
  bgc_store_fake_release (rig->store, 1);
  bgc_store_fake_fail (rig->store, 1, BGC_ERROR_STORE_FAILED);
  rig_expect_warning (rig);
  bgc_store_fake_release (rig->store, 1);
  g_assert_cmpint (rig_wait (rig, reply), ==, RIG_SUCCESS);
  rig_assert_state (rig, &id, "queued");
  g_assert_cmpuint (bgc_workers_fake_running (rig->workers), ==, 0);
  rig_advance (rig, 30 * SECOND);
  bgc_store_fake_release (rig->store, 1);
  rig_settle (rig);
  g_assert_true (bgc_workers_fake_is_running (rig->workers, &id));
}

static void
test_lost (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id = rig_create (rig, 1, TRUE);
  BgcJobId other = rig_create_for (rig, 2000, BGC_PRIORITY_NORMAL, TRUE);

  rig_progress (rig, &id, 0, 30, 100);
  bgc_workers_fake_lose (rig->workers, RIG_OWNER);
  rig_settle (rig);
  rig_assert_state (rig, &id, "transient-error");
  g_assert_cmpint (rig_job (rig, &id)->wait_reason, ==, BGC_WAIT_WORKER_LOST);
  g_assert_cmpint (rig_job (rig, &id)->error->code, ==, BGC_ERROR_WORKER_LOST);
  g_assert_cmpuint (rig_job (rig, &id)->error_count, ==, 1);
  rig_assert_state (rig, &other, "connecting");
  rig_advance (rig, 6 * SECOND);
  rig_assert_state (rig, &id, "connecting");
  g_assert_cmpuint (rig_file (rig, &id, 0)->bytes_transferred, ==, 30);
}

/* What was reported before the worker was lost is kept. */
static void
test_lost_with_reports (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id = rig_create (rig, 1, TRUE);

  bgc_store_fake_hold (rig->store);
  bgc_workers_fake_report_progress (rig->workers, rig_job (rig, &id), 0, 10, 100);
  bgc_workers_fake_report_whole (rig->workers, rig_job (rig, &id), 0, 100);
  bgc_workers_fake_lose (rig->workers, RIG_OWNER);
  for (guint i = 0; i < 3; i++)
    {
      bgc_store_fake_release (rig->store, 1);
      rig_settle (rig);
    }
  rig_assert_state (rig, &id, "transferred");
}

static void
test_start_fails (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id;

  bgc_workers_fake_hang (rig->workers, TRUE, FALSE, FALSE);
  id = rig_create (rig, 1, TRUE);
  rig_assert_state (rig, &id, "connecting");
  bgc_workers_fake_lose (rig->workers, RIG_OWNER);
  rig_settle (rig);
  rig_assert_state (rig, &id, "transient-error");
  g_assert_cmpuint (rig_job (rig, &id)->error_count, ==, 1);
}

/* A start that hangs can be suspended all the same, and its late answer is nobody's. */
static void
test_start_hangs (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id;

  bgc_workers_fake_hang (rig->workers, TRUE, FALSE, FALSE);
  id = rig_create (rig, 1, TRUE);
  g_assert_cmpint (rig_request (rig, &id, BGC_REQUEST_SUSPEND), ==, RIG_SUCCESS);
  rig_assert_state (rig, &id, "suspended");
  bgc_workers_fake_lose (rig->workers, RIG_OWNER);
  rig_settle (rig);
  rig_assert_state (rig, &id, "suspended");
}

static gboolean
set_maximum (BgcJob *draft, gpointer data, GError **error)
{
  draft->maximum_download_time = GPOINTER_TO_UINT (data);
  return TRUE;
}

/* Only time at work counts, over several runs; Resume begins anew. */
static void
test_maximum_download_time (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id = rig_create (rig, 1, TRUE);

  rig_modify (rig, &id, set_maximum, GUINT_TO_POINTER (100));
  rig_advance (rig, 40 * SECOND);
  rig_fail (rig, &id, 0, BGC_ERROR_TIMEOUT, TRUE);
  rig_advance (rig, 6 * SECOND);
  rig_assert_state (rig, &id, "connecting");
  rig_progress (rig, &id, 0, 5, 100);
  g_assert_cmpint (rig_job (rig, &id)->active_time, >=, 40 * SECOND);
  rig_advance (rig, 54 * SECOND);
  rig_assert_state (rig, &id, "transferring");
  rig_advance (rig, 6 * SECOND);
  rig_assert_state (rig, &id, "error");
  g_assert_cmpint (rig_job (rig, &id)->error->code, ==, BGC_ERROR_MAXIMUM_DOWNLOAD_TIME);
  g_assert_false (bgc_workers_fake_is_running (rig->workers, &id));
  g_assert_cmpint (rig_request (rig, &id, BGC_REQUEST_RESUME), ==, RIG_SUCCESS);
  rig_advance (rig, 100 * SECOND - 10);
  rig_assert_state (rig, &id, "connecting");
  rig_advance (rig, 10);
  rig_assert_state (rig, &id, "error");
}

/* 0 is no limit, not one that is reached at once. */
static void
test_no_maximum (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id = rig_create (rig, 1, FALSE);

  g_assert_cmpint (rig_modify (rig, &id, set_maximum, GUINT_TO_POINTER (0)), ==, RIG_SUCCESS);
  g_assert_cmpint (rig_request (rig, &id, BGC_REQUEST_RESUME), ==, RIG_SUCCESS);
  rig_progress (rig, &id, 0, 10, 100);
  rig_advance (rig, 1000000 * SECOND);
  rig_assert_state (rig, &id, "transferring");
}

static void
test_maximum_changed (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id = rig_create (rig, 1, TRUE);

  rig_advance (rig, 40 * SECOND);
  rig_modify (rig, &id, set_maximum, GUINT_TO_POINTER (50));
  rig_advance (rig, 10 * SECOND - 10);
  rig_assert_state (rig, &id, "connecting");
  rig_advance (rig, 10);
  rig_assert_state (rig, &id, "error");
}

/* Background jobs take turns; who makes room keeps its bytes and queues. */
static void
test_requeued (void)
{
  BgcLimits limits;
  g_autoptr (Rig) rig = NULL;
  BgcJobId first;
  BgcJobId second;

  bgc_limits_init (&limits);
  limits.background_transfers = 1;
  rig = rig_new_with (&limits);
  first = rig_create (rig, 1, TRUE);
  second = rig_create (rig, 1, TRUE);
  rig_progress (rig, &first, 0, 5, 100);
  rig_assert_state (rig, &second, "queued");
  g_assert_cmpint (rig_job (rig, &second)->wait_reason, ==, BGC_WAIT_SCHEDULER);
  rig_advance (rig, 60 * SECOND);
  rig_assert_state (rig, &first, "queued");
  g_assert_cmpuint (rig_file (rig, &first, 0)->bytes_transferred, ==, 5);
  rig_assert_state (rig, &second, "connecting");
  rig_advance (rig, 60 * SECOND);
  rig_assert_state (rig, &first, "connecting");
  rig_assert_state (rig, &second, "queued");
  rig_whole (rig, &first, 0);
  rig_assert_state (rig, &second, "connecting");
}

static gboolean
lose_secrets (BgcJob *draft, gpointer data, GError **error)
{
  draft->lost_secrets = GPOINTER_TO_UINT (data);
  return TRUE;
}

/* No server is asked without them; set again, or taken away, the job goes on. */
static void
test_secrets_lost (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id = rig_create (rig, 1, FALSE);

  g_assert_cmpint (rig_modify (rig, &id, lose_secrets, GUINT_TO_POINTER (1)), ==, RIG_SUCCESS);
  g_assert_cmpint (rig_request (rig, &id, BGC_REQUEST_RESUME), ==, RIG_SUCCESS);
  rig_settle (rig);
  rig_assert_state (rig, &id, "error");
  g_assert_cmpint (rig_job (rig, &id)->error->code, ==, BGC_ERROR_ACCESS_DENIED);
  g_assert_cmpuint (rig_job (rig, &id)->error_count, ==, 1);
  g_assert_cmpuint (bgc_workers_fake_log (rig->workers)->len, ==, 0);
  g_assert_cmpint (rig_modify (rig, &id, lose_secrets, NULL), ==, RIG_SUCCESS);
  g_assert_cmpint (rig_request (rig, &id, BGC_REQUEST_RESUME), ==, RIG_SUCCESS);
  rig_settle (rig);
  rig_assert_state (rig, &id, "connecting");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/run/one-bad-file", test_one_bad_file);
  g_test_add_func ("/run/displaced", test_displaced);
  g_test_add_func ("/run/transient-and-fatal", test_transient_and_fatal);
  g_test_add_func ("/run/coalesced", test_coalesced);
  g_test_add_func ("/run/store-failed", test_store_failed);
  g_test_add_func ("/run/start-cannot-be-stored", test_start_cannot_be_stored);
  g_test_add_func ("/run/lost", test_lost);
  g_test_add_func ("/run/lost-with-reports", test_lost_with_reports);
  g_test_add_func ("/run/start-fails", test_start_fails);
  g_test_add_func ("/run/start-hangs", test_start_hangs);
  g_test_add_func ("/run/no-maximum", test_no_maximum);
  g_test_add_func ("/run/maximum-download-time", test_maximum_download_time);
  g_test_add_func ("/run/maximum-changed", test_maximum_changed);
  g_test_add_func ("/run/requeued", test_requeued);
  g_test_add_func ("/run/secrets-lost", test_secrets_lost);
  return g_test_run ();
}
