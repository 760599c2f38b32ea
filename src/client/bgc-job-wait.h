/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* Follows one job until it ends, through restarts of the service, and shows on a terminal how it goes. */

#pragma once

#include "client/bgc-client.h"
#include "client/bgc-job-view.h"

typedef enum {
  BGC_JOB_WAIT_ACKNOWLEDGED, /* its files were put in place; whether all, the files tell */
  BGC_JOB_WAIT_TRANSFERRED,  /* whole, but nobody will put it in place */
  BGC_JOB_WAIT_FAILED,       /* state error */
  BGC_JOB_WAIT_CANCELLED,
  BGC_JOB_WAIT_GONE,         /* the service does not know it any more */
  BGC_JOB_WAIT_INTERRUPTED,  /* Ctrl-C or SIGTERM; the job goes on */
  BGC_JOB_WAIT_LOST,         /* the service stayed away, or the bus did; the job goes on when it is back */
} BgcJobWaitEnd;

typedef struct _BgcJobWait BgcJobWait;

/* Listens and subscribes from here on, so that nothing of a job made later is missed. @client is
 * borrowed. @show: draw progress, if standard error is a terminal; @quiet: do not even say what goes wrong
 * for now. */
BgcJobWait *bgc_job_wait_new (BgcClient *client, gboolean show, gboolean quiet, GError **error);
void bgc_job_wait_free (BgcJobWait *self);
/* Until the job at @path ends. Errors: of the bus, other than the service going away. */
gboolean bgc_job_wait_run (BgcJobWait *self, const char *path, BgcJobWaitEnd *end, GError **error);
/* The job as last read; NULL before bgc_job_wait_run(). Borrowed. */
const BgcJobView *bgc_job_wait_view (const BgcJobWait *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BgcJobWait, bgc_job_wait_free)
