/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "client/bgc-json-output.h"

static void
assert_json (const char *variant, const char *wanted)
{
  g_autoptr (GVariant) value = g_variant_ref_sink (g_variant_new_parsed (variant));
  g_autoptr (JsonNode) node = bgc_json_output_node (value);
  g_autofree char *got = bgc_json_output_text (node, FALSE);

  g_assert_cmpstr (got, ==, wanted);
}

static void
test_values (void)
{
  assert_json ("true", "true");
  assert_json ("byte 7", "7");
  assert_json ("int16 -7", "-7");
  assert_json ("uint16 7", "7");
  assert_json ("-7", "-7");
  assert_json ("uint32 4294967295", "4294967295");
  assert_json ("int64 -9223372036854775807", "-9223372036854775807");
  assert_json ("uint64 9223372036854775807", "9223372036854775807");
  assert_json ("uint64 18446744073709551615", "null");
  assert_json ("0.5", "0.5");
  assert_json ("'a'", "\"a\"");
  assert_json ("objectpath '/a'", "\"/a\"");
  assert_json ("<'a'>", "\"a\"");
  assert_json ("['a', 'b']", "[\"a\",\"b\"]");
  assert_json ("@as []", "[]");
  assert_json ("(1, 'a')", "[1,\"a\"]");
  assert_json ("@a{sv} {}", "{}");
  assert_json ("{'a': <uint64 18446744073709551615>, 'b': <{'c': <1>}>}", "{\"a\":null,\"b\":{\"c\":1}}");
  assert_json ("{1: 'a'}", "{\"1\":\"a\"}");
  assert_json ("[{'a': <1>}]", "[{\"a\":1}]");
}

static void
test_large_number (void)
{
  g_autoptr (GVariant) value = g_variant_ref_sink (g_variant_new_uint64 (G_MAXUINT64 - 1));
  g_autoptr (JsonNode) node = bgc_json_output_node (value);

  g_assert_cmpfloat (json_node_get_double (node), >, 1.8e19);
}

static void
test_text_steers_no_terminal (void)
{
  g_autoptr (GVariant) value
    = g_variant_ref_sink (g_variant_new_string ("\033[m\n\177\302\233\342\200\256\363\240\200\201ä"));
  g_autoptr (JsonNode) node = bgc_json_output_node (value);
  g_autofree char *text = bgc_json_output_text (node, FALSE);
  g_autoptr (JsonNode) back = json_from_string (text, NULL);

  for (const char *p = text; *p != '\0'; p = g_utf8_next_char (p))
    {
      gunichar c = g_utf8_get_char (p);
      g_assert_false (c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x202e || c == 0xe0001);
    }
  g_assert_nonnull (back);
  g_assert_cmpstr (json_node_get_string (back), ==, g_variant_get_string (value, NULL));
}

static void
test_job (void)
{
  g_autoptr (GVariant) properties = g_variant_ref_sink (g_variant_new_parsed ("{'Id': <'x'>}"));
  g_autoptr (GPtrArray) files = g_ptr_array_new_with_free_func ((GDestroyNotify) g_variant_unref);
  g_autoptr (JsonNode) node = NULL;
  g_autofree char *text = NULL;

  g_ptr_array_add (files, g_variant_ref_sink (g_variant_new_parsed ("{'index': <uint32 0>}")));
  node = bgc_json_output_job (properties, files);
  text = bgc_json_output_text (node, FALSE);
  g_assert_cmpstr (text, ==, "{\"Id\":\"x\",\"Files\":[{\"index\":0}]}");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/json-output/values", test_values);
  g_test_add_func ("/json-output/large-number", test_large_number);
  g_test_add_func ("/json-output/terminal", test_text_steers_no_terminal);
  g_test_add_func ("/json-output/job", test_job);
  return g_test_run ();
}
