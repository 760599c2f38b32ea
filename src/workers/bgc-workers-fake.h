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
/* check_source, check_trusted and check_room of one path from now on: it has @size bytes, or fails with @code
 * (BGC_N_ERRORS = does not).
 * At first every path is a file of BGC_WORKERS_FAKE_SOURCE bytes. */
#define BGC_WORKERS_FAKE_SOURCE 100u
void bgc_workers_fake_set_source (BgcWorkersFake *self, const char *path, BgcErrorCode code, guint64 size);
/* How cancel_session answers from now on: settled, or not, with @failure (transfer full, nullable). At first:
 * settled without failure. */
void bgc_workers_fake_set_cancel (BgcWorkersFake *self, gboolean settled, BgcFailure *failure);
/* While set, calls of cancel_session stay unanswered. */
void bgc_workers_fake_hang_cancels (BgcWorkersFake *self, gboolean hang);
/* Called at each cancel_session; @job is live. */
typedef void (*BgcWorkersFakeCancelFunc) (const BgcJob *job, gpointer data);
void bgc_workers_fake_watch_cancels (BgcWorkersFake *self, BgcWorkersFakeCancelFunc function, gpointer data);
guint bgc_workers_fake_cancels (BgcWorkersFake *self);
/* What read_reply answers: "the reply" at first; NULL = LocalFileChanged. */
void bgc_workers_fake_set_reply (BgcWorkersFake *self, const char *text);
/* While set, calls of that kind stay unanswered until unset or until the worker is lost. */
void bgc_workers_fake_hang (BgcWorkersFake *self, gboolean starts, gboolean stops, gboolean places);
/* A job that runs. */
typedef struct {
  BgcJobId id;
  guint32 owner;
  guint64 received; /* bytes its reports have told of so far */
  guint64 rate;     /* bytes a second, or BGC_CAP_NONE */
} BgcWorkersFakeRun;
/* Owned by the fake; NULL = it does not run. */
BgcWorkersFakeRun *bgc_workers_fake_find (BgcWorkersFake *self, const BgcJobId *id);
#define bgc_workers_fake_is_running(self, id) (bgc_workers_fake_find (self, id) != NULL)
guint bgc_workers_fake_running (BgcWorkersFake *self);
/* Jobs in the order they were started, as hex ids, "+id" for a start and "-id" for a stop. Owned by the
 * fake. */
GPtrArray *bgc_workers_fake_log (BgcWorkersFake *self);
/* Placements asked for so far (element-type BgcPlacement), owned by the fake. */
GPtrArray *bgc_workers_fake_placements (BgcWorkersFake *self);
/* The owner's worker dies: nothing runs, "lost" is emitted, then pending calls fail. */
void bgc_workers_fake_lose (BgcWorkersFake *self, guint32 owner);


/* In bgc-workers-fake-report.c: short forms of reports of a running job; @failure is transfer full. Also
 * bgc_workers_emit_report() works on it. */
void bgc_workers_fake_report_progress (BgcWorkersFake *self, const BgcJob *job, guint32 index,
                                       guint64 durable, guint64 total);
void bgc_workers_fake_report_whole (BgcWorkersFake *self, const BgcJob *job, guint32 index, guint64 total);
void bgc_workers_fake_report_failed (BgcWorkersFake *self, const BgcJob *job, guint32 index,
                                     BgcFailure *failure);
/* The session of a running upload, with @file (transfer full, nullable). */
void bgc_workers_fake_report_session (BgcWorkersFake *self, const BgcJob *job, const BgcUpload *session,
                                      BgcFileReport *file);
