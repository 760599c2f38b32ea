/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* The jobs in memory: found by id, listed in order of creation for everybody and for one owner, and
 * counted against the quotas. Nothing here costs more with more jobs, and an idle job is no more than
 * its entry: what only an active one needs hangs off it while it is active. */

#pragma once

#include "model/bgc-job.h"

typedef struct _BgcEntry BgcEntry;
typedef struct _BgcQueue BgcQueue;

/* What one uid has. Lives as long as anything in it is not 0. */
typedef struct {
  guint32 uid;
  guint entries;      /* jobs in memory, the final ones not yet forgotten too */
  guint listed;       /* jobs that ListJobs shows */
  guint creating;     /* jobs on their way into the store */
  guint64 files;      /* file rows stored or on their way */
  guint64 bytes;      /* bytes of text stored or on their way */
  BgcEntry *oldest;   /* (borrowed) (nullable) first listed job */
  BgcEntry *newest;   /* (borrowed) (nullable) last listed job */
} BgcOwner;

/* One job. The pointers in the second half belong to the module named behind them, and are NULL while
 * the job is idle. */
struct _BgcEntry {
  BgcJob *job;             /* (owned) */
  BgcOwner *owner;         /* (borrowed) from the queue */
  BgcEntry *older;         /* (borrowed) (nullable) neighbours among the listed jobs of everybody */
  BgcEntry *newer;
  BgcEntry *owner_older;   /* (borrowed) (nullable) and among those of its owner */
  BgcEntry *owner_newer;
  gint64 touched;          /* boot clock, microseconds: its last change, for JobInactivityTimeout */
  guint charged_files;     /* what it counts for in its owner */
  guint64 charged_bytes;
  gboolean listed;
  gboolean forgotten;      /* it has left the store */
  BgcWaitReason obstacle;  /* why it may not run now, none where it may: bgc-conditions */
  gboolean insistent;      /* its owner wants it to run where only courtesy is against it; likewise */
  struct _BgcLane *lane;       /* (nullable) bgc-lanes */
  struct _BgcTurn *turn;       /* (nullable) bgc-scheduler */
  struct _BgcRunner *runner;   /* (nullable) bgc-runner */
  struct _BgcShare *share;     /* (nullable) bgc-shares */
  struct _BgcWait *wait;       /* (nullable) bgc-waits */
  struct _BgcLater *later;     /* (nullable) bgc-engine */
  struct _BgcServerCancel *server_cancel; /* (nullable) bgc-server-cancel */
  struct _BgcCounters *counters; /* (owned) (nullable) bgc-gauge */
  GList *farewell;             /* (nullable) bgc-reaper */
};

typedef struct {
  guint jobs;
  guint files;
  guint64 bytes;
} BgcQuota;

typedef void (*BgcEntryFunc) (BgcEntry *entry, gpointer data);

BgcQueue *bgc_queue_new (void);
/* Frees every entry; what hangs off them must be gone. */
void bgc_queue_free (BgcQueue *self);
/* A listed entry for @job (transfer full), charged to its owner. @boot is its first touched. */
BgcEntry *bgc_queue_add (BgcQueue *self, BgcJob *job, gint64 boot);
BgcEntry *bgc_queue_find (BgcQueue *self, const BgcJobId *id);
/* It is listed no more; still found. */
void bgc_queue_unlist (BgcQueue *self, BgcEntry *entry);
/* Charges its owner for what the job has now: after every change of it. A forgotten one costs nothing. */
void bgc_queue_charge (BgcQueue *self, BgcEntry *entry);
/* Its job is another user's now: lists and charges follow. */
void bgc_queue_move (BgcQueue *self, BgcEntry *entry);
void bgc_queue_remove (BgcQueue *self, BgcEntry *entry);
/* The first listed job; go on with ->newer. */
BgcEntry *bgc_queue_oldest (BgcQueue *self);
/* Every entry, unlisted ones too, in no order. @function must not add or remove. */
void bgc_queue_foreach (BgcQueue *self, BgcEntryFunc function, gpointer data);
/* As bgc_manager_list() and bgc_manager_count(). */
GPtrArray *bgc_queue_list (BgcQueue *self, guint32 owner, guint states, guint offset, guint limit);
guint bgc_queue_count (BgcQueue *self, guint32 owner);
/* One more than any job has had. */
guint64 bgc_queue_next_sequence (BgcQueue *self);

/* Takes @quota out of what @owner may still have, until bgc_queue_release(). Errors: TooManyJobs (not for
 * an @administrator), LimitsExceeded. */
gboolean bgc_queue_reserve (BgcQueue *self, guint32 owner, const BgcQuota *quota, const BgcLimits *limits,
                            gboolean administrator, GError **error);
/* Counts @quota (no jobs) with @owner whether there is room or not: what is kept although no job has it. */
void bgc_queue_burden (BgcQueue *self, guint32 owner, const BgcQuota *quota);
/* Ends bgc_queue_reserve() or bgc_queue_burden(). */
void bgc_queue_release (BgcQueue *self, guint32 owner, const BgcQuota *quota);
