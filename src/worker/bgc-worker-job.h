/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* One running job in the worker: its transfer, and its reports on their way to the batch. An upload is
 * told its steps one by one. */

#pragma once

#include "transfer/bgc-report-batch.h"
#include "transfer/bgc-transfer.h"

typedef struct _BgcWorkerJob BgcWorkerJob;

typedef void (*BgcWorkerJobFunc) (BgcWorkerJob *job, gpointer data);

/* Steps of an upload, as they are numbered on the bus. */
typedef enum {
  BGC_WORKER_JOB_STEP_BEGIN = 0,
  BGC_WORKER_JOB_STEP_SEND = 1,
  BGC_WORKER_JOB_STEP_REPLY = 2,
  BGC_WORKER_JOB_STEP_CLOSE = 3,
} BgcWorkerJobStep;

/* @batch is borrowed as long as the job lives. @rate: bytes a second, or BGC_TOKEN_BUCKET_UNLIMITED; a
 * throttle of the job's own takes the place of that in @settings. */
BgcWorkerJob *bgc_worker_job_new (const BgcJobId *id, const BgcTransferSettings *settings, guint64 rate,
                                  BgcReportBatch *batch);
/* Only before a stop, or after it has ended. */
void bgc_worker_job_free (BgcWorkerJob *self);
const BgcJobId *bgc_worker_job_id (const BgcWorkerJob *self);
/* @file transfer full. */
void bgc_worker_job_add (BgcWorkerJob *self, BgcFile *file);
/* Takes a step of an upload that stands as @upload says; nothing while one is under way. @source and
 * @reply (nullable), both transfer full, are its files; @user_agent is copied. A step that is none of the
 * four is none. */
void bgc_worker_job_take_step (BgcWorkerJob *self, guint32 step, const char *user_agent, BgcFile *source,
                               BgcFile *reply, const BgcUpload *upload);
/* As bgc_worker_job_new()'s, from now on. */
void bgc_worker_job_limit (BgcWorkerJob *self, guint64 rate);
/* @stopped is called when no byte will be written any more and the last reports have left the batch. */
void bgc_worker_job_stop (BgcWorkerJob *self, gboolean discard, BgcWorkerJobFunc stopped, gpointer data);
gboolean bgc_worker_job_is_stopping (const BgcWorkerJob *self);
