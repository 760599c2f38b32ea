/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "service/bgc-options.h"

#include <string.h>

enum { SIZE, LATER, WORDS, N };

static const BgcOptionSpec specs[] = {
  [SIZE] = { "size", "t", FALSE },
  [LATER] = { "ranges", "a(tt)", TRUE },
  [WORDS] = { "words", "as", FALSE },
};

static GVariant *
parse (const char *text)
{
  GError *error = NULL;
  GVariant *value = g_variant_parse (G_VARIANT_TYPE_VARDICT, text, NULL, NULL, &error);

  g_assert_no_error (error);
  return value;
}

static void
test_reads (void)
{
  g_autoptr (GVariant) options = parse ("{'words': <['a', 'b']>, 'size': <uint64 7>}");
  GVariant *values[N];
  GError *error = NULL;

  g_assert_true (bgc_options_read (options, specs, N, values, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (g_variant_get_uint64 (values[SIZE]), ==, 7);
  g_assert_cmpuint (g_variant_n_children (values[WORDS]), ==, 2);
  g_assert_null (values[LATER]);
  bgc_options_clear (values, N);
  g_assert_null (values[SIZE]);
}

static void
refuses (const char *text, BgcErrorCode code, const char *named)
{
  g_autoptr (GVariant) options = parse (text);
  g_autoptr (GError) error = NULL;
  GVariant *values[N];

  g_assert_false (bgc_options_read (options, specs, N, values, &error));
  g_assert_error (error, BGC_ERROR, (int) code);
  g_assert_nonnull (strstr (error->message, named));
  for (guint i = 0; i < N; i++)
    g_assert_null (values[i]);
}

static void
test_refuses (void)
{
  refuses ("{'size': <uint64 7>, 'sice': <uint64 7>}", BGC_ERROR_INVALID_ARGUMENT, "sice");
  refuses ("{'size': <uint32 7>}", BGC_ERROR_INVALID_ARGUMENT, "size");
  refuses ("{'size': <uint64 7>, 'size': <uint64 8>}", BGC_ERROR_INVALID_ARGUMENT, "twice");
  refuses ("{'words': <['x']>, 'ranges': <true>}", BGC_ERROR_NOT_SUPPORTED, "ranges");
  refuses ("{'': <true>}", BGC_ERROR_INVALID_ARGUMENT, "unknown");
}

static void
test_long_key_is_cut (void)
{
  g_autofree char *key = g_strnfill (1024 * 1024, 'k');
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) options = NULL;
  GVariantDict dict;
  GVariant *values[N];

  g_variant_dict_init (&dict, NULL);
  g_variant_dict_insert (&dict, key, "b", TRUE);
  options = g_variant_ref_sink (g_variant_dict_end (&dict));
  g_assert_false (bgc_options_read (options, specs, N, values, &error));
  g_assert_error (error, BGC_ERROR, BGC_ERROR_INVALID_ARGUMENT);
  g_assert_cmpuint (strlen (error->message), <, 200);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/options/reads", test_reads);
  g_test_add_func ("/options/refuses", test_refuses);
  g_test_add_func ("/options/long-key-is-cut", test_long_key_is_cut);
  return g_test_run ();
}
