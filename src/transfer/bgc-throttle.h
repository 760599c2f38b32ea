/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* The rate of one job, which all its connections share: each takes tokens before it moves bytes of a body,
 * and waits where there are none. What is around bodies, heads and TLS, comes on top. Reading on the main
 * loop waits for a call, in turn; other threads block. */

#pragma once

#include <gio/gio.h>

#include "transfer/bgc-token-bucket.h"

typedef struct _BgcThrottle BgcThrottle;
typedef void (*BgcThrottleFunc) (gpointer data);

/* ---- main thread -------------------------------------------------------------------------------- */

/* @rate: bytes a second or BGC_TOKEN_BUCKET_UNLIMITED. */
BgcThrottle *bgc_throttle_new (guint64 rate);
/* Whoever waits is looked at again. */
void bgc_throttle_set_rate (BgcThrottle *self, guint64 rate);
/* Calls @function once, from the main loop, when tokens may be had and those who came first had their turn;
 * at most one wait for each @data. */
void bgc_throttle_await (BgcThrottle *self, BgcThrottleFunc function, gpointer data);
void bgc_throttle_forget (BgcThrottle *self, gpointer data);

/* ---- any thread --------------------------------------------------------------------------------- */

BgcThrottle *bgc_throttle_ref (BgcThrottle *self);
/* Nobody waits for the last one. */
void bgc_throttle_unref (BgcThrottle *self);
/* Bytes that may move now, @wanted at most, which is not 0; 0 = none. NULL or unlimited: all of @wanted. */
gsize bgc_throttle_take (BgcThrottle *self, gsize wanted);
/* Of what was taken @bytes did not move. */
void bgc_throttle_give_back (BgcThrottle *self, gsize bytes);
/* Somebody was made to wait within the last two seconds: the job is as fast as it may be. */
gboolean bgc_throttle_holds (BgcThrottle *self);
/* As take, but blocks while it were 0; 0 = @cancellable (nullable) was cancelled. */
gsize bgc_throttle_take_blocking (BgcThrottle *self, gsize wanted, GCancellable *cancellable);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BgcThrottle, bgc_throttle_unref)
