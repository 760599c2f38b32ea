/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* Lists of files on their way to one worker to be deleted or put into place, each list in portions one
 * after the other. */

#pragma once

#include "workers/bgc-worker-link.h"

typedef struct _BgcWorkerPlaces BgcWorkerPlaces;

/* @changed is called when the last list was answered. */
BgcWorkerPlaces *bgc_worker_places_new (BgcClock *clock, void (*changed) (gpointer data), gpointer data);
void bgc_worker_places_free (BgcWorkerPlaces *self);
/* @placements (element-type BgcPlacement) is copied. @task (transfer full) returns an array of
 * BgcPlacementResult. A portion gets 10 s: where the first is late the task returns Timeout, where a
 * later one is, the files from there on have failed with Timeout, transiently. */
void bgc_worker_places_add (BgcWorkerPlaces *self, GTask *task, GPtrArray *placements);
gboolean bgc_worker_places_is_busy (BgcWorkerPlaces *self);
/* As in bgc-worker-checks.h. */
void bgc_worker_places_open (BgcWorkerPlaces *self, BgcWorkerLink *link);
void bgc_worker_places_close (BgcWorkerPlaces *self, GPtrArray *tasks);
