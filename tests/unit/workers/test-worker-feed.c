/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "workers/bgc-worker-feed.h"

#include "hand-records.h"
#include "hand-worker.h"

static guint
feed_size (BgcWorkerFeed *feed)
{
  GVariant *files = bgc_worker_feed_next (feed);
  guint size = 0;

  if (files != NULL)
    {
      g_variant_ref_sink (files);
      size = hand_records_count (files, HAND_RECORDS_FILE);
      g_variant_unref (files);
    }
  return size;
}

static gboolean
say (BgcWorkerFeed *feed, const BgcJob *job, guint32 index, BgcFileEvent event, guint64 durable,
     guint64 total)
{
  g_autoptr (BgcReport) report = bgc_report_new (&job->id);
  BgcFileReport *file = bgc_file_report_new (index, event);
  g_autoptr (GError) error = NULL;
  gboolean accepted;

  file->durable = durable;
  file->total = total;
  g_ptr_array_add (report->files, file);
  accepted = bgc_worker_feed_accept (feed, report, &error);
  g_assert_true (accepted || g_error_matches (error, BGC_ERROR, BGC_ERROR_WORKER_LOST));
  return accepted;
}

/* A long job comes in portions, and the next one when fewer than a thousand are unsettled. */
static void
test_portions (void)
{
  g_autoptr (BgcJob) job = hand_job_new (1, 1700);
  g_autoptr (BgcWorkerFeed) feed = bgc_worker_feed_new (job);

  g_assert_cmpuint (feed_size (feed), ==, 500);
  g_assert_cmpuint (feed_size (feed), ==, 500);
  g_assert_cmpuint (feed_size (feed), ==, 0);
  g_assert_true (say (feed, job, 3, BGC_FILE_EVENT_PROGRESS, 5, 5));
  g_assert_cmpuint (feed_size (feed), ==, 0);
  g_assert_true (say (feed, job, 3, BGC_FILE_EVENT_WHOLE, 5, 5));
  g_assert_cmpuint (feed_size (feed), ==, 500);
  g_assert_cmpuint (bgc_worker_feed_unsettled (feed), ==, 1499);
  for (guint32 i = 500; i < 1000; i++)
    g_assert_true (say (feed, job, i, BGC_FILE_EVENT_WHOLE, 5, 5));
  g_assert_cmpuint (feed_size (feed), ==, 200);
  g_assert_cmpuint (feed_size (feed), ==, 0);
}

/* Long names make a portion shorter: a call has half a megabyte at most. */
static void
test_long_names (void)
{
  g_autofree char *name = g_strnfill (8000, 'x');
  g_autofree char *remote = g_strconcat ("https://example.org/", name, NULL);
  g_autoptr (BgcJob) job = hand_job_new (1, 0);
  g_autoptr (BgcWorkerFeed) feed = bgc_worker_feed_new (job);
  guint total = 0, size;

  for (guint i = 0; i < 200; i++)
    bgc_file_list_put (job->files, bgc_file_new (i, remote, "/tmp/f", "t"));
  while ((size = feed_size (feed)) > 0)
    {
      g_assert_cmpuint (size, <, 80);
      total += size;
    }
  g_assert_cmpuint (total, ==, 200);
}

/* What is done is not given; what is added later is. */
static void
test_pending_only (void)
{
  g_autoptr (BgcJob) job = hand_job_new (1, 3);
  g_autoptr (BgcWorkerFeed) feed = bgc_worker_feed_new (job);
  BgcFile *done = bgc_file_copy (bgc_file_list_find (job->files, 1));

  done->state = BGC_FILE_WHOLE;
  bgc_file_list_put (job->files, done);
  g_assert_cmpuint (feed_size (feed), ==, 2);
  g_assert_false (say (feed, job, 1, BGC_FILE_EVENT_PROGRESS, 1, 5));
  bgc_file_list_put (job->files, bgc_file_new (3, "https://example.org/3", "/tmp/3", "t"));
  g_assert_cmpuint (feed_size (feed), ==, 1);
  g_assert_true (say (feed, job, 3, BGC_FILE_EVENT_PROGRESS, 1, 5));
}

static void
test_lies (void)
{
  g_autoptr (BgcJob) job = hand_job_new (1, 4);
  BgcFile *sized = bgc_file_copy (bgc_file_list_find (job->files, 2));
  g_autoptr (BgcWorkerFeed) feed = NULL;

  sized->expected_size = 8;
  bgc_file_list_put (job->files, sized);
  feed = bgc_worker_feed_new (job);
  feed_size (feed);
  g_assert_false (say (feed, job, 4, BGC_FILE_EVENT_PROGRESS, 1, 5));
  g_assert_true (say (feed, job, 0, BGC_FILE_EVENT_PROGRESS, 3, 5));
  g_assert_false (say (feed, job, 0, BGC_FILE_EVENT_PROGRESS, 2, 5));
  g_assert_true (say (feed, job, 0, BGC_FILE_EVENT_RESTARTED, 0, BGC_SIZE_UNKNOWN));
  g_assert_true (say (feed, job, 0, BGC_FILE_EVENT_PROGRESS, 2, 5));
  g_assert_false (say (feed, job, 0, BGC_FILE_EVENT_WHOLE, 4, 5));
  g_assert_false (say (feed, job, 0, BGC_FILE_EVENT_WHOLE, 4, BGC_SIZE_UNKNOWN));
  g_assert_true (say (feed, job, 0, BGC_FILE_EVENT_WHOLE, 5, 5));
  g_assert_false (say (feed, job, 0, BGC_FILE_EVENT_PROGRESS, 5, 5));
  g_assert_false (say (feed, job, 2, BGC_FILE_EVENT_WHOLE, 9, 9));
  g_assert_true (say (feed, job, 2, BGC_FILE_EVENT_WHOLE, 8, 8));
}

/* A failure before the worker has looked at its file. */
static void
test_failed (void)
{
  g_autoptr (BgcJob) job = hand_job_new (1, 1);
  BgcFile *half = bgc_file_copy (bgc_file_list_find (job->files, 0));
  g_autoptr (BgcReport) report = bgc_report_new (&job->id);
  BgcFileReport *file = bgc_file_report_new (0, BGC_FILE_EVENT_FAILED);
  g_autoptr (BgcWorkerFeed) feed = NULL;

  half->bytes_transferred = 70;
  bgc_file_list_put (job->files, half);
  feed = bgc_worker_feed_new (job);
  feed_size (feed);
  file->total = 60;
  g_ptr_array_add (report->files, file);
  g_assert_true (bgc_worker_feed_accept (feed, report, NULL));
  g_assert_cmpuint (file->durable, ==, 70);
  g_assert_cmpuint (file->total, ==, BGC_SIZE_UNKNOWN);
  g_assert_cmpuint (bgc_worker_feed_unsettled (feed), ==, 0);
}

static void
test_received (void)
{
  g_autoptr (BgcJob) job = hand_job_new (1, 1);
  g_autoptr (BgcWorkerFeed) feed = bgc_worker_feed_new (job);
  g_autoptr (BgcReport) report = bgc_report_new (&job->id);

  report->received = 9;
  g_assert_true (bgc_worker_feed_accept (feed, report, NULL));
  report->received = 8;
  g_assert_false (bgc_worker_feed_accept (feed, report, NULL));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/worker-feed/portions", test_portions);
  g_test_add_func ("/worker-feed/long-names", test_long_names);
  g_test_add_func ("/worker-feed/pending-only", test_pending_only);
  g_test_add_func ("/worker-feed/lies", test_lies);
  g_test_add_func ("/worker-feed/failed", test_failed);
  g_test_add_func ("/worker-feed/received", test_received);
  return g_test_run ();
}
