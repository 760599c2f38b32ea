/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "host/bgc-power.h"

static guint changed_signal;

G_DEFINE_INTERFACE (BgcPower, bgc_power, G_TYPE_OBJECT)

static void
bgc_power_default_init (BgcPowerInterface *iface)
{
  changed_signal
    = g_signal_new ("changed", BGC_TYPE_POWER, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}

gboolean
bgc_power_is_saving (BgcPower *self)
{
  g_return_val_if_fail (BGC_IS_POWER (self), FALSE);

  return BGC_POWER_GET_IFACE (self)->is_saving (self);
}

void
bgc_power_emit_changed (BgcPower *self)
{
  g_return_if_fail (BGC_IS_POWER (self));

  g_signal_emit (self, changed_signal, 0);
}
