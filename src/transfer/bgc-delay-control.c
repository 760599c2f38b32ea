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
/* Starting ends at this part of the target, for what is under way will still arrive; or of the base if that
 * is more, for a sender that starts sends in bursts. */
#define START_EXIT 0.5
#define START_BASE 0.0625
/* Growth each round trip at the start. What a window does is seen one to two round trips later, so more than
 * this would run far past; on long paths it would otherwise take too long. */
#define START_GAIN      1.5
#define START_GAIN_LONG 2.0
/* Microseconds of the base from which on a path is a long one. */
#define LONG_BASE 50000u
/* Growth each round trip while a queue is near, part of the window, and what of the target it may fill at
 * most: it is seen late. Without a queue that counts for each such round trip in a row, up to CALM_MAX of
 * them, and to CALM_GAIN. */
#define STEADY_GAIN   0.05
#define STEADY_TARGET 0.33
#define CALM_MAX      20u
#define CALM_GAIN     0.2
/* Part of the window that must have moved in a round trip for it to grow: a window that is not what holds
 * the peer back says nothing about the path, and would be far too large when it does. What moves is the
 * window of a round trip ago, and half of this one while it doubles. */
#define USED_PART 0.45
/* Microseconds of a round trip for which the target is meant. On longer paths everything is seen later, and
 * it is larger; but less so, as others that start take a sixteenth to an eighth more for the end of the path
 * (RFC 9406), and would then be slow for many seconds. */
#define TARGET_BASE 20000u
/* Microseconds of a segment on the link for which the target is meant: on slower ones the segments that keep
 * it busy are a queue already. */
#define TARGET_SEGMENT 600u
/* Part of the target below which there is no queue to speak of, and that a cut leaves. */
#define CALM_PART 0.5
/* Round trips in a row without a queue after which others seem to be gone; the window then comes back as at
 * the start, to this part of what the path has borne before. That fades with each queue. */
#define RETURN_CALM  2u
#define RETURN_PART  0.9
#define SETTLED_KEPT 0.95
/* On long paths it comes back faster, for it is known where to: this growth each round trip (the kernel's own
 * window grows by no more), and the part that must have moved for it. */
#define RETURN_GAIN 3.0
#define RETURN_USED 0.2
/* There growth becomes no faster up to this part of what the path has borne, and little beyond: a few per
 * cent of a long path are a queue, and one that grows is the end of the path to others who start. */
#define NEAR_PART     1.1
#define CALM_MAX_NEAR 1u
#define CALM_MAX_LONG 2u
/* What a window is divided by at most in the first cut, in the one that ends a start, which may have run past
 * by two doublings, and in those after a first cut that did not help. */
#define CUT_FIRST 2
#define CUT_START 4
#define CUT_AGAIN 4
/* Percent of a round trip after which a cut is seen. */
#define CUT_SEEN_1 150
#define CUT_SEEN_2 125
/* Segments of a connection that its average is over: one of eight samples, which acknowledgements make; and
 * round trips that this is waited for at most. */
#define AVERAGED_SEGMENTS 32.0
#define AVERAGED_TRIPS    3.0
/* Part of the target that a round trip must have fallen by to be falling. */
#define FALLING_PART 0.2
/* A slow-down takes at most a thirtieth of the time; LEDBAT++'s tenth is felt in what is carried. */
#define SLOW_EVERY 29
/* Round trips that a slow-down lasts, and for how long others who begin are left alone: in as many they
 * find what the path bears. */
#define SLOW_ROUNDS  3
#define ASIDE_ROUNDS 8
#define SLOW_PAUSE_MIN (G_GINT64_CONSTANT (30) * G_USEC_PER_SEC)
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
  double scale = MAX (1, sqrt ((double)self->base / TARGET_BASE));

  if (self->rate > 0)
    scale = MAX (scale, self->settings.segment / self->rate / TARGET_SEGMENT);
  return (guint32)MIN (self->settings.target * scale, G_MAXINT32);
}

static void
set_window (BgcDelayControl *self, double window)
{
  self->window = CLAMP (window, (double)self->settings.floor, (double)self->settings.ceiling);
}

static void
find_extremes (BgcDelayControl *self)
{
  self->base = 0;
  self->rate = 0;
  for (guint i = 0; i < BGC_DELAY_CONTROL_HISTORY; i++)
    {
      if (self->lowest[i] != 0 && (self->base == 0 || self->lowest[i] < self->base))
        self->base = self->lowest[i];
      self->rate = MAX (self->rate, self->fastest[i]);
    }
}

static void
turn_minutes (BgcDelayControl *self, gint64 now)
{
  gint64 minutes;

  if (self->minute == 0)
    self->minute = now;
  minutes = CLAMP ((now - self->minute) / MINUTE, 0, BGC_DELAY_CONTROL_HISTORY);
  if (minutes == 0)
    return;
  memmove (self->lowest + minutes, self->lowest,
           (BGC_DELAY_CONTROL_HISTORY - (gsize)minutes) * sizeof self->lowest[0]);
  memset (self->lowest, 0, (gsize)minutes * sizeof self->lowest[0]);
  memmove (self->fastest + minutes, self->fastest,
           (BGC_DELAY_CONTROL_HISTORY - (gsize)minutes) * sizeof self->fastest[0]);
  memset (self->fastest, 0, (gsize)minutes * sizeof self->fastest[0]);
  self->minute += (now - self->minute) / MINUTE * MINUTE;
}

void
bgc_delay_control_sample_empty (BgcDelayControl *self, gint64 now, guint32 round_trip)
{
  if (round_trip == 0)
    return;
  turn_minutes (self, now);
  if (self->lowest[0] == 0 || round_trip < self->lowest[0])
    self->lowest[0] = round_trip;
  find_extremes (self);
}

/* How fast a train of segments comes shows the link, whoever else is on it. */
static void
see_train (BgcDelayControl *self, gint64 now, guint64 moved)
{
  self->train += moved;
  if (now - self->train_since < SAMPLE_MIN)
    return;
  if (self->train_since != 0)
    self->fastest[0] = MAX (self->fastest[0], (double)self->train / (double)(now - self->train_since));
  self->train = 0;
  self->train_since = now;
}

/* The path became longer: what was lowest before tells nothing any more. */
static void
reroute (BgcDelayControl *self)
{
  memset (self->lowest, 0, sizeof self->lowest);
  self->lowest[0] = self->floored.low;
  self->base = self->floored.low;
  self->phase = BGC_DELAY_CONTROL_STARTING;
  self->threshold = (double)self->settings.ceiling;
  /* Nor is known what this one bears. */
  self->slow_since = 0;
  self->settled = 0;
}

static void
watch_floor (BgcDelayControl *self, gint64 now, guint32 round_trip, double queue)
{
  gboolean floored = self->window <= (double)self->settings.floor && queue > bgc_delay_control_target (self);

  if (bgc_reroute_watch_sample (&self->floored, now, floored, round_trip, self->settings.target))
    reroute (self);
}

static void
slow_down (BgcDelayControl *self, gint64 now)
{
  self->phase = BGC_DELAY_CONTROL_SLOWED;
  self->aside = FALSE;
  self->slow_since = now;
  self->threshold = self->window;
  set_window (self, (double)self->settings.floor);
}

/* Ends a slow-down that has shown the empty path; the window comes back as grow_back() has it. */
static void
end_slow_down (BgcDelayControl *self, gint64 now, guint32 round_trip)
{
  if (now - self->slow_since < (gint64)round_trip * (self->aside ? ASIDE_ROUNDS : SLOW_ROUNDS))
    return;
  self->phase = BGC_DELAY_CONTROL_STARTING;
}

static gboolean
is_long (const BgcDelayControl *self)
{
  return self->base > LONG_BASE;
}

/* Towards what nobody knows yet. */
static void
grow_first (BgcDelayControl *self, double flow)
{
  if (flow >= self->window * USED_PART)
    set_window (self, self->window * (is_long (self) ? START_GAIN_LONG : START_GAIN));
}

/* Towards @known, which the path has borne before. */
static void
grow_back (BgcDelayControl *self, double known, double flow)
{
  double first = (double)self->settings.segment * FIRST_SEGMENTS;

  if (is_long (self) && flow >= self->window * RETURN_USED)
    set_window (self, MIN (MAX (self->window * RETURN_GAIN, first), known));
  else if (flow >= self->window * USED_PART)
    set_window (self, MIN (self->window * START_GAIN, known));
}

/* Bytes that moved in a round trip since the last decision. */
static double
take_flow (BgcDelayControl *self, gint64 now, guint32 round_trip)
{
  gint64 elapsed = now - self->decided;
  double flow = elapsed > 0 ? (double)self->moved * round_trip / (double)elapsed : 0;

  self->decided = now;
  self->moved = 0;
  return flow;
}

/* Microseconds until a connection's average has most of what changed. */
static gint64
averaging_time (const BgcDelayControl *self, guint32 round_trip)
{
  double bytes = AVERAGED_SEGMENTS * (double)self->settings.segment * self->flows;

  return self->rate <= 0 ? 0 : (gint64)MIN (bytes / self->rate, AVERAGED_TRIPS * (double)round_trip);
}

/* To what leaves part of the target if the queue is ours: then this is all it takes, and the link is never
 * idle. If there still is one thereafter, it is somebody else's, and they get all. */
static void
cut (BgcDelayControl *self, gint64 now, guint32 round_trip, double target, double flow)
{
  gboolean starting = self->phase == BGC_DELAY_CONTROL_STARTING;
  double before = self->window;
  double drained = MIN (before, flow) * (self->base + CALM_PART * target) / round_trip;

  if (self->cuts == 0)
    {
      set_window (self, MAX (drained, before / (starting ? CUT_START : CUT_FIRST)));
      self->settled = MAX (self->settled * SETTLED_KEPT, drained);
    }
  else
    set_window (self, MIN (drained, before / CUT_AGAIN));
  self->cuts++;
  self->calm = 0;
  self->falling = round_trip;
  self->next = now + MAX ((gint64)round_trip * (self->cuts == 1 ? CUT_SEEN_1 : CUT_SEEN_2) / 100, SAMPLE_MIN)
               + (self->cuts == 1 ? averaging_time (self, round_trip) : 0);
  /* Credit for so many round trips more was given, and takes as long to be used up. */
  if (starting && self->window > 0)
    self->next += (gint64)(MIN (before / self->window - 1, CUT_START) * round_trip);
}

/* The kernel's average still falls towards what the last cut did. */
static gboolean
is_falling (BgcDelayControl *self, gint64 now, guint32 round_trip, double target)
{
  gboolean falls = self->cuts > 0 && round_trip + target * FALLING_PART < self->falling;

  self->falling = round_trip;
  if (falls)
    self->next = now + MAX ((gint64)round_trip / 2, SAMPLE_MIN);
  return falls;
}

static void
step_starting (BgcDelayControl *self, gint64 now, guint32 round_trip, double target, double flow)
{
  double queue = (double)round_trip - self->base;
  double most = MAX (START_EXIT * target, START_BASE * self->base);

  if (queue <= most && self->window < self->threshold)
    {
      if (self->slow_since == 0)
        grow_first (self, flow);
      else
        grow_back (self, self->threshold, flow);
      return;
    }
  self->cuts = 0;
  if (queue > most)
    cut (self, now, round_trip, target, flow);
  self->phase = BGC_DELAY_CONTROL_STEADY;
  self->calm = 0;
  self->slow_next
    = now
      + (self->slow_since == 0 ? SLOW_PAUSE_MIN
                               : MAX ((now - self->slow_since) * SLOW_EVERY, SLOW_PAUSE_MIN));
}

static void
step_steady (BgcDelayControl *self, gint64 now, guint32 round_trip, double target, double flow)
{
  double queue = (double)round_trip - self->base;
  double gain;

  if (queue > target)
    {
      if (is_falling (self, now, round_trip, target))
        return;
      cut (self, now, round_trip, target, flow);
      return;
    }
  self->cuts = 0;
  self->calm = queue <= CALM_PART * target ? MIN (self->calm + 1, CALM_MAX) : 0;
  if (self->calm >= RETURN_CALM && self->window < self->settled * RETURN_PART)
    {
      grow_back (self, self->settled * RETURN_PART, flow);
      return;
    }
  if (flow < self->window * USED_PART)
    return;
  gain = MIN (STEADY_GAIN, STEADY_TARGET * target / MAX (self->base, 1));
  if (is_long (self))
    self->calm = MIN (self->calm, self->window < self->settled * NEAR_PART ? CALM_MAX_NEAR : CALM_MAX_LONG);
  gain = self->calm == 0 ? gain * (1 - queue / target) : MIN (gain * self->calm, CALM_GAIN);
  set_window (self, self->window + MAX (self->window * gain, self->settings.segment * (1 - queue / target)));
}

static void
judge_giving (BgcDelayControl *self, gboolean queued)
{
  self->pressed = self->window <= (double)self->settings.floor && queued ? self->pressed + 1 : 0;
  self->usual = MAX (self->usual * USUAL_KEPT, self->window);
  self->gives_way
    = self->window < MIN (self->usual * GIVEN_WAY, self->usual - GIVEN_SEGMENTS * self->settings.segment)
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
  double flow;

  self->moved += moved;
  turn_minutes (self, now);
  see_train (self, now, moved);
  if (round_trip == 0)
    return bgc_delay_control_window (self);
  bgc_delay_control_sample_empty (self, now, round_trip);
  self->least = self->least == 0 ? round_trip : MIN (self->least, round_trip);
  if (now < self->next)
    return bgc_delay_control_window (self);
  /* What a sender sends at once, and a machine that was busy, make some of a long round trip's samples
   * longer, a queue that stays all of them. */
  if (is_long (self))
    round_trip = self->least;
  self->least = 0;
  self->next = now + MAX ((gint64)round_trip, SAMPLE_MIN);

  target = bgc_delay_control_target (self);
  flow = take_flow (self, now, round_trip);
  if (self->phase == BGC_DELAY_CONTROL_SLOWED)
    end_slow_down (self, now, round_trip);
  else if (self->phase == BGC_DELAY_CONTROL_STARTING)
    step_starting (self, now, round_trip, target, flow);
  else if (now >= self->slow_next)
    slow_down (self, now);
  else
    {
      step_steady (self, now, round_trip, target, flow);
      judge_giving (self, (double)round_trip - self->base > target);
    }
  watch_floor (self, now, round_trip, (double)round_trip - self->base);

  return bgc_delay_control_window (self);
}

guint64
bgc_delay_control_step_aside (BgcDelayControl *self, gint64 now)
{
  if (self->phase != BGC_DELAY_CONTROL_SLOWED)
    slow_down (self, now);
  self->slow_since = now;
  self->aside = TRUE;
  return bgc_delay_control_window (self);
}
