/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "service/bgc-authority-owner.h"

static void
test_every_rule (void)
{
  static const struct {
    BgcRule rule;
    gboolean owner, stranger, root;
  } cases[] = {
    { BGC_RULE_NOBODY, FALSE, FALSE, FALSE }, { BGC_RULE_ANYBODY, TRUE, TRUE, TRUE },
    { BGC_RULE_SEE, TRUE, FALSE, TRUE },      { BGC_RULE_CHANGE, TRUE, FALSE, TRUE },
    { BGC_RULE_SECRET, TRUE, FALSE, FALSE },  { BGC_RULE_TAKE, FALSE, FALSE, TRUE },
    { BGC_RULE_MANAGE, FALSE, FALSE, TRUE },
  };
  g_autoptr (BgcAuthority) authority = bgc_authority_owner_new ();

  G_STATIC_ASSERT (G_N_ELEMENTS (cases) == BGC_N_RULES);
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_assert_cmpint (bgc_authority_allows (authority, 1000, 1000, cases[i].rule), ==, cases[i].owner);
      g_assert_cmpint (bgc_authority_allows (authority, 1001, 1000, cases[i].rule), ==, cases[i].stranger);
      g_assert_cmpint (bgc_authority_allows (authority, 0, 1000, cases[i].rule), ==, cases[i].root);
    }
}

static void
test_root_keeps_its_own_secrets (void)
{
  g_autoptr (BgcAuthority) authority = bgc_authority_owner_new ();

  g_assert_true (bgc_authority_allows (authority, 0, 0, BGC_RULE_SECRET));
}

static void
asked_cb (GObject *source, GAsyncResult *result, gpointer data)
{
  *(int *) data = bgc_authority_ask_finish (BGC_AUTHORITY (source), result);
}

static void
test_asks_nobody (void)
{
  g_autoptr (BgcAuthority) authority = bgc_authority_owner_new ();
  BgcAuthorityQuestion question = { ":1.1", BGC_RULE_SEE, TRUE };
  int granted = -1;

  bgc_authority_ask_async (authority, &question, NULL, asked_cb, &granted);
  while (granted < 0)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpint (granted, ==, FALSE);
  bgc_authority_forget (authority, ":1.1");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/authority-owner/every-rule", test_every_rule);
  g_test_add_func ("/authority-owner/root-keeps-its-own-secrets", test_root_keeps_its_own_secrets);
  g_test_add_func ("/authority-owner/asks-nobody", test_asks_nobody);
  return g_test_run ();
}
