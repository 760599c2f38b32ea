/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "bgc-bottleneck.h"

#include "transfer/bgc-foreign-traffic.h"

#include <math.h>

/* Bytes of a segment, and of it on the wire. */
#define SEGMENT 1448.0
#define FRAME   1514.0
/* Seconds between two looks at the sockets, and until an acknowledgement no longer waits for a second
 * segment. */
#define TICK    0.005
#define DELAYED 0.040
/* Seconds between two looks at the counter of the interface. */
#define COUNTED 0.020
/* Segments of a first window, of the senders and of the receiver's first announcement. */
#define FIRST      10.0
#define FIRST_SEEN 22.0
/* Samples of a round that tell whether a start ends; the window from which on; and seconds that a round
 * trip must be longer, at least and at most. */
#define START_SAMPLES 8u
#define START_WINDOW  16
#define START_LEAST   0.004
#define START_MOST    0.016
/* Seconds between two acknowledgements of one train. */
#define TRAIN_GAP 0.002
/* Seconds between two stalls, mean. */
#define STALL_EVERY 0.1
/* Of RFC 9438. */
#define CUBIC_C    0.4
#define CUBIC_BETA 0.7

typedef struct
{
  double time; /* when it arrives */
  double seen; /* of a segment: when the acknowledgement that let it go was sent; of that: its own time */
  double edge; /* of an acknowledgement: the bytes up to which the receiver takes */
  double sent; /* of a segment: when; of an acknowledgement: of the last one that it is for */
  double bytes;
  guint flow;
  gboolean lost; /* is the news of a loss */
} Packet;

typedef struct
{
  BgcDelayControl *control; /* (borrowed) (nullable) */
  gboolean running;
  double left; /* bytes to send; infinite without an end */
  /* The sender: */
  double sent, under_way, window, threshold, edge, seen;
  double cubic_most, cubic_since, cut_until;
  double least, round_least, round_since; /* seconds, for leaving the start */
  double train;      /* when the last acknowledgement of this round's train came */
  double round_most; /* bytes under way at most in this round; and in the last */
  double last_most;
  guint round_samples;
  double begins; /* when the request has reached it */
  /* The receiver: */
  double got, told_edge, waiting, waiting_since, waiting_sent, moved;
  double room; /* bytes: what it announces at most now */
  double round_trip, last_seen; /* milliseconds; the kernel's estimate and the stamp it last took */
} Flow;

struct _BgcBottleneck
{
  BgcBottleneckSettings settings;
  double now; /* seconds */
  double busy_until;
  double tick;
  double got_all;  /* bytes that the receivers' interface has seen since its counter was looked at */
  double got_ours;
  double counted;  /* when that was */
  gboolean noisy;
  BgcForeignTrafficRule rule;
  GRand *chance;     /* (owned) the same each time */
  double stall_next; /* when everything stands still next; and until when it did last */
  double stalled;
  double wait_sum;
  guint wait_count;
  Flow flows[BGC_BOTTLENECK_FLOWS];
  guint n_flows;
  GQueue segments; /* (element-type Packet) (owned) at the link or on their way, by time */
  GQueue back;     /* (element-type Packet) (owned) acknowledgements, by time */
};

BgcBottleneck *
bgc_bottleneck_new (const BgcBottleneckSettings *settings)
{
  BgcBottleneck *self = g_new0 (BgcBottleneck, 1);

  self->settings = *settings;
  self->now = 1;
  self->busy_until = self->tick = self->now;
  self->chance = g_rand_new_with_seed (1);
  self->stall_next = self->now;
  return self;
}

void
bgc_bottleneck_free (BgcBottleneck *self)
{
  g_queue_clear_full (&self->segments, g_free);
  g_queue_clear_full (&self->back, g_free);
  g_rand_free (self->chance);
  g_free (self);
}

static double
link_rate (const BgcBottleneck *self)
{
  return self->settings.rate * 1e6 / 8;
}

/* One way. */
static double
link_delay (const BgcBottleneck *self)
{
  return self->settings.base / 2000;
}

static gint
compare_time (gconstpointer a, gconstpointer b, gpointer data)
{
  const Packet *one = a, *two = b;

  return one->time < two->time ? -1 : one->time > two->time;
}

static void
push (GQueue *queue, const Packet *packet)
{
  const Packet *last = g_queue_peek_tail (queue);

  if (last == NULL || last->time <= packet->time)
    g_queue_push_tail (queue, g_memdup2 (packet, sizeof *packet));
  else
    g_queue_insert_sorted (queue, g_memdup2 (packet, sizeof *packet), compare_time, NULL);
}

static void
send_segment (BgcBottleneck *self, guint number, double bytes)
{
  Flow *flow = &self->flows[number];
  Packet packet = { .seen = flow->seen, .sent = self->now, .bytes = bytes, .flow = number };

  self->busy_until = MAX (self->busy_until, self->now);
  flow->sent += bytes;
  flow->left -= bytes;
  flow->under_way += bytes;
  if (self->busy_until - self->now > self->settings.buffer / 1000)
    {
      packet.lost = TRUE;
      packet.time = self->busy_until + 2 * link_delay (self);
      push (&self->back, &packet);
      return;
    }
  self->busy_until += FRAME / link_rate (self);
  packet.time = self->busy_until + link_delay (self);
  push (&self->segments, &packet);
}

static void
send_what_may (BgcBottleneck *self, guint number)
{
  Flow *flow = &self->flows[number];

  while (flow->running && flow->left > 0)
    {
      double bytes = MIN (SEGMENT, flow->left);

      if (flow->under_way + bytes > flow->window || flow->sent + bytes > flow->edge)
        return;
      send_segment (self, number, bytes);
    }
}

guint
bgc_bottleneck_add (BgcBottleneck *self, BgcDelayControl *control, guint64 bytes)
{
  guint number = self->n_flows++;
  Flow *flow = &self->flows[number];
  Packet first = { .time = self->now + 3 * link_delay (self), .flow = number };

  g_assert (number < BGC_BOTTLENECK_FLOWS);
  flow->control = control;
  flow->running = TRUE;
  flow->left = bytes == 0 ? INFINITY : (double)bytes;
  flow->window = FIRST * SEGMENT;
  flow->threshold = INFINITY;
  flow->told_edge = control != NULL ? FIRST_SEEN * SEGMENT : INFINITY;
  flow->room = FIRST_SEEN * SEGMENT;
  first.edge = flow->told_edge;
  first.seen = self->now + 2 * link_delay (self);
  if (control != NULL)
    {
      double wait = MAX (0, self->busy_until - self->now);

      /* The handshake's, through whatever queue there is. */
      bgc_delay_control_sample_empty (control, (gint64)(self->now * 1e6),
                                      (guint32)((wait + 2 * link_delay (self)) * 1e6));
    }
  push (&self->back, &first);
  return number;
}

void
bgc_bottleneck_end (BgcBottleneck *self, guint flow)
{
  self->flows[flow].running = FALSE;
}

/* ---- the receiver ------------------------------------------------------------------------------- */

static void
measure (const BgcBottleneck *self, Flow *flow, double seen)
{
  double sample;

  if (seen == flow->last_seen)
    return;
  flow->last_seen = seen;
  sample = MAX (1, floor (self->now * 1000) - floor (seen * 1000));
  if (flow->round_trip == 0 || (self->settings.latest && sample < flow->round_trip))
    flow->round_trip = sample;
  else
    flow->round_trip += (sample - flow->round_trip) / 8;
}

static guint
n_with (const BgcBottleneck *self, const BgcDelayControl *control, guint end)
{
  guint count = 0;

  for (guint i = 0; i < end; i++)
    count += self->flows[i].control == control && self->flows[i].running ? 1 : 0;
  return count;
}

/* As the paths share a window that is too small for all to flow. */
static double
share_of (const BgcBottleneck *self, guint number)
{
  const BgcDelayControl *control = self->flows[number].control;
  double window = (double)bgc_delay_control_window (control);
  double flowing = MIN (floor (window / (2 * SEGMENT)), n_with (self, control, self->n_flows));

  return n_with (self, control, number) < flowing ? window / flowing : SEGMENT;
}

/* Whoever reads tells the sender of a window that has become twice as large. */
static gboolean
is_update_due (const BgcBottleneck *self, guint number)
{
  const Flow *flow = &self->flows[number];

  return flow->control != NULL
         && 2 * (flow->told_edge - flow->got) <= MIN (flow->room, share_of (self, number));
}

static void
acknowledge (BgcBottleneck *self, guint number)
{
  Flow *flow = &self->flows[number];
  Packet packet = { .time = self->now + link_delay (self), .flow = number };

  if (flow->control != NULL)
    {
      flow->room = MIN (flow->room, share_of (self, number));
      flow->told_edge = MAX (flow->told_edge, flow->got + flow->room);
    }
  packet.edge = flow->told_edge;
  packet.seen = floor (self->now * 1000) / 1000;
  packet.bytes = flow->waiting;
  packet.sent = flow->waiting_sent;
  flow->waiting = 0;
  push (&self->back, &packet);
}

static void
receive (BgcBottleneck *self, const Packet *packet)
{
  Flow *flow = &self->flows[packet->flow];

  if (packet->bytes >= SEGMENT)
    measure (self, flow, packet->seen);
  self->got_all += packet->bytes + FRAME - SEGMENT;
  self->got_ours += flow->control != NULL ? packet->bytes + FRAME - SEGMENT : 0;
  flow->got += packet->bytes;
  flow->room += 2 * packet->bytes;
  flow->moved += packet->bytes;
  if (flow->waiting == 0)
    flow->waiting_since = self->now;
  flow->waiting += packet->bytes;
  flow->waiting_sent = packet->sent;
  if (flow->waiting >= 2 * SEGMENT || packet->bytes < SEGMENT || is_update_due (self, packet->flow))
    acknowledge (self, packet->flow);
}

static void
look_at (BgcBottleneck *self, BgcDelayControl *control)
{
  double round_trip = 0, moved = 0;

  for (guint i = 0; i < self->n_flows; i++)
    {
      Flow *flow = &self->flows[i];

      if (flow->control != control)
        continue;
      if (flow->moved > 0 && flow->round_trip > 0)
        round_trip = round_trip == 0 ? flow->round_trip : MIN (round_trip, flow->round_trip);
      moved += flow->moved;
      flow->moved = 0;
    }
  if (self->noisy)
    bgc_delay_control_step_aside (control, (gint64)(self->now * 1e6));
  control->flows = n_with (self, control, self->n_flows);
  if (moved > 0)
    bgc_delay_control_sample (control, (gint64)(self->now * 1e6), (guint32)(round_trip * 1000),
                              (guint64)moved);
}

/* As the paths look at the counter of the interface. */
static void
count (BgcBottleneck *self)
{
  if (self->now - self->counted < COUNTED)
    return;
  self->noisy = bgc_foreign_traffic_judge (&self->rule, (guint64)self->got_all, (guint64)self->got_ours);
  self->got_all = self->got_ours = 0;
  self->counted = self->now;
}

static void
look (BgcBottleneck *self)
{
  count (self);
  for (guint i = 0; i < self->n_flows; i++)
    {
      Flow *flow = &self->flows[i];

      if (flow->waiting > 0 && self->now - flow->waiting_since >= DELAYED)
        acknowledge (self, i);
      if (flow->control != NULL && n_with (self, flow->control, i) == 0)
        look_at (self, flow->control);
    }
  self->wait_sum += MAX (0, self->busy_until - self->now) * 1000;
  self->wait_count++;
}

/* ---- the senders -------------------------------------------------------------------------------- */

static void
lose (const BgcBottleneck *self, Flow *flow)
{
  if (self->now < flow->cut_until)
    return;
  flow->cubic_most = flow->window;
  flow->cubic_since = self->now;
  flow->window = flow->threshold = MAX (2 * SEGMENT, flow->window * CUBIC_BETA);
  flow->cut_until = self->now + 2 * link_delay (self) + MAX (0, self->busy_until - self->now);
}

static void
end_start (const BgcBottleneck *self, Flow *flow)
{
  flow->threshold = flow->window;
  flow->cubic_most = flow->window;
  flow->cubic_since = self->now;
}

/* A start ends where round trips grow, as RFC 9406 and Linux have it, or where the acknowledgements of a
 * round come one after the other for half a round trip, as Linux has it besides. */
static void
leave_start (const BgcBottleneck *self, Flow *flow, double sent)
{
  double round_trip = self->now - sent;

  if (flow->least == 0 || round_trip < flow->least)
    flow->least = round_trip;
  if (sent >= flow->round_since)
    {
      flow->round_since = flow->train = self->now;
      flow->last_most = flow->round_most;
      flow->round_most = 0;
      flow->round_samples = 0;
      flow->round_least = INFINITY;
    }
  if (flow->window < START_WINDOW * SEGMENT)
    return;
  if (self->now - flow->train <= TRAIN_GAP)
    {
      flow->train = self->now;
      if (self->now - flow->round_since > flow->least / 2)
        end_start (self, flow);
    }
  flow->round_samples++;
  if (flow->round_samples > START_SAMPLES)
    return;
  flow->round_least = MIN (flow->round_least, round_trip);
  if (flow->round_samples == START_SAMPLES
      && flow->round_least >= flow->least + CLAMP (flow->least / 8, START_LEAST, START_MOST))
    end_start (self, flow);
}

static void
grow (const BgcBottleneck *self, Flow *flow, double bytes)
{
  double most = flow->cubic_most / SEGMENT;
  double k = cbrt (most * (1 - CUBIC_BETA) / CUBIC_C);
  double since = self->now - flow->cubic_since;
  double wanted = (CUBIC_C * pow (since - k, 3) + most) * SEGMENT;

  if (flow->window < flow->threshold)
    flow->window += bytes;
  else if (wanted > flow->window)
    flow->window += MIN ((wanted - flow->window) / flow->window, 0.5) * bytes;
  else
    flow->window += 0.01 * SEGMENT * bytes / flow->window;
}

/* Whether it is the sender's window that limits it; a start also goes on to twice of what is used. */
static gboolean
is_limited (const Flow *flow, double bytes)
{
  if (flow->window < flow->threshold)
    return flow->window < 2 * MAX (flow->round_most, flow->last_most);
  return flow->under_way + bytes + 3 * SEGMENT >= flow->window;
}

static void
hear (BgcBottleneck *self, const Packet *packet)
{
  Flow *flow = &self->flows[packet->flow];

  flow->under_way -= packet->bytes;
  if (packet->lost)
    {
      flow->left += packet->bytes;
      flow->sent -= packet->bytes;
      lose (self, flow);
    }
  else
    {
      flow->edge = MAX (flow->edge, packet->edge);
      flow->seen = packet->seen;
      if (flow->window < flow->threshold && packet->sent > 0)
        leave_start (self, flow, packet->sent);
      flow->round_most = MAX (flow->round_most, flow->under_way + packet->bytes);
      if (is_limited (flow, packet->bytes))
        grow (self, flow, packet->bytes);
    }
  send_what_may (self, packet->flow);
}

/* ---- time --------------------------------------------------------------------------------------- */

/* What is to happen while the machine does something else happens when it is back. */
static double
without_stall (BgcBottleneck *self, double time)
{
  if (time >= self->stall_next)
    {
      self->stalled = self->stall_next + g_rand_double (self->chance) * self->settings.stall / 1000;
      self->stall_next += g_rand_double (self->chance) * 2 * STALL_EVERY;
    }
  return MAX (time, self->stalled);
}

static void
step (BgcBottleneck *self)
{
  const Packet *segment = g_queue_peek_head (&self->segments);
  const Packet *back = g_queue_peek_head (&self->back);
  double segment_time = segment == NULL ? INFINITY : segment->time;
  double back_time = back == NULL ? INFINITY : back->time;
  double time = MIN (self->tick, MIN (segment_time, back_time));

  self->now = without_stall (self, time);
  if (time == self->tick)
    {
      look (self);
      self->tick = MAX (self->tick, self->now) + TICK;
    }
  else if (segment_time <= back_time)
    {
      g_autofree Packet *packet = g_queue_pop_head (&self->segments);

      receive (self, packet);
    }
  else
    {
      g_autofree Packet *packet = g_queue_pop_head (&self->back);

      hear (self, packet);
    }
}

void
bgc_bottleneck_run (BgcBottleneck *self, double seconds)
{
  for (double end = self->now + seconds; self->now < end;)
    step (self);
}

double
bgc_bottleneck_run_until_done (BgcBottleneck *self, guint number)
{
  Flow *flow = &self->flows[number];
  double begun = self->now;

  while (flow->left > 0 || flow->got < flow->sent)
    step (self);
  flow->running = FALSE;
  /* It connected before it asked. */
  return self->now - begun + 2 * link_delay (self);
}

double
bgc_bottleneck_use (BgcBottleneck *self, const BgcDelayControl *control, double seconds)
{
  double before = 0, after = 0, begun = self->now;

  for (guint i = 0; i < self->n_flows; i++)
    before += self->flows[i].control == control ? self->flows[i].got : 0;
  bgc_bottleneck_run (self, seconds);
  for (guint i = 0; i < self->n_flows; i++)
    after += self->flows[i].control == control ? self->flows[i].got : 0;
  return (after - before) * FRAME / SEGMENT / link_rate (self) / (self->now - begun);
}

double
bgc_bottleneck_take_wait (BgcBottleneck *self)
{
  double mean = self->wait_count == 0 ? 0 : self->wait_sum / self->wait_count;

  self->wait_sum = 0;
  self->wait_count = 0;
  return mean;
}
