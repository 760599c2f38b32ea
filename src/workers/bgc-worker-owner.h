/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* The life of one owner's worker: started when there is something for it to do, told to go when there
 * has been nothing for 10 s, given up on a breach, on silence or when its connection ends, and then
 * not started again before a while has passed. */

#pragma once

#include "model/bgc-caps.h"
#include "model/bgc-job.h"
#include "model/bgc-report.h"
#include "workers/bgc-launcher.h"
#include "workers/bgc-worker-codec.h"
#include "workers/bgc-worker-link.h"

typedef struct _BgcWorkerOwner BgcWorkerOwner;

typedef struct {
  void (*report) (const BgcReport *report, guint32 owner, gpointer data);
  void (*lost) (guint32 owner, const char *why, gpointer data);
  /* (nullable) From now on the worker behind @link carries background transfers; @link NULL: it is gone, and
   * that link with it. */
  void (*carries) (guint32 owner, BgcWorkerLink *link, gpointer data);
} BgcWorkerOwnerEvents;

/* @events and @data must live as long as the owner. */
BgcWorkerOwner *bgc_worker_owner_new (guint32 uid, BgcLauncher *launcher, BgcClock *clock,
                                      const BgcWorkerOwnerEvents *events, gpointer data);
/* As bgc_worker_runs_follow(). */
void bgc_worker_owner_follow (BgcWorkerOwner *self, const BgcWorkerRules *rules);
/* The worker, if there is one, is told to go. Unanswered tasks return WorkerLost. */
void bgc_worker_owner_free (BgcWorkerOwner *self);
/* Each takes @task, if any (transfer full); see bgc-workers.h. */
void bgc_worker_owner_check (BgcWorkerOwner *self, GTask *task, const char *const *paths);
void bgc_worker_owner_start (BgcWorkerOwner *self, GTask *task, const BgcJob *job, guint files_at_once,
                             guint64 rate);
void bgc_worker_owner_limit (BgcWorkerOwner *self, const BgcJobId *id, guint64 rate);
void bgc_worker_owner_stop (BgcWorkerOwner *self, GTask *task, const BgcJobId *id, gboolean discard);
void bgc_worker_owner_place (BgcWorkerOwner *self, GTask *task, GPtrArray *placements);
void bgc_worker_owner_check_source (BgcWorkerOwner *self, GTask *task, const char *path);
void bgc_worker_owner_check_trusted (BgcWorkerOwner *self, GTask *task, const char *const *paths);
void bgc_worker_owner_check_room (BgcWorkerOwner *self, GTask *task, const BgcFile *file, guint64 reserve);
void bgc_worker_owner_cancel_session (BgcWorkerOwner *self, GTask *task, const BgcJob *job);
void bgc_worker_owner_read_reply (BgcWorkerOwner *self, GTask *task, const BgcFile *reply);
void bgc_worker_owner_find_temporaries (BgcWorkerOwner *self, GTask *task, guint32 tag, guint first);
/* @gone is called once, when the worker has made its data durable and gone, or after 5 s; possibly
 * before this returns. Nothing is taken any more. */
void bgc_worker_owner_shut_down (BgcWorkerOwner *self, void (*gone) (gpointer data), gpointer data);
