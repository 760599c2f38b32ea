/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "engine/bgc-allotment.h"

#include <math.h>

/* Rates rise from 0 together, those of one owner by its jobs' weights, until something holds one back: then
 * it stays, and the others go on. What is left over of a limit by rounding is none, bytes a second. */
#define ROUNDING 1e-3
/* Who does not use its part may move a quarter more, and of the cap all such jobs together a 16th. */
#define MORE_OF_USED 4
#define MORE_OF_CAP  16

static const double weights[BGC_N_PRIORITIES] = {
  [BGC_PRIORITY_FOREGROUND] = 8,
  [BGC_PRIORITY_HIGH] = 4,
  [BGC_PRIORITY_NORMAL] = 2,
  [BGC_PRIORITY_LOW] = 1,
};

/* One cap, and what it is of. */
typedef struct
{
  gboolean of_priority;
  gboolean of_owner;
  guint32 key; /* which */
  double left; /* bytes a second */
} Cap;

typedef struct
{
  BgcAllotment *jobs; /* (borrowed) */
  guint n;
  guint *owners;   /* (owned) of each job the first of its owner's */
  double *sums;    /* (owned) of the weights of an owner's jobs that still rise, at that place */
  double *rates;   /* (owned) so far */
  double *speeds;  /* (owned) of this round: how fast they rise */
  gboolean *fixed; /* (owned) */
  GArray *caps;    /* (owned) (element-type Cap) those that there are */
} Filling;

static gboolean
is_under (const Cap *cap, const BgcAllotment *job)
{
  if (cap->of_priority)
    return cap->key == (guint32)job->priority;
  return !cap->of_owner || cap->key == job->owner;
}

static void
add_cap (Filling *self, Cap cap, guint64 rate)
{
  cap.left = (double)rate;
  if (rate != BGC_CAP_NONE)
    g_array_append_val (self->caps, cap);
}

static guint
first_of_owner (const BgcAllotment *jobs, guint i)
{
  guint k = 0;

  while (jobs[k].owner != jobs[i].owner)
    k++;
  return k;
}

static void
add_caps (Filling *self, const BgcCaps *caps)
{
  add_cap (self, (Cap){ FALSE }, caps->all);
  for (guint i = 0; i < BGC_N_PRIORITIES; i++)
    add_cap (self, (Cap){ .of_priority = TRUE, .key = i }, caps->priorities[i]);
  for (guint i = 0; i < self->n && caps->owner != BGC_CAP_NONE; i++)
    if (self->owners[i] == i)
      add_cap (self, (Cap){ .of_owner = TRUE, .key = self->jobs[i].owner }, caps->owner);
}

/* The least that caps @job, or BGC_CAP_NONE. */
static guint64
cap_of (const BgcAllotment *job, const BgcCaps *caps)
{
  return MIN (MIN (caps->all, caps->owner), caps->priorities[job->priority]);
}

/* Where it stops by itself. */
static double
end_of (const BgcAllotment *job)
{
  return (double)MIN (job->limit, job->used);
}

/* FALSE if nobody rises any more. */
static gboolean
set_speeds (Filling *self)
{
  gboolean any = FALSE;

  for (guint i = 0; i < self->n; i++)
    self->sums[i] = 0;
  for (guint i = 0; i < self->n; i++)
    if (!self->fixed[i])
      self->sums[self->owners[i]] += weights[self->jobs[i].priority];
  for (guint i = 0; i < self->n; i++)
    {
      self->speeds[i]
        = self->fixed[i] ? 0 : weights[self->jobs[i].priority] / self->sums[self->owners[i]];
      any = any || !self->fixed[i];
    }
  return any;
}

static double
speed_under (const Filling *self, const Cap *cap)
{
  double speed = 0;

  for (guint i = 0; i < self->n; i++)
    if (is_under (cap, &self->jobs[i]))
      speed += self->speeds[i];
  return speed;
}

/* How long all can rise before the first is held back. */
static double
time_to_next (const Filling *self)
{
  double time = INFINITY;

  for (guint i = 0; i < self->n; i++)
    if (!self->fixed[i])
      time = MIN (time, (end_of (&self->jobs[i]) - self->rates[i]) / self->speeds[i]);
  for (guint i = 0; i < self->caps->len; i++)
    {
      const Cap *cap = &g_array_index (self->caps, Cap, i);
      double speed = speed_under (self, cap);

      if (speed > 0)
        time = MIN (time, cap->left / speed);
    }
  return MAX (time, 0);
}

static void
rise (Filling *self, double time)
{
  for (guint i = 0; i < self->caps->len; i++)
    {
      Cap *cap = &g_array_index (self->caps, Cap, i);

      cap->left -= speed_under (self, cap) * time;
    }
  for (guint i = 0; i < self->n; i++)
    self->rates[i] += self->speeds[i] * time;
}

/* Who is held back now. */
static void
fix (Filling *self)
{
  for (guint i = 0; i < self->n; i++)
    {
      if (self->rates[i] >= end_of (&self->jobs[i]) - ROUNDING)
        self->fixed[i] = TRUE;
      for (guint k = 0; k < self->caps->len; k++)
        {
          const Cap *cap = &g_array_index (self->caps, Cap, k);

          if (cap->left <= ROUNDING && is_under (cap, &self->jobs[i]))
            self->fixed[i] = TRUE;
        }
    }
}

static void
fill (Filling *self)
{
  /* Each round fixes one job at least. */
  for (guint round = 0; round < self->n && set_speeds (self); round++)
    {
      rise (self, time_to_next (self));
      fix (self);
    }
}

/* Of a job that is capped. */
static guint64
rate_of (const Filling *self, guint i, const BgcCaps *caps)
{
  const BgcAllotment *job = &self->jobs[i];
  guint64 rate = (guint64)self->rates[i];

  if (job->used != BGC_CAP_NONE && self->rates[i] >= (double)job->used - ROUNDING)
    rate = job->used + job->used / MORE_OF_USED + cap_of (job, caps) / MORE_OF_CAP / self->n;
  return MAX (MIN (MIN (rate, job->limit), cap_of (job, caps)), 1);
}

void
bgc_allotment_share (BgcAllotment *jobs, guint n, const BgcCaps *caps)
{
  g_autofree guint *owners = g_new0 (guint, n);
  g_autofree double *sums = g_new0 (double, n);
  g_autofree double *rates = g_new0 (double, n);
  g_autofree double *speeds = g_new0 (double, n);
  g_autofree gboolean *fixed = g_new0 (gboolean, n);
  g_autoptr (GArray) array = g_array_new (FALSE, FALSE, sizeof (Cap));
  Filling filling = { jobs, n, owners, sums, rates, speeds, fixed, array };

  /* What nothing caps takes nothing from others. */
  for (guint i = 0; i < n; i++)
    {
      owners[i] = first_of_owner (jobs, i);
      fixed[i] = cap_of (&jobs[i], caps) == BGC_CAP_NONE;
    }
  add_caps (&filling, caps);
  fill (&filling);
  for (guint i = 0; i < n; i++)
    jobs[i].rate = cap_of (&jobs[i], caps) != BGC_CAP_NONE ? rate_of (&filling, i, caps)
                   : jobs[i].limit != BGC_CAP_NONE         ? MAX (jobs[i].limit, 1)
                                                           : BGC_CAP_NONE;
}
