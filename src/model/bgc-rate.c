/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "model/bgc-rate.h"

#define WINDOW (5 * G_USEC_PER_SEC) /* microseconds of samples that count */
#define STALE (2 * G_USEC_PER_SEC)  /* microseconds without a sample after which nothing moves */

/* The sample taken @age samples ago, 0 = the newest. */
static guint
slot (const BgcRate *self, guint age)
{
  return (self->next + BGC_RATE_SAMPLES - 1 - age) % BGC_RATE_SAMPLES;
}

void
bgc_rate_reset (BgcRate *self)
{
  *self = (BgcRate) { .count = 0 };
}

void
bgc_rate_add (BgcRate *self, gint64 now, guint64 bytes)
{
  guint newest = slot (self, 0);

  if (self->count > 0 && (bytes < self->bytes[newest] || now < self->time[newest]))
    bgc_rate_reset (self);

  self->time[self->next] = now;
  self->bytes[self->next] = bytes;
  self->next = (self->next + 1) % BGC_RATE_SAMPLES;
  self->count = MIN (self->count + 1, BGC_RATE_SAMPLES);
}

guint64
bgc_rate_get (const BgcRate *self, gint64 now)
{
  guint newest = slot (self, 0);
  guint oldest = newest;
  gint64 elapsed;
  guint64 moved;

  if (self->count < 2 || now - self->time[newest] > STALE)
    return 0;

  for (guint age = 1; age < self->count; age++)
    {
      if (self->time[newest] - self->time[slot (self, age)] > WINDOW)
        break;
      oldest = slot (self, age);
    }

  elapsed = self->time[newest] - self->time[oldest];
  if (elapsed <= 0)
    return 0;

  /* In floating point: the product may pass 64 bits. */
  moved = self->bytes[newest] - self->bytes[oldest];
  return (guint64) ((gdouble) moved * G_USEC_PER_SEC / (gdouble) elapsed);
}

gint64
bgc_rate_stale_time (const BgcRate *self)
{
  return self->time[slot (self, 0)] + STALE + 1;
}
