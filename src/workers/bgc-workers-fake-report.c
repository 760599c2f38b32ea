/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "workers/bgc-workers-fake.h"

/* Counts @bytes more. FALSE if it does not run. */
static gboolean
receive (BgcWorkersFake *self, const BgcJobId *id, guint64 bytes, guint64 *received)
{
  BgcWorkersFakeRun *run = bgc_workers_fake_find (self, id);

  g_return_val_if_fail (run != NULL, FALSE);
  run->received += bytes;
  *received = run->received;
  return TRUE;
}

/* Makes a report of one file; device and inode are made up but stable. @file transfer full. */
static void
report_file (BgcWorkersFake *self, const BgcJob *job, BgcFileReport *file)
{
  g_autoptr (BgcReport) report = bgc_report_new (&job->id);
  const BgcFile *known = bgc_file_list_find (job->files, file->index);
  guint64 bytes = 0;

  g_ptr_array_add (report->files, file);
  file->device = 1;
  file->inode = 1000 + file->index;
  file->attempts = 1;
  if (known != NULL && file->durable > known->bytes_transferred)
    bytes = file->durable - known->bytes_transferred;
  report->connected = TRUE;
  /* The real one lets nothing through about a job that does not run. */
  if (receive (self, &job->id, bytes, &report->received))
    bgc_workers_emit_report (BGC_WORKERS (self), report, job->owner);
}

void
bgc_workers_fake_report_progress (BgcWorkersFake *self, const BgcJob *job, guint32 index, guint64 durable,
                                  guint64 total)
{
  BgcFileReport *file = bgc_file_report_new (index, BGC_FILE_EVENT_PROGRESS);

  file->durable = durable;
  file->total = total;
  report_file (self, job, file);
}

void
bgc_workers_fake_report_whole (BgcWorkersFake *self, const BgcJob *job, guint32 index, guint64 total)
{
  BgcFileReport *file = bgc_file_report_new (index, BGC_FILE_EVENT_WHOLE);

  file->durable = total;
  file->total = total;
  report_file (self, job, file);
}

void
bgc_workers_fake_report_failed (BgcWorkersFake *self, const BgcJob *job, guint32 index, BgcFailure *failure)
{
  BgcFileReport *file = bgc_file_report_new (index, BGC_FILE_EVENT_FAILED);
  const BgcFile *known = bgc_file_list_find (job->files, index);

  file->durable = known == NULL ? 0 : known->bytes_transferred;
  file->total = known == NULL ? BGC_SIZE_UNKNOWN : known->bytes_total;
  file->failure = failure;
  report_file (self, job, file);
}

void
bgc_workers_fake_report_session (BgcWorkersFake *self, const BgcJob *job, const BgcUpload *session,
                                 BgcFileReport *file)
{
  g_autoptr (BgcReport) report = bgc_report_new (&job->id);

  if (file != NULL)
    g_ptr_array_add (report->files, file);
  report->connected = TRUE;
  report->upload = bgc_upload_copy (session);
  if (receive (self, &job->id, 0, &report->received))
    bgc_workers_emit_report (BGC_WORKERS (self), report, job->owner);
}
