/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* Port: brings up one worker and gives the daemon's end of a stream socket to it. */

#pragma once

#include <gio/gio.h>

#define BGC_TYPE_LAUNCHER (bgc_launcher_get_type ())
G_DECLARE_INTERFACE (BgcLauncher, bgc_launcher, BGC, LAUNCHER, GObject)

struct _BgcLauncherInterface {
  GTypeInterface parent;
  void (*start_async) (BgcLauncher *self, guint32 owner, GCancellable *cancellable,
                       GAsyncReadyCallback callback, gpointer data);
  GSocketConnection *(*start_finish) (BgcLauncher *self, GAsyncResult *result, GError **error);
  void (*stop) (BgcLauncher *self, guint32 owner);
};

/* Errors: WorkerLost, OwnerUnknown. */
void bgc_launcher_start_async (BgcLauncher *self, guint32 owner, GCancellable *cancellable,
                               GAsyncReadyCallback callback, gpointer data);
GSocketConnection *bgc_launcher_start_finish (BgcLauncher *self, GAsyncResult *result, GError **error);
/* The owner's worker is to be gone: asked to end the first time, killed when told again. Never blocks.
 * A worker that was told to stop stands in nobody's way: start may be called at once. */
void bgc_launcher_stop (BgcLauncher *self, guint32 owner);
