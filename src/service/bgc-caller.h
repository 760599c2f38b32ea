/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* One connection that calls us: whose it is, and its own queue of calls. A connection that floods fills its
 * own queue and nobody else's. */

#pragma once

#include <gio/gio.h>

/* Calls of a connection that may be unanswered at once; one more is refused. */
#define BGC_CALLER_MAX_CALLS 128u
/* Calls of a connection that are worked on at once; the others wait their turn, in order. Another
 * connection's
 * Cancel stands behind these at most: with 32 its p99 was three times that with 8, while the rate of jobs
 * created over one connection fell by a tenth only (measured on a loaded machine). */
#define BGC_CALLER_MAX_WORKING 8u

typedef enum {
  BGC_CALLER_ASKING = 0, /* its user is being looked up */
  BGC_CALLER_KNOWN,
  BGC_CALLER_REFUSED,    /* the look-up failed */
} BgcCallerStatus;

typedef struct {
  char *name;             /* (owned) unique name */
  BgcCallerStatus status;
  guint32 uid;            /* once known */
  struct _BgcUser *user;  /* (borrowed) (nullable) NULL until known or refused; bgc-user */
  GCancellable *leaving;  /* (owned) cancelled when it leaves the bus, or we do */
  gboolean gone;          /* left the bus: nobody waits for answers */
  gboolean in_line;       /* it waits for its turn */
  gboolean flushing;      /* a large answer is being written to it: no turn until then */
  GQueue waiting;         /* calls (owned), oldest first */
  GQueue held;            /* serials of calls that are refused when it is their turn, oldest first */
  guint working;          /* calls taken from the queue and not yet answered */
  guint watch;            /* of its name on the bus, 0 = none; whoever watches clears it */
  GDestroyNotify drop;    /* frees a call that will not be worked on */
} BgcCaller;

BgcCaller *bgc_caller_new (const char *name, GDestroyNotify drop);
BgcCaller *bgc_caller_ref (BgcCaller *self);
void bgc_caller_unref (BgcCaller *self);
/* Queues @call (transfer full); FALSE, and then @call stays the giver's, if there are too many. */
gboolean bgc_caller_admit (BgcCaller *self, gpointer call);
/* Remembers that the call of that @serial is to be refused; FALSE if there are too many of those. */
gboolean bgc_caller_hold (BgcCaller *self, guint32 serial);
/* The serial of the next call to refuse; 0 = none. */
guint32 bgc_caller_next_held (BgcCaller *self);
/* There is a call that may be worked on, or refused. */
gboolean bgc_caller_is_ready (const BgcCaller *self);
/* The next call whose turn it is (transfer full), which counts as worked on until bgc_caller_done(); or
 * NULL. */
gpointer bgc_caller_next (BgcCaller *self);
void bgc_caller_done (BgcCaller *self);
/* Drops what waits for its turn. */
void bgc_caller_drop_waiting (BgcCaller *self);
/* It left the bus: what waits is dropped, and what is worked on need not be answered. */
void bgc_caller_leave (BgcCaller *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BgcCaller, bgc_caller_unref)
