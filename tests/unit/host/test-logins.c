/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "host/bgc-logins-fake.h"

#include "../../contract/bgc-logins-contract.h"

static gpointer
create (void)
{
  return bgc_logins_fake_new ();
}

static BgcLogins *
port (gpointer world)
{
  return BGC_LOGINS (world);
}

static void
set (gpointer world, guint32 uid, gboolean there)
{
  bgc_logins_fake_set (world, uid, there);
}

int
main (int argc, char *argv[])
{
  static const BgcLoginsContract contract = { create, port, set, g_object_unref };

  g_test_init (&argc, &argv, NULL);
  bgc_logins_contract_add ("/logins/fake/contract", &contract);
  return g_test_run ();
}
