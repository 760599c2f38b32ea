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

/* Answers that a user is given before the bus has been heard from again. What the bus has for us comes in
 * the order sent, whoever sent it, and the bus's answer to a question of ours comes behind it. So who sends a
 * new call for each answer has about that many on their way, and everybody is heard soon, however slow the
 * machine is. */
#define BGC_USER_WINDOW 64u
/* Connections of a user, and calls that wait for an answer, up to which he is answered as fast as can be.
 * From then on at a set pace: who keeps his answers and then sends a call for each of them at once fills the
 * way to us for a tenth of a millisecond with each. */
#define BGC_USER_FEW_CONNECTIONS 8u
#define BGC_USER_FEW_CALLS BGC_USER_MAX_CALLS
/* Microseconds from one answer to the next then, and answers that may be caught up with at once: a script
 * that starts many programs is hardly slowed. */
#define BGC_USER_PACE 4000
#define BGC_USER_BURST 256

typedef struct _BgcUser {
  guint32 uid;
  guint connections;
  guint calls;       /* admitted and not yet over */
  guint64 bytes;     /* of their arguments */
  guint working;     /* of the calls, those that are worked on */
  guint held;        /* calls that are refused when it is their turn */
  guint unheard;     /* answers given since the bus was last heard from */
  guint asked;       /* of unheard, those before the bus was asked; 0 = it is not being asked */
  gint64 due;        /* boot clock: the next answer, while the user is paced */
  GQueue turns;      /* (element-type BgcCaller) (owned) who has a call to run, next first */
  gboolean in_line;  /* the user waits for its turn */
} BgcUser;

BgcUser *bgc_user_new (guint32 uid);
void bgc_user_free (BgcUser *self);
/* May one more call with so many @bytes of arguments come in? Error: LimitsExceeded. */
gboolean bgc_user_allows (const BgcUser *self, guint64 bytes, GError **error);
/* @caller has a call to run: it goes behind the user's other connections. */
void bgc_user_line_up (BgcUser *self, BgcCaller *caller);
/* Somebody's turn could be taken, now or when it is due. */
gboolean bgc_user_is_ready (const BgcUser *self);
/* When the user's next turn is due; at @now, or before, unless it is paced. */
gint64 bgc_user_due (const BgcUser *self, gint64 now);
/* The connection whose turn it is (transfer full), or NULL. */
BgcCaller *bgc_user_next (BgcUser *self);
/* An answer is given, at @now or soon. */
void bgc_user_pace (BgcUser *self, gint64 now);
/* An answer was given: TRUE if the bus is to be asked; bgc_user_heard() when it has answered. */
gboolean bgc_user_answered (BgcUser *self);
void bgc_user_heard (BgcUser *self);
/* Nothing of it is left. */
gboolean bgc_user_is_idle (const BgcUser *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BgcUser, bgc_user_free)
