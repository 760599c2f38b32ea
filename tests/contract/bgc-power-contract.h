/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* What every power port does, checked on the real one and on the fake. */

#pragma once

#include "host/bgc-power.h"

typedef struct
{
  gpointer (*create) (void);
  BgcPower *(*port) (gpointer world);
  /* Returns when the port has had the chance to hear of it. */
  void (*set) (gpointer world, gboolean saving);
  void (*free) (gpointer world);
} BgcPowerContract;

/* Adds the tests below @prefix, "/power-fake/contract". @contract is static. */
void bgc_power_contract_add (const char *prefix, const BgcPowerContract *contract);
