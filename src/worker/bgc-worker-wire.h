/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* The worker's side of what travels on the private bus, described in
 * dbus/org.example.BackgroundCopy.Worker.xml. What it writes keeps to what the daemon lets through,
 * whatever servers and file systems said. Pure. */

#pragma once

#include "model/bgc-file.h"
#include "model/bgc-placement.h"
#include "model/bgc-record.h"
#include "model/bgc-report.h"
#include "model/bgc-upload.h"

/* Bytes of text in one frame: half of the daemon's limit, which leaves room for numbers and padding. */
#define BGC_WORKER_WIRE_FRAME (512 * 1024)
/* Temporary files in one answer: with the longest paths it stays below a frame. */
#define BGC_WORKER_WIRE_FOUND 100u

/* Records of the lists in StartJob and Place; NULL where there is none. */
BgcFile *bgc_worker_wire_read_file (BgcRecordReader *from);
BgcPlacement *bgc_worker_wire_read_placement (BgcRecordReader *from);
/* The file @index among the records of StartUpload; of the source an empty one where it is missing. */
BgcFile *bgc_worker_wire_find_file (GVariant *records, guint32 index);

/* A session of StartUpload and CancelSession; nothing begun for what makes no sense. */
BgcUpload *bgc_worker_wire_read_session (GVariant *dict);
/* Floating a{sv}; NULL is an empty one. */
GVariant *bgc_worker_wire_failure (const BgcFailure *failure);

/* Adds (bsss) to @builder and answers about how many bytes that took. */
gsize bgc_worker_wire_add_verdict (GVariantBuilder *builder, const BgcPathVerdict *verdict);
/* Adds a record of Reports, but for the failure, and answers that floating; NULL where it has none. */
GVariant *bgc_worker_wire_add_file_report (GByteArray *to, const BgcFileReport *file);
/* @reports (element-type BgcReport) as the arguments of one or more Reports signals: floating. */
GPtrArray *bgc_worker_wire_reports (GPtrArray *reports);
