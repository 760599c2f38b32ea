/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* One after another: the operations on one job run in the order asked, each until it has ended, while
 * those of other jobs run beside them. A job has a lane only while it has operations. What an operation
 * commits is applied here, between the store's word and the operation's next step. */

#pragma once

#include "engine/bgc-operation.h"
#include "store/bgc-store.h"

typedef struct _BgcLanes BgcLanes;

/* Called when @change of @entry is durable: to apply it, and to do and emit what follows from it. With
 * NULL when a change was not stored. */
typedef void (*BgcLanesApplyFunc) (BgcEntry *entry, BgcChange *change, gpointer data);

/* @store and @keeper are borrowed; every lane in use holds a reference to @keeper. @idle (nullable) is
 * called each time a job's last operation has ended. */
BgcLanes *bgc_lanes_new (BgcStore *store, GObject *keeper, BgcLanesApplyFunc apply, BgcEntryFunc idle,
                         gpointer data);
void bgc_lanes_free (BgcLanes *self);
/* @operation transfer full. It may begin, and even end, before this returns. */
void bgc_lanes_push (BgcLanes *self, BgcOperation *operation);
/* The same, before all that has not begun. */
void bgc_lanes_push_urgent (BgcLanes *self, BgcOperation *operation);
/* An operation that was waiting may begin when it is its turn. */
void bgc_lanes_ready (BgcLanes *self, BgcOperation *operation);
/* Has @change (transfer full) stored, then applied, then calls @committed. */
void bgc_lanes_commit (BgcLanes *self, BgcOperation *operation, BgcChange *change, BgcStoreUrgency urgency,
                       BgcCommittedFunc committed);
/* @operation is over and freed; the next one begins. The last thing an operation does. */
void bgc_lanes_end (BgcLanes *self, BgcOperation *operation);
/* Jobs with operations. */
guint bgc_lanes_busy (BgcLanes *self);
