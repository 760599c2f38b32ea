/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* A clock for tests: stands still until advanced, fires alarms in order and at their exact instants. */

#pragma once

#include "host/bgc-clock.h"

#define BGC_TYPE_CLOCK_FAKE (bgc_clock_fake_get_type ())
G_DECLARE_FINAL_TYPE (BgcClockFake, bgc_clock_fake, BGC, CLOCK_FAKE, GObject)

BgcClockFake *bgc_clock_fake_new (gint64 wall, gint64 boot);
/* Lets @microseconds pass, alarm by alarm; between alarms the default main context is run until idle. */
void bgc_clock_fake_advance (BgcClockFake *self, gint64 microseconds);
/* Moves the wall clock alone, as an administrator would. */
void bgc_clock_fake_shift_wall (BgcClockFake *self, gint64 microseconds);
/* "Europe/Berlin"; must exist. UTC before. As with the real clock, nobody is told. */
void bgc_clock_fake_set_zone (BgcClockFake *self, const char *identifier);
/* As after a reboot; the clock of a test is then made anew with another boot time. */
void bgc_clock_fake_set_boot_id (BgcClockFake *self, const char *boot_id);
guint bgc_clock_fake_pending (BgcClockFake *self);
/* When the next alarm is due on the boot clock, -1 if none. */
gint64 bgc_clock_fake_next (BgcClockFake *self);
