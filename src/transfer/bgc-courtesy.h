/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* Keeps the connections of background jobs behind everybody else's: finds their sockets, asks each how
 * its path is, and gives each its part of what the path bears. One for all jobs of a worker, so that
 * connections to one peer share one budget, whatever job they are of. Any thread; it looks at the
 * sockets on the main one. */

#pragma once

#include "transfer/bgc-courtesy-paths.h"

typedef struct _BgcCourtesy BgcCourtesy;
typedef struct _SoupSession SoupSession;

/* @loopback: connections within the machine are kept behind too, which take nothing from anybody: for
 * tests. */
BgcCourtesy *bgc_courtesy_new (gboolean loopback);
BgcCourtesy *bgc_courtesy_ref (BgcCourtesy *self);
void bgc_courtesy_unref (BgcCourtesy *self);
/* The mark of the connections made from now on, 0 = none. */
void bgc_courtesy_set_mark (BgcCourtesy *self, guint32 mark);
/* Whatever connections @soup makes from now on are kept behind as long as they live; none if @self is NULL
 * or @priority that of the foreground. @way: where the bodies go. */
void bgc_courtesy_watch (BgcCourtesy *self, SoupSession *soup, BgcPriority priority, BgcCourtesyWay way);
/* From now on others are told in the page @own what these connections carry, and what is told in @others,
 * pages of @n_others other owners' workers, is not foreign to them (bgc-shared-counters.h). */
void bgc_courtesy_share (BgcCourtesy *self, int own, const int *others, guint n_others);
/* For whom connections of such jobs hold back now: nobody, others or a queue. @self (nullable). */
BgcYield bgc_courtesy_yields_to (BgcCourtesy *self, BgcPriority priority, BgcCourtesyWay way);
/* Bytes, of the path with the largest window; 0 = nothing is connected. */
guint64 bgc_courtesy_window (BgcCourtesy *self);
