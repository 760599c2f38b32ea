/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "host/bgc-metering.h"

static guint changed_signal;

G_DEFINE_INTERFACE (BgcMetering, bgc_metering, G_TYPE_OBJECT)

static void
bgc_metering_default_init (BgcMeteringInterface *iface)
{
  changed_signal
    = g_signal_new ("changed", BGC_TYPE_METERING, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}

BgcMeteringCost
bgc_metering_cost (BgcMetering *self)
{
  g_return_val_if_fail (BGC_IS_METERING (self), BGC_METERING_FREE);

  return BGC_METERING_GET_IFACE (self)->cost (self);
}

void
bgc_metering_emit_changed (BgcMetering *self)
{
  g_return_if_fail (BGC_IS_METERING (self));

  g_signal_emit (self, changed_signal, 0);
}
