/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "host/bgc-metering-fake.h"

#include "../../contract/bgc-metering-contract.h"

static gpointer
create (void)
{
  return bgc_metering_fake_new ();
}

static BgcMetering *
port (gpointer world)
{
  return BGC_METERING (world);
}

static void
set (gpointer world, BgcMeteringCost value)
{
  bgc_metering_fake_set (world, value);
}

int
main (int argc, char *argv[])
{
  static const BgcMeteringContract contract = { create, port, set, g_object_unref };

  g_test_init (&argc, &argv, NULL);
  bgc_metering_contract_add ("/metering/fake/contract", &contract);
  return g_test_run ();
}
