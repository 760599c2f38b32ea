/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* The real network, as whoever has word of it says: NetworkManager, systemd-networkd, and a monitor of our
 * own where that sees anything, which in the system service's sandbox it does not. It is there if one of
 * them says so, and if nobody can tell. */

#pragma once

#include "host/bgc-network.h"

#define BGC_TYPE_NETWORK_NM (bgc_network_nm_get_type ())
G_DECLARE_FINAL_TYPE (BgcNetworkNm, bgc_network_nm, BGC, NETWORK_NM, GObject)

/* @monitor (nullable), reffed: NULL where it would see nothing. */
BgcNetwork *bgc_network_nm_new (BgcNetwork *monitor);
