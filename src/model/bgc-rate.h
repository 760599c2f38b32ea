/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* Bytes a second over a sliding window. Pure: times are passed in. */

#pragma once

#include <glib.h>

#define BGC_RATE_SAMPLES 24u /* at 4 reports a second, 6 s */

typedef struct {
  gint64 time[BGC_RATE_SAMPLES];   /* microseconds, any clock that does not stop or jump */
  guint64 bytes[BGC_RATE_SAMPLES]; /* counter at that time */
  guint count;
  guint next;
} BgcRate;

void bgc_rate_reset (BgcRate *self);
/* @bytes is a counter that grows; one that falls resets the window. */
void bgc_rate_add (BgcRate *self, gint64 now, guint64 bytes);
/* Bytes a second over the last 5 s of samples, 0 if the newest is older than 2 s or there are fewer
 * than two. */
guint64 bgc_rate_get (const BgcRate *self, gint64 now);
/* When it becomes 0 if no sample comes. */
gint64 bgc_rate_stale_time (const BgcRate *self);
