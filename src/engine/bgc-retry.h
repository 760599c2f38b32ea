/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* When a job that failed tries again, and when it has tried for long enough. Pure: times are passed in. */

#pragma once

#include "model/bgc-job.h"

/* @seconds in microseconds, and up to a tenth more. */
gint64 bgc_retry_jitter (guint32 seconds, GRand *random);
/* Microseconds to wait before the next retry of @job: MinimumRetryDelay, or 5, 15 and 60 s for the first
 * three where its owner did not set it; at least what a server asked for with @retry_after (seconds, 0 =
 * nothing); and up to a tenth more, so that jobs that failed together do not come back together. Never
 * less, since the delay is called a minimum. */
gint64 bgc_retry_delay (const BgcJob *job, guint32 retry_after, GRand *random);
/* Only the way to the server failed: without a network nothing else was to be expected. */
gboolean bgc_retry_is_network (const BgcFailure *failure);
/* The no-progress clock of a job in transient-error runs: an attempt would be possible. */
gboolean bgc_retry_counts (BgcWaitReason reason, gboolean online);
/* Microseconds until NoProgressTimeout; G_MAXINT64 where it does not run. */
gint64 bgc_retry_no_progress_left (const BgcJob *job);
/* The no-progress clock after @elapsed microseconds in which an attempt was possible. */
void bgc_retry_elapse (BgcJob *draft, gint64 elapsed);
/* Moves @draft to transient-error because of @failure (transfer full), or to error where it may not try
 * again. @network_only: no file failed otherwise. @retry_after: the longest that a server asked for. */
gboolean bgc_retry_fail (BgcJob *draft, BgcFailure *failure, guint32 retry_after, gboolean network_only,
                         gboolean online, gint64 wall, GRand *random, GError **error);
/* The record of a job that got nothing in NoProgressTimeout; its last error is told with it. */
BgcFailure *bgc_retry_no_progress (const BgcJob *job, gint64 wall);
