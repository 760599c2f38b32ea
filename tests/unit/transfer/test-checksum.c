/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "transfer/bgc-checksum.h"

#include <string.h>

/* Of "abc", from FIPS 180-2. */
#define SHA256 "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
#define SHA512                                                                                               \
  "sha512:ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"                                  \
  "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"

static void
check (const char *expected, const char *text, gboolean good)
{
  g_autoptr (BgcChecksum) checksum = bgc_checksum_new (expected);

  g_assert_nonnull (checksum);
  /* Twice, and once in pieces: verifying and resetting begin anew. */
  bgc_checksum_update (checksum, (const guint8 *)text, strlen (text));
  g_assert_cmpint (bgc_checksum_verify (checksum), ==, good);
  bgc_checksum_update (checksum, (const guint8 *)"rubbish", 7);
  bgc_checksum_reset (checksum);
  for (gsize i = 0; i < strlen (text); i++)
    bgc_checksum_update (checksum, (const guint8 *)text + i, 1);
  g_assert_cmpint (bgc_checksum_verify (checksum), ==, good);
}

static void
test_values (void)
{
  check (SHA256, "abc", TRUE);
  check (SHA512, "abc", TRUE);
  check (SHA256, "abd", FALSE);
  check (SHA512, "", FALSE);
  check ("sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "", TRUE);
  check ("sha256:E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855", "", TRUE);
}

static void
test_bad (void)
{
  g_assert_null (bgc_checksum_new (""));
  g_assert_null (bgc_checksum_new ("md5:d41d8cd98f00b204e9800998ecf8427e"));
  g_assert_null (bgc_checksum_new ("sha256:"));
  g_assert_null (bgc_checksum_new ("sha256:zz"));
  g_assert_null (
    bgc_checksum_new ("sha512:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"));
  g_assert_null (
    bgc_checksum_new ("sha256:g3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/checksum/values", test_values);
  g_test_add_func ("/checksum/bad", test_bad);
  return g_test_run ();
}
