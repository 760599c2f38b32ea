/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "host/bgc-bus-properties.h"

#include "bgc-mock-bus.h"

static const BgcBusPropertiesObject objects[] = {
  { "org.example.Mock", "/org/example/Mock", "org.example.Mock" },
  { "org.example.Other", "/org/example/Other", "org.example.Other" },
};

static void
count (gpointer changes)
{
  (*(guint *) changes)++;
}

static void
set (BgcMockBus *bus, const char *name, GVariant *value)
{
  bgc_mock_bus_set (bus, "/org/example/Mock", "org.example.Mock", name, value);
}

static void
test_values (void)
{
  BgcMockBus *bus = bgc_mock_bus_new ();
  guint changes = 0;
  BgcBusProperties *properties = bgc_bus_properties_new (objects, G_N_ELEMENTS (objects), count, &changes);

  g_assert_false (bgc_bus_properties_has (properties, 0));
  g_assert_true (bgc_bus_properties_boolean (properties, 0, "OnBattery", TRUE));
  bgc_mock_bus_await (bus, &changes, 2);
  g_assert_false (bgc_bus_properties_has (properties, 0));
  set (bus, "OnBattery", g_variant_new_boolean (TRUE));
  set (bus, "Metered", g_variant_new_uint32 (7));
  bgc_mock_bus_own (bus, "org.example.Mock");
  while (!bgc_bus_properties_has (properties, 0)
         || bgc_bus_properties_number (properties, 0, "Metered", 0) != 7)
    g_main_context_iteration (NULL, TRUE);
  g_assert_false (bgc_bus_properties_has (properties, 1));
  g_assert_true (bgc_bus_properties_boolean (properties, 0, "OnBattery", FALSE));
  g_assert_false (bgc_bus_properties_boolean (properties, 1, "OnBattery", FALSE));
  g_assert_cmpuint (bgc_bus_properties_number (properties, 0, "Metered", 0), ==, 7);
  g_assert_cmpuint (bgc_bus_properties_number (properties, 0, "OnBattery", 3), ==, 3);
  g_assert_false (bgc_bus_properties_is (properties, 0, "ActiveProfile", "x"));
  set (bus, "ActiveProfile", g_variant_new_string ("x"));
  while (!bgc_bus_properties_is (properties, 0, "ActiveProfile", "x"))
    g_main_context_iteration (NULL, TRUE);
  bgc_bus_properties_free (properties);
  bgc_mock_bus_free (bus);
}

/* Freed while it is still being made: nothing is told any more. */
static void
test_freed (void)
{
  BgcMockBus *bus = bgc_mock_bus_new ();
  guint changes = 0;

  bgc_bus_properties_free (bgc_bus_properties_new (objects, G_N_ELEMENTS (objects), count, &changes));
  bgc_mock_bus_settle (bus);
  g_assert_cmpuint (changes, ==, 0);
  bgc_mock_bus_free (bus);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/bus-properties/values", test_values);
  g_test_add_func ("/bus-properties/freed", test_freed);
  return g_test_run ();
}
