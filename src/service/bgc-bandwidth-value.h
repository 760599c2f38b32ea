/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* The manager's property Bandwidth. */

#pragma once

#include "model/bgc-caps.h"

/* What is limited by @caps, and until when, wall clock, microseconds; 0 = for ever. A floating a{sv}. */
GVariant *bgc_bandwidth_value (const BgcCaps *caps, gint64 until);
