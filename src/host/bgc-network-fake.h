/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* A network for tests. */

#pragma once

#include "host/bgc-network.h"

#define BGC_TYPE_NETWORK_FAKE (bgc_network_fake_get_type ())
G_DECLARE_FINAL_TYPE (BgcNetworkFake, bgc_network_fake, BGC, NETWORK_FAKE, GObject)

BgcNetworkFake *bgc_network_fake_new (gboolean available);
void bgc_network_fake_set (BgcNetworkFake *self, gboolean available);
