/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* One running upload between the daemon and a worker: which step the worker was given, and whether what
 * it says of that can be true. Plain data; the counterpart of bgc-worker-feed for uploads.
 *
 * The server's offset may fall, after a crash of the server for instance, but only in a report that also
 * tells the session as it is then. Bytes go only into a session that the daemon has stored: opening one ends
 * a step, so does its loss, and none takes another's place in between. */

#pragma once

#include "model/bgc-job.h"
#include "model/bgc-report.h"

typedef enum {
  BGC_WORKER_STEP_BEGIN = 0, /* a session is opened */
  BGC_WORKER_STEP_SEND = 1,  /* the source goes to the server */
  BGC_WORKER_STEP_REPLY = 2, /* the reply is fetched */
  BGC_WORKER_STEP_CLOSE = 3, /* the session is closed */
  BGC_WORKER_STEP_NONE = 4,  /* nothing is left to do */
} BgcWorkerStep;

typedef struct _BgcWorkerSteps BgcWorkerSteps;

/* @job is borrowed, and read, as long as the steps live. */
BgcWorkerSteps *bgc_worker_steps_new (const BgcJob *job);
void bgc_worker_steps_free (BgcWorkerSteps *self);
/* Begins the step that is due after what the job says now; FALSE while one is under way. */
gboolean bgc_worker_steps_begin (BgcWorkerSteps *self);
/* The arguments of StartUpload behind the settings for the step begun: its number, the files, the
 * session. Each floating. */
void bgc_worker_steps_arguments (BgcWorkerSteps *self, guint32 *step, GVariant **files, GVariant **session);
/* As bgc_worker_feed_accept(). */
gboolean bgc_worker_steps_accept (BgcWorkerSteps *self, BgcReport *report, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BgcWorkerSteps, bgc_worker_steps_free)
