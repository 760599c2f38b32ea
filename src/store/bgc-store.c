/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "store/bgc-store.h"

G_DEFINE_INTERFACE (BgcStore, bgc_store, G_TYPE_OBJECT)

static void
bgc_store_default_init (BgcStoreInterface *iface)
{
}

gboolean
bgc_store_load (BgcStore *self, const BgcStoreVisitor *visitor, gpointer data, GError **error)
{
  g_return_val_if_fail (BGC_IS_STORE (self), FALSE);
  g_return_val_if_fail (visitor != NULL, FALSE);

  return BGC_STORE_GET_IFACE (self)->load (self, visitor, data, error);
}

void
bgc_store_commit_async (BgcStore *self, BgcChange *change, BgcStoreUrgency urgency,
                        GAsyncReadyCallback callback, gpointer data)
{
  g_return_if_fail (BGC_IS_STORE (self));
  g_return_if_fail (change != NULL);

  BGC_STORE_GET_IFACE (self)->commit_async (self, change, urgency, callback, data);
}

BgcChange *
bgc_store_commit_finish (BgcStore *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (BGC_IS_STORE (self), NULL);

  return BGC_STORE_GET_IFACE (self)->commit_finish (self, result, error);
}

void
bgc_store_close (BgcStore *self)
{
  g_return_if_fail (BGC_IS_STORE (self));

  BGC_STORE_GET_IFACE (self)->close (self);
}
