/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "service/bgc-authority-fake.h"

#include "../../contract/bgc-authority-contract.h"

static gpointer
set_up (BgcAuthority **authority)
{
  *authority = BGC_AUTHORITY (bgc_authority_fake_new ());
  return *authority;
}

static void
tear_down (gpointer data, BgcAuthority *authority)
{
  g_object_unref (authority);
}

static void
grant (gpointer data, BgcRule rule, gboolean interactive)
{
  bgc_authority_fake_grant (data, BGC_AUTHORITY_CONTRACT_SENDER, rule, interactive);
}

static void
hold (gpointer data)
{
  bgc_authority_fake_hold (data);
}

static void
release (gpointer data)
{
  bgc_authority_fake_release (data);
}

static guint
held (gpointer data)
{
  return bgc_authority_fake_held (data);
}

static void
test_counts (void)
{
  g_autoptr (BgcAuthorityFake) fake = bgc_authority_fake_new ();
  BgcAuthorityQuestion question = { ":1.1", BGC_RULE_SEE, FALSE };

  bgc_authority_ask_async (BGC_AUTHORITY (fake), &question, NULL, NULL, NULL);
  bgc_authority_forget (BGC_AUTHORITY (fake), ":1.1");
  g_assert_cmpuint (bgc_authority_fake_asked (fake), ==, 1);
  g_assert_cmpuint (bgc_authority_fake_forgotten (fake), ==, 1);
}

int
main (int argc, char **argv)
{
  static const BgcAuthorityContract contract = { set_up, tear_down, grant, hold, release, held };

  g_test_init (&argc, &argv, NULL);
  bgc_authority_contract_add ("/authority-fake/contract", &contract);
  g_test_add_func ("/authority-fake/counts", test_counts);
  return g_test_run ();
}
