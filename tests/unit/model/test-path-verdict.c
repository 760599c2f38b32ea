/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "model/bgc-path-verdict.h"

static void
test_copies (void)
{
  char identity[] = "/real/f";
  g_autoptr (BgcPathVerdict) good = bgc_path_verdict_new (TRUE, BGC_ERROR_NOT_FOUND, NULL, identity);
  g_autoptr (BgcPathVerdict) bad = bgc_path_verdict_new (FALSE, BGC_ERROR_ACCESS_DENIED, "not yours", NULL);

  identity[1] = 'X';
  g_assert_true (good->allowed);
  g_assert_null (good->message);
  g_assert_cmpstr (good->identity, ==, "/real/f");
  g_assert_false (bad->allowed);
  g_assert_cmpint (bad->code, ==, BGC_ERROR_ACCESS_DENIED);
  g_assert_cmpstr (bad->message, ==, "not yours");
  g_assert_null (bad->identity);
  bgc_path_verdict_free (NULL);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/path-verdict/copies", test_copies);

  return g_test_run ();
}
