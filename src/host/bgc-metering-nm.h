/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* The price of the network as NetworkManager tells it on the system bus; where there is no NetworkManager,
 * what GNetworkMonitor makes of it. Neither tells roaming. */

#pragma once

#include "host/bgc-metering.h"

#define BGC_TYPE_METERING_NM (bgc_metering_nm_get_type ())
G_DECLARE_FINAL_TYPE (BgcMeteringNm, bgc_metering_nm, BGC, METERING_NM, GObject)

BgcMetering *bgc_metering_nm_new (void);
