/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "model/bgc-job-id.h"

#include <string.h>

#define HEX "0123456789abcdef0011223344556677"
#define UUID "01234567-89AB-cdef-0011-223344556677"

static void
test_round_trip (void)
{
  BgcJobId id;
  BgcJobId other;
  char hex[BGC_JOB_ID_HEX_LENGTH + 1];

  g_assert_true (bgc_job_id_parse (HEX, &id));
  bgc_job_id_to_hex (&id, hex);
  g_assert_cmpstr (hex, ==, HEX);
  g_assert_true (bgc_job_id_parse (UUID, &other));
  g_assert_true (bgc_job_id_equal (&id, &other));
  g_assert_cmpuint (bgc_job_id_hash (&id), ==, bgc_job_id_hash (&other));
  g_assert_true (bgc_job_id_parse ("0123456789ABCDEF0011223344556677", &other));
  g_assert_true (bgc_job_id_equal (&id, &other));

  other.bytes[15] ^= 1;
  g_assert_false (bgc_job_id_equal (&id, &other));
}

static void
test_refused (void)
{
  static const char *const wrong[] = {
    "",
    "0123456789abcdef001122334455667",
    "0123456789abcdef00112233445566778",
    "0123456789abcdef001122334455667g",
    " 123456789abcdef0011223344556677",
    "0x23456789abcdef0011223344556677",
    "01234567-89ab-cdef-0011-22334455667",
    "01234567-89ab-cdef-00112-23344556677",
    "012345678-9ab-cdef-0011-223344556677",
    "01234567-89ab-cdef-0011-22334455667-",
    "{01234567-89ab-cdef-0011-223344556677}",
    "------------------------------------",
  };
  BgcJobId id = { { 42 } };

  for (guint i = 0; i < G_N_ELEMENTS (wrong); i++)
    g_assert_false (bgc_job_id_parse (wrong[i], &id));
  g_assert_false (bgc_job_id_parse (NULL, &id));
  g_assert_cmpuint (id.bytes[0], ==, 42);
}

static void
test_canonical (void)
{
  g_assert_true (bgc_job_id_is_canonical (HEX));
  g_assert_false (bgc_job_id_is_canonical (UUID));
  g_assert_false (bgc_job_id_is_canonical ("0123456789ABCDEF0011223344556677"));
  g_assert_false (bgc_job_id_is_canonical (HEX "0"));
  g_assert_false (bgc_job_id_is_canonical (HEX "/"));
  g_assert_false (bgc_job_id_is_canonical (""));
  g_assert_false (bgc_job_id_is_canonical (NULL));
}

static void
test_random_ids (void)
{
  g_autoptr (GRand) random = g_rand_new_with_seed ((guint32) g_test_rand_int ());
  g_autoptr (GHashTable) seen = g_hash_table_new_full (bgc_job_id_hash, bgc_job_id_equal, g_free, NULL);
  guint8 ones[16] = { 0 };
  guint8 zeros[16] = { 0 };

  for (guint i = 0; i < 1000; i++)
    {
      BgcJobId *id = g_new (BgcJobId, 1);
      BgcJobId back;
      char hex[BGC_JOB_ID_HEX_LENGTH + 1];

      bgc_job_id_random (id, random);
      for (guint b = 0; b < 16; b++)
        {
          ones[b] |= id->bytes[b];
          zeros[b] |= (guint8) ~id->bytes[b];
        }
      bgc_job_id_to_hex (id, hex);
      g_assert_true (bgc_job_id_is_canonical (hex));
      g_assert_true (bgc_job_id_parse (hex, &back));
      g_assert_true (bgc_job_id_equal (id, &back));
      g_assert_true (g_hash_table_add (seen, id));
    }

  /* Every bit is used. */
  for (guint b = 0; b < 16; b++)
    g_assert_cmphex (ones[b] & zeros[b], ==, 0xff);
}

static void
test_random_bytes (void)
{
  static const char alphabet[] = "0123456789abcdefABCDEF-gG \xc3\n";

  for (guint round = 0; round < 20000; round++)
    {
      char text[40] = { 0 };
      BgcJobId id;
      gboolean parsed;
      gboolean canonical;

      for (gint i = g_test_rand_int_range (28, sizeof text); i-- > 0;)
        text[i] = alphabet[g_test_rand_int_range (0, g_test_rand_bit () ? 16 : sizeof alphabet - 1)];
      parsed = bgc_job_id_parse (text, &id);
      canonical = bgc_job_id_is_canonical (text);
      if (canonical)
        g_assert_true (parsed);
      if (parsed)
        {
          char hex[BGC_JOB_ID_HEX_LENGTH + 1];

          g_assert_true (strlen (text) == 32 || strlen (text) == 36);
          bgc_job_id_to_hex (&id, hex);
          g_assert_cmpint (canonical, ==, strcmp (hex, text) == 0);
        }
    }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/job-id/round-trip", test_round_trip);
  g_test_add_func ("/job-id/refused", test_refused);
  g_test_add_func ("/job-id/canonical", test_canonical);
  g_test_add_func ("/job-id/random-ids", test_random_ids);
  g_test_add_func ("/job-id/random-bytes", test_random_bytes);

  return g_test_run ();
}
