/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* Questions about paths on their way to one worker: one call is out at a time, and what is asked
 * meanwhile travels together in the next. */

#pragma once

#include "workers/bgc-worker-link.h"

typedef struct _BgcWorkerChecks BgcWorkerChecks;

/* @changed is called when the last question was answered. */
BgcWorkerChecks *bgc_worker_checks_new (BgcClock *clock, void (*changed) (gpointer data), gpointer data);
void bgc_worker_checks_free (BgcWorkerChecks *self);
/* @task (transfer full) returns an array of BgcPathVerdict, or Timeout. */
void bgc_worker_checks_add (BgcWorkerChecks *self, GTask *task, const char *const *paths);
gboolean bgc_worker_checks_is_busy (BgcWorkerChecks *self);
/* The worker is there; @link is borrowed until bgc_worker_checks_close(). */
void bgc_worker_checks_open (BgcWorkerChecks *self, BgcWorkerLink *link);
/* The worker is gone: moves all unanswered tasks to @tasks (element-type GTask). */
void bgc_worker_checks_close (BgcWorkerChecks *self, GPtrArray *tasks);
