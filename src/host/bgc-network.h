/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* Port: is there a network? A hint only. Emits "changed" when the answer changes, and "came-up" when
 * it turned to yes (waiting jobs then try again at once). */

#pragma once

#include <glib-object.h>

#define BGC_TYPE_NETWORK (bgc_network_get_type ())
G_DECLARE_INTERFACE (BgcNetwork, bgc_network, BGC, NETWORK, GObject)

struct _BgcNetworkInterface {
  GTypeInterface parent;
  gboolean (*is_available) (BgcNetwork *self);
};

gboolean bgc_network_is_available (BgcNetwork *self);
/* For implementations: emits the signals that belong to a change to @available. */
void bgc_network_emit_changed (BgcNetwork *self, gboolean available);
