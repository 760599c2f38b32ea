/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* The jobs that run, or are to run, in one worker. */

#pragma once

#include "model/bgc-caps.h"
#include "model/bgc-job.h"
#include "model/bgc-report.h"
#include "workers/bgc-worker-codec.h"
#include "workers/bgc-worker-link.h"

typedef struct _BgcWorkerRuns BgcWorkerRuns;

typedef struct {
  void (*report) (const BgcReport *report, gpointer data); /* checked */
  void (*changed) (gpointer data);                         /* the first job came, or the last went */
} BgcWorkerRunsEvents;

/* @events and @data must live as long as the runs. */
BgcWorkerRuns *bgc_worker_runs_new (BgcClock *clock, const BgcWorkerRunsEvents *events, gpointer data);
/* Before the first start. @rules: borrowed, may change; holds for what starts from then on. */
void bgc_worker_runs_follow (BgcWorkerRuns *self, const BgcWorkerRules *rules);
void bgc_worker_runs_free (BgcWorkerRuns *self);
/* @task (transfer full) returns TRUE; Busy while the job is being stopped. */
void bgc_worker_runs_start (BgcWorkerRuns *self, GTask *task, const BgcJob *job, guint files_at_once,
                            guint64 rate);
/* Nothing if it does not run. */
void bgc_worker_runs_limit (BgcWorkerRuns *self, const BgcJobId *id, guint64 rate);
/* @task (transfer full) (nullable) returns TRUE. */
void bgc_worker_runs_stop (BgcWorkerRuns *self, GTask *task, const BgcJobId *id, gboolean discard);
/* Keeping what was received. */
void bgc_worker_runs_stop_all (BgcWorkerRuns *self);
gboolean bgc_worker_runs_is_busy (BgcWorkerRuns *self);
/* Does any of them leave the network to others? */
gboolean bgc_worker_runs_has_background (BgcWorkerRuns *self);
/* Takes what the worker says (BGC_WORKER_CODEC_REPORTS); a breach goes to the link. */
void bgc_worker_runs_take_reports (BgcWorkerRuns *self, GVariant *reports);
/* As in bgc-worker-checks.h. */
void bgc_worker_runs_open (BgcWorkerRuns *self, BgcWorkerLink *link);
void bgc_worker_runs_close (BgcWorkerRuns *self, GPtrArray *tasks);
