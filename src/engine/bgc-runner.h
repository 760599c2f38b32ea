/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* One active job: from the scheduler's choice until its worker has stopped and everything the worker said
 * is stored. Keeps reports until an operation folds them into its change, so none is lost to a commit that
 * fails. Its clocks: MaximumDownloadTime, and NoProgressTimeout while attempts bring nothing. */

#pragma once

#include "engine/bgc-engine.h"
#include "engine/bgc-progress.h"
#include "model/bgc-figures.h"

typedef enum {
  BGC_RUNNER_PICKED,   /* has a place; its start is not stored yet */
  BGC_RUNNER_ACTIVE,   /* the worker runs it */
  BGC_RUNNER_STOPPING, /* an operation waits for the worker to stop */
  BGC_RUNNER_STOPPED,  /* the worker does not run it; the job's state does not say so yet */
  BGC_RUNNER_DEAD,     /* the same, and nobody asked for it: the worker is lost */
} BgcRunnerPhase;

typedef void (*BgcRunnerStoppedFunc) (gpointer data);
/* The start failed, or the worker was lost; the runner is DEAD now. */
typedef void (*BgcRunnerDeathFunc) (BgcEngine *engine, BgcEntry *entry);

void bgc_runner_new (BgcEngine *engine, BgcEntry *entry, guint files_at_once, BgcRunnerDeathFunc death);
/* The phase; FALSE if the job has no runner. */
gboolean bgc_runner_is (const BgcEntry *entry, BgcRunnerPhase phase);
/* Lets the worker begin: after the job's state says so durably, and after a stop by an operation that left
 * the job running. */
void bgc_runner_start (BgcEngine *engine, BgcEntry *entry);
/* Gives the worker of an active job the files it does not have yet. */
void bgc_runner_feed (BgcEngine *engine, BgcEntry *entry);
/* An upload whose worker has ended a step: the next one, now that it is durable. */
void bgc_runner_advance (BgcEngine *engine, BgcEntry *entry);
/* Stops it, and calls @stopped when no byte is written any more and the last report is here; at once if
 * it does not run. One at a time: for the operation whose turn it is. */
void bgc_runner_stop (BgcEngine *engine, BgcEntry *entry, gboolean discard, BgcRunnerStoppedFunc stopped,
                      gpointer data);
/* Takes it from the worker's port; TRUE if an operation is now needed to store it. */
gboolean bgc_runner_take (BgcEngine *engine, BgcEntry *entry, const BgcReport *report);
/* Its worker is gone. */
void bgc_runner_lost (BgcEngine *engine, BgcEntry *entry, BgcErrorCode code, const char *why);
/* Puts what was reported, and the time that went by, into @change, which has a header. Nothing without
 * runner. bgc_runner_applied() or bgc_runner_unfold() tells what became of it. */
void bgc_runner_fold (BgcEngine *engine, BgcEntry *entry, BgcChange *change);
/* No file can go on in this run, seen with @change. */
gboolean bgc_runner_is_over (BgcEntry *entry, const BgcChange *change);
/* Moves @change's header out of the running states because the run is over or dead. */
gboolean bgc_runner_conclude (BgcEngine *engine, BgcEntry *entry, BgcChange *change, GError **error);
/* A change of the job was applied: forgets the reports in it, sets the clocks, and ends with the runner
 * where neither worker nor state runs any more. */
void bgc_runner_applied (BgcEngine *engine, BgcEntry *entry);
/* A change of the job was not stored: what was folded into it waits again. */
void bgc_runner_unfold (BgcEntry *entry);
/* Ends now, giving the place back. */
void bgc_runner_drop (BgcEngine *engine, BgcEntry *entry);
/* The network came or went: the no-progress clock. */
void bgc_runner_network_changed (BgcEngine *engine, BgcEntry *entry);
/* Of a job with or without runner; @entry (nullable). */
BgcFigures bgc_runner_figures (const BgcEntry *entry);
