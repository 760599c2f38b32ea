/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "service/bgc-authority-owner.h"

static void
test_port_reaches_implementation (void)
{
  g_autoptr (BgcAuthority) authority = bgc_authority_owner_new ();

  g_assert_true (bgc_authority_allows (authority, 7, 7, BGC_RULE_CHANGE));
  g_assert_false (bgc_authority_allows (authority, 7, 8, BGC_RULE_CHANGE));
}

static void
test_denies_by_default (void)
{
  g_autoptr (BgcAuthority) authority = bgc_authority_owner_new ();

  g_assert_false (bgc_authority_allows (authority, 0, 0, BGC_RULE_NOBODY));
  g_assert_false (bgc_authority_allows (authority, 0, 0, BGC_N_RULES));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/authority/port-reaches-implementation", test_port_reaches_implementation);
  g_test_add_func ("/authority/denies-by-default", test_denies_by_default);
  return g_test_run ();
}
