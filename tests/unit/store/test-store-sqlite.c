/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "store/bgc-store-sqlite.h"

#include "bgc-store-contract.h"
#include "bgc-store-sample.h"

static gpointer
make_world (void)
{
  return sample_directory ();
}

static void
free_world (gpointer world)
{
  sample_remove_directory (world);
  g_free (world);
}

static BgcStore *
open_store (gpointer world)
{
  g_autoptr (GError) error = NULL;
  BgcStore *store = bgc_store_sqlite_new (world, &error);

  g_assert_no_error (error);
  return store;
}

int
main (int argc, char *argv[])
{
  static const BgcStoreContract contract = { "sqlite", make_world, free_world, open_store };

  g_test_init (&argc, &argv, NULL);
  sample_watch_warnings ();
  bgc_store_contract_add (&contract);
  return g_test_run ();
}
