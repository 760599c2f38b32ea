/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* What every clock does, checked on the real one and on the fake. */

#pragma once

#include "host/bgc-clock.h"

typedef struct
{
  BgcClock *(*create) (void);
  /* Returns when @microseconds have passed on the boot clock and what was due has fired. */
  void (*pass) (BgcClock *clock, gint64 microseconds);
  /* (nullable) Sets the wall clock, or does what looks the same to the clock. Returns when it was told. */
  void (*set_wall) (BgcClock *clock);
} BgcClockContract;

/* Adds the tests below @prefix, "/clock-fake/contract". @contract is static. */
void bgc_clock_contract_add (const char *prefix, const BgcClockContract *contract);
