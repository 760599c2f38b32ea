/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* The real network, as GNetworkMonitor sees it (netlink; it dials no bus with
 * GIO_USE_NETWORK_MONITOR=base). */

#pragma once

#include "host/bgc-network.h"

#define BGC_TYPE_NETWORK_GIO (bgc_network_gio_get_type ())
G_DECLARE_FINAL_TYPE (BgcNetworkGio, bgc_network_gio, BGC, NETWORK_GIO, GObject)

BgcNetwork *bgc_network_gio_new (void);
/* Whether it sees the network at all: else it always says that there is one. */
gboolean bgc_network_gio_sees (BgcNetworkGio *self);
