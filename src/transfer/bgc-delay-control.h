/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* How much a background transfer may have under way on one path: a window that grows while the
 * round trip shows no queue and shrinks as soon as somebody else fills one. The idea is rLEDBAT's
 * (RFC 9840) with LEDBAT++'s periodic slow-down; targets are smaller, so that a person's page feels
 * nothing. Pure: times and samples are passed in, all in microseconds. */

#pragma once

#include "transfer/bgc-reroute-watch.h"

/* Minutes of lowest round trips remembered, as RFC 6817 4.2 proposes. */
#define BGC_DELAY_CONTROL_HISTORY 10u

typedef struct
{
  guint32 target;  /* queueing delay to stay below on a path of 20 ms; larger on longer and slower ones */
  guint32 segment; /* bytes of a full segment */
  guint64 floor;   /* bytes: the trickle that a loaded path still gets */
  guint64 ceiling; /* bytes: what the receive buffer can hold */
} BgcDelayControlSettings;

typedef enum
{
  BGC_DELAY_CONTROL_STARTING, /* grows by half or more each round trip until a queue shows */
  BGC_DELAY_CONTROL_STEADY,
  BGC_DELAY_CONTROL_SLOWED,   /* at the floor for three round trips, to see the path without ourselves */
} BgcDelayControlPhase;

/* Fields are the module's; read them in tests. */
typedef struct
{
  BgcDelayControlSettings settings;
  BgcDelayControlPhase phase;
  guint flows;          /* connections that share the window; its user says so */
  double window;        /* bytes */
  double threshold;     /* bytes: window before the last slow-down; starting ends there */
  gint64 next;          /* when a sample counts again: one decision a round trip */
  guint32 base;         /* lowest round trip known; 0 = none yet */
  double rate;          /* bytes a microsecond, of the fastest train of segments known; 0 = none yet */
  guint32 lowest[BGC_DELAY_CONTROL_HISTORY]; /* lowest of each minute, newest first; 0 = none */
  double fastest[BGC_DELAY_CONTROL_HISTORY]; /* fastest train of each minute; 0 = none */
  guint64 train;        /* bytes of the train that comes now */
  gint64 train_since;   /* when it began; 0 = none yet */
  gint64 minute;        /* when the newest minute began */
  gint64 slow_since;    /* when the last slow-down began; 0 = nothing is known of the path yet */
  gboolean aside;       /* it makes room for somebody who begins */
  gint64 slow_next;     /* when the next is due; 0 = not planned */
  double settled;       /* bytes that the path has borne before, fading; 0 = not known */
  guint calm;           /* round trips in a row without a queue */
  guint cuts;           /* decisions in a row that found too much of one */
  guint32 falling;      /* the round trip at the last cut, or since */
  guint32 least;        /* lowest round trip since the last decision; 0 = none yet */
  gint64 decided;       /* when the last decision was made */
  guint64 moved;        /* bytes since */
  BgcRerouteWatch floored; /* the window at the floor, with a queue that is not ours */
  double usual;         /* bytes: the largest steady window of late */
  guint pressed;        /* steady decisions in a row that found a queue and left the window at the floor */
  gboolean gives_way;   /* as of the last steady decision */
} BgcDelayControl;

void bgc_delay_control_init (BgcDelayControl *self, const BgcDelayControlSettings *settings);
/* A round trip as the socket sees it while data flows, and the bytes that came since the last sample.
 * Gives the window in bytes. */
guint64 bgc_delay_control_sample (BgcDelayControl *self, gint64 now, guint32 round_trip, guint64 moved);
/* A round trip that no queue of data was in, such as the handshake's: lowers the base alone. */
void bgc_delay_control_sample_empty (BgcDelayControl *self, gint64 now, guint32 round_trip);
/* Somebody else begins to use the link, although the delay does not show it yet: makes room as a slow-down
 * does, and for as long as this is said. */
guint64 bgc_delay_control_step_aside (BgcDelayControl *self, gint64 now);
/* Bytes. */
guint64 bgc_delay_control_window (const BgcDelayControl *self);
/* It leaves the path to others: for people, from one steady decision to the next, slow-downs apart. */
gboolean bgc_delay_control_gives_way (const BgcDelayControl *self);
/* Microseconds of queue that are tolerated on this path. */
guint32 bgc_delay_control_target (const BgcDelayControl *self);
