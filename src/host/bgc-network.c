/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "host/bgc-network.h"

enum
{
  SIGNAL_CHANGED,
  SIGNAL_CAME_UP,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_INTERFACE (BgcNetwork, bgc_network, G_TYPE_OBJECT)

static void
bgc_network_default_init (BgcNetworkInterface *iface)
{
  signals[SIGNAL_CHANGED] = g_signal_new ("changed", BGC_TYPE_NETWORK, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                          G_TYPE_NONE, 1, G_TYPE_BOOLEAN);
  signals[SIGNAL_CAME_UP] = g_signal_new ("came-up", BGC_TYPE_NETWORK, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                          G_TYPE_NONE, 0);
}

gboolean
bgc_network_is_available (BgcNetwork *self)
{
  g_return_val_if_fail (BGC_IS_NETWORK (self), FALSE);

  return BGC_NETWORK_GET_IFACE (self)->is_available (self);
}

void
bgc_network_emit_changed (BgcNetwork *self, gboolean available)
{
  g_autoptr (BgcNetwork) alive = NULL;

  g_return_if_fail (BGC_IS_NETWORK (self));

  alive = g_object_ref (self);
  g_signal_emit (self, signals[SIGNAL_CHANGED], 0, available);
  if (available)
    g_signal_emit (self, signals[SIGNAL_CAME_UP], 0);
}
