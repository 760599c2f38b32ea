/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* The connections that call us: finds out once whose each is, remembers it until the connection leaves,
 * and lets their calls through in turn. */

#pragma once

#include "service/bgc-caller.h"
#include "service/bgc-credentials.h"

typedef struct _BgcCallers BgcCallers;

typedef struct {
  /* do @call (transfer full), then bgc_callers_done() */
  void (*run) (BgcCaller *caller, gpointer call, gpointer data);
  GDestroyNotify drop;                                            /* nobody waits for that call any more */
  void (*left) (BgcCaller *caller, gpointer data);                /* the connection is gone */
} BgcCallersHooks;

/* @connection is where to watch for those who leave; @hooks is copied, @data borrowed. */
BgcCallers *bgc_callers_new (GDBusConnection *connection, BgcCredentials *credentials,
                             const BgcCallersHooks *hooks, gpointer data);
BgcCallers *bgc_callers_ref (BgcCallers *self);
void bgc_callers_unref (BgcCallers *self);
/* Drops what waits for its turn, and calls no hook but drop from now on. */
void bgc_callers_close (BgcCallers *self);

/* The caller behind the unique name @sender. Borrowed. */
BgcCaller *bgc_callers_find (BgcCallers *self, const char *sender);
/* Queues @call (transfer full) and runs what may run. FALSE, and then @call stays the giver's, if the
 * connection has too many calls already. */
gboolean bgc_callers_enqueue (BgcCallers *self, BgcCaller *caller, gpointer call);
/* A call of @caller has been answered. */
void bgc_callers_done (BgcCallers *self, BgcCaller *caller);
/* Calls admitted and not yet answered, of everybody. */
guint bgc_callers_pending (BgcCallers *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BgcCallers, bgc_callers_unref)
