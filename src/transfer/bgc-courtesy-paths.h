/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* What bears the connections of background jobs: for each peer, priority and way one budget, and the
 * connections that share it. Their owner holds one lock over all of it. */

#pragma once

#include <gio/gio.h>

#include "base/bgc-enums.h"
#include "transfer/bgc-shared-counters.h"

typedef enum
{
  BGC_COURTESY_RECEIVING,
  BGC_COURTESY_SENDING,
} BgcCourtesyWay;

typedef struct
{
  guint64 buffer;         /* bytes that the kernel gives for receiving */
  GPtrArray *paths;       /* (owned) the module's */
  GPtrArray *connections; /* (owned) the module's */
  BgcSharedCounters *shared; /* (owned) what others are told of ours, and what they tell */
  gboolean told;          /* that the kernel lacks something */
} BgcCourtesyPaths;

void bgc_courtesy_paths_init (BgcCourtesyPaths *self);
void bgc_courtesy_paths_clear (BgcCourtesyPaths *self);
/* Before @socket connects. Needs no lock. */
void bgc_courtesy_paths_prepare (GSocket *socket, BgcCourtesyWay way);
/* Right after it has, on the thread that may close it; it stays theirs, who close it when they like. */
void bgc_courtesy_paths_adopt (BgcCourtesyPaths *self, GSocket *socket, GInetAddress *peer,
                               BgcPriority priority, BgcCourtesyWay way);
/* Looks at all sockets and shares anew; @now: monotonic microseconds. FALSE: there are none. */
gboolean bgc_courtesy_paths_look (BgcCourtesyPaths *self, gint64 now);
/* For whom paths of that priority and way hold back: nobody, others or a queue. */
BgcYield bgc_courtesy_paths_yield_to (const BgcCourtesyPaths *self, BgcPriority priority, BgcCourtesyWay way,
                                      gint64 now);
/* Bytes, of the path with the largest window; 0 = nothing is connected. */
guint64 bgc_courtesy_paths_window (const BgcCourtesyPaths *self);
