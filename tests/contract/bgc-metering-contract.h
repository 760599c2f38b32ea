/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* What every metering port does, checked on the real one and on the fake. */

#pragma once

#include "host/bgc-metering.h"

typedef struct
{
  gpointer (*create) (void);
  BgcMetering *(*port) (gpointer world);
  /* Returns when the port has had the chance to hear of it. */
  void (*set) (gpointer world, BgcMeteringCost cost);
  void (*free) (gpointer world);
} BgcMeteringContract;

/* Adds the tests below @prefix, "/metering-fake/contract". @contract is static. */
void bgc_metering_contract_add (const char *prefix, const BgcMeteringContract *contract);
