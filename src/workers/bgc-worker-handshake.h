/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* The server's side of D-Bus authentication, for one mechanism (EXTERNAL) and one uid. GDBus's own
 * reads lines of any length in a thread of its own; this reads at most a kilobyte, in the main loop. */

#pragma once

#include <gio/gio.h>

/* Ends when the peer has said BEGIN and nothing after it, and the kernel too says it has that uid.
 * Error: WorkerLost. Cancel it to bound the time it may take. */
void bgc_worker_handshake_async (GSocketConnection *socket, guint32 uid, GCancellable *cancellable,
                                 GAsyncReadyCallback callback, gpointer data);
gboolean bgc_worker_handshake_finish (GAsyncResult *result, GError **error);
