/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "worker/bgc-worker-job.h"

#include "model/bgc-file-report.h"

/* Nobody listens there: the discard port of a machine that has no such service. */
#define NOWHERE "http://127.0.0.1:9/f"

typedef struct
{
  guint settled;
  guint batches;
  gboolean stopped;
} Seen;

static void
on_batch (GPtrArray *reports, gpointer data)
{
  Seen *seen = data;

  seen->batches++;
  for (guint i = 0; i < reports->len; i++)
    {
      const BgcReport *report = g_ptr_array_index (reports, i);

      for (guint j = 0; j < report->files->len; j++)
        seen->settled
          += ((BgcFileReport *)g_ptr_array_index (report->files, j))->event == BGC_FILE_EVENT_FAILED;
    }
}

static void
on_stopped (BgcWorkerJob *job, gpointer data)
{
  ((Seen *)data)->stopped = TRUE;
}

/* The last of its files to be settled lets everything out, whatever the interval; a stop ends it. */
static void
test_settled (void)
{
  const BgcTransferSettings settings = { .files_at_once = 4, .user_agent = "test" };
  const BgcJobId id = { { 1 } };
  Seen seen = { 0 };
  g_autoptr (BgcReportBatch) batch = bgc_report_batch_new (1000 * 1000, on_batch, &seen);
  BgcWorkerJob *job = bgc_worker_job_new (&id, &settings, batch);

  g_assert_true (bgc_job_id_equal (bgc_worker_job_id (job), &id));
  for (guint32 i = 0; i < 3; i++)
    bgc_worker_job_add (job, bgc_file_new (i, NOWHERE, "/tmp/f", ".bgcopy-0123456789abcdef0123456789abcdef"));
  while (seen.settled < 3)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpuint (seen.batches, ==, 2);
  g_assert_false (bgc_worker_job_is_stopping (job));
  bgc_worker_job_stop (job, FALSE, on_stopped, &seen);
  g_assert_true (bgc_worker_job_is_stopping (job));
  while (!seen.stopped)
    g_main_context_iteration (NULL, TRUE);
  bgc_worker_job_free (job);
}

/* Stopped before anything came of it. */
static void
test_stop (void)
{
  const BgcTransferSettings settings = { .files_at_once = 1, .user_agent = "test" };
  const BgcJobId id = { { 1 } };
  Seen seen = { 0 };
  g_autoptr (BgcReportBatch) batch = bgc_report_batch_new (250, on_batch, &seen);
  BgcWorkerJob *job = bgc_worker_job_new (&id, &settings, batch);

  for (guint32 i = 0; i < 100; i++)
    bgc_worker_job_add (job, bgc_file_new (i, NOWHERE, "/tmp/f", ".bgcopy-0123456789abcdef0123456789abcdef"));
  bgc_worker_job_stop (job, TRUE, on_stopped, &seen);
  while (!seen.stopped)
    g_main_context_iteration (NULL, TRUE);
  bgc_worker_job_free (job);
  g_assert_cmpuint (seen.settled, ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/worker-job/settled", test_settled);
  g_test_add_func ("/worker-job/stop", test_stop);
  return g_test_run ();
}
