/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* The power supply for tests. */

#pragma once

#include "host/bgc-power.h"

#define BGC_TYPE_POWER_FAKE (bgc_power_fake_get_type ())
G_DECLARE_FINAL_TYPE (BgcPowerFake, bgc_power_fake, BGC, POWER_FAKE, GObject)

BgcPowerFake *bgc_power_fake_new (void);
void bgc_power_fake_set (BgcPowerFake *self, gboolean saving);
