/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* How fast a background transfer may send on one path. A rate fills a queue for as long as it is too high,
 * where a window only fills it once: so what the path delivers is measured, and the rate is a little more
 * or less than that, as the queue is shorter or longer than it should be. Pure: times and samples are passed
 * in, all in microseconds. */

#pragma once

#include "transfer/bgc-reroute-watch.h"

typedef struct
{
  guint32 target;  /* queueing delay to stay below; on long paths a part of the base, if that is more */
  guint32 segment; /* bytes of a full segment */
  guint floor;     /* segments in a round trip that a loaded path still gets; less on short ones */
} BgcPacingControlSettings;

typedef enum
{
  BGC_PACING_CONTROL_STARTING, /* grows by half each round trip until a queue shows */
  BGC_PACING_CONTROL_STEADY,
  BGC_PACING_CONTROL_SLOWED,   /* at the floor, to see the path without ourselves or to make room */
} BgcPacingControlPhase;

/* Fields are the module's; read them in tests. Rates are bytes a second. */
typedef struct
{
  BgcPacingControlSettings settings;
  BgcPacingControlPhase phase;
  double rate;
  double delivered;    /* what the path delivers, smoothed where few segments make a sample; 0 = not known */
  double delivered_before; /* the same at the decision before */
  double best;         /* most that it has delivered lately: fades */
  double threshold;    /* where growing by half ends; 0 = nowhere */
  guint32 latest;      /* last round trip; 0 = none yet */
  guint32 before;      /* the one before that */
  guint32 base;        /* lowest round trip known; 0 = none yet */
  guint32 lowest[2];   /* of this period and the one before; 0 = none */
  gint64 period;       /* when this one began */
  gint64 next;         /* when a sample counts again */
  gint64 decided;      /* when the last decision was made */
  guint64 moved;       /* bytes since */
  guint calm;          /* round trips in a row without a queue */
  guint full;          /* round trips in a row with far too long a one */
  guint tries;         /* to come back that have met others, in a row */
  gint64 try_next;     /* when the next may be; 0 = at any time */
  gint64 slow_since;   /* when the last slow-down began; 0 = never */
  gint64 slow_next;    /* when the next is due; 0 = not planned */
  BgcRerouteWatch floored; /* the rate at the floor, with a queue that is not ours */
} BgcPacingControl;

/* @round_trip: of the handshake; 0 = not known. */
void bgc_pacing_control_init (BgcPacingControl *self, const BgcPacingControlSettings *settings,
                              guint32 round_trip);
/* A round trip as the socket sees it while data flows, and the bytes that arrived since the last sample. */
void bgc_pacing_control_sample (BgcPacingControl *self, gint64 now, guint32 round_trip, guint64 moved);
/* A round trip that no queue of data was in: lowers the base alone. */
void bgc_pacing_control_sample_empty (BgcPacingControl *self, gint64 now, guint32 round_trip);
/* Somebody else begins to use the link: makes room, and for as long as this is said. */
void bgc_pacing_control_step_aside (BgcPacingControl *self, gint64 now);
/* Bytes a second. */
guint64 bgc_pacing_control_rate (const BgcPacingControl *self);
/* Microseconds of queue that are tolerated on this path. */
guint32 bgc_pacing_control_target (const BgcPacingControl *self);
/* Whether somebody else's queue holds it back. */
gboolean bgc_pacing_control_gives_way (const BgcPacingControl *self);
