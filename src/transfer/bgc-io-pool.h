/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* The threads that make system calls on users' files: few, shared by all jobs of a worker, started
 * when first needed. */

#pragma once

#include <glib.h>

/* Threads of a worker. More only queue up behind one disk. */
#define BGC_IO_POOL_THREADS 4u

typedef struct _BgcIoPool BgcIoPool;
typedef struct _BgcIoLane BgcIoLane;
typedef void (*BgcIoFunc) (gpointer data);

BgcIoPool *bgc_io_pool_new (guint threads);
/* Waits for running work; what is queued is done first. Then calls what there is still to call on the
 * main thread. */
void bgc_io_pool_free (BgcIoPool *self);
/* Calls @work on a thread and then @done, which may be NULL, on the main thread. Any thread. */
void bgc_io_pool_push (BgcIoPool *self, BgcIoFunc work, BgcIoFunc done, gpointer data);

/* Calls @done on the main thread, a few milliseconds later, so that one wake-up serves many. Any thread; in
 * the order of the calls, and before the done of the work that they are made from. */
void bgc_io_pool_tell (BgcIoPool *self, BgcIoFunc done, gpointer data);

/* A row of work of which one piece runs at a time, on whichever thread: for work that would only wait
 * for itself, as files created in one directory do for the directory's lock. One wake-up serves all
 * that has gathered. */
BgcIoLane *bgc_io_pool_lane_new (BgcIoPool *self);
/* What is in it is still done. */
void bgc_io_pool_lane_free (BgcIoLane *lane);
/* As bgc_io_pool_push(). Any thread. */
void bgc_io_pool_lane_push (BgcIoLane *lane, BgcIoFunc work, BgcIoFunc done, gpointer data);
