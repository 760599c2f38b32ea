/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "transfer/bgc-token-bucket.h"

/* Bytes a second: more is no limit on any machine, and times the depth it is still a number. */
#define RATE_MOST (G_GUINT64_CONSTANT (1) << 43)
/* Bytes that are worth a read at any rate: a buffer of the body reader. */
#define SLICE_MOST (G_GUINT64_CONSTANT (256) << 10)

static guint64
slice_of (const BgcTokenBucket *self)
{
  return CLAMP (self->rate / BGC_TOKEN_BUCKET_SLICES, 1, SLICE_MOST);
}

/* At the lowest rates one token is more than the depth. */
static guint64
room_of (const BgcTokenBucket *self)
{
  return MAX (self->rate * BGC_TOKEN_BUCKET_DEPTH / G_USEC_PER_SEC, slice_of (self));
}

/* Microseconds in which an empty bucket is full; a little more, so that none is lost to rounding. */
static gint64
time_to_fill (const BgcTokenBucket *self)
{
  return (gint64)(room_of (self) * G_USEC_PER_SEC / self->rate) + 1;
}

static void
fill (BgcTokenBucket *self, gint64 now)
{
  gint64 elapsed = CLAMP (now - self->time, 0, time_to_fill (self));
  guint64 come = self->part + (guint64)elapsed * self->rate;

  self->time = MAX (self->time, now);
  self->tokens += come / G_USEC_PER_SEC;
  self->part = come % G_USEC_PER_SEC;
  if (self->tokens < room_of (self))
    return;
  self->tokens = room_of (self);
  self->part = 0;
}

static void
take_rate (BgcTokenBucket *self, guint64 rate)
{
  self->rate = rate == BGC_TOKEN_BUCKET_UNLIMITED ? rate : CLAMP (rate, 1, RATE_MOST);
}

void
bgc_token_bucket_init (BgcTokenBucket *self, guint64 rate, gint64 now)
{
  *self = (BgcTokenBucket){ .time = now };
  take_rate (self, rate);
}

void
bgc_token_bucket_set_rate (BgcTokenBucket *self, guint64 rate, gint64 now)
{
  if (self->rate == BGC_TOKEN_BUCKET_UNLIMITED)
    self->tokens = self->part = 0;
  else
    fill (self, now);
  self->time = MAX (self->time, now);
  take_rate (self, rate);
  if (self->rate != BGC_TOKEN_BUCKET_UNLIMITED)
    self->tokens = MIN (self->tokens, room_of (self));
}

guint64
bgc_token_bucket_take (BgcTokenBucket *self, guint64 wanted, gint64 now, gint64 *when)
{
  guint64 least, taken;

  *when = now;
  if (self->rate == BGC_TOKEN_BUCKET_UNLIMITED)
    return wanted;
  fill (self, now);
  least = MIN (wanted, slice_of (self));
  if (self->tokens < least)
    {
      guint64 missing = (least - self->tokens) * G_USEC_PER_SEC - self->part;

      *when = now + (gint64)((missing + self->rate - 1) / self->rate);
      return 0;
    }
  taken = MIN (wanted, self->tokens);
  self->tokens -= taken;
  return taken;
}

void
bgc_token_bucket_give_back (BgcTokenBucket *self, guint64 tokens)
{
  if (self->rate != BGC_TOKEN_BUCKET_UNLIMITED)
    self->tokens = MIN (self->tokens + tokens, room_of (self));
}
