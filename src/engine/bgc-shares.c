/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "engine/bgc-shares.h"

#include "engine/bgc-allotment.h"

/* Microseconds between two looks at who uses what. */
#define LOOK_INTERVAL G_USEC_PER_SEC
/* Microseconds. Reports of a job that moves come every 250 ms: after this long none will. */
#define LATE (500 * 1000)
/* Who moves less than this part of what it may is held back by something else. Together with the quarter more
 * that it may then move it is never taken for somebody who uses it all. */
#define USES_ALL 0.9

/* Counters at a time. */
typedef struct
{
  gint64 time;    /* boot clock */
  guint64 bytes;  /* moved */
  double allowed; /* bytes: how many it might have */
} Mark;

typedef struct _BgcShare
{
  BgcEntry *entry;      /* (borrowed) */
  guint64 limit;        /* as last taken from the job; BGC_CAP_NONE = none */
  BgcPriority priority; /* likewise */
  guint64 rate;         /* as given */
  Mark now;             /* as of the last change of rate; bytes as reported */
  Mark last;            /* as of the last report */
  Mark begin;           /* of what the next look judges */
  guint64 before;       /* of the look before, as used: BGC_CAP_NONE, too, where there was none */
  guint64 used;         /* as BgcAllotment */
} BgcShare;

struct _BgcShares
{
  BgcEngine *engine; /* (borrowed) */
  GPtrArray *shares; /* (owned) (element-type BgcShare) */
  guint limited;     /* of them, those with a limit of their own */
  gboolean bound;    /* some have a rate */
  guint64 alarm;     /* of the next look; 0 = none */
};

BgcShares *
bgc_shares_new (BgcEngine *engine)
{
  BgcShares *self = g_new0 (BgcShares, 1);

  self->engine = engine;
  self->shares = g_ptr_array_new_with_free_func (g_free);
  return self;
}

void
bgc_shares_free (BgcShares *self)
{
  if (self == NULL)
    return;
  bgc_clock_clear_alarm (self->engine->clock, &self->alarm);
  g_ptr_array_unref (self->shares);
  g_free (self);
}

guint64
bgc_shares_rate (const BgcEntry *entry)
{
  return entry->share != NULL ? entry->share->rate : BGC_CAP_NONE;
}

static void
take_job (BgcShares *self, BgcShare *share)
{
  const BgcJob *job = share->entry->job;

  self->limited -= share->limit != BGC_CAP_NONE;
  share->limit = job->bandwidth_limit != 0 ? job->bandwidth_limit : BGC_CAP_NONE;
  share->priority = job->priority;
  self->limited += share->limit != BGC_CAP_NONE;
}

/* ---- giving ---- */

/* Up to @time it might move by its rate. */
static void
count (BgcShare *share, gint64 time)
{
  if (share->rate != BGC_CAP_NONE)
    share->now.allowed += (double)share->rate * (double)(time - share->now.time) / G_USEC_PER_SEC;
  share->now.time = time;
}

static void
give (BgcShares *self, BgcShare *share, guint64 rate, const BgcEntry *starting)
{
  const BgcJob *job = share->entry->job;

  if (share->rate == rate)
    return;
  count (share, bgc_engine_boot (self->engine));
  share->rate = rate;
  if (share->entry != starting)
    bgc_workers_limit_job (self->engine->workers, job->owner, &job->id, rate);
}

/* @starting (nullable) is told by who starts it. */
static void
allot (BgcShares *self, const BgcEntry *starting)
{
  guint n = self->shares->len;
  g_autofree BgcAllotment *jobs = g_new0 (BgcAllotment, n);

  for (guint i = 0; i < n; i++)
    {
      const BgcShare *share = g_ptr_array_index (self->shares, i);

      jobs[i] = (BgcAllotment){ .owner = share->entry->job->owner, .priority = share->priority,
                                .limit = share->limit, .used = share->used };
    }
  bgc_allotment_share (jobs, n, &self->engine->caps);
  for (guint i = 0; i < n; i++)
    give (self, g_ptr_array_index (self->shares, i), jobs[i].rate, starting);
}

/* ---- looking ---- */

/* What it moved since the last look, bytes a second; BGC_CAP_NONE if that is all it might. */
static guint64
used_since (const BgcShare *share, const Mark *end)
{
  double moved = (double)end->bytes - (double)share->begin.bytes;
  double time = (double)(end->time - share->begin.time) / G_USEC_PER_SEC;

  if (time <= 0 || share->rate == BGC_CAP_NONE
      || moved >= (end->allowed - share->begin.allowed) * USES_ALL)
    return BGC_CAP_NONE;
  return (guint64)(MAX (moved, 0) / time);
}

/* By the better of two looks: a moment in which little came is nothing that lasts. */
static void
judge (BgcShare *share, gint64 now)
{
  const Mark *end = now - share->last.time < LATE ? &share->last : &share->now;
  guint64 used;

  count (share, now);
  used = used_since (share, end);
  share->used = MAX (used, share->before);
  share->before = used;
  share->begin = *end;
}

static void
set_alarm (BgcShares *self);

static void
on_look (gpointer data)
{
  BgcShares *self = data;
  gint64 now = bgc_engine_boot (self->engine);

  self->alarm = 0;
  for (guint i = 0; i < self->shares->len; i++)
    judge (g_ptr_array_index (self->shares, i), now);
  allot (self, NULL);
  set_alarm (self);
}

static void
set_alarm (BgcShares *self)
{
  if (self->shares->len < 2 || !bgc_caps_any (&self->engine->caps))
    bgc_clock_clear_alarm (self->engine->clock, &self->alarm);
  else if (self->alarm == 0)
    self->alarm = bgc_clock_set_alarm (self->engine->clock, bgc_engine_boot (self->engine) + LOOK_INTERVAL,
                                       "shares", on_look, self);
}

static void
update (BgcShares *self, const BgcEntry *starting)
{
  gboolean binds = self->limited > 0 || bgc_caps_any (&self->engine->caps);

  if (!binds && !self->bound)
    return;
  self->bound = binds;
  allot (self, starting);
  set_alarm (self);
}

/* ---- what happens ---- */

guint64
bgc_shares_join (BgcShares *self, BgcEntry *entry)
{
  BgcShare *share = g_new0 (BgcShare, 1);

  bgc_shares_leave (self, entry);
  share->entry = entry;
  share->limit = share->rate = share->before = share->used = BGC_CAP_NONE;
  share->now.time = bgc_engine_boot (self->engine);
  share->last = share->begin = share->now;
  entry->share = share;
  g_ptr_array_add (self->shares, share);
  take_job (self, share);
  update (self, entry);
  return share->rate;
}

void
bgc_shares_leave (BgcShares *self, BgcEntry *entry)
{
  BgcShare *share = g_steal_pointer (&entry->share);

  if (share == NULL)
    return;
  self->limited -= share->limit != BGC_CAP_NONE;
  g_ptr_array_remove_fast (self->shares, share);
  update (self, NULL);
}

void
bgc_shares_reconsider (BgcShares *self, BgcEntry *entry)
{
  BgcShare *share = entry->share;
  guint64 limit;
  BgcPriority priority;

  if (share == NULL)
    return;
  limit = share->limit;
  priority = share->priority;
  take_job (self, share);
  if (share->limit != limit || share->priority != priority)
    update (self, NULL);
}

void
bgc_shares_moved (BgcShares *self, BgcEntry *entry, guint64 bytes)
{
  BgcShare *share = entry->share;

  if (share == NULL)
    return;
  count (share, bgc_engine_boot (self->engine));
  share->now.bytes = MAX (share->now.bytes, bytes);
  share->last = share->now;
}

void
bgc_shares_update (BgcShares *self)
{
  update (self, NULL);
}
