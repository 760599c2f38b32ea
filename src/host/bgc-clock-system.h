/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* The real clock: one GSource on one CLOCK_BOOTTIME timerfd for all alarms (GLib's own timeouts stand
 * still in suspend). No alarm, no wake-up. */

#pragma once

#include "host/bgc-clock.h"

#define BGC_TYPE_CLOCK_SYSTEM (bgc_clock_system_get_type ())
G_DECLARE_FINAL_TYPE (BgcClockSystem, bgc_clock_system, BGC, CLOCK_SYSTEM, GObject)

/* NULL with @error where the kernel gives no timer descriptor. */
BgcClock *bgc_clock_system_new (GError **error);
