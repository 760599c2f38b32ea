/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* Single questions on their way to one worker, each by itself: may this file be uploaded, drop that
 * session, what does the reply say. */

#pragma once

#include "model/bgc-job.h"
#include "workers/bgc-worker-link.h"

typedef struct _BgcWorkerErrands BgcWorkerErrands;

/* What a session cancelled ends in. */
typedef struct {
  gboolean settled;
  BgcFailure *failure; /* (owned) (nullable) */
} BgcWorkerErrandsCancelled;

void bgc_worker_errands_cancelled_free (BgcWorkerErrandsCancelled *cancelled);

/* @changed is called when the last errand was answered. */
BgcWorkerErrands *bgc_worker_errands_new (BgcClock *clock, void (*changed) (gpointer data), gpointer data);
void bgc_worker_errands_free (BgcWorkerErrands *self);
/* @task (transfer full) returns a guint64, to be freed with g_free(): the size. */
void bgc_worker_errands_check_source (BgcWorkerErrands *self, GTask *task, const char *path);
/* @task (transfer full) returns a guint64, to be freed with g_free(). */
void bgc_worker_errands_check_trusted (BgcWorkerErrands *self, GTask *task, const char *const *paths);
/* @task (transfer full) returns a guint64, to be freed with g_free(), or NoSpace. */
void bgc_worker_errands_check_room (BgcWorkerErrands *self, GTask *task, const BgcFile *file,
                                    guint64 reserve);
/* @task (transfer full) returns a BgcWorkerErrandsCancelled. */
void bgc_worker_errands_cancel_session (BgcWorkerErrands *self, GTask *task, const BgcJob *job);
/* @task (transfer full) returns GBytes. */
void bgc_worker_errands_read_reply (BgcWorkerErrands *self, GTask *task, const BgcFile *reply);
/* @task (transfer full) returns an array of BgcPlacement. */
void bgc_worker_errands_find_temporaries (BgcWorkerErrands *self, GTask *task, guint32 tag, guint first);
gboolean bgc_worker_errands_is_busy (BgcWorkerErrands *self);
/* Moves all tasks to @tasks (element-type GTask): answers that still come are for nobody. */
void bgc_worker_errands_drop (BgcWorkerErrands *self, GPtrArray *tasks);
/* As in bgc-worker-checks.h. */
void bgc_worker_errands_open (BgcWorkerErrands *self, BgcWorkerLink *link);
void bgc_worker_errands_close (BgcWorkerErrands *self, GPtrArray *tasks);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BgcWorkerErrandsCancelled, bgc_worker_errands_cancelled_free)
