/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "bgc-logins-contract.h"

static void
count (BgcLogins *logins, guint *changes)
{
  (*changes)++;
}

static void
test_changes (gconstpointer data)
{
  const BgcLoginsContract *contract = data;
  gpointer world = contract->create ();
  BgcLogins *logins = contract->port (world);
  guint changes = 0;

  /* As long as nobody knows nobody is away. */
  g_assert_true (bgc_logins_has (logins, 1000));
  g_signal_connect (logins, "changed", G_CALLBACK (count), &changes);
  contract->set (world, 1001, TRUE);
  g_assert_cmpuint (changes, ==, 1);
  g_assert_false (bgc_logins_has (logins, 1000));
  g_assert_true (bgc_logins_has (logins, 1001));
  contract->set (world, 1001, TRUE);
  g_assert_cmpuint (changes, ==, 1);
  contract->set (world, 1000, TRUE);
  g_assert_true (bgc_logins_has (logins, 1000));
  g_assert_true (bgc_logins_has (logins, 1001));
  contract->set (world, 1001, FALSE);
  g_assert_true (bgc_logins_has (logins, 1000));
  g_assert_false (bgc_logins_has (logins, 1001));
  contract->set (world, 1000, FALSE);
  g_assert_false (bgc_logins_has (logins, 1000));
  g_assert_cmpuint (changes, ==, 4);
  g_signal_handlers_disconnect_by_data (logins, &changes);
  contract->free (world);
}

void
bgc_logins_contract_add (const char *prefix, const BgcLoginsContract *contract)
{
  g_autofree char *path = g_strconcat (prefix, "/changes", NULL);

  g_test_add_data_func (path, contract, test_changes);
}
