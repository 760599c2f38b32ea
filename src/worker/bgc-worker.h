/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* The worker's face on the private bus: takes the daemon's calls, runs jobs, reports. */

#pragma once

#include <gio/gio.h>

typedef struct _BgcWorker BgcWorker;

/* Authenticates on @stream, which blocks. @gone is called once, when the daemon has closed the
 * connection or bgc_worker_leave() was called, and everything received is durable. */
BgcWorker *bgc_worker_new (GIOStream *stream, void (*gone) (gpointer data), gpointer data, GError **error);
/* Only after @gone. */
void bgc_worker_free (BgcWorker *self);
void bgc_worker_leave (BgcWorker *self);
