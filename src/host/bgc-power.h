/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* Port: does the machine save power now? Emits "changed" when the answer changes. */

#pragma once

#include <glib-object.h>

#define BGC_TYPE_POWER (bgc_power_get_type ())
G_DECLARE_INTERFACE (BgcPower, bgc_power, BGC, POWER, GObject)

struct _BgcPowerInterface {
  GTypeInterface parent;
  gboolean (*is_saving) (BgcPower *self);
};

/* The battery saver is on, or the battery is low. FALSE where nobody knows. */
gboolean bgc_power_is_saving (BgcPower *self);
/* For implementations: the answer has changed. */
void bgc_power_emit_changed (BgcPower *self);
