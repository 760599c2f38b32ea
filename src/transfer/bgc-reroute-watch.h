/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* Whether a path became longer: the queue that a transfer at its trickle still sees is somebody else's, or
 * none. A delay that stands still for long is none, for no sender's queue is that even. Pure: times and
 * samples are passed in, all in microseconds. */

#pragma once

#include <glib.h>

/* Fields are the module's; read them in tests. */
typedef struct
{
  gint64 since; /* since when there is such a delay; 0 = there is none */
  guint32 low;  /* lowest and highest round trip since */
  guint32 high;
} BgcRerouteWatch;

/* Another decision. @floored: it left the transfer at its floor, with a queue. @even: most by which a delay
 * changes that stands still. TRUE: the path has become as long as low says. */
gboolean bgc_reroute_watch_sample (BgcRerouteWatch *self, gint64 now, gboolean floored, guint32 round_trip,
                                   guint32 even);
