/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* The connections that call us: finds out once whose each is, remembers it until the connection leaves,
 * and lets their calls through in turn: the users take turns, one call each, and so do the connections of
 * one user among themselves. */

#pragma once

#include "host/bgc-clock.h"
#include "service/bgc-caller.h"
#include "service/bgc-credentials.h"
#include "service/bgc-user.h"

/* Bytes of an answer from which on its caller's next turn waits until it is written: what is being sent to
 * one caller stands before what the others are to get. */
#define BGC_CALLERS_LARGE 65536u

typedef struct _BgcCallers BgcCallers;

typedef struct {
  /* do @call (transfer full), then bgc_callers_done() */
  void (*run) (BgcCaller *caller, gpointer call, gpointer data);
  GDestroyNotify drop;                                            /* nobody waits for that call any more */
  guint64 (*weigh) (gpointer call);                               /* bytes of its arguments */
  void (*left) (BgcCaller *caller, gpointer data);                /* the connection is gone */
  /* answer the call of that @serial that there are too many */
  void (*refuse) (BgcCaller *caller, guint32 serial, gpointer data);
} BgcCallersHooks;

/* @connection is where to watch for those who leave; @hooks is copied, @data borrowed. */
BgcCallers *bgc_callers_new (GDBusConnection *connection, BgcCredentials *credentials, BgcClock *clock,
                             const BgcCallersHooks *hooks, gpointer data);
BgcCallers *bgc_callers_ref (BgcCallers *self);
void bgc_callers_unref (BgcCallers *self);
/* Drops what waits for its turn, and calls no hook but drop from now on. */
void bgc_callers_close (BgcCallers *self);

/* The caller behind the unique name @sender. Borrowed. */
BgcCaller *bgc_callers_find (BgcCallers *self, const char *sender);
/* Queues @call (transfer full) for its caller's turn. FALSE with LimitsExceeded, and then @call stays the
 * giver's, if the connection or its user has too many calls already. */
gboolean bgc_callers_enqueue (BgcCallers *self, BgcCaller *caller, gpointer call, GError **error);
/* Refuses the call of that @serial when it is the caller's turn: who is answered at once can send the next at
 * once. FALSE if there are too many of those. */
gboolean bgc_callers_hold (BgcCallers *self, BgcCaller *caller, guint32 serial);
/* A call of @caller, of that @weight, is over: without an answer, or with one of so many @bytes. */
void bgc_callers_done (BgcCallers *self, BgcCaller *caller, guint64 weight);
void bgc_callers_answered (BgcCallers *self, BgcCaller *caller, guint64 weight, gsize bytes);
/* Calls not yet answered, of everybody. */
guint bgc_callers_pending (BgcCallers *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BgcCallers, bgc_callers_unref)
