/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "workers/bgc-workers-fake.h"

typedef struct
{
  guint reports;
  guint64 received;
  BgcFileEvent event;      /* of the last file told of */
  BgcUploadStage stage;    /* last told */
} Heard;

static void
on_report (BgcWorkers *workers, const BgcReport *report, guint owner, gpointer data)
{
  Heard *heard = data;

  heard->reports++;
  heard->received = report->received;
  if (report->files->len > 0)
    heard->event = ((const BgcFileReport *)g_ptr_array_index (report->files, 0))->event;
  if (report->upload != NULL)
    heard->stage = report->upload->stage;
}

static void
test_reports (void)
{
  BgcWorkersFake *workers = bgc_workers_fake_new ();
  g_autoptr (BgcUpload) session = bgc_upload_new ();
  Heard heard = { 0 };
  g_autoptr (BgcJob) job = NULL;
  BgcLimits limits;
  BgcJobId id = { { 1 } };

  bgc_limits_init (&limits);
  job = bgc_job_new (&id, BGC_JOB_TYPE_UPLOAD, 7, "job", 0, &limits);
  bgc_file_list_put (job->files, bgc_file_new (0, "http://example.org/a", "/srv/a", ""));
  g_signal_connect (workers, "report", G_CALLBACK (on_report), &heard);
  bgc_workers_start_job_async (BGC_WORKERS (workers), job, 1, BGC_CAP_NONE, NULL, NULL);
  bgc_workers_fake_report_progress (workers, job, 0, 5, 10);
  g_assert_cmpint (heard.event, ==, BGC_FILE_EVENT_PROGRESS);
  bgc_workers_fake_report_progress (workers, job, 0, 7, 10);
  g_assert_cmpuint (heard.received, ==, 12);
  session->stage = BGC_UPLOAD_STAGE_SENT;
  bgc_workers_fake_report_session (workers, job, session, bgc_file_report_new (0, BGC_FILE_EVENT_WHOLE));
  g_assert_cmpint (heard.event, ==, BGC_FILE_EVENT_WHOLE);
  g_assert_cmpint (heard.stage, ==, BGC_UPLOAD_STAGE_SENT);
  bgc_workers_fake_report_failed (workers, job, 0,
                                  bgc_failure_new (BGC_CONTEXT_TRANSPORT, BGC_ERROR_TIMEOUT, TRUE, "late"));
  g_assert_cmpint (heard.event, ==, BGC_FILE_EVENT_FAILED);
  g_assert_cmpuint (heard.reports, ==, 4);
  while (g_main_context_iteration (NULL, FALSE))
    continue;
  g_assert_finalize_object (workers);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/workers-fake-report/reports", test_reports);
  return g_test_run ();
}
