/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* One running job between the daemon and a worker: which files the worker was given, and whether what
 * it says of them can be true. Plain data. */

#pragma once

#include "model/bgc-job.h"
#include "model/bgc-report.h"

typedef struct _BgcWorkerFeed BgcWorkerFeed;

/* @job is borrowed, and its files are read, as long as the feed lives. */
BgcWorkerFeed *bgc_worker_feed_new (const BgcJob *job);
void bgc_worker_feed_free (BgcWorkerFeed *self);
/* The next portion of pending files as floating records, or NULL where the worker has
 * enough to do or has all. The portion counts as given. */
GVariant *bgc_worker_feed_next (BgcWorkerFeed *self);
/* Files given and neither whole nor failed. */
guint bgc_worker_feed_unsettled (const BgcWorkerFeed *self);
/* Takes note of @report, or says why it is a breach (WorkerLost). A file that failed keeps the durable
 * bytes it was known to have: @report is corrected. */
gboolean bgc_worker_feed_accept (BgcWorkerFeed *self, BgcReport *report, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BgcWorkerFeed, bgc_worker_feed_free)
