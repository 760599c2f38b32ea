/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* The price of the network for tests. */

#pragma once

#include "host/bgc-metering.h"

#define BGC_TYPE_METERING_FAKE (bgc_metering_fake_get_type ())
G_DECLARE_FINAL_TYPE (BgcMeteringFake, bgc_metering_fake, BGC, METERING_FAKE, GObject)

BgcMeteringFake *bgc_metering_fake_new (void);
void bgc_metering_fake_set (BgcMeteringFake *self, BgcMeteringCost cost);
