/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "model/bgc-job-secrets-variant.h"

static const char *const headers[] = { "X-A: 1", "X-B: 2", NULL };

static void
test_round_trip (void)
{
  g_autoptr (BgcJobSecrets) secrets = bgc_job_secrets_new ();
  g_autoptr (BgcJobSecrets) back = NULL;
  g_autoptr (GVariant) dict = NULL;
  const BgcLogin *login;

  bgc_job_secrets_set_login (
    secrets, bgc_login_new (BGC_LOGIN_TARGET_PROXY, BGC_LOGIN_SCHEME_DIGEST, "älice", "p:w"));
  bgc_job_secrets_set_login (secrets,
                             bgc_login_new (BGC_LOGIN_TARGET_SERVER, BGC_LOGIN_SCHEME_BEARER, "", "t"));
  bgc_job_secrets_set_headers (secrets, headers, FALSE);
  bgc_job_secrets_set_certificate (secrets, "/c", "/k");
  dict = g_variant_ref_sink (bgc_job_secrets_variant_new (secrets));
  g_assert_true (g_variant_is_of_type (dict, G_VARIANT_TYPE_VARDICT));
  back = bgc_job_secrets_variant_read (dict);
  g_assert_cmpuint (back->logins->len, ==, 2);
  login = bgc_job_secrets_get_login (back, BGC_LOGIN_TARGET_PROXY, BGC_LOGIN_SCHEME_DIGEST);
  g_assert_cmpstr (login->user, ==, "älice");
  g_assert_cmpstr (login->password, ==, "p:w");
  g_assert_cmpstrv (back->headers, headers);
  /* A worker shows them to nobody but servers. */
  g_assert_true (back->write_only);
  g_assert_cmpstr (back->certificate, ==, "/c");
  g_assert_cmpstr (back->key, ==, "/k");
}

static void
test_none (void)
{
  g_autoptr (GVariant) dict = g_variant_ref_sink (bgc_job_secrets_variant_new (NULL));

  g_assert_cmpuint (g_variant_n_children (dict), ==, 0);
  g_assert_null (bgc_job_secrets_variant_read (dict));
}

static void
test_nonsense (void)
{
  g_autoptr (GVariant) dict = g_variant_ref_sink (g_variant_new_parsed (
    "{'logins': <[('server', 'ntlm', 'u', 'p'), ('moon', 'basic', 'u', 'p')]>,"
    " 'headers': <['X-A: 1', 'Host: evil']>, 'certificate': <7>, 'key': <'/k'>, 'colour': <'red'>}"));

  g_assert_null (bgc_job_secrets_variant_read (dict));
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/job-secrets-variant/round-trip", test_round_trip);
  g_test_add_func ("/job-secrets-variant/none", test_none);
  g_test_add_func ("/job-secrets-variant/nonsense", test_nonsense);
  return g_test_run ();
}
