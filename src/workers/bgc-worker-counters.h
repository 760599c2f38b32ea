/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* Shares out the memory in which workers tell each other what their background connections carry, so that
 * the background transfers of one owner do not give way to those of another. A page for each worker: its own
 * it may write to, others' it may only read, so that none speaks for another. Made anew for each worker, and
 * gone with it.
 *
 * What a captured worker can do with its page is lie. Saying too much hides from others' background transfers
 * that somebody begins to use the network, and they notice only by the delay, as without this signal;
 * saying too little makes them give way to its transfers, as to any stranger's, for the moment in which these
 * begin. What its numbers tell other users' workers is how much the owner's background transfers carry over
 * which interface, which the system's own counters of the interface tell everybody, if in one sum. */

#pragma once

#include "workers/bgc-worker-link.h"

typedef struct _BgcWorkerCounters BgcWorkerCounters;

BgcWorkerCounters *bgc_worker_counters_new (void);
/* Only when no link that joined can answer any more. */
void bgc_worker_counters_free (BgcWorkerCounters *self);
/* The worker of @owner behind @link, borrowed until it leaves, carries background transfers. */
void bgc_worker_counters_join (BgcWorkerCounters *self, guint32 owner, BgcWorkerLink *link);
void bgc_worker_counters_leave (BgcWorkerCounters *self, guint32 owner);
/* All are about to go: who is left need not hear of it. */
void bgc_worker_counters_stop (BgcWorkerCounters *self);
