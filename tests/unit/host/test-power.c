/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "host/bgc-power-fake.h"

#include "../../contract/bgc-power-contract.h"

static gpointer
create (void)
{
  return bgc_power_fake_new ();
}

static BgcPower *
port (gpointer world)
{
  return BGC_POWER (world);
}

static void
set (gpointer world, gboolean value)
{
  bgc_power_fake_set (world, value);
}

int
main (int argc, char *argv[])
{
  static const BgcPowerContract contract = { create, port, set, g_object_unref };

  g_test_init (&argc, &argv, NULL);
  bgc_power_contract_add ("/power/fake/contract", &contract);
  return g_test_run ();
}
