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
/* Nothing is left for a worker to do: no file is pending and an upload's session is closed; or an upload
 * cannot go on, since one of its files has failed. */
gboolean bgc_progress_is_through (const BgcChange *change, const BgcJob *live);
/* A session was opened, lost or done, or it was found out that there is none: the next step is due. */
gboolean bgc_progress_ends_step (const BgcUpload *before, const BgcUpload *now);
/* What a worker says of an upload's session, into @change, which has a header: the source has no bytes
 * without one, and the reply has its URL from it. */
void bgc_progress_session (BgcChange *change, const BgcJob *live, const BgcUpload *session);
/* The index that the API shows for a file of @job: none for a reply, which stands in no list. */
guint32 bgc_progress_shown_index (const BgcJob *job, guint32 index);
/* The first file, by index, that failed for good; its failure copied, NULL if none. O(files). */
BgcFailure *bgc_progress_fatal (const BgcChange *change, const BgcJob *live);
/* Moves @change's header to where a job without pending files belongs: transferred, error, or suspended
 * where it has no files at all. Nothing if it is there. */
gboolean bgc_progress_settle (BgcChange *change, const BgcJob *live, gint64 wall, GError **error);
