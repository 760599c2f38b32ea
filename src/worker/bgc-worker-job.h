/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* One running job in the worker: its transfer, and its reports on their way to the batch. */

#pragma once

#include "transfer/bgc-report-batch.h"
#include "transfer/bgc-transfer.h"

typedef struct _BgcWorkerJob BgcWorkerJob;

typedef void (*BgcWorkerJobFunc) (BgcWorkerJob *job, gpointer data);

/* @batch is borrowed as long as the job lives. */
BgcWorkerJob *bgc_worker_job_new (const BgcJobId *id, const BgcTransferSettings *settings,
                                  BgcReportBatch *batch);
/* Only before a stop, or after it has ended. */
void bgc_worker_job_free (BgcWorkerJob *self);
const BgcJobId *bgc_worker_job_id (const BgcWorkerJob *self);
/* @file transfer full. */
void bgc_worker_job_add (BgcWorkerJob *self, BgcFile *file);
/* @stopped is called when no byte will be written any more and the last reports have left the batch. */
void bgc_worker_job_stop (BgcWorkerJob *self, gboolean discard, BgcWorkerJobFunc stopped, gpointer data);
gboolean bgc_worker_job_is_stopping (const BgcWorkerJob *self);
