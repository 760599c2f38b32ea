/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "store/bgc-secrets-record.h"

#include <string.h>

#include "store/bgc-secrets-key.h"

static const guint8 key[BGC_SECRETS_KEY_BYTES]
  = { 0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15,
      16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31 };
static const BgcJobId id = { { 0x40, 0x41, 0x42, 0x43, 0x44, 0x45, 0x46, 0x47, 0x48, 0x49, 0x4a, 0x4b, 0x4c,
                               0x4d, 0x4e, 0x4f } };
static const char *const headers[] = { "Authorization: Token abc", "X-Empty:", "Cookie: ü=1", NULL };

static BgcJobSecrets *
everything (void)
{
  BgcJobSecrets *secrets = bgc_job_secrets_new ();

  for (guint i = 0; i < BGC_N_LOGIN_TARGETS * BGC_N_LOGIN_SCHEMES; i++)
    {
      g_autofree char *password = g_strdup_printf ("password %u", i);

      bgc_job_secrets_set_login (secrets, bgc_login_new ((BgcLoginTarget) (i / BGC_N_LOGIN_SCHEMES),
                                                         (BgcLoginScheme) (i % BGC_N_LOGIN_SCHEMES),
                                                         i % 2 ? "alice" : "", password));
    }
  bgc_job_secrets_set_headers (secrets, headers, TRUE);
  bgc_job_secrets_set_certificate (secrets, "/home/a/c.pem", "pkcs11:pin=1");
  return secrets;
}

static GBytes *
seal (const BgcJobSecrets *secrets, guint field)
{
  g_autoptr (GError) error = NULL;
  GBytes *record = bgc_secrets_record_seal (key, &id, field, secrets, &error);

  g_assert_no_error (error);
  return record;
}

static gboolean
open_it (GBytes *record, const guint8 *with, const BgcJobId *of, guint field, BgcJobSecrets *into)
{
  gsize length;
  const guint8 *bytes = g_bytes_get_data (record, &length);

  return bgc_secrets_record_open (with, of, field, bytes, length, into);
}

static void
test_round_trip (void)
{
  g_autoptr (BgcJobSecrets) secrets = everything ();
  g_autoptr (BgcJobSecrets) back = bgc_job_secrets_new ();

  for (guint i = 0; i < BGC_N_JOB_SECRETS; i++)
    {
      g_autoptr (GBytes) record = seal (secrets, i);

      g_assert_false (bgc_secrets_record_has (back, i));
      g_assert_true (open_it (record, key, &id, i, back));
      g_assert_true (bgc_secrets_record_has (back, i));
    }
  g_assert_cmpuint (back->logins->len, ==, secrets->logins->len);
  for (guint i = 0; i < back->logins->len; i++)
    {
      const BgcLogin *a = g_ptr_array_index (back->logins, i);
      const BgcLogin *b = g_ptr_array_index (secrets->logins, i);

      g_assert_cmpstr (a->user, ==, b->user);
      g_assert_cmpstr (a->password, ==, b->password);
    }
  g_assert_cmpstrv (back->headers, headers);
  g_assert_true (back->write_only);
  g_assert_cmpstr (back->certificate, ==, "/home/a/c.pem");
  g_assert_cmpstr (back->key, ==, "pkcs11:pin=1");
}

static void
test_variants (void)
{
  g_autoptr (BgcJobSecrets) secrets = bgc_job_secrets_new ();
  g_autoptr (BgcJobSecrets) back = bgc_job_secrets_new ();
  g_autoptr (GBytes) shown = NULL;
  g_autoptr (GBytes) keyless = NULL;

  bgc_job_secrets_set_headers (secrets, headers, FALSE);
  bgc_job_secrets_set_certificate (secrets, "/c", NULL);
  shown = seal (secrets, BGC_JOB_SECRET_HEADERS);
  keyless = seal (secrets, BGC_JOB_SECRET_CERTIFICATE);
  g_assert_true (open_it (shown, key, &id, BGC_JOB_SECRET_HEADERS, back));
  g_assert_true (open_it (keyless, key, &id, BGC_JOB_SECRET_CERTIFICATE, back));
  g_assert_false (back->write_only);
  g_assert_null (back->key);
}

/* What the limits let through, and how little of its length is told. */
static void
test_lengths (void)
{
  const gsize lengths[] = { 0, 1, 57, 58, 59, 63, 64, 65, 65535u * 4 };

  for (gsize i = 0; i < G_N_ELEMENTS (lengths); i++)
    {
      g_autofree char *password = g_strnfill (lengths[i], 'p');
      g_autoptr (BgcJobSecrets) secrets = bgc_job_secrets_new ();
      g_autoptr (BgcJobSecrets) back = bgc_job_secrets_new ();
      g_autoptr (GBytes) record = NULL;

      bgc_job_secrets_set_login (
        secrets, bgc_login_new (BGC_LOGIN_TARGET_SERVER, BGC_LOGIN_SCHEME_BASIC, "alice", password));
      record = seal (secrets, 0);
      g_assert_cmpuint ((g_bytes_get_size (record) - 29) % BGC_SECRETS_RECORD_BLOCK, ==, 0);
      g_assert_true (open_it (record, key, &id, 0, back));
      g_assert_cmpstr (((BgcLogin *) g_ptr_array_index (back->logins, 0))->password, ==, password);
    }
}

/* Made elsewhere, with Python's cryptography: the record is what it is said to be, and stays so. */
static void
test_vector (void)
{
  static const char hex[] = "01a0a1a2a3a4a5a6a7a8a9aaab8774154e20cb6dcf070ba7a06209a1b315ac59"
                            "1092b7426c9c0e26867fab7501d27647ffaf22533d5f9c04c8097a83f9471b46"
                            "4862d01a7e415e0b5ea47085b0f74c3d87eced80ff18623147c79e0c0d";
  guint8 bytes[(sizeof hex - 1) / 2];
  g_autoptr (BgcJobSecrets) back = bgc_job_secrets_new ();
  const BgcLogin *login;

  for (gsize i = 0; i < sizeof bytes; i++)
    bytes[i] = (guint8) (g_ascii_xdigit_value (hex[2 * i]) << 4 | g_ascii_xdigit_value (hex[2 * i + 1]));
  g_assert_true (bgc_secrets_record_open (key, &id, 0, bytes, sizeof bytes, back));
  login = bgc_job_secrets_get_login (back, BGC_LOGIN_TARGET_SERVER, BGC_LOGIN_SCHEME_BASIC);
  g_assert_cmpstr (login->user, ==, "alice");
  g_assert_cmpstr (login->password, ==, "open sesame");
}

static void
test_elsewhere (void)
{
  g_autoptr (BgcJobSecrets) secrets = everything ();
  g_autoptr (BgcJobSecrets) back = bgc_job_secrets_new ();
  guint8 other_key[BGC_SECRETS_KEY_BYTES];
  BgcJobId other_id = id;

  memcpy (other_key, key, sizeof key);
  other_key[31] ^= 1;
  other_id.bytes[0] ^= 1;
  for (guint i = 0; i < BGC_N_JOB_SECRETS; i++)
    {
      g_autoptr (GBytes) record = seal (secrets, i);

      g_assert_false (open_it (record, other_key, &id, i, back));
      g_assert_false (open_it (record, NULL, &id, i, back));
      g_assert_false (open_it (record, key, &other_id, i, back));
      for (guint j = 0; j <= BGC_N_JOB_SECRETS; j++)
        g_assert_true (j == i || !open_it (record, key, &id, j, back));
    }
  g_assert_true (bgc_job_secrets_is_empty (back));
}

static void
test_changed (void)
{
  g_autoptr (BgcJobSecrets) secrets = everything ();
  g_autoptr (BgcJobSecrets) back = bgc_job_secrets_new ();
  g_autoptr (GBytes) record = seal (secrets, BGC_JOB_SECRET_HEADERS);
  gsize length;
  const guint8 *bytes = g_bytes_get_data (record, &length);
  g_autofree guint8 *copy = g_malloc0 (length + 1);

  for (gsize i = 0; i < length; i++)
    {
      memcpy (copy, bytes, length);
      g_assert_false (bgc_secrets_record_open (key, &id, BGC_JOB_SECRET_HEADERS, copy, i, back));
      for (guint bit = 0; bit < 8; bit++)
        {
          memcpy (copy, bytes, length);
          copy[i] ^= (guint8) (1u << bit);
          g_assert_false (bgc_secrets_record_open (key, &id, BGC_JOB_SECRET_HEADERS, copy, length, back));
        }
    }
  memcpy (copy, bytes, length);
  g_assert_false (bgc_secrets_record_open (key, &id, BGC_JOB_SECRET_HEADERS, copy, length + 1, back));
  g_assert_true (bgc_job_secrets_is_empty (back));
}

/* No two alike, and nothing to be read in any. */
static void
test_hidden (void)
{
  g_autoptr (BgcJobSecrets) secrets = everything ();
  g_autoptr (GBytes) first = seal (secrets, 1);
  g_autoptr (GBytes) second = seal (secrets, 1);
  gsize length;
  const guint8 *bytes = g_bytes_get_data (first, &length);

  g_assert_false (g_bytes_equal (first, second));
  g_assert_null (memmem (bytes, length, "alice", 5));
  g_assert_null (memmem (bytes, length, "password", 8));
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/secrets-record/round-trip", test_round_trip);
  g_test_add_func ("/secrets-record/variants", test_variants);
  g_test_add_func ("/secrets-record/lengths", test_lengths);
  g_test_add_func ("/secrets-record/vector", test_vector);
  g_test_add_func ("/secrets-record/elsewhere", test_elsewhere);
  g_test_add_func ("/secrets-record/changed", test_changed);
  g_test_add_func ("/secrets-record/hidden", test_hidden);
  return g_test_run ();
}
