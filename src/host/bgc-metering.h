/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* Port: what does a byte on the network cost? Emits "changed" when the answer changes. */

#pragma once

#include <glib-object.h>

typedef enum {
  BGC_METERING_FREE,    /* nobody counts, or nobody knows */
  BGC_METERING_METERED, /* somebody counts bytes */
  BGC_METERING_ROAMING, /* and it is another's network */
} BgcMeteringCost;

#define BGC_TYPE_METERING (bgc_metering_get_type ())
G_DECLARE_INTERFACE (BgcMetering, bgc_metering, BGC, METERING, GObject)

struct _BgcMeteringInterface {
  GTypeInterface parent;
  BgcMeteringCost (*cost) (BgcMetering *self);
};

BgcMeteringCost bgc_metering_cost (BgcMetering *self);
/* For implementations: the answer has changed. */
void bgc_metering_emit_changed (BgcMetering *self);
