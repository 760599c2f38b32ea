/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "worker/bgc-worker-job.h"

#include "transfer/bgc-upload-transfer.h"

struct _BgcWorkerJob
{
  BgcJobId id;
  BgcThrottle *throttle;     /* (owned) of both that follow */
  BgcTransfer *transfer;     /* (owned) */
  BgcUploadTransfer *upload; /* (owned) (nullable) from an upload's first step on that needs it */
  BgcCourtesy *courtesy;     /* borrowed (nullable) */
  BgcPriority priority;
  BgcJobSecrets *secrets;    /* (owned) (nullable) for the upload */
  gboolean closing;          /* its step under way, or last, is closing the session */
  BgcReportBatch *batch;     /* borrowed */
  guint unsettled;           /* files added and neither whole nor failed */
  guint moving;              /* of the transfer and the upload, how many a stop still waits for */
  BgcWorkerJobFunc stopped;  /* (nullable) set by stop */
  gpointer data;             /* borrowed, of stopped */
};

static gboolean
is_connected (BgcWorkerJob *self)
{
  return bgc_transfer_is_connected (self->transfer)
         || (self->upload != NULL && bgc_upload_transfer_is_connected (self->upload));
}

static BgcYield
yields_to (BgcWorkerJob *self)
{
  /* Where it gives way to others it is slower than its rate, and that holds nothing. */
  gboolean limited = bgc_throttle_holds (self->throttle);
  gboolean sending = self->upload != NULL && bgc_upload_transfer_is_busy (self->upload);

  if (limited)
    return BGC_YIELD_LIMIT;
  return bgc_courtesy_yields_to (self->courtesy, self->priority,
                                 sending ? BGC_COURTESY_SENDING : BGC_COURTESY_RECEIVING);
}

/* How it stands, for the batch. */
static BgcReport
now (BgcWorkerJob *self)
{
  BgcReport report = { .id = self->id, .connected = is_connected (self), .yields_to = yields_to (self) };

  report.sent = self->upload == NULL ? 0 : bgc_upload_transfer_sent (self->upload);
  report.received = bgc_transfer_received (self->transfer) + report.sent;
  return report;
}

static gboolean
is_last (const BgcFileReport *report)
{
  return report->event == BGC_FILE_EVENT_WHOLE || report->event == BGC_FILE_EVENT_FAILED;
}

static void
on_report (const BgcFileReport *report, gpointer data)
{
  BgcWorkerJob *self = data;
  const BgcReport standing = now (self);

  bgc_report_batch_add (self->batch, &standing, report);
  if (!is_last (report))
    return;
  self->unsettled--;
  /* Somebody may be waiting for just this. */
  if (self->unsettled == 0)
    bgc_report_batch_flush (self->batch);
}

/* Closing moves no bytes, so of the source it tells only that it failed. */
static void
on_upload_report (const BgcFileReport *report, const BgcUpload *upload, gpointer data)
{
  BgcWorkerJob *self = data;
  const BgcReport standing = now (self);
  gboolean ended = !bgc_upload_transfer_is_busy (self->upload);

  if (self->closing && !ended)
    report = NULL;
  bgc_report_batch_add_upload (self->batch, &standing, report, upload);
  /* The next step waits for it. */
  if (ended)
    bgc_report_batch_flush (self->batch);
}

/* The next checkpoint of a long file may be seconds away; that it moves is told before. */
static void
on_moved (gpointer data)
{
  BgcWorkerJob *self = data;
  const BgcReport standing = now (self);

  bgc_report_batch_touch (self->batch, &standing);
}

BgcWorkerJob *
bgc_worker_job_new (const BgcJobId *id, const BgcTransferSettings *settings, guint64 rate,
                    BgcReportBatch *batch)
{
  BgcTransferSettings throttled = *settings;
  BgcWorkerJob *self = g_new0 (BgcWorkerJob, 1);

  self->id = *id;
  self->batch = batch;
  self->courtesy = settings->courtesy;
  self->priority = settings->priority;
  self->secrets = bgc_job_secrets_copy (settings->secrets);
  self->throttle = throttled.throttle = bgc_throttle_new (rate);
  self->transfer = bgc_transfer_new (&throttled, on_report, self);
  bgc_transfer_set_moved (self->transfer, on_moved, self);
  return self;
}

void
bgc_worker_job_free (BgcWorkerJob *self)
{
  g_clear_pointer (&self->upload, bgc_upload_transfer_free);
  g_clear_pointer (&self->transfer, bgc_transfer_free);
  bgc_throttle_unref (self->throttle);
  bgc_job_secrets_free (self->secrets);
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
ensure_upload (BgcWorkerJob *self, const char *user_agent, const BgcFile *source, gboolean wants_reply,
               const BgcUpload *upload)
{
  const BgcUploadTransferSettings settings = { .wants_reply = wants_reply,
                                               .user_agent = user_agent,
                                               .courtesy = self->courtesy,
                                               .priority = self->priority,
                                               .throttle = self->throttle,
                                               .secrets = self->secrets };

  if (self->upload != NULL)
    return;
  self->upload = bgc_upload_transfer_new (&settings, source, upload, on_upload_report, self);
  bgc_upload_transfer_set_moved (self->upload, on_moved, self);
}

void
bgc_worker_job_take_step (BgcWorkerJob *self, guint32 step, const char *user_agent, BgcFile *source,
                          BgcFile *reply, const BgcUpload *upload)
{
  g_autoptr (BgcFile) owned_source = source;
  g_autoptr (BgcFile) owned_reply = reply;
  gboolean busy = self->unsettled > 0 || (self->upload != NULL && bgc_upload_transfer_is_busy (self->upload));

  if (self->stopped != NULL || busy)
    return;
  if (step == BGC_WORKER_JOB_STEP_REPLY && reply != NULL)
    bgc_worker_job_add (self, g_steal_pointer (&owned_reply));
  if (step != BGC_WORKER_JOB_STEP_BEGIN && step != BGC_WORKER_JOB_STEP_SEND
      && step != BGC_WORKER_JOB_STEP_CLOSE)
    return;
  self->closing = step == BGC_WORKER_JOB_STEP_CLOSE;
  ensure_upload (self, user_agent, source, reply != NULL, upload);
  if (self->closing)
    bgc_upload_transfer_close (self->upload);
  else if (step == BGC_WORKER_JOB_STEP_BEGIN)
    bgc_upload_transfer_begin (self->upload);
  else
    bgc_upload_transfer_send (self->upload);
}

void
bgc_worker_job_limit (BgcWorkerJob *self, guint64 rate)
{
  bgc_throttle_set_rate (self->throttle, rate);
}

static void
one_stopped (BgcWorkerJob *self)
{
  if (--self->moving > 0)
    return;
  bgc_report_batch_flush (self->batch);
  self->stopped (self, self->data);
}

static void
on_stopped (GObject *source, GAsyncResult *result, gpointer data)
{
  BgcWorkerJob *self = data;
  g_autoptr (GError) error = NULL;

  if (!bgc_transfer_stop_finish (self->transfer, result, &error))
    g_warning ("A transfer did not stop cleanly: %s", error->message);
  one_stopped (self);
}

static void
on_upload_stopped (GObject *source, GAsyncResult *result, gpointer data)
{
  BgcWorkerJob *self = data;
  g_autoptr (GError) error = NULL;

  if (!bgc_upload_transfer_stop_finish (self->upload, result, &error))
    g_warning ("An upload did not stop cleanly: %s", error->message);
  one_stopped (self);
}

void
bgc_worker_job_stop (BgcWorkerJob *self, gboolean discard, BgcWorkerJobFunc stopped, gpointer data)
{
  g_return_if_fail (self->stopped == NULL);

  self->stopped = stopped;
  self->data = data;
  self->moving = self->upload == NULL ? 1 : 2;
  bgc_transfer_stop_async (self->transfer, discard, on_stopped, self);
  if (self->upload != NULL)
    bgc_upload_transfer_stop_async (self->upload, on_upload_stopped, self);
}

gboolean
bgc_worker_job_is_stopping (const BgcWorkerJob *self)
{
  return self->stopped != NULL;
}
