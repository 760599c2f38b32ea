/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* What a worker's words make of a file, and how a job stands after a change. Pure. */

#pragma once

#include "model/bgc-change.h"
#include "model/bgc-report.h"

/* Files by state as they would be after a change. */
typedef struct {
  guint total;
  guint states[BGC_FILE_FAILED + 1];
} BgcTally;

/* O(files in the change). */
BgcTally bgc_progress_tally (const BgcChange *change, const BgcJob *live);
/* @file, a copy, as @report says it is. @attempts: requests not yet counted. A file that is not pending
 * stays as it is. */
void bgc_progress_report (BgcFile *file, const BgcFileReport *report, guint32 attempts);
/* The first file, by index, that failed for good; its failure copied, NULL if none. O(files). */
BgcFailure *bgc_progress_fatal (const BgcChange *change, const BgcJob *live);
/* Moves @change's header to where a job without pending files belongs: transferred, error, or suspended
 * where it has no files at all. Nothing if it is there. */
gboolean bgc_progress_settle (BgcChange *change, const BgcJob *live, gint64 wall, GError **error);
