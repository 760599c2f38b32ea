/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "host/bgc-metering-nm.h"

#include "../../contract/bgc-metering-contract.h"
#include "bgc-mock-bus.h"

#define NM "org.freedesktop.NetworkManager"
#define NM_PATH "/org/freedesktop/NetworkManager"

typedef struct
{
  BgcMockBus *bus;
  BgcMetering *metering;
} World;

static void
set_metered (World *world, guint metered)
{
  bgc_mock_bus_set (world->bus, NM_PATH, NM, "Metered", g_variant_new_uint32 (metered));
  bgc_mock_bus_settle (world->bus);
}

static gpointer
create (void)
{
  World *world = g_new0 (World, 1);

  world->bus = bgc_mock_bus_new ();
  bgc_mock_bus_own (world->bus, NM);
  world->metering = bgc_metering_nm_new ();
  set_metered (world, 0);
  return world;
}

static BgcMetering *
port (gpointer world)
{
  return ((World *) world)->metering;
}

/* It becomes so, however long the bus takes, and stays so. */
static void
assert_costs (World *world, BgcMeteringCost cost)
{
  while (bgc_metering_cost (world->metering) != cost)
    g_main_context_iteration (NULL, TRUE);
  bgc_mock_bus_settle (world->bus);
  g_assert_cmpint (bgc_metering_cost (world->metering), ==, cost);
}

static void
set (gpointer world, BgcMeteringCost cost)
{
  set_metered (world, cost == BGC_METERING_FREE ? 2 : 1);
  assert_costs (world, cost);
}

static void
destroy (gpointer data)
{
  World *world = data;

  g_assert_finalize_object (world->metering);
  bgc_mock_bus_free (world->bus);
  g_free (world);
}

/* What each of NetworkManager's numbers means, and one that it does not have yet. */
static void
test_values (void)
{
  static const BgcMeteringCost costs[] = { BGC_METERING_FREE, BGC_METERING_METERED, BGC_METERING_FREE,
                                           BGC_METERING_METERED, BGC_METERING_FREE, BGC_METERING_FREE };
  World *world = create ();

  for (guint i = 0; i < G_N_ELEMENTS (costs); i++)
    {
      set_metered (world, i);
      assert_costs (world, costs[i]);
    }
  set_metered (world, 1);
  bgc_mock_bus_disown (world->bus, NM);
  assert_costs (world, BGC_METERING_FREE);
  destroy (world);
}

int
main (int argc, char *argv[])
{
  static const BgcMeteringContract contract = { create, port, set, destroy };

  g_setenv ("GIO_USE_NETWORK_MONITOR", "base", TRUE);
  g_test_init (&argc, &argv, NULL);
  bgc_metering_contract_add ("/metering-nm/contract", &contract);
  g_test_add_func ("/metering-nm/values", test_values);
  return g_test_run ();
}
