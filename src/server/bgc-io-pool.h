/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* Threads for everything that may wait for a disk, a password hash or another server. The main loop
 * never does. */

#pragma once

#include <glib.h>

typedef struct _BgcIoPool BgcIoPool;

/* @n_threads: how many run at once at most; started when needed. */
BgcIoPool *bgc_io_pool_new (const char *name, guint n_threads);
/* Waits for what is running or queued, and for what its @done starts, and tells all of it. */
void bgc_io_pool_free (BgcIoPool *self);
/* Runs @work (@data) in a thread, then @done (@data) in the main loop. To be called in the main loop. */
void bgc_io_pool_run (BgcIoPool *self, GFunc work, GFunc done, gpointer data);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BgcIoPool, bgc_io_pool_free)
