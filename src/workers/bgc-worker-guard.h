/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* Stands between a worker's socket and GDBus and lets bytes through only while they are D-Bus frames of
 * a kind and size that a worker may send, and while the daemon keeps up with them: GDBus itself
 * allocates whatever a header asks for. A breach ends the stream with WorkerLost. Descriptors are not
 * let through at all in this direction. The converter runs in GDBus's thread, the functions below in any. */

#pragma once

#include <gio/gio.h>

#define BGC_TYPE_WORKER_GUARD (bgc_worker_guard_get_type ())
G_DECLARE_FINAL_TYPE (BgcWorkerGuard, bgc_worker_guard, BGC, WORKER_GUARD, GObject)

BgcWorkerGuard *bgc_worker_guard_new (void);
/* What GDBus is to be given in place of @socket, with the guard on what it reads and a BgcWorkerOutlet for
 * what it writes. */
GIOStream *bgc_worker_guard_wrap (BgcWorkerGuard *self, GSocketConnection *socket);
/* A call was made: one more answer may come. */
void bgc_worker_guard_expect_answer (BgcWorkerGuard *self);
/* The oldest signal that is unread is handled now; how many bytes it has. */
gsize bgc_worker_guard_handled (BgcWorkerGuard *self);
