/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "engine/bgc-progress.h"

#define WALL (G_GINT64_CONSTANT (1700000000) * G_USEC_PER_SEC)

static BgcJob *
make_job (guint files)
{
  BgcJobId id = { { 1 } };
  BgcLimits limits;
  BgcJob *job;

  bgc_limits_init (&limits);
  job = bgc_job_new (&id, BGC_JOB_TYPE_DOWNLOAD, 1000, "n", WALL, &limits);
  for (guint i = 0; i < files; i++)
    {
      g_autofree char *local = g_strdup_printf ("/home/u/%u", i);

      bgc_file_list_put (job->files, bgc_file_new (i, "http://example.org/", local, ".t"));
    }
  bgc_job_set_state (job, BGC_JOB_STATE_QUEUED, WALL, NULL);
  return job;
}

static void
test_tally (void)
{
  g_autoptr (BgcJob) job = make_job (4);
  g_autoptr (BgcChange) change = bgc_change_new (&job->id);
  BgcTally tally;
  guint32 gone = 3;

  bgc_change_edit_file (change, job, 0)->state = BGC_FILE_WHOLE;
  bgc_change_edit_file (change, job, 1)->state = BGC_FILE_FAILED;
  g_array_append_val (change->removed_files, gone);
  bgc_change_put_file (change, bgc_file_new (4, "http://example.org/", "/x", ".u"));
  tally = bgc_progress_tally (change, job);
  g_assert_cmpuint (tally.total, ==, 4);
  g_assert_cmpuint (tally.states[BGC_FILE_PENDING], ==, 2);
  g_assert_cmpuint (tally.states[BGC_FILE_WHOLE], ==, 1);
  g_assert_cmpuint (tally.states[BGC_FILE_FAILED], ==, 1);
}

static void
test_report (void)
{
  g_autoptr (BgcFile) file = bgc_file_new (0, "http://example.org/", "/x", ".t");
  g_autoptr (BgcFileReport) progress = bgc_file_report_new (0, BGC_FILE_EVENT_PROGRESS);
  g_autoptr (BgcFileReport) restarted = bgc_file_report_new (0, BGC_FILE_EVENT_RESTARTED);
  g_autoptr (BgcFileReport) whole = bgc_file_report_new (0, BGC_FILE_EVENT_WHOLE);

  progress->durable = 10;
  progress->total = 100;
  progress->device = 3;
  progress->inode = 4;
  progress->etag = g_strdup ("\"a\"");
  progress->server_date = 5;
  bgc_progress_report (file, progress, 2);
  g_assert_cmpuint (file->bytes_transferred, ==, 10);
  g_assert_cmpuint (file->bytes_total, ==, 100);
  g_assert_cmpuint (file->inode, ==, 4);
  g_assert_cmpstr (file->etag, ==, "\"a\"");
  g_assert_cmpint (file->server_date, ==, 5);
  g_assert_cmpuint (file->attempts, ==, 2);
  restarted->total = BGC_SIZE_UNKNOWN;
  bgc_progress_report (file, restarted, 0);
  g_assert_cmpuint (file->bytes_transferred, ==, 0);
  g_assert_cmpuint (file->restarts, ==, 1);
  g_assert_cmpuint (file->inode, ==, 4);
  g_assert_null (file->etag);
  whole->durable = whole->total = 7;
  bgc_progress_report (file, whole, 1);
  g_assert_cmpint (file->state, ==, BGC_FILE_WHOLE);
  g_assert_cmpuint (file->bytes_total, ==, 7);
  /* Whole is whole. */
  bgc_progress_report (file, progress, 1);
  g_assert_cmpuint (file->bytes_transferred, ==, 7);
  g_assert_cmpuint (file->attempts, ==, 3);
}

static void
test_report_failed (void)
{
  g_autoptr (BgcFile) file = bgc_file_new (0, "http://example.org/", "/x", ".t");
  g_autoptr (BgcFileReport) failed = bgc_file_report_new (0, BGC_FILE_EVENT_FAILED);

  failed->total = BGC_SIZE_UNKNOWN;
  failed->failure = bgc_failure_new (BGC_CONTEXT_TRANSPORT, BGC_ERROR_TIMEOUT, TRUE, "late");
  bgc_progress_report (file, failed, 1);
  g_assert_cmpint (file->state, ==, BGC_FILE_PENDING);
  g_assert_cmpstr (file->failure->message, ==, "late");
  failed->failure->transient = FALSE;
  bgc_progress_report (file, failed, 1);
  g_assert_cmpint (file->state, ==, BGC_FILE_FAILED);
}

static void
assert_settles (guint files, BgcFileState state, BgcJobState expected)
{
  g_autoptr (BgcJob) job = make_job (files);
  g_autoptr (BgcChange) change = bgc_change_new (&job->id);

  change->header = bgc_job_draft (job);
  for (guint i = 0; i < files; i++)
    {
      BgcFile *file = bgc_change_edit_file (change, job, i);

      file->state = state;
      file->failure = state == BGC_FILE_FAILED
                        ? bgc_failure_new (BGC_CONTEXT_TRANSPORT, BGC_ERROR_TLS, FALSE, "no")
                        : NULL;
    }
  g_assert_true (bgc_progress_settle (change, job, WALL, NULL));
  g_assert_cmpint (change->header->state, ==, expected);
  if (expected == BGC_JOB_STATE_ERROR)
    {
      g_assert_cmpint (change->header->error->code, ==, BGC_ERROR_TLS);
      g_assert_cmpuint (change->header->error->file, ==, 0);
    }
}

static void
test_settle (void)
{
  assert_settles (2, BGC_FILE_WHOLE, BGC_JOB_STATE_TRANSFERRED);
  assert_settles (2, BGC_FILE_FAILED, BGC_JOB_STATE_ERROR);
  assert_settles (0, BGC_FILE_WHOLE, BGC_JOB_STATE_SUSPENDED);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/progress/tally", test_tally);
  g_test_add_func ("/progress/report", test_report);
  g_test_add_func ("/progress/report-failed", test_report_failed);
  g_test_add_func ("/progress/settle", test_settle);
  return g_test_run ();
}
