/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "transfer/bgc-pacing-control.h"

#include <string.h>

/* Segments of the first round trip: what RFC 6928 lets a sender start with. */
#define FIRST_SEGMENTS 10u
/* Microseconds, of a path that has not been measured; and the shortest that the first rate is for: how fast a
 * link is does not follow from how near its end is. */
#define ROUND_TRIP_DEFAULT 100000u
#define ROUND_TRIP_SHORT   20000u
/* Microseconds for which two segments are enough on a loaded path: a small part of a slow link, and yet often
 * enough to see it become free. One alone would be acknowledged late, which looks like a queue. */
#define TRICKLE_INTERVAL 80000
#define TRICKLE_SEGMENTS 2
/* Microseconds that a lowest round trip is remembered at least, and twice that at most. */
#define PERIOD (5 * G_TIME_SPAN_MINUTE)
/* Microseconds between decisions at least: acknowledgements come in pairs. */
#define SAMPLE_MIN 10000
/* Round trips in a row with far too long a queue after which it is somebody else's. */
#define FULL_TRIPS 3u
/* Part of the base that the target is at least: on long paths everything is seen later. And how many segments
 * it has room for: pairs of them keep a slow link busy. */
#define TARGET_PART     4u
#define TARGET_SEGMENTS 4u
/* Part of the target that is aimed at, and of that, what is no queue to speak of. */
#define AIM_PART  0.5
#define CALM_PART 0.4
/* Segments that make a sample of what is delivered trustworthy. */
#define TRUSTED_SEGMENTS 32.0
/* Growth each round trip at the start. A queue grows for two round trips before an answer is felt. */
#define START_GAIN 1.5
/* Round trips that a queue takes to become what is aimed at: less is answered before it is seen. */
#define STEADY_TRIPS 5.0
/* Most that the rate changes in a round trip beyond what is delivered. */
#define GAIN_MOST 0.25
/* Round trips without a queue of which each adds to the growth: at once where the path is known to bear more,
 * and after so many where it is not. */
#define CALM_KNOWN 0.95
#define CALM_NEW   8u
#define CALM_MOST  12u
#define LOSS_MOST 0.5
/* What a rate is divided by where even that did not help: the queue is not ours. */
#define FULL_CUT 4
/* Round trips without a queue after which others seem to be gone; the rate then comes back as at the start,
 * to this part of the best. */
#define CALM_TRIPS  3u
#define RETURN_PART 0.85
/* What is left of the best each round trip in which there is a queue. */
#define BEST_KEPT 0.998
/* Part of the best above which a queue tells of the path, and not of who else is on it. */
#define OWN_PART 0.25
/* Microseconds until the rate tries to come back after it met others at once; twice that when it meets
 * them again, and once more. */
#define TRY_PAUSE  (200 * G_TIME_SPAN_MILLISECOND)
#define TRIES_MOST 2u
/* What a sample of delivered bytes is trusted at least while the rate grows: few segments would hide that. */
#define TRUST_GROWING 0.5
/* A slow-down takes three round trips, and at most a thirtieth of the time. */
#define SLOW_ROUNDS 3
#define SLOW_EVERY  29
#define SLOW_PAUSE_MIN (30 * G_TIME_SPAN_SECOND)

static double
floor_of (const BgcPacingControl *self)
{
  guint32 round_trip = self->latest != 0 ? self->latest : ROUND_TRIP_DEFAULT;
  double rate = (double)self->settings.floor * self->settings.segment * G_USEC_PER_SEC / round_trip;

  return MIN (rate, (double)TRICKLE_SEGMENTS * self->settings.segment * G_USEC_PER_SEC / TRICKLE_INTERVAL);
}

static void
set_rate (BgcPacingControl *self, double rate)
{
  self->rate = MAX (rate, floor_of (self));
}

void
bgc_pacing_control_init (BgcPacingControl *self, const BgcPacingControlSettings *settings, guint32 round_trip)
{
  memset (self, 0, sizeof *self);
  self->settings = *settings;
  self->settings.segment = MAX (settings->segment, 1);
  set_rate (self, (double)self->settings.segment * FIRST_SEGMENTS * G_USEC_PER_SEC
                    / (round_trip != 0 ? MAX (round_trip, ROUND_TRIP_SHORT) : ROUND_TRIP_DEFAULT));
}

guint64
bgc_pacing_control_rate (const BgcPacingControl *self)
{
  return (guint64)self->rate;
}

guint32
bgc_pacing_control_target (const BgcPacingControl *self)
{
  double segments = self->best <= 0
                      ? 0
                      : (double)TARGET_SEGMENTS * self->settings.segment * G_USEC_PER_SEC / self->best;

  return MAX (MAX (self->settings.target, self->base / TARGET_PART), (guint32)MIN (segments, G_MAXINT32));
}

void
bgc_pacing_control_sample_empty (BgcPacingControl *self, gint64 now, guint32 round_trip)
{
  if (round_trip == 0)
    return;
  if (self->period == 0 || now - self->period >= PERIOD)
    {
      self->lowest[1] = now - self->period >= 2 * PERIOD ? 0 : self->lowest[0];
      self->lowest[0] = 0;
      self->period = now;
    }
  if (self->lowest[0] == 0 || round_trip < self->lowest[0])
    self->lowest[0] = round_trip;
  self->base = self->lowest[1] != 0 ? MIN (self->lowest[0], self->lowest[1]) : self->lowest[0];
}

/* The path became longer: what was lowest before tells nothing any more. */
static void
reroute (BgcPacingControl *self)
{
  self->lowest[0] = self->base = self->floored.low;
  self->lowest[1] = 0;
  self->best = self->threshold = 0;
  self->phase = BGC_PACING_CONTROL_STARTING;
}

static void
watch_floor (BgcPacingControl *self, gint64 now, guint32 round_trip, double queue)
{
  gboolean floored = self->rate <= floor_of (self) && queue > bgc_pacing_control_target (self);

  if (bgc_reroute_watch_sample (&self->floored, now, floored, round_trip, self->settings.target))
    reroute (self);
}

static void
slow_down (BgcPacingControl *self, gint64 now)
{
  self->phase = BGC_PACING_CONTROL_SLOWED;
  self->slow_since = now;
  set_rate (self, 0);
}

static void
start_again (BgcPacingControl *self)
{
  self->phase = BGC_PACING_CONTROL_STARTING;
  self->threshold = self->best * RETURN_PART;
  self->full = 0;
}

static void
settle (BgcPacingControl *self, gint64 now)
{
  gint64 pause = self->slow_since == 0 ? 0 : (now - self->slow_since) * SLOW_EVERY;

  self->phase = BGC_PACING_CONTROL_STEADY;
  self->calm = 0;
  if (self->slow_next <= now)
    self->slow_next = now + MAX (pause, SLOW_PAUSE_MIN);
}

/* Bytes a second that arrived since the last decision. */
static double
take_delivered (BgcPacingControl *self, gint64 now)
{
  gint64 elapsed = now - self->decided;
  double trust = (double)self->moved / (TRUSTED_SEGMENTS * self->settings.segment);
  double rate = elapsed > 0 ? (double)self->moved * G_USEC_PER_SEC / (double)elapsed : 0;

  if (self->calm > 0 || self->phase == BGC_PACING_CONTROL_STARTING)
    trust = MAX (trust, TRUST_GROWING);
  /* The first sample is of a time that nobody knows. */
  self->delivered_before = self->delivered;
  if (self->decided != 0)
    self->delivered += (rate - self->delivered) * MIN (trust, 1);
  self->best = MAX (self->best, self->delivered);
  self->decided = now;
  self->moved = 0;
  return rate;
}

/* A queue of which all is ours becomes what is aimed at; one that does not is somebody else's. */
static void
answer_queue (BgcPacingControl *self, double queue, double target, double gain)
{
  double aim = target * AIM_PART;
  double change = CLAMP (gain * (aim - queue) / aim, -LOSS_MOST, GAIN_MOST);
  /* Samples waver on a busy machine, and to follow each would only lead down. */
  double best = queue > target ? self->delivered : MAX (self->delivered, self->delivered_before);
  double delivered = best > 0 ? best : self->rate;

  self->calm = 0;
  self->best *= BEST_KEPT;
  self->full = queue > 2 * target ? self->full + 1 : 0;
  if (self->full >= FULL_TRIPS)
    set_rate (self, MIN (self->rate, delivered) / FULL_CUT);
  else
    set_rate (self, (change < 0 ? MIN (delivered, self->rate) : delivered) * (1 + change));
}

/* They have nearly all of it, and each try to come back takes some of that from them. */
static void
wait_for_others (BgcPacingControl *self, gint64 now)
{
  self->best *= BEST_KEPT;
  self->try_next = now + (TRY_PAUSE << self->tries);
  self->tries = MIN (self->tries + 1, TRIES_MOST);
  set_rate (self, 0);
}

static void
step_starting (BgcPacingControl *self, gint64 now, double queue, double target, double gain, double arrived)
{
  if (queue <= target * AIM_PART && (self->threshold == 0 || self->rate < self->threshold))
    {
      if (arrived >= self->rate / 2)
        set_rate (self, self->threshold == 0 ? self->rate * START_GAIN
                                             : MIN (self->rate * START_GAIN, self->threshold));
      return;
    }
  settle (self, now);
  if (queue <= target * AIM_PART)
    self->tries = 0;
  else if (self->rate > self->best * OWN_PART)
    {
      /* This is what there is today, whatever it was before. */
      self->best = MIN (self->best, self->rate);
      self->tries = 0;
      answer_queue (self, queue, target, gain);
    }
  else
    wait_for_others (self, now);
}

static guint
times_to_grow (const BgcPacingControl *self)
{
  if (self->rate < self->best * CALM_KNOWN)
    return self->calm;
  return self->calm > CALM_NEW ? self->calm - CALM_NEW : 1;
}

static void
step_steady (BgcPacingControl *self, gint64 now, double queue, double target, double gain)
{
  gboolean used = self->delivered >= self->rate / 2;

  if (queue > target * AIM_PART * CALM_PART)
    {
      /* Less than what is aimed at would let it grow, and from what the try had. */
      self->calm = 0;
      if (now < self->try_next && queue <= target * AIM_PART)
        return;
      answer_queue (self, queue, target, gain);
      return;
    }
  self->full = 0;
  self->calm = MIN (self->calm + 1, CALM_MOST);
  gain = MIN (gain * times_to_grow (self), GAIN_MOST);
  if (now < self->try_next)
    return;
  if (self->calm >= CALM_TRIPS && self->rate < self->best * RETURN_PART)
    start_again (self);
  else if (used)
    set_rate (self, self->rate * (1 + gain));
}

void
bgc_pacing_control_sample (BgcPacingControl *self, gint64 now, guint32 round_trip, guint64 moved)
{
  double target, queue, gain, delivered;
  guint32 least;

  self->moved += moved;
  if (round_trip == 0)
    return;
  self->latest = round_trip;
  bgc_pacing_control_sample_empty (self, now, round_trip);
  /* A moment's delay is a peer's, or a busy machine's: a queue lasts. */
  least = MIN (round_trip, self->before);
  self->before = round_trip;
  if (now < self->next)
    return;
  round_trip = least;
  self->next = now + MAX ((gint64)round_trip, SAMPLE_MIN);

  target = bgc_pacing_control_target (self);
  queue = (double)round_trip - self->base;
  gain = MIN (target * AIM_PART / (STEADY_TRIPS * MAX (self->base, 1)), GAIN_MOST);
  delivered = take_delivered (self, now);
  if (self->phase == BGC_PACING_CONTROL_SLOWED)
    {
      if (now - self->slow_since >= (gint64)round_trip * SLOW_ROUNDS)
        start_again (self);
    }
  else if (self->phase == BGC_PACING_CONTROL_STARTING)
    step_starting (self, now, queue, target, gain, delivered);
  else if (now >= self->slow_next)
    slow_down (self, now);
  else
    step_steady (self, now, queue, target, gain);
  watch_floor (self, now, round_trip, queue);
}

void
bgc_pacing_control_step_aside (BgcPacingControl *self, gint64 now)
{
  slow_down (self, now);
}

gboolean
bgc_pacing_control_gives_way (const BgcPacingControl *self)
{
  return self->full >= FULL_TRIPS || (self->tries > 0 && self->rate <= self->best * OWN_PART)
         || self->floored.since != 0;
}
