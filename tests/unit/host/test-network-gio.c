/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "host/bgc-network-gio.h"

#include <gio/gio.h>

static void
count (BgcNetwork *network, gboolean available, guint *changes)
{
  (*changes)++;
}

/* The machine's own network cannot be changed here; what the monitor says can be repeated. */
static void
test_monitor (void)
{
  g_autoptr (BgcNetwork) network = bgc_network_gio_new ();
  GNetworkMonitor *monitor = g_network_monitor_get_default ();
  gboolean available = g_network_monitor_get_network_available (monitor);
  guint changes = 0;

  g_assert_cmpint (bgc_network_is_available (network), ==, available);
  g_assert_false (bgc_network_gio_sees (BGC_NETWORK_GIO (network)));
  g_signal_connect (network, "changed", G_CALLBACK (count), &changes);

  g_signal_emit_by_name (monitor, "network-changed", available);
  g_assert_cmpuint (changes, ==, 0);
  g_signal_emit_by_name (monitor, "network-changed", !available);
  g_assert_cmpuint (changes, ==, 1);
  g_assert_cmpint (bgc_network_is_available (network), ==, !available);
  g_signal_emit_by_name (monitor, "network-changed", available);
  g_assert_cmpuint (changes, ==, 2);
}

static void
test_dropped (void)
{
  BgcNetwork *network = bgc_network_gio_new ();
  GNetworkMonitor *monitor = g_network_monitor_get_default ();

  g_assert_finalize_object (network);
  g_signal_emit_by_name (monitor, "network-changed", TRUE);
  g_signal_emit_by_name (monitor, "network-changed", FALSE);
}

int
main (int argc, char *argv[])
{
  g_setenv ("GIO_USE_NETWORK_MONITOR", "base", TRUE);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/network-gio/monitor", test_monitor);
  g_test_add_func ("/network-gio/dropped", test_dropped);

  return g_test_run ();
}
