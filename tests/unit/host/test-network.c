/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "host/bgc-network-fake.h"

typedef struct
{
  guint changes;
  guint came_up;
  gboolean last;
} Seen;

static void
on_changed (BgcNetwork *network, gboolean available, Seen *seen)
{
  g_assert_cmpint (bgc_network_is_available (network), ==, available);
  seen->changes++;
  seen->last = available;
}

static void
on_came_up (BgcNetwork *network, Seen *seen)
{
  g_assert_true (bgc_network_is_available (network));
  seen->came_up++;
}

static void
test_signals (void)
{
  g_autoptr (BgcNetworkFake) network = bgc_network_fake_new (TRUE);
  Seen seen = { 0 };

  g_signal_connect (network, "changed", G_CALLBACK (on_changed), &seen);
  g_signal_connect (network, "came-up", G_CALLBACK (on_came_up), &seen);
  g_assert_true (bgc_network_is_available (BGC_NETWORK (network)));

  bgc_network_fake_set (network, TRUE);
  g_assert_cmpuint (seen.changes, ==, 0);
  bgc_network_fake_set (network, FALSE);
  g_assert_cmpuint (seen.changes, ==, 1);
  g_assert_false (seen.last);
  g_assert_cmpuint (seen.came_up, ==, 0);
  bgc_network_fake_set (network, TRUE);
  g_assert_cmpuint (seen.changes, ==, 2);
  g_assert_true (seen.last);
  g_assert_cmpuint (seen.came_up, ==, 1);
}

/* The last reference may go in a handler. */
static void
on_changed_drop (BgcNetwork *network, gboolean available, BgcNetworkFake **held)
{
  g_clear_object (held);
}

static void
test_dropped (void)
{
  BgcNetworkFake *network = bgc_network_fake_new (FALSE);

  g_signal_connect (network, "changed", G_CALLBACK (on_changed_drop), &network);
  bgc_network_fake_set (network, TRUE);
  g_assert_null (network);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/network/signals", test_signals);
  g_test_add_func ("/network/dropped", test_dropped);

  return g_test_run ();
}
