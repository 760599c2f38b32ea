/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "bgc-power-contract.h"

static void
count (BgcPower *power, guint *changes)
{
  (*changes)++;
}

static void
test_changes (gconstpointer data)
{
  const BgcPowerContract *contract = data;
  gpointer world = contract->create ();
  BgcPower *power = contract->port (world);
  guint changes = 0;

  g_signal_connect (power, "changed", G_CALLBACK (count), &changes);
  contract->set (world, FALSE);
  g_assert_false (bgc_power_is_saving (power));
  g_assert_cmpuint (changes, ==, 0);
  for (guint round = 0; round < 3; round++)
    {
      contract->set (world, TRUE);
      g_assert_true (bgc_power_is_saving (power));
      contract->set (world, TRUE);
      g_assert_cmpuint (changes, ==, 2 * round + 1);
      contract->set (world, FALSE);
      g_assert_false (bgc_power_is_saving (power));
      g_assert_cmpuint (changes, ==, 2 * round + 2);
    }
  g_signal_handlers_disconnect_by_data (power, &changes);
  contract->free (world);
}

void
bgc_power_contract_add (const char *prefix, const BgcPowerContract *contract)
{
  g_autofree char *path = g_strconcat (prefix, "/changes", NULL);

  g_test_add_data_func (path, contract, test_changes);
}
