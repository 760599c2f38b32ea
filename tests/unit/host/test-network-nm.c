/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "host/bgc-network-nm.h"

#include "bgc-mock-bus.h"
#include "host/bgc-network-fake.h"

#define NM            "org.freedesktop.NetworkManager"
#define NM_PATH       "/org/freedesktop/NetworkManager"
#define NETWORKD      "org.freedesktop.network1"
#define NETWORKD_PATH "/org/freedesktop/network1"

typedef struct
{
  BgcMockBus *bus;
  BgcNetworkFake *monitor; /* (nullable) */
  BgcNetwork *network;
  guint changes;
} World;

static void
count (BgcNetwork *network, gboolean available, World *world)
{
  world->changes++;
  g_assert_cmpint (bgc_network_is_available (network), ==, available);
}

static void
open_world (World *world, BgcNetworkFake *monitor)
{
  world->bus = bgc_mock_bus_new ();
  world->monitor = monitor;
  world->network = bgc_network_nm_new (monitor == NULL ? NULL : BGC_NETWORK (monitor));
  g_signal_connect (world->network, "changed", G_CALLBACK (count), world);
}

static void
set_state (World *world, guint32 state)
{
  bgc_mock_bus_set (world->bus, NM_PATH, NM, "State", g_variant_new_uint32 (state));
  bgc_mock_bus_settle (world->bus);
}

static void
set_operational (World *world, const char *state)
{
  bgc_mock_bus_set (world->bus, NETWORKD_PATH, NETWORKD ".Manager", "OperationalState",
                    g_variant_new_string (state));
  bgc_mock_bus_settle (world->bus);
}

/* It becomes so, however long the bus takes, and stays so. */
static void
assert_available (World *world, gboolean available)
{
  while (bgc_network_is_available (world->network) != available)
    g_main_context_iteration (NULL, TRUE);
  bgc_mock_bus_settle (world->bus);
  g_assert_cmpint (bgc_network_is_available (world->network), ==, available);
}

/* Not before each service is known to be heard: what is still on its way would find its bus gone. */
static void
close_world (World *world)
{
  if (world->monitor != NULL)
    bgc_network_fake_set (world->monitor, FALSE);
  bgc_mock_bus_own (world->bus, NM);
  bgc_mock_bus_own (world->bus, NETWORKD);
  set_operational (world, "off");
  set_state (world, 70);
  assert_available (world, TRUE);
  set_state (world, 20);
  assert_available (world, FALSE);
  set_operational (world, "routable");
  assert_available (world, TRUE);
  g_assert_finalize_object (world->network);
  if (world->monitor != NULL)
    g_assert_finalize_object (world->monitor);
  bgc_mock_bus_free (world->bus);
}

static void
test_nobody (void)
{
  World world = { 0 };

  open_world (&world, NULL);
  bgc_mock_bus_settle (world.bus);
  assert_available (&world, TRUE);
  g_assert_cmpuint (world.changes, ==, 0);
  close_world (&world);
}

static void
test_network_manager (void)
{
  static const struct
  {
    guint32 state;
    gboolean available;
  } cases[] = { { 20, FALSE }, { 70, TRUE }, { 10, FALSE }, { 0, TRUE }, { 40, FALSE }, { 50, TRUE },
                { 30, FALSE }, { 60, TRUE }, { 99, TRUE } };
  World world = { 0 };

  open_world (&world, NULL);
  bgc_mock_bus_own (world.bus, NM);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      set_state (&world, cases[i].state);
      assert_available (&world, cases[i].available);
    }
  g_assert_cmpuint (world.changes, ==, 8);
  set_state (&world, 20);
  assert_available (&world, FALSE);
  /* Gone, and with it what it said. */
  bgc_mock_bus_disown (world.bus, NM);
  assert_available (&world, TRUE);
  close_world (&world);
}

static void
test_networkd (void)
{
  static const struct
  {
    const char *state;
    gboolean available;
  } cases[] = { { "no-carrier", FALSE }, { "routable", TRUE }, { "carrier", FALSE }, { "degraded", TRUE },
                { "off", FALSE } };
  World world = { 0 };

  open_world (&world, NULL);
  bgc_mock_bus_own (world.bus, NETWORKD);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      set_operational (&world, cases[i].state);
      assert_available (&world, cases[i].available);
    }
  close_world (&world);
}

/* One that says yes is enough: each may know only of a part. */
static void
test_together (void)
{
  World world = { 0 };

  open_world (&world, bgc_network_fake_new (FALSE));
  assert_available (&world, FALSE);
  bgc_mock_bus_own (world.bus, NM);
  set_state (&world, 70);
  assert_available (&world, TRUE);
  set_state (&world, 20);
  assert_available (&world, FALSE);
  bgc_network_fake_set (world.monitor, TRUE);
  assert_available (&world, TRUE);
  g_assert_cmpuint (world.changes, ==, 3);
  close_world (&world);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/network-nm/nobody", test_nobody);
  g_test_add_func ("/network-nm/network-manager", test_network_manager);
  g_test_add_func ("/network-nm/networkd", test_networkd);
  g_test_add_func ("/network-nm/together", test_together);
  return g_test_run ();
}
