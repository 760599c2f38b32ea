/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "protocol/bgc-host-id.h"

#include "base/bgc-error.h"

static void
test_valid (void)
{
  static const char *const good[]
    = { "node7", "node7.example", "a.b-c.d", "10.0.0.1", "::1", "[::1]", "example.", "under_score.x" };
  static const char *const bad[]
    = { "",     "http://x", "x/y", "x:80", "[::1",         "[::1]:80", "[10.0.0.1]", "-x",  ".x",
        "a..b", "a b",      "a\n", "u@x",  "fe80::1%eth0", "\xc3\xa4", "[]",         "x?y", "x#y" };
  g_autofree char *longest = g_strnfill (BGC_HOST_ID_MAX + 1, 'a');

  for (guint i = 0; i < G_N_ELEMENTS (good); i++)
    g_assert_true (bgc_host_id_is_valid (good[i]));
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    g_assert_false (bgc_host_id_is_valid (bad[i]));
  g_assert_false (bgc_host_id_is_valid (longest));
  g_assert_false (bgc_host_id_is_valid (NULL));
}

static void
test_apply (void)
{
  static const struct
  {
    const char *host, *url, *result;
  } rows[] = {
    { "node7.example", "https://farm.example:8443/drop/a%20b?q=1",
      "https://node7.example:8443/drop/a%20b?q=1" },
    { "10.1.2.3", "http://farm/x", "http://10.1.2.3/x" },
    { "::1", "http://farm:81/x", "http://[::1]:81/x" },
    { "[::1]", "http://farm/x", "http://[::1]/x" },
    { "bad/host", "http://farm/x", NULL },
    { "good", "not a url", NULL },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autofree char *result = bgc_host_id_apply (rows[i].host, rows[i].url, &error);

      g_assert_cmpstr (result, ==, rows[i].result);
      if (rows[i].result == NULL)
        g_assert_error (error, BGC_ERROR, BGC_ERROR_INVALID_URL);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/host-id/valid", test_valid);
  g_test_add_func ("/host-id/apply", test_apply);

  return g_test_run ();
}
