/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* Collects what running jobs report, so that the daemon hears of it in few and short messages: at most
 * one each interval, unless many files were settled. Sets no timer while nothing waits. */

#pragma once

#include "model/bgc-report.h"

typedef struct _BgcReportBatch BgcReportBatch;

/* @reports (element-type BgcReport) is the batch's own. */
typedef void (*BgcReportBatchFunc) (GPtrArray *reports, gpointer data);

/* @interval in milliseconds. */
BgcReportBatch *bgc_report_batch_new (guint interval, BgcReportBatchFunc function, gpointer data);
/* What still waits is dropped. */
void bgc_report_batch_free (BgcReportBatch *self);
/* @now is how the job stands: of it, everything but files and session is taken. @file is copied. Goes out
 * now if the last report went an interval ago, else with the next. Of several waiting about the progress
 * of one file only the newest is kept. */
void bgc_report_batch_add (BgcReportBatch *self, const BgcReport *now, const BgcFileReport *file);
/* Likewise of an upload, with its session after that; both are copied and travel together. @file may be
 * NULL where only the session changed. */
void bgc_report_batch_add_upload (BgcReportBatch *self, const BgcReport *now, const BgcFileReport *file,
                                  const BgcUpload *upload);
/* That something moved, with nothing about a file: goes out with the next, or a moment later by itself. */
void bgc_report_batch_touch (BgcReportBatch *self, const BgcReport *now);
/* What waits goes out now. */
void bgc_report_batch_flush (BgcReportBatch *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BgcReportBatch, bgc_report_batch_free)
