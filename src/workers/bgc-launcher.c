/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "workers/bgc-launcher.h"

G_DEFINE_INTERFACE (BgcLauncher, bgc_launcher, G_TYPE_OBJECT)

static void
bgc_launcher_default_init (BgcLauncherInterface *iface)
{
}

void
bgc_launcher_start_async (BgcLauncher *self, guint32 owner, GCancellable *cancellable,
                          GAsyncReadyCallback callback, gpointer data)
{
  BGC_LAUNCHER_GET_IFACE (self)->start_async (self, owner, cancellable, callback, data);
}

GSocketConnection *
bgc_launcher_start_finish (BgcLauncher *self, GAsyncResult *result, GError **error)
{
  return BGC_LAUNCHER_GET_IFACE (self)->start_finish (self, result, error);
}

void
bgc_launcher_stop (BgcLauncher *self, guint32 owner)
{
  BGC_LAUNCHER_GET_IFACE (self)->stop (self, owner);
}
