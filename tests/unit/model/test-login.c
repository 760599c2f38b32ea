/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "model/bgc-login.h"

static void
test_copy (void)
{
  g_autoptr (BgcLogin) login
    = bgc_login_new (BGC_LOGIN_TARGET_PROXY, BGC_LOGIN_SCHEME_DIGEST, "alice", "geheim");
  g_autoptr (BgcLogin) copy = bgc_login_copy (login);

  g_assert_cmpint (copy->target, ==, BGC_LOGIN_TARGET_PROXY);
  g_assert_cmpint (copy->scheme, ==, BGC_LOGIN_SCHEME_DIGEST);
  g_assert_cmpstr (copy->user, ==, "alice");
  g_assert_cmpstr (copy->password, ==, "geheim");
  g_assert_true (copy->password != login->password);
  g_assert_null (bgc_login_copy (NULL));
}

static void
test_empty (void)
{
  g_autoptr (BgcLogin) login
    = bgc_login_new (BGC_LOGIN_TARGET_SERVER, BGC_LOGIN_SCHEME_BEARER, NULL, NULL);

  g_assert_cmpstr (login->user, ==, "");
  g_assert_cmpstr (login->password, ==, "");
  bgc_login_free (NULL);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/login/copy", test_copy);
  g_test_add_func ("/login/empty", test_empty);
  return g_test_run ();
}
