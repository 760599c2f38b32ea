/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* What all connections of one user have under way together: who opens many gets no more than who opens
 * one. Pure. */

#pragma once

#include "base/bgc-error.h"
#include "service/bgc-caller.h"

/* Connections of a user that are served; what a bus allows a user by default. */
#define BGC_USER_MAX_CONNECTIONS 256u
/* Calls of a user that may be unanswered at once: those of eight connections that wait with all they may. */
#define BGC_USER_MAX_CALLS (8u * BGC_CALLER_MAX_CALLS)
/* Bytes of their arguments: two of the longest messages that a bus carries by default. */
#define BGC_USER_MAX_BYTES (G_GUINT64_CONSTANT (64) * 1024 * 1024)
/* Calls of a user that are worked on at once: each other user's call stands behind these in the store. */
#define BGC_USER_MAX_WORKING (2u * BGC_CALLER_MAX_WORKING)

typedef struct _BgcUser {
  guint32 uid;
  guint connections;
  guint calls;       /* admitted and not yet over */
  guint64 bytes;     /* of their arguments */
  guint working;     /* of the calls, those that are worked on */
  GQueue turns;      /* (element-type BgcCaller) (owned) who has a call to run, next first */
  gboolean in_line;  /* the user waits for its turn */
} BgcUser;

BgcUser *bgc_user_new (guint32 uid);
void bgc_user_free (BgcUser *self);
/* May one more call with so many @bytes of arguments come in? Error: LimitsExceeded. */
gboolean bgc_user_allows (const BgcUser *self, guint64 bytes, GError **error);
/* @caller has a call to run: it goes behind the user's other connections. */
void bgc_user_line_up (BgcUser *self, BgcCaller *caller);
/* Somebody's turn could be taken now. */
gboolean bgc_user_is_ready (const BgcUser *self);
/* The connection whose turn it is (transfer full), or NULL. */
BgcCaller *bgc_user_next (BgcUser *self);
/* Nothing of it is left. */
gboolean bgc_user_is_idle (const BgcUser *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BgcUser, bgc_user_free)
