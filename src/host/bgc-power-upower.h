/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* The real power supply, as power-profiles-daemon and UPower see it on the system bus: the profile
 * "power-saver", or a battery that UPower calls low. */

#pragma once

#include "host/bgc-power.h"

#define BGC_TYPE_POWER_UPOWER (bgc_power_upower_get_type ())
G_DECLARE_FINAL_TYPE (BgcPowerUpower, bgc_power_upower, BGC, POWER_UPOWER, GObject)

BgcPower *bgc_power_upower_new (void);
