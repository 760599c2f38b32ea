/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "host/bgc-power-upower.h"

#include "bgc-mock-bus.h"
#include "../../contract/bgc-power-contract.h"

#define PROFILES "org.freedesktop.UPower.PowerProfiles"
#define PROFILES_PATH "/org/freedesktop/UPower/PowerProfiles"
#define OLD_PROFILES "net.hadess.PowerProfiles"
#define OLD_PROFILES_PATH "/net/hadess/PowerProfiles"
#define UPOWER "org.freedesktop.UPower"
#define UPOWER_PATH "/org/freedesktop/UPower"
#define DEVICE "org.freedesktop.UPower.Device"
#define DEVICE_PATH "/org/freedesktop/UPower/devices/DisplayDevice"

typedef struct
{
  BgcMockBus *bus;
  BgcPower *power;
} World;

static void
set_profile (World *world, const char *profile)
{
  bgc_mock_bus_set (world->bus, PROFILES_PATH, PROFILES, "ActiveProfile", g_variant_new_string (profile));
}

static gpointer
create (void)
{
  World *world = g_new0 (World, 1);

  world->bus = bgc_mock_bus_new ();
  set_profile (world, "balanced");
  bgc_mock_bus_own (world->bus, PROFILES);
  world->power = bgc_power_upower_new ();
  bgc_mock_bus_settle (world->bus);
  return world;
}

static BgcPower *
port (gpointer world)
{
  return ((World *) world)->power;
}

/* It becomes so, however long the bus takes, and stays so. */
static void
assert_saving (World *world, gboolean saving)
{
  while (bgc_power_is_saving (world->power) != saving)
    g_main_context_iteration (NULL, TRUE);
  bgc_mock_bus_settle (world->bus);
  g_assert_cmpint (bgc_power_is_saving (world->power), ==, saving);
}

static void
set (gpointer world, gboolean saving)
{
  set_profile (world, saving ? "power-saver" : "balanced");
  assert_saving (world, saving);
}

static void
destroy (gpointer data)
{
  World *world = data;

  g_assert_finalize_object (world->power);
  bgc_mock_bus_free (world->bus);
  g_free (world);
}

static void
test_battery (void)
{
  World *world = create ();

  bgc_mock_bus_set (world->bus, UPOWER_PATH, UPOWER, "OnBattery", g_variant_new_boolean (TRUE));
  bgc_mock_bus_set (world->bus, DEVICE_PATH, DEVICE, "WarningLevel", g_variant_new_uint32 (1));
  bgc_mock_bus_own (world->bus, UPOWER);
  assert_saving (world, FALSE);
  bgc_mock_bus_set (world->bus, DEVICE_PATH, DEVICE, "WarningLevel", g_variant_new_uint32 (3));
  assert_saving (world, TRUE);
  bgc_mock_bus_set (world->bus, UPOWER_PATH, UPOWER, "OnBattery", g_variant_new_boolean (FALSE));
  assert_saving (world, FALSE);
  destroy (world);
}

/* Services come, also by their old name, and go; with them what they said. */
static void
test_services (void)
{
  World *world = create ();

  bgc_mock_bus_set (world->bus, OLD_PROFILES_PATH, OLD_PROFILES, "ActiveProfile",
                    g_variant_new_string ("power-saver"));
  assert_saving (world, FALSE);
  bgc_mock_bus_own (world->bus, OLD_PROFILES);
  assert_saving (world, TRUE);
  bgc_mock_bus_disown (world->bus, OLD_PROFILES);
  assert_saving (world, FALSE);
  set_profile (world, "power-saver");
  assert_saving (world, TRUE);
  bgc_mock_bus_disown (world->bus, PROFILES);
  assert_saving (world, FALSE);
  destroy (world);
}

/* Of another type than documented: as if it were not there. */
static void
test_nonsense (void)
{
  World *world = create ();

  bgc_mock_bus_set (world->bus, PROFILES_PATH, PROFILES, "ActiveProfile", g_variant_new_uint32 (1));
  assert_saving (world, FALSE);
  set_profile (world, "power-saver");
  assert_saving (world, TRUE);
  bgc_mock_bus_set (world->bus, PROFILES_PATH, PROFILES, "ActiveProfile", g_variant_new_uint32 (1));
  assert_saving (world, FALSE);
  destroy (world);
}

int
main (int argc, char *argv[])
{
  static const BgcPowerContract contract = { create, port, set, destroy };

  g_test_init (&argc, &argv, NULL);
  bgc_power_contract_add ("/power-upower/contract", &contract);
  g_test_add_func ("/power-upower/battery", test_battery);
  g_test_add_func ("/power-upower/services", test_services);
  g_test_add_func ("/power-upower/nonsense", test_nonsense);
  return g_test_run ();
}
