/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "bgc-authority-contract.h"

typedef struct
{
  const BgcAuthorityContract *contract;
  BgcAuthority *authority;
  gpointer data;
} Fixture;

/* No answer yet. */
#define OPEN (-1)

static void
set_up (Fixture *f, gconstpointer contract)
{
  f->contract = contract;
  f->data = f->contract->set_up (&f->authority);
}

static void
tear_down (Fixture *f, gconstpointer contract)
{
  f->contract->tear_down (f->data, f->authority);
}

static void
asked_cb (GObject *source, GAsyncResult *result, gpointer data)
{
  *(int *)data = bgc_authority_ask_finish (BGC_AUTHORITY (source), result);
}

static void
begin (Fixture *f, BgcRule rule, gboolean interactive, GCancellable *cancellable, int *granted)
{
  BgcAuthorityQuestion question = { BGC_AUTHORITY_CONTRACT_SENDER, rule, interactive };

  *granted = OPEN;
  bgc_authority_ask_async (f->authority, &question, cancellable, asked_cb, granted);
  g_assert_cmpint (*granted, ==, OPEN);
}

static gboolean
ask (Fixture *f, BgcRule rule, gboolean interactive)
{
  int granted;

  begin (f, rule, interactive, NULL, &granted);
  while (granted == OPEN)
    g_main_context_iteration (NULL, TRUE);
  return granted;
}

static void
test_owner_first (Fixture *f, gconstpointer contract)
{
  g_assert_true (bgc_authority_allows (f->authority, 1000, 1000, BGC_RULE_CHANGE));
  g_assert_true (bgc_authority_allows (f->authority, 0, 1000, BGC_RULE_TAKE));
  g_assert_false (bgc_authority_allows (f->authority, 1001, 1000, BGC_RULE_SEE));
  g_assert_false (bgc_authority_allows (f->authority, 0, 1000, BGC_RULE_SECRET));
}

static void
test_each_right_of_its_own (Fixture *f, gconstpointer contract)
{
  f->contract->grant (f->data, BGC_RULE_CHANGE, FALSE);
  g_assert_false (ask (f, BGC_RULE_TAKE, FALSE));
  g_assert_false (ask (f, BGC_RULE_SEE, FALSE));
  g_assert_true (ask (f, BGC_RULE_CHANGE, FALSE));
  g_assert_true (ask (f, BGC_RULE_CHANGE, TRUE));
}

static void
test_no_right_to_secrets (Fixture *f, gconstpointer contract)
{
  g_assert_false (ask (f, BGC_RULE_SECRET, TRUE));
  g_assert_false (ask (f, BGC_RULE_NOBODY, TRUE));
}

/* A denial for lack of a password is none where there may be one, even right after it. */
static void
test_interactive (Fixture *f, gconstpointer contract)
{
  f->contract->grant (f->data, BGC_RULE_TAKE, TRUE);
  g_assert_false (ask (f, BGC_RULE_TAKE, FALSE));
  g_assert_true (ask (f, BGC_RULE_TAKE, TRUE));
}

static void
test_forgotten (Fixture *f, gconstpointer contract)
{
  g_assert_false (ask (f, BGC_RULE_SEE, FALSE));
  f->contract->grant (f->data, BGC_RULE_SEE, FALSE);
  bgc_authority_forget (f->authority, BGC_AUTHORITY_CONTRACT_SENDER);
  g_assert_true (ask (f, BGC_RULE_SEE, FALSE));
}

static void
test_taken_back (Fixture *f, gconstpointer contract)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  int granted;

  f->contract->grant (f->data, BGC_RULE_CHANGE, TRUE);
  f->contract->hold (f->data);
  begin (f, BGC_RULE_CHANGE, TRUE, cancellable, &granted);
  while (f->contract->held (f->data) == 0)
    g_main_context_iteration (NULL, TRUE);
  g_cancellable_cancel (cancellable);
  while (granted == OPEN)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpint (granted, ==, FALSE);
  while (f->contract->held (f->data) > 0)
    g_main_context_iteration (NULL, TRUE);
}

static void
test_several_at_once (Fixture *f, gconstpointer contract)
{
  int granted[3];

  f->contract->grant (f->data, BGC_RULE_CHANGE, FALSE);
  f->contract->hold (f->data);
  begin (f, BGC_RULE_CHANGE, FALSE, NULL, &granted[0]);
  begin (f, BGC_RULE_TAKE, FALSE, NULL, &granted[1]);
  begin (f, BGC_RULE_CHANGE, FALSE, NULL, &granted[2]);
  while (f->contract->held (f->data) < 3)
    g_main_context_iteration (NULL, TRUE);
  f->contract->release (f->data);
  while (granted[0] == OPEN || granted[1] == OPEN || granted[2] == OPEN)
    g_main_context_iteration (NULL, TRUE);
  g_assert_true (granted[0] && !granted[1] && granted[2]);
}

void
bgc_authority_contract_add (const char *prefix, const BgcAuthorityContract *contract)
{
  static const struct
  {
    const char *name;
    void (*function) (Fixture *f, gconstpointer contract);
  } tests[] = {
    { "owner-first", test_owner_first },
    { "each-right-of-its-own", test_each_right_of_its_own },
    { "no-right-to-secrets", test_no_right_to_secrets },
    { "interactive", test_interactive },
    { "forgotten", test_forgotten },
    { "taken-back", test_taken_back },
    { "several-at-once", test_several_at_once },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (tests); i++)
    {
      g_autofree char *path = g_strdup_printf ("%s/%s", prefix, tests[i].name);

      g_test_add (path, Fixture, contract, set_up, tests[i].function, tear_down);
    }
}
