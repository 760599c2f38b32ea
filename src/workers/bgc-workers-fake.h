/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* Workers for tests: remember what was asked, answer what the test says. */

#pragma once

#include "workers/bgc-workers.h"

#define BGC_TYPE_WORKERS_FAKE (bgc_workers_fake_get_type ())
G_DECLARE_FINAL_TYPE (BgcWorkersFake, bgc_workers_fake, BGC, WORKERS_FAKE, GObject)

/* Allows every path, starts and stops every job, places every file, each in an idle of the main loop. */
BgcWorkersFake *bgc_workers_fake_new (void);
/* Verdict for one path from now on; @code BGC_N_ERRORS = allowed. */
void bgc_workers_fake_set_verdict (BgcWorkersFake *self, const char *path, BgcErrorCode code);
/* Placing (or deleting) the file @temporary fails with @code from now on; BGC_N_ERRORS = succeeds again. */
void bgc_workers_fake_set_placement (BgcWorkersFake *self, const char *temporary, BgcErrorCode code);
/* What is found: @path, of that device and inode. */
void bgc_workers_fake_add_temporary (BgcWorkersFake *self, const char *directory, const char *temporary,
                                     guint64 inode);
/* While set, calls of that kind stay unanswered until unset or until the worker is lost. */
void bgc_workers_fake_hang (BgcWorkersFake *self, gboolean starts, gboolean stops, gboolean places);
gboolean bgc_workers_fake_is_running (BgcWorkersFake *self, const BgcJobId *id);
guint bgc_workers_fake_running (BgcWorkersFake *self);
/* Jobs in the order they were started, as hex ids, "+id" for a start and "-id" for a stop. Owned by the
 * fake. */
GPtrArray *bgc_workers_fake_log (BgcWorkersFake *self);
/* Placements asked for so far (element-type BgcPlacement), owned by the fake. */
GPtrArray *bgc_workers_fake_placements (BgcWorkersFake *self);
/* Short forms of reports of a running job; @failure is transfer full. Also bgc_workers_emit_report()
 * works on it. */
void bgc_workers_fake_report_progress (BgcWorkersFake *self, const BgcJob *job, guint32 index,
                                       guint64 durable, guint64 total);
void bgc_workers_fake_report_whole (BgcWorkersFake *self, const BgcJob *job, guint32 index, guint64 total);
void bgc_workers_fake_report_failed (BgcWorkersFake *self, const BgcJob *job, guint32 index,
                                     BgcFailure *failure);
/* The owner's worker dies: nothing runs, "lost" is emitted, then pending calls fail. */
void bgc_workers_fake_lose (BgcWorkersFake *self, guint32 owner);
