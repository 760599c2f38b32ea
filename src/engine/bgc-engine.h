/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* What the parts of the engine work on together: the ports below, the queue, the lanes. Built by the
 * manager, which is its keeper; every call under way holds a reference to that. */

#pragma once

#include "engine/bgc-lanes.h"
#include "engine/bgc-scheduler.h"
#include "host/bgc-network.h"
#include "model/bgc-caps.h"
#include "workers/bgc-workers.h"

/* Microseconds after which something of the engine's own is tried again that the store or a worker
 * refused: soon, as most troubles are short; then twice as long each time, so that a disk that stays full
 * is not heated. */
#define BGC_ENGINE_TRY_AGAIN      (G_GINT64_CONSTANT (5) * G_USEC_PER_SEC)
#define BGC_ENGINE_TRY_AGAIN_MOST (G_GINT64_CONSTANT (60) * G_USEC_PER_SEC)

typedef struct _BgcEngine BgcEngine;
typedef void (*BgcEngineEntryFunc) (BgcEngine *self, BgcEntry *entry);

/* What a change that is now durable has brought about. */
typedef struct {
  gboolean state_changed;
  gboolean left;            /* it is listed no more */
  gboolean taken;           /* it was another's */
  guint32 former;           /* whose, if taken */
  GArray *whole;            /* (borrowed) (element-type guint32) files that became whole */
} BgcNews;

/* What parts tell those above them; set by the manager. */
typedef struct {
  void (*told) (BgcEngine *self, BgcEntry *entry, const BgcNews *news);
  /* Shown figures of a job moved without a change to the stored job (the rate). */
  BgcEngineEntryFunc stirred;
  /* A running job has used up its time. */
  BgcEngineEntryFunc expired;
} BgcEngineHooks;

struct _BgcEngine {
  GObject *keeper;              /* (borrowed) */
  BgcStore *store;              /* (owned) and likewise the next four */
  BgcWorkers *workers;
  BgcClock *clock;
  BgcNetwork *network;
  GRand *random;                /* (borrowed) for delays; names are drawn with bgc_engine_draw() */
  gboolean (*seed) (guint32 *words, gsize count); /* (nullable) BgcManagerSeedFunc */
  guint32 tag;                  /* of this queue, in the names of its temporary files */
  BgcLimits limits;
  BgcCaps caps;                 /* in force now: bgc-bandwidth */
  /* wall clock, microseconds: when they let jobs of a priority move again; 0 = they do, or never will */
  gint64 opens[BGC_N_PRIORITIES];
  BgcQueue *queue;              /* (owned) */
  BgcLanes *lanes;              /* (owned) */
  BgcScheduler *scheduler;      /* (owned) */
  struct _BgcShares *shares;    /* (owned) */
  struct _BgcLeftovers *leftovers; /* (owned) */
  struct _BgcReaper *reaper;    /* (owned) */
  struct _BgcConditions *conditions; /* (owned) */
  struct _BgcBandwidth *bandwidth;   /* (owned) */
  GHashTable *searched;         /* (owned) (element-type guint32) owners: see bgc-orphans */
  GHashTable *runners;          /* (owned) (element-type BgcEntry): those with a runner */
  GHashTable *counters;         /* (owned) (element-type guint32 BgcCounters) by owner: bgc-gauge */
  GQueue waits;                 /* (element-type BgcWait) bgc-waits */
  GQueue server_cancels;        /* (element-type BgcServerCancel) bgc-server-cancel */
  guint64 runs;                 /* numbers the runs of all jobs */
  /* microseconds no start was tried when the store last refused one; 0 = it took it */
  gint64 pause;
  const BgcEngineHooks *hooks;  /* (borrowed) static */
  gboolean online;              /* as far as anybody knows there is a network: bgc-conditions */
  gboolean started;             /* transfers may run */
  gboolean closing;             /* nothing new is begun */
  GTask *closer;                /* (owned) (nullable) who waits for the end, bgc-closing */
  guint64 closing_alarm;        /* and likewise the next two */
  gboolean workers_ending;      /* they were told */
  gboolean workers_gone;
};

/* Random numbers for the names of one request, which are told: seeded afresh, as whoever sees 2,500 bytes of
 * one row knows those to come. */
GRand *bgc_engine_draw (BgcEngine *self);
gint64 bgc_engine_wall (BgcEngine *self);
gint64 bgc_engine_boot (BgcEngine *self);
/* An empty change of @entry's job, and one with a draft of its header that says it is modified now. */
BgcChange *bgc_engine_change (BgcEngine *self, BgcEntry *entry);
BgcChange *bgc_engine_edit (BgcEngine *self, BgcEntry *entry);
/* May its caller ask @request of the job now? Errors: InvalidState, also while Complete has begun. */
gboolean bgc_engine_allows (BgcEntry *entry, BgcRequest request, GError **error);
/* Files of the job may have left temporary files behind, reported or not. */
gboolean bgc_engine_may_hold_temporaries (BgcEntry *entry);
/* Gives a queued job without transfer, that nothing stands in the way of, to the scheduler, and takes any
 * other from its line. */
void bgc_engine_offer (BgcEngine *self, BgcEntry *entry);
/* How long to wait after @delay was not enough; 0 = the first time. */
gint64 bgc_engine_longer (gint64 delay);
/* One line about a job. */
void bgc_engine_log (BgcEntry *entry, GLogLevelFlags level, const char *what, const GError *error);
/* Calls @function for @entry in BGC_ENGINE_TRY_AGAIN or more, which is what tells one trouble of a job from
 * another. Logs @error the first time in a row. bgc_engine_settled() ends the row: whatever @function begins
 * must end in one of the two. */
void bgc_engine_try_again (BgcEngine *self, BgcEntry *entry, const char *what, const GError *error,
                           BgcEngineEntryFunc function);
void bgc_engine_settled (BgcEngine *self, BgcEntry *entry, BgcEngineEntryFunc function);
void bgc_engine_settle_all (BgcEngine *self, BgcEntry *entry);
