/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* What is counted of runs, and when. */

#include "engine/bgc-gauge.h"

#include "bgc-rig-upload.h"

static BgcCounters
counted (Rig *rig, const BgcJobId *id)
{
  return bgc_manager_figures (rig->manager, rig_job (rig, id)).counters;
}

/* @received bytes came in this run; of file 0 @durable are, unless that is negative. */
static void
report (Rig *rig, const BgcJobId *id, guint64 received, BgcFileEvent event, gint64 durable)
{
  g_autoptr (BgcReport) report = bgc_report_new (id);

  report->connected = TRUE;
  report->received = received;
  if (durable >= 0)
    {
      BgcFileReport *file = bgc_file_report_new (0, event);

      file->durable = (guint64) durable;
      file->total = 1000;
      file->device = file->inode = 7;
      if (event == BGC_FILE_EVENT_FAILED)
        file->failure = bgc_failure_new (BGC_CONTEXT_TRANSPORT, BGC_ERROR_CONNECTION_CLOSED, TRUE, "gone");
      bgc_report_put (report, file);
    }
  bgc_workers_emit_report (BGC_WORKERS (rig->workers), report, RIG_OWNER);
  rig_settle (rig);
}

#define assert_counted(rig, id, expected_received, expected_refetched, expected_saved) \
  G_STMT_START                                                                         \
  {                                                                                    \
    const BgcCounters counters = counted (rig, id);                                    \
    g_assert_cmpuint (counters.received, ==, expected_received);                       \
    g_assert_cmpuint (counters.refetched, ==, expected_refetched);                     \
    g_assert_cmpuint (counters.saved, ==, expected_saved);                             \
  }                                                                                    \
  G_STMT_END

/* What is on its way counts as received; what was not durable at the end of the run is fetched again, and
 * what was is saved, once for each run, as soon as more is durable than before. */
static void
test_resume (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id = rig_create (rig, 1, TRUE);

  report (rig, &id, 300, BGC_FILE_EVENT_PROGRESS, 200);
  report (rig, &id, 400, BGC_FILE_EVENT_PROGRESS, -1);
  assert_counted (rig, &id, 400, 0, 0);
  rig_request (rig, &id, BGC_REQUEST_SUSPEND);
  assert_counted (rig, &id, 400, 200, 0);
  rig_request (rig, &id, BGC_REQUEST_RESUME);
  rig_settle (rig);
  report (rig, &id, 0, BGC_FILE_EVENT_PROGRESS, 200);
  assert_counted (rig, &id, 400, 200, 0);
  report (rig, &id, 500, BGC_FILE_EVENT_PROGRESS, 600);
  report (rig, &id, 800, BGC_FILE_EVENT_WHOLE, 1000);
  assert_counted (rig, &id, 1200, 200, 200);
}

/* The server has another file: nothing is saved, and what was held is lost. */
static void
test_restart (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id = rig_create (rig, 1, TRUE);

  report (rig, &id, 300, BGC_FILE_EVENT_PROGRESS, 300);
  rig_request (rig, &id, BGC_REQUEST_SUSPEND);
  rig_request (rig, &id, BGC_REQUEST_RESUME);
  rig_settle (rig);
  report (rig, &id, 0, BGC_FILE_EVENT_RESTARTED, 0);
  assert_counted (rig, &id, 300, 300, 0);
  report (rig, &id, 1000, BGC_FILE_EVENT_WHOLE, 1000);
  assert_counted (rig, &id, 1300, 300, 0);
}

/* A run that fails ends like any other. */
static void
test_failed (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id = rig_create (rig, 1, TRUE);

  report (rig, &id, 500, BGC_FILE_EVENT_FAILED, 400);
  rig_assert_state (rig, &id, "transient-error");
  assert_counted (rig, &id, 500, 100, 0);
}

/* Nobody fetches again what was cancelled. */
static void
test_cancelled (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id = rig_create (rig, 1, TRUE);

  report (rig, &id, 500, BGC_FILE_EVENT_PROGRESS, 100);
  rig_request (rig, &id, BGC_REQUEST_CANCEL);
  g_assert_cmpuint (bgc_manager_counters (rig->manager, RIG_OWNER).received, ==, 500);
  g_assert_cmpuint (bgc_manager_counters (rig->manager, RIG_OWNER).refetched, ==, 0);
}

/* Nothing that claims to be durable counts before it is, and then once, however often it is tried. */
static void
test_durable_first (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id = rig_create (rig, 1, TRUE);

  report (rig, &id, 200, BGC_FILE_EVENT_PROGRESS, 200);
  rig_request (rig, &id, BGC_REQUEST_SUSPEND);
  rig_request (rig, &id, BGC_REQUEST_RESUME);
  rig_settle (rig);
  bgc_store_fake_fail (rig->store, 1, BGC_ERROR_STORE_FAILED);
  rig_expect_warning (rig);
  report (rig, &id, 100, BGC_FILE_EVENT_PROGRESS, 300);
  assert_counted (rig, &id, 300, 0, 0);
  rig_advance (rig, 120 * SECOND);
  rig_settle (rig);
  assert_counted (rig, &id, 300, 0, 200);
}

/* The sums are the owner's, outlive the job, and a job that changes hands takes none along. */
static void
test_owners (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id = rig_create (rig, 1, TRUE);

  report (rig, &id, 500, BGC_FILE_EVENT_PROGRESS, 100);
  rig_request (rig, &id, BGC_REQUEST_CANCEL);
  rig_advance (rig, 120 * SECOND);
  g_assert_null (bgc_manager_find (rig->manager, &id));
  g_assert_cmpuint (bgc_manager_counters (rig->manager, RIG_OWNER).received, ==, 500);
  g_assert_cmpuint (bgc_manager_counters (rig->manager, RIG_OWNER + 1).received, ==, 0);
  g_assert_cmpuint (bgc_manager_counters (rig->manager, G_MAXUINT32).received, ==, 500);
}

/* Bytes of an upload are sent, and the offset of its server is nobody's refetch. */
static void
test_upload (void)
{
  g_autoptr (Rig) rig = rig_new ();
  g_autoptr (BgcUpload) session = rig_session (BGC_UPLOAD_STAGE_OPEN);
  BgcJobId id = rig_upload (rig, BGC_JOB_TYPE_UPLOAD);
  g_autoptr (BgcReport) report = bgc_report_new (&id);

  bgc_workers_fake_report_session (rig->workers, rig_job (rig, &id), session, NULL);
  rig_settle (rig);
  report->received = report->sent = 60;
  bgc_workers_emit_report (BGC_WORKERS (rig->workers), report, RIG_OWNER);
  rig_sent (rig, &id, 40, BGC_UPLOAD_STAGE_OPEN);
  rig_request (rig, &id, BGC_REQUEST_SUSPEND);
  g_assert_cmpuint (counted (rig, &id).sent, ==, 60);
  assert_counted (rig, &id, 0, 0, 0);
}

/* It yields while it runs, and no longer. */
static void
test_yields_to (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id = rig_job_in (rig, BGC_JOB_STATE_TRANSFERRING);
  g_autoptr (BgcReport) report = bgc_report_new (&id);
  g_autofree char *before = rig_told (rig);
  g_autofree char *after = NULL;

  report->received = 5;
  report->yields_to = BGC_YIELD_OTHERS;
  bgc_workers_emit_report (BGC_WORKERS (rig->workers), report, RIG_OWNER);
  after = rig_told (rig);
  g_assert_cmpstr (after, ==, "changed");
  g_assert_cmpint (bgc_manager_figures (rig->manager, rig_job (rig, &id)).yields_to, ==, BGC_YIELD_OTHERS);
  rig_request (rig, &id, BGC_REQUEST_SUSPEND);
  g_assert_cmpint (bgc_manager_figures (rig->manager, rig_job (rig, &id)).yields_to, ==, BGC_YIELD_NOBODY);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/gauge/resume", test_resume);
  g_test_add_func ("/gauge/restart", test_restart);
  g_test_add_func ("/gauge/failed", test_failed);
  g_test_add_func ("/gauge/cancelled", test_cancelled);
  g_test_add_func ("/gauge/durable-first", test_durable_first);
  g_test_add_func ("/gauge/owners", test_owners);
  g_test_add_func ("/gauge/upload", test_upload);
  g_test_add_func ("/gauge/yields-to", test_yields_to);
  return g_test_run ();
}
