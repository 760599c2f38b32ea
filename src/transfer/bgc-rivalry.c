/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "transfer/bgc-rivalry.h"

#include <math.h>
#include <string.h>

/* Microseconds that the averages look back: a few round trips, so that a trial is short, and enough to know
 * what is usual. */
#define NOW_TIME    (150 * G_TIME_SPAN_MILLISECOND)
#define STEADY_TIME (500 * G_TIME_SPAN_MILLISECOND)
/* Part of the reference that others lose before it counts; if what they move changes by itself, three times
 * that, but no more than the second: half is what fair queues take. */
#define LOSS_LEAST  0.1
#define LOSS_MOST   0.3
#define NOISE_TIMES 3
/* Part of others' loss that we must have taken for it to be our doing. */
#define OURS_PART 0.5
/* Microseconds for which it must be so. */
#define FALLING_TIME (100 * G_TIME_SPAN_MILLISECOND)
/* Microseconds of standing aside, the first time and the longest: a trial of a quarter of a second costs
 * others about an eighth. */
#define PAUSE_FIRST (2 * G_TIME_SPAN_SECOND)
#define PAUSE_LAST  (16 * G_TIME_SPAN_SECOND)
/* Microseconds of a trial that is well. */
#define TRIED_TIME (5 * G_TIME_SPAN_SECOND)
/* Microseconds in which others recover once we stand aside, and by how much at least; else it was not us. */
#define RECOVERY_TIME (1 * G_TIME_SPAN_SECOND)
#define RECOVERY_PART 1.08

static void
average (double *mean, double value, gint64 elapsed, gint64 time)
{
  *mean += (value - *mean) * MIN (1.0, (double)elapsed / (double)time);
}

static void
enter (BgcRivalry *self, BgcRivalryPhase phase)
{
  self->phase = phase;
  self->lasted = 0;
  self->falling = 0;
}

static void
try_again (BgcRivalry *self)
{
  self->reference = self->foreign;
  enter (self, BGC_RIVALRY_TRYING);
}

static gboolean
is_our_doing (const BgcRivalry *self)
{
  double loss = self->reference - self->foreign;
  double least = CLAMP (NOISE_TIMES * self->noise, LOSS_LEAST * self->reference, LOSS_MOST * self->reference);

  return loss > least && self->own >= OURS_PART * loss;
}

static void
go_on_trying (BgcRivalry *self, gint64 elapsed, gboolean loud)
{
  self->reference = MAX (self->reference, self->steady);
  /* Others that have just ended have lost nothing. */
  self->falling = loud && is_our_doing (self) ? self->falling + elapsed : 0;
  if (self->falling >= FALLING_TIME)
    {
      self->pause = CLAMP (self->pause * 2, PAUSE_FIRST, PAUSE_LAST);
      self->fallen = self->foreign;
      self->noise = 0;
      enter (self, BGC_RIVALRY_ASIDE);
    }
  else if (self->lasted >= TRIED_TIME)
    self->pause = 0;
}

static void
go_on_aside (BgcRivalry *self, gint64 elapsed)
{
  if (self->lasted < RECOVERY_TIME)
    return;
  average (&self->noise, fabs (self->foreign - self->steady), elapsed, STEADY_TIME);
  if (self->foreign < self->fallen * RECOVERY_PART)
    {
      self->pause = 0;
      try_again (self);
    }
  else if (self->lasted >= self->pause)
    try_again (self);
}

gboolean
bgc_rivalry_judge (BgcRivalry *self, gint64 elapsed, guint64 foreign, guint64 own, gboolean loud,
                   gboolean quiet, gboolean beginning)
{
  double second = G_TIME_SPAN_SECOND;

  if (quiet || elapsed <= 0)
    {
      memset (self, 0, sizeof *self);
      return FALSE;
    }
  average (&self->foreign, (double)foreign * second / (double)elapsed, elapsed, NOW_TIME);
  average (&self->steady, (double)foreign * second / (double)elapsed, elapsed, STEADY_TIME);
  average (&self->own, (double)own * second / (double)elapsed, elapsed, NOW_TIME);
  self->lasted += elapsed;
  if (self->phase == BGC_RIVALRY_TRYING)
    go_on_trying (self, elapsed, loud);
  else if (self->phase == BGC_RIVALRY_ASIDE)
    go_on_aside (self, elapsed);
  else if (loud && !beginning)
    try_again (self);
  return self->phase == BGC_RIVALRY_ASIDE;
}
