/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* How many bytes may move now, so that they come to a rate: tokens come in by the rate, one for each byte,
 * and are kept for a short while. Exact in the long run: what time brings in parts of a token is not lost.
 * Pure: times are passed in, monotonic microseconds. */

#pragma once

#include <glib.h>

/* Microseconds for which tokens are kept. Who is late by less than that makes up for it; and over any time
 * no more moves than the rate allows, and this much. */
#define BGC_TOKEN_BUCKET_DEPTH (G_GINT64_CONSTANT (300) * 1000)
/* A part of a second: fewer tokens than come in that are not worth a read. */
#define BGC_TOKEN_BUCKET_SLICES 20u

/* A rate that is none: whatever is wanted may move. */
#define BGC_TOKEN_BUCKET_UNLIMITED G_MAXUINT64

typedef struct {
  guint64 rate;   /* bytes a second; never 0 */
  gint64 time;    /* up to which tokens have come in */
  guint64 tokens; /* bytes */
  guint64 part;   /* of a token, in millionths */
} BgcTokenBucket;

/* Empty. A @rate of 0 is taken for the least there is, 1. */
void bgc_token_bucket_init (BgcTokenBucket *self, guint64 rate, gint64 now);
/* Tokens that are there stay, as far as they fit. */
void bgc_token_bucket_set_rate (BgcTokenBucket *self, guint64 rate, gint64 now);
/* Takes as many as there are, @wanted at most, which is not 0. 0: they are not worth it before *@when. */
guint64 bgc_token_bucket_take (BgcTokenBucket *self, guint64 wanted, gint64 now, gint64 *when);
/* Of what was taken @tokens were not used. */
void bgc_token_bucket_give_back (BgcTokenBucket *self, guint64 tokens);
