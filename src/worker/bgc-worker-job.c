/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "worker/bgc-worker-job.h"

struct _BgcWorkerJob
{
  BgcJobId id;
  BgcTransfer *transfer;    /* (owned) */
  BgcReportBatch *batch;    /* borrowed */
  guint unsettled;          /* files added and neither whole nor failed */
  BgcWorkerJobFunc stopped; /* (nullable) set by stop */
  gpointer data;            /* borrowed, of stopped */
};

static void
on_report (const BgcFileReport *report, gpointer data)
{
  BgcWorkerJob *self = data;
  gboolean settled = report->event == BGC_FILE_EVENT_WHOLE || report->event == BGC_FILE_EVENT_FAILED;

  bgc_report_batch_add (self->batch, &self->id, bgc_transfer_is_connected (self->transfer),
                        bgc_transfer_received (self->transfer), report);
  if (!settled)
    return;
  self->unsettled--;
  /* Somebody may be waiting for just this. */
  if (self->unsettled == 0)
    bgc_report_batch_flush (self->batch);
}

/* The next checkpoint of a long file may be seconds away; that it moves is told before. */
static void
on_moved (gpointer data)
{
  BgcWorkerJob *self = data;

  bgc_report_batch_touch (self->batch, &self->id, bgc_transfer_is_connected (self->transfer),
                          bgc_transfer_received (self->transfer));
}

BgcWorkerJob *
bgc_worker_job_new (const BgcJobId *id, const BgcTransferSettings *settings, BgcReportBatch *batch)
{
  BgcWorkerJob *self = g_new0 (BgcWorkerJob, 1);

  self->id = *id;
  self->batch = batch;
  self->transfer = bgc_transfer_new (settings, on_report, self);
  bgc_transfer_set_moved (self->transfer, on_moved, self);
  return self;
}

void
bgc_worker_job_free (BgcWorkerJob *self)
{
  g_clear_pointer (&self->transfer, bgc_transfer_free);
  g_free (self);
}

const BgcJobId *
bgc_worker_job_id (const BgcWorkerJob *self)
{
  return &self->id;
}

void
bgc_worker_job_add (BgcWorkerJob *self, BgcFile *file)
{
  self->unsettled++;
  bgc_transfer_add (self->transfer, file);
}

static void
on_stopped (GObject *source, GAsyncResult *result, gpointer data)
{
  BgcWorkerJob *self = data;
  g_autoptr (GError) error = NULL;

  if (!bgc_transfer_stop_finish (self->transfer, result, &error))
    g_warning ("A transfer did not stop cleanly: %s", error->message);
  bgc_report_batch_flush (self->batch);
  self->stopped (self, self->data);
}

void
bgc_worker_job_stop (BgcWorkerJob *self, gboolean discard, BgcWorkerJobFunc stopped, gpointer data)
{
  g_return_if_fail (self->stopped == NULL);

  self->stopped = stopped;
  self->data = data;
  bgc_transfer_stop_async (self->transfer, discard, on_stopped, self);
}

gboolean
bgc_worker_job_is_stopping (const BgcWorkerJob *self)
{
  return self->stopped != NULL;
}
