/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "model/bgc-job-secrets.h"

static const char *const two[] = { "X-A: 1", "X-B: 2", NULL };

static void
add (BgcJobSecrets *secrets, BgcLoginTarget target, BgcLoginScheme scheme, const char *password)
{
  bgc_job_secrets_set_login (secrets, bgc_login_new (target, scheme, "alice", password));
}

static void
test_logins (void)
{
  g_autoptr (BgcJobSecrets) secrets = bgc_job_secrets_new ();

  g_assert_true (bgc_job_secrets_is_empty (secrets));
  add (secrets, BGC_LOGIN_TARGET_SERVER, BGC_LOGIN_SCHEME_BASIC, "one");
  add (secrets, BGC_LOGIN_TARGET_SERVER, BGC_LOGIN_SCHEME_DIGEST, "two");
  add (secrets, BGC_LOGIN_TARGET_PROXY, BGC_LOGIN_SCHEME_BASIC, "three");
  add (secrets, BGC_LOGIN_TARGET_SERVER, BGC_LOGIN_SCHEME_BASIC, "four");
  g_assert_false (bgc_job_secrets_is_empty (secrets));
  g_assert_cmpuint (secrets->logins->len, ==, 3);
  g_assert_cmpstr (
    bgc_job_secrets_get_login (secrets, BGC_LOGIN_TARGET_SERVER, BGC_LOGIN_SCHEME_BASIC)->password, ==,
    "four");
  g_assert_cmpstr (
    bgc_job_secrets_get_login (secrets, BGC_LOGIN_TARGET_PROXY, BGC_LOGIN_SCHEME_BASIC)->password, ==,
    "three");
  g_assert_null (bgc_job_secrets_get_login (secrets, BGC_LOGIN_TARGET_PROXY, BGC_LOGIN_SCHEME_DIGEST));
  g_assert_true (
    bgc_job_secrets_remove_login (secrets, BGC_LOGIN_TARGET_SERVER, BGC_LOGIN_SCHEME_BASIC));
  g_assert_false (
    bgc_job_secrets_remove_login (secrets, BGC_LOGIN_TARGET_SERVER, BGC_LOGIN_SCHEME_BASIC));
  g_assert_null (bgc_job_secrets_get_login (secrets, BGC_LOGIN_TARGET_SERVER, BGC_LOGIN_SCHEME_BASIC));
}

static void
test_headers (void)
{
  g_autoptr (BgcJobSecrets) secrets = bgc_job_secrets_new ();

  bgc_job_secrets_set_headers (secrets, two, TRUE);
  g_assert_false (bgc_job_secrets_is_empty (secrets));
  g_assert_true (secrets->write_only);
  g_assert_cmpstrv (secrets->headers, two);
  bgc_job_secrets_set_headers (secrets, (const char *const *) secrets->headers, FALSE);
  g_assert_cmpstrv (secrets->headers, two);
  g_assert_false (secrets->write_only);
  bgc_job_secrets_set_headers (secrets, two + 2, TRUE);
  g_assert_null (secrets->headers);
  g_assert_false (secrets->write_only);
  g_assert_true (bgc_job_secrets_is_empty (secrets));
}

static void
test_certificate (void)
{
  g_autoptr (BgcJobSecrets) secrets = bgc_job_secrets_new ();

  bgc_job_secrets_set_certificate (secrets, "/home/a/c.pem", "/home/a/k.pem");
  g_assert_false (bgc_job_secrets_is_empty (secrets));
  bgc_job_secrets_set_certificate (secrets, secrets->certificate, NULL);
  g_assert_cmpstr (secrets->certificate, ==, "/home/a/c.pem");
  g_assert_null (secrets->key);
  bgc_job_secrets_set_certificate (secrets, NULL, "/home/a/k.pem");
  g_assert_true (bgc_job_secrets_is_empty (secrets));
  g_assert_null (secrets->key);
}

static void
test_copy (void)
{
  g_autoptr (BgcJobSecrets) secrets = bgc_job_secrets_new ();
  g_autoptr (BgcJobSecrets) copy = NULL;

  add (secrets, BGC_LOGIN_TARGET_PROXY, BGC_LOGIN_SCHEME_BEARER, "token");
  bgc_job_secrets_set_headers (secrets, two, TRUE);
  bgc_job_secrets_set_certificate (secrets, "/c", "/k");
  copy = bgc_job_secrets_copy (secrets);
  g_clear_pointer (&secrets, bgc_job_secrets_free);
  g_assert_cmpstr (
    bgc_job_secrets_get_login (copy, BGC_LOGIN_TARGET_PROXY, BGC_LOGIN_SCHEME_BEARER)->password, ==, "token");
  g_assert_cmpstrv (copy->headers, two);
  g_assert_true (copy->write_only);
  g_assert_cmpstr (copy->key, ==, "/k");
}

static void
test_none (void)
{
  g_assert_true (bgc_job_secrets_is_empty (NULL));
  g_assert_null (bgc_job_secrets_copy (NULL));
  g_assert_null (bgc_job_secrets_get_login (NULL, BGC_LOGIN_TARGET_SERVER, BGC_LOGIN_SCHEME_BASIC));
  bgc_job_secrets_free (NULL);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/job-secrets/logins", test_logins);
  g_test_add_func ("/job-secrets/headers", test_headers);
  g_test_add_func ("/job-secrets/certificate", test_certificate);
  g_test_add_func ("/job-secrets/copy", test_copy);
  g_test_add_func ("/job-secrets/none", test_none);
  return g_test_run ();
}
