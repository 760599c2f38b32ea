/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "service/bgc-file-argument.h"

#include <string.h>

static GVariant *
parse (const char *type, const char *text)
{
  GError *error = NULL;
  GVariant *value = g_variant_parse (G_VARIANT_TYPE (type), text, NULL, NULL, &error);

  g_assert_no_error (error);
  return value;
}

static void
test_reads (void)
{
  g_autofree char *hex = g_strnfill (64, 'A');
  g_autofree char *text =
    g_strdup_printf ("{'size': <uint64 9>, 'checksum': <'sha256:%s'>, 'overwrite': <false>}", hex);
  g_autoptr (GVariant) options = parse ("a{sv}", text);
  g_autoptr (GVariant) none = parse ("a{sv}", "{}");
  BgcFileRequest *full = bgc_file_argument_parse ("http://a/b", "/b", options, NULL);
  BgcFileRequest *plain = bgc_file_argument_parse ("http://a/b", "/b", none, NULL);

  g_assert_cmpstr (full->remote, ==, "http://a/b");
  g_assert_cmpstr (full->local, ==, "/b");
  g_assert_cmpuint (full->size, ==, 9);
  g_assert_true (g_str_has_prefix (full->checksum, "sha256:"));
  g_assert_false (full->overwrite);
  g_assert_cmpuint (plain->size, ==, BGC_SIZE_UNKNOWN);
  g_assert_null (plain->checksum);
  g_assert_true (plain->overwrite);
  bgc_file_request_free (full);
  bgc_file_request_free (plain);
}

static void
refuses (const char *text, BgcErrorCode code, const char *named)
{
  g_autoptr (GVariant) files = parse ("a(ssa{sv})", text);
  g_autoptr (GError) error = NULL;

  g_assert_null (bgc_file_argument_parse_all (files, &error));
  g_assert_error (error, BGC_ERROR, (int) code);
  g_assert_nonnull (strstr (error->message, named));
}

static void
test_refuses (void)
{
  refuses ("[]", BGC_ERROR_EMPTY, "");
  refuses ("[('a','b',{}),('a','b',{'mirror':<@as []>})]", BGC_ERROR_INVALID_ARGUMENT, "File 1: mirror");
  refuses ("[('a','b',{'mirrors':<@as []>})]", BGC_ERROR_NOT_SUPPORTED, "mirrors");
  refuses ("[('a','b',{'ranges':<@a(tt) []>})]", BGC_ERROR_NOT_SUPPORTED, "ranges");
  refuses ("[('a','b',{'size':<int64 5>})]", BGC_ERROR_INVALID_ARGUMENT, "size");
  refuses ("[('a','b',{'size':<uint64 9223372036854775808>})]", BGC_ERROR_INVALID_ARGUMENT, "size");
  refuses ("[('a','b',{'size':<uint64 18446744073709551614>})]", BGC_ERROR_INVALID_ARGUMENT, "size");
  refuses ("[('a','b',{'checksum':<'md5:00'>})]", BGC_ERROR_INVALID_ARGUMENT, "checksum");
}

static void
test_how_many (void)
{
  GVariantBuilder builder;
  g_autoptr (GVariant) most = NULL;
  g_autoptr (GVariant) too_many = NULL;
  g_autoptr (GPtrArray) requests = NULL;
  g_autoptr (GError) error = NULL;

  for (guint n_files = BGC_FILES_PER_CALL; n_files <= BGC_FILES_PER_CALL + 1; n_files++)
    {
      g_variant_builder_init (&builder, G_VARIANT_TYPE ("a(ssa{sv})"));
      for (guint i = 0; i < n_files; i++)
        g_variant_builder_add (&builder, "(ssa{sv})", "a", "b", NULL);
      *(n_files == BGC_FILES_PER_CALL ? &most : &too_many) =
        g_variant_ref_sink (g_variant_builder_end (&builder));
    }
  requests = bgc_file_argument_parse_all (most, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (requests->len, ==, BGC_FILES_PER_CALL);
  g_assert_null (bgc_file_argument_parse_all (too_many, &error));
  g_assert_error (error, BGC_ERROR, BGC_ERROR_TOO_MANY_FILES);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/file-argument/reads", test_reads);
  g_test_add_func ("/file-argument/refuses", test_refuses);
  g_test_add_func ("/file-argument/how-many", test_how_many);
  return g_test_run ();
}
