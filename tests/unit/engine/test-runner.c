/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* One active job below the operations: what is kept of reports, and when the runner ends. */

#include "engine/bgc-runner.h"

#include <string.h>

#include "bgc-rig.h"

/* Bytes on their way change the rate, and nothing that is stored. */
static void
test_rate_alone (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id = rig_job_in (rig, BGC_JOB_STATE_TRANSFERRING);
  g_autoptr (BgcReport) report = bgc_report_new (&id);
  g_autofree char *before = rig_told (rig);
  g_autofree char *after = NULL;

  report->connected = TRUE;
  report->received = 500;
  rig_advance (rig, SECOND);
  bgc_store_fake_hold (rig->store);
  bgc_workers_emit_report (BGC_WORKERS (rig->workers), report, RIG_OWNER);
  g_assert_cmpuint (bgc_store_fake_waiting (rig->store), ==, 0);
  after = rig_told (rig);
  g_assert_cmpstr (after, ==, "changed");
  g_assert_cmpuint (bgc_manager_figures (rig->manager, rig_job (rig, &id)).rate, >, 0);
}

/* When no more bytes come the rate is told to be 0, once. */
static void
test_rate_decays (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id = rig_job_in (rig, BGC_JOB_STATE_TRANSFERRING);
  g_autoptr (BgcReport) report = bgc_report_new (&id);
  g_autofree char *before = NULL;
  g_autofree char *after = NULL;
  g_autofree char *later = NULL;

  report->connected = TRUE;
  for (guint i = 1; i <= 5; i++)
    {
      rig_advance (rig, SECOND);
      report->received = 500 * i;
      bgc_workers_emit_report (BGC_WORKERS (rig->workers), report, RIG_OWNER);
    }
  before = rig_told (rig);
  rig_advance (rig, 2 * SECOND);
  g_assert_cmpuint (bgc_manager_figures (rig->manager, rig_job (rig, &id)).rate, >, 0);
  rig_advance (rig, 2 * SECOND);
  after = rig_told (rig);
  g_assert_cmpstr (after, ==, "changed");
  g_assert_cmpuint (bgc_manager_figures (rig->manager, rig_job (rig, &id)).rate, ==, 0);
  rig_advance (rig, 10 * SECOND);
  later = rig_told (rig);
  g_assert_cmpstr (later, ==, "");
}

/* But the first bytes after an error end it, durably. */
static void
test_first_bytes (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id = rig_job_in (rig, BGC_JOB_STATE_TRANSIENT_ERROR);
  g_autoptr (BgcReport) report = bgc_report_new (&id);

  rig_advance (rig, 6 * SECOND);
  rig_assert_state (rig, &id, "connecting");
  g_assert_cmpuint (rig_job (rig, &id)->retry_count, ==, 1);
  report->connected = TRUE;
  report->received = 1;
  bgc_workers_emit_report (BGC_WORKERS (rig->workers), report, RIG_OWNER);
  rig_settle (rig);
  rig_assert_state (rig, &id, "transferring");
  g_assert_cmpuint (rig_stored (rig, &id)->retry_count, ==, 0);
  g_assert_cmpint (rig_stored (rig, &id)->no_progress_time, ==, -1);
}

/* What is said about a job that does not run, or not any more, is nothing. */
static void
test_strangers (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id = rig_create (rig, 1, FALSE);
  g_autoptr (BgcReport) report = bgc_report_new (&id);
  BgcFileReport *file = bgc_file_report_new (0, BGC_FILE_EVENT_WHOLE);

  g_ptr_array_add (report->files, file);
  bgc_workers_emit_report (BGC_WORKERS (rig->workers), report, RIG_OWNER);
  memset (&report->id, 7, sizeof report->id);
  bgc_workers_emit_report (BGC_WORKERS (rig->workers), report, RIG_OWNER);
  rig_settle (rig);
  rig_assert_state (rig, &id, "suspended");
  g_assert_cmpint (rig_file (rig, &id, 0)->state, ==, BGC_FILE_PENDING);
}

/* What comes while the disk takes its time is not lost, and takes no room for each time it is said. */
static void
test_during_a_commit (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id = rig_job_in (rig, BGC_JOB_STATE_TRANSFERRING);

  bgc_store_fake_hold (rig->store);
  for (guint i = 1; i <= 50; i++)
    rig_progress (rig, &id, 0, 100 + i, 1000);
  g_assert_cmpuint (bgc_store_fake_waiting (rig->store), ==, 1);
  bgc_store_fake_fail (rig->store, 1, BGC_ERROR_STORE_FAILED);
  rig_expect_warning (rig);
  bgc_store_fake_release (rig->store, 1);
  rig_settle (rig);
  bgc_store_fake_release (rig->store, 1);
  rig_advance (rig, BGC_ENGINE_TRY_AGAIN);
  bgc_store_fake_release (rig->store, bgc_store_fake_waiting (rig->store));
  g_assert_cmpuint (rig_file (rig, &id, 0)->bytes_transferred, ==, 150);
}

static void
test_unknown_file (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id = rig_job_in (rig, BGC_JOB_STATE_CONNECTING);
  g_autoptr (BgcReport) report = bgc_report_new (&id);

  g_ptr_array_add (report->files, bgc_file_report_new (99, BGC_FILE_EVENT_WHOLE));
  bgc_workers_emit_report (BGC_WORKERS (rig->workers), report, RIG_OWNER);
  rig_settle (rig);
  rig_assert_state (rig, &id, "connecting");
}

/* Requests are counted over runs. */
static void
test_attempts (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id = rig_job_in (rig, BGC_JOB_STATE_TRANSFERRING);

  g_assert_cmpuint (rig_file (rig, &id, 0)->attempts, ==, 1);
  rig_progress (rig, &id, 0, 20, 100);
  g_assert_cmpuint (rig_file (rig, &id, 0)->attempts, ==, 1);
  rig_request (rig, &id, BGC_REQUEST_SUSPEND);
  rig_request (rig, &id, BGC_REQUEST_RESUME);
  rig_progress (rig, &id, 0, 30, 100);
  g_assert_cmpuint (rig_file (rig, &id, 0)->attempts, ==, 2);
}

static void
test_restarted (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id = rig_job_in (rig, BGC_JOB_STATE_TRANSFERRING);
  g_autoptr (BgcReport) report = bgc_report_new (&id);
  BgcFileReport *file = bgc_file_report_new (0, BGC_FILE_EVENT_RESTARTED);

  file->total = 200;
  g_ptr_array_add (report->files, file);
  bgc_workers_emit_report (BGC_WORKERS (rig->workers), report, RIG_OWNER);
  rig_settle (rig);
  g_assert_cmpuint (rig_file (rig, &id, 0)->bytes_transferred, ==, 0);
  g_assert_cmpuint (rig_file (rig, &id, 0)->bytes_total, ==, 200);
  g_assert_cmpuint (rig_file (rig, &id, 0)->restarts, ==, 1);
}

/* An idle job has nothing but its entry. */
static void
test_nothing_left (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id = rig_job_in (rig, BGC_JOB_STATE_TRANSFERRING);

  rig_request (rig, &id, BGC_REQUEST_SUSPEND);
  g_assert_cmpuint (bgc_clock_fake_pending (rig->clock), ==, 1);
  bgc_workers_fake_lose (rig->workers, RIG_OWNER);
  rig_settle (rig);
  rig_assert_state (rig, &id, "suspended");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/runner/rate-alone", test_rate_alone);
  g_test_add_func ("/runner/rate-decays", test_rate_decays);
  g_test_add_func ("/runner/first-bytes", test_first_bytes);
  g_test_add_func ("/runner/strangers", test_strangers);
  g_test_add_func ("/runner/during-a-commit", test_during_a_commit);
  g_test_add_func ("/runner/unknown-file", test_unknown_file);
  g_test_add_func ("/runner/attempts", test_attempts);
  g_test_add_func ("/runner/restarted", test_restarted);
  g_test_add_func ("/runner/nothing-left", test_nothing_left);
  return g_test_run ();
}
