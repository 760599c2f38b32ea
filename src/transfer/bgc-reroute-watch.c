/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "transfer/bgc-reroute-watch.h"

/* Microseconds for which a delay stands still that is a longer path: BBR, whose queue is the most even,
 * empties it every 10 s. */
#define REROUTE_TIME (15 * G_TIME_SPAN_SECOND)

gboolean
bgc_reroute_watch_sample (BgcRerouteWatch *self, gint64 now, gboolean floored, guint32 round_trip,
                          guint32 even)
{
  if (!floored)
    {
      self->since = 0;
      return FALSE;
    }
  if (self->since == 0)
    {
      self->since = now;
      self->low = self->high = round_trip;
    }
  self->low = MIN (self->low, round_trip);
  self->high = MAX (self->high, round_trip);
  if (self->high - self->low <= even && now - self->since < REROUTE_TIME)
    return FALSE;
  self->since = 0;
  return self->high - self->low <= even;
}
