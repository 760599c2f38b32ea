/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* What a worker tells about a running job: plain data between the private bus and the engine.
 * A hostile worker may send anything; workers/ lets through only what fits the job. */

#pragma once

#include "base/bgc-enums.h"
#include "model/bgc-file-report.h"
#include "model/bgc-job-id.h"
#include "model/bgc-upload.h"

/* Bytes of a string that is told: validators, messages. What is longer is no honest one. */
#define BGC_REPORT_MAX_TEXT 1024
/* Seconds since the epoch: the end of the year 9999, the last an HTTP date can say. */
#define BGC_REPORT_MAX_DATE G_GINT64_CONSTANT (253402300799)

typedef struct {
  BgcJobId id;
  gboolean connected;    /* an answer of the server came in this run */
  guint64 received;      /* body bytes moved in this run, either way, durable or not */
  guint64 sent;          /* of them, those that went to a server */
  BgcYield yields_to;    /* for whom it held back just now */
  GPtrArray *files;      /* (owned) (element-type BgcFileReport) in the order things happened */
  /* (owned) (nullable) an upload's session after what @files tell; NULL = as before */
  BgcUpload *upload;
  GHashTable *progress;  /* (owned) (nullable) bgc_report_put()'s: index → position in @files, from 1 */
} BgcReport;

BgcReport *bgc_report_new (const BgcJobId *id);
/* Puts @file (transfer full) at the end, or over the progress it makes stale, so that a report has few
 * entries for a file however long it grows: PROGRESS and WHOLE say everything again, RESTARTED and FAILED
 * are told in their place. */
void bgc_report_put (BgcReport *self, BgcFileReport *file);
/* Puts all of @later, of the same job, behind it. */
void bgc_report_append (BgcReport *self, const BgcReport *later);
void bgc_report_free (BgcReport *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BgcReport, bgc_report_free)
