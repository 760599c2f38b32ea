/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "transfer/bgc-delay-control.h"

#include <math.h>
#include <string.h>

/* Segments of the first window: what RFC 6928 lets a sender start with. */
#define FIRST_SEGMENTS 10u
#define MINUTE (G_GINT64_CONSTANT (60) * G_USEC_PER_SEC)
/* A path of under 10 ms is not sampled faster: the kernel's own average moves no quicker. */
#define SAMPLE_MIN 10000
/* Starting ends at this part of the target, for what is under way will still arrive. */
#define START_EXIT 0.5
/* Growth each round trip at the start: the kernel's average lags, so doubling would run far past. */
#define START_GAIN 1.5
/* What is kept of the window at which starting ended. */
#define START_KEPT 0.7
/* Growth each round trip, part of the window, and how often that counts after as many calm ones. */
#define STEADY_GAIN 0.02
#define CALM_MAX 25u
/* Part of the window that must have moved in a round trip for it to grow: a window that is not what holds
 * the peer back says nothing about the path, and would be far too large when it does. */
#define USED_PART 0.5
/* Part of the base that the target is at least: on long paths everything is seen later. */
#define TARGET_PART 4u
/* Part of the target below which there is no queue to speak of. */
#define CALM_PART 0.5
/* A slow-down takes at most a thirtieth of the time; LEDBAT++'s tenth is felt in what is carried. */
#define SLOW_EVERY 29
/* Round trips that a slow-down lasts. */
#define SLOW_ROUNDS 3
#define SLOW_PAUSE_MIN (G_GINT64_CONSTANT (30) * G_USEC_PER_SEC)
/* A delay that stands this long without moving is a longer path, not somebody's queue: no sender's
 * queue is that even, and BBR empties its own every 10 s. */
#define REROUTE_TIME (G_GINT64_CONSTANT (15) * G_USEC_PER_SEC)
/* What the usual window keeps of itself in a round trip, so that it is forgotten in minutes. */
#define USUAL_KEPT 0.999
/* Part of the usual window below which it is said to give way: its own saw-tooth stays above. */
#define GIVEN_WAY 0.4
/* Segments by which it must be smaller too: a window of a few jumps by halves. */
#define GIVEN_SEGMENTS 8
/* Decisions in a row at the floor with a queue all the same: one of ours would be gone by then. */
#define PRESSED_ROUNDS 4u

void
bgc_delay_control_init (BgcDelayControl *self, const BgcDelayControlSettings *settings)
{
  memset (self, 0, sizeof *self);
  self->settings = *settings;
  self->settings.segment = MAX (settings->segment, 1);
  self->settings.ceiling = MAX (settings->ceiling, settings->floor);
  self->window = CLAMP ((double)self->settings.segment * FIRST_SEGMENTS, (double)self->settings.floor,
                        (double)self->settings.ceiling);
  self->threshold = (double)self->settings.ceiling;
}

guint64
bgc_delay_control_window (const BgcDelayControl *self)
{
  return (guint64)self->window;
}

guint32
bgc_delay_control_target (const BgcDelayControl *self)
{
  return MAX (self->settings.target, self->base / TARGET_PART);
}

static void
set_window (BgcDelayControl *self, double window)
{
  self->window = CLAMP (window, (double)self->settings.floor, (double)self->settings.ceiling);
}

static void
find_base (BgcDelayControl *self)
{
  self->base = 0;
  for (guint i = 0; i < BGC_DELAY_CONTROL_HISTORY; i++)
    if (self->lowest[i] != 0 && (self->base == 0 || self->lowest[i] < self->base))
      self->base = self->lowest[i];
}

void
bgc_delay_control_sample_empty (BgcDelayControl *self, gint64 now, guint32 round_trip)
{
  gint64 minutes;

  if (round_trip == 0)
    return;
  if (self->minute == 0)
    self->minute = now;
  minutes = CLAMP ((now - self->minute) / MINUTE, 0, BGC_DELAY_CONTROL_HISTORY);
  if (minutes > 0)
    {
      memmove (self->lowest + minutes, self->lowest,
               (BGC_DELAY_CONTROL_HISTORY - (gsize)minutes) * sizeof self->lowest[0]);
      memset (self->lowest, 0, (gsize)minutes * sizeof self->lowest[0]);
      self->minute += (now - self->minute) / MINUTE * MINUTE;
    }
  if (self->lowest[0] == 0 || round_trip < self->lowest[0])
    self->lowest[0] = round_trip;
  find_base (self);
}

/* The path became longer: what was lowest before tells nothing any more. */
static void
reroute (BgcDelayControl *self)
{
  memset (self->lowest, 0, sizeof self->lowest);
  self->lowest[0] = self->floored_low;
  self->base = self->floored_low;
  self->floored_since = 0;
  self->phase = BGC_DELAY_CONTROL_STARTING;
  self->threshold = (double)self->settings.ceiling;
}

static void
watch_floor (BgcDelayControl *self, gint64 now, guint32 round_trip, double queue)
{
  if (self->window > (double)self->settings.floor || queue <= bgc_delay_control_target (self))
    {
      self->floored_since = 0;
      return;
    }
  if (self->floored_since == 0)
    {
      self->floored_since = now;
      self->floored_low = self->floored_high = round_trip;
    }
  self->floored_low = MIN (self->floored_low, round_trip);
  self->floored_high = MAX (self->floored_high, round_trip);
  if (self->floored_high - self->floored_low > self->settings.target)
    self->floored_since = 0;
  else if (now - self->floored_since >= REROUTE_TIME)
    reroute (self);
}

static void
slow_down (BgcDelayControl *self, gint64 now)
{
  self->phase = BGC_DELAY_CONTROL_SLOWED;
  self->slow_since = now;
  self->threshold = self->window;
  set_window (self, (double)self->settings.floor);
}

/* Ends a slow-down that has shown the empty path; the window comes back by doubling. */
static void
end_slow_down (BgcDelayControl *self, gint64 now, guint32 round_trip)
{
  if (now - self->slow_since < (gint64)round_trip * SLOW_ROUNDS)
    return;
  self->phase = BGC_DELAY_CONTROL_STARTING;
}

/* Whether the window was used since the last decision. */
static gboolean
take_use (BgcDelayControl *self, gint64 now, guint32 round_trip)
{
  gint64 elapsed = now - self->decided;
  double used = elapsed > 0 ? (double)self->moved * round_trip / (double)elapsed : 0;

  self->decided = now;
  self->moved = 0;
  return used >= self->window * USED_PART;
}

static void
step_starting (BgcDelayControl *self, gint64 now, double queue, double target, gboolean used)
{
  if (queue <= START_EXIT * target && self->window < self->threshold)
    {
      if (used)
        set_window (self, MIN (self->window * START_GAIN, self->threshold));
      return;
    }
  if (queue > START_EXIT * target)
    set_window (self, self->window * START_KEPT);
  self->phase = BGC_DELAY_CONTROL_STEADY;
  self->calm = 0;
  self->slow_next
    = now
      + (self->slow_since == 0 ? SLOW_PAUSE_MIN
                               : MAX ((now - self->slow_since) * SLOW_EVERY, SLOW_PAUSE_MIN));
}

static void
step_steady (BgcDelayControl *self, gint64 now, guint32 round_trip, double queue, double target,
             gboolean used)
{
  double segment = self->settings.segment;
  double gain = segment / CLAMP (ceil (2 * target / MAX (self->base, 1)), 1, 16);

  self->calm = queue <= CALM_PART * target ? MIN (self->calm + 1, CALM_MAX) : 0;
  if (queue > target)
    {
      set_window (self, self->window - MIN (self->window / 2, self->window * (queue / target - 1)));
      /* What a cut does is seen only when the queue has drained into the kernel's average. */
      self->next = now + 2 * MAX ((gint64)round_trip, SAMPLE_MIN);
    }
  else if (used)
    set_window (self, self->window + MAX (gain, self->window * STEADY_GAIN * MAX (self->calm, 1)));
  self->pressed
    = self->window <= (double)self->settings.floor && queue > target ? self->pressed + 1 : 0;
  self->usual = MAX (self->usual * USUAL_KEPT, self->window);
  self->gives_way = self->window < MIN (self->usual * GIVEN_WAY, self->usual - GIVEN_SEGMENTS * segment)
                    || self->pressed >= PRESSED_ROUNDS;
}

gboolean
bgc_delay_control_gives_way (const BgcDelayControl *self)
{
  return self->gives_way;
}

guint64
bgc_delay_control_sample (BgcDelayControl *self, gint64 now, guint32 round_trip, guint64 moved)
{
  double target;
  double queue;
  gboolean used;

  self->moved += moved;
  if (round_trip == 0)
    return bgc_delay_control_window (self);
  bgc_delay_control_sample_empty (self, now, round_trip);
  if (now < self->next)
    return bgc_delay_control_window (self);
  self->next = now + MAX ((gint64)round_trip, SAMPLE_MIN);

  target = bgc_delay_control_target (self);
  queue = (double)round_trip - self->base;
  used = take_use (self, now, round_trip);
  if (self->phase == BGC_DELAY_CONTROL_SLOWED)
    end_slow_down (self, now, round_trip);
  else if (self->phase == BGC_DELAY_CONTROL_STARTING)
    step_starting (self, now, queue, target, used);
  else if (now >= self->slow_next)
    slow_down (self, now);
  else
    step_steady (self, now, round_trip, queue, target, used);
  watch_floor (self, now, round_trip, queue);

  return bgc_delay_control_window (self);
}

guint64
bgc_delay_control_step_aside (BgcDelayControl *self, gint64 now)
{
  if (self->phase != BGC_DELAY_CONTROL_SLOWED)
    slow_down (self, now);
  self->slow_since = now;
  return bgc_delay_control_window (self);
}
