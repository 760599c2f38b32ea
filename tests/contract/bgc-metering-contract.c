/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "bgc-metering-contract.h"

static void
count (BgcMetering *metering, guint *changes)
{
  (*changes)++;
}

static void
test_changes (gconstpointer data)
{
  const BgcMeteringContract *contract = data;
  gpointer world = contract->create ();
  BgcMetering *metering = contract->port (world);
  guint changes = 0;

  g_signal_connect (metering, "changed", G_CALLBACK (count), &changes);
  contract->set (world, BGC_METERING_FREE);
  g_assert_cmpint (bgc_metering_cost (metering), ==, BGC_METERING_FREE);
  g_assert_cmpuint (changes, ==, 0);
  for (guint round = 0; round < 3; round++)
    {
      contract->set (world, BGC_METERING_METERED);
      g_assert_cmpint (bgc_metering_cost (metering), ==, BGC_METERING_METERED);
      contract->set (world, BGC_METERING_METERED);
      g_assert_cmpuint (changes, ==, 2 * round + 1);
      contract->set (world, BGC_METERING_FREE);
      g_assert_cmpint (bgc_metering_cost (metering), ==, BGC_METERING_FREE);
      g_assert_cmpuint (changes, ==, 2 * round + 2);
    }
  g_signal_handlers_disconnect_by_data (metering, &changes);
  contract->free (world);
}

void
bgc_metering_contract_add (const char *prefix, const BgcMeteringContract *contract)
{
  g_autofree char *path = g_strconcat (prefix, "/changes", NULL);

  g_test_add_data_func (path, contract, test_changes);
}
