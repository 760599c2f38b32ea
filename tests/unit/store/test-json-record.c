/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "store/bgc-json-record.h"

#include <string.h>

static void
test_round_trip (void)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_autoptr (JsonObject) object = NULL;
  g_autofree char *text = NULL;
  g_autofree char *word = NULL;
  const char *reason;
  gint64 number = 0;
  gboolean flag = FALSE;

  json_builder_begin_object (builder);
  bgc_json_record_add_text (builder, "word", "\"ü\\");
  bgc_json_record_add_text (builder, "none", NULL);
  bgc_json_record_add_number (builder, "least", G_MININT64);
  bgc_json_record_add_boolean (builder, "flag", TRUE);
  json_builder_end_object (builder);
  text = bgc_json_record_end (builder);
  object = bgc_json_record_parse (text, strlen (text), &reason);
  g_assert_nonnull (object);
  g_assert_null (reason);
  word = bgc_json_record_text (object, "word");
  g_assert_cmpstr (word, ==, "\"ü\\");
  g_assert_null (bgc_json_record_text (object, "none"));
  g_assert_null (bgc_json_record_text (object, "flag"));
  g_assert_true (bgc_json_record_number (object, "least", G_MININT64, 0, &number));
  g_assert_cmpint (number, ==, G_MININT64);
  g_assert_false (bgc_json_record_number (object, "least", 0, 1, &number));
  g_assert_false (bgc_json_record_number (object, "word", G_MININT64, G_MAXINT64, &number));
  g_assert_true (bgc_json_record_boolean (object, "flag", &flag));
  g_assert_true (flag);
  g_assert_false (bgc_json_record_boolean (object, "least", &flag));
}

static void
test_nonsense (void)
{
  const char *const bad[] = { "", "null", "[]", "7", "{", "\"text\"", "\xff", "{\"a\":}" };
  g_autofree char *deep = g_strnfill (BGC_JSON_RECORD_MAX + 1, '[');
  const char *reason;

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_assert_null (bgc_json_record_parse (bad[i], strlen (bad[i]), &reason));
      g_assert_nonnull (reason);
    }
  g_assert_null (bgc_json_record_parse (deep, strlen (deep), &reason));
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/json-record/round-trip", test_round_trip);
  g_test_add_func ("/json-record/nonsense", test_nonsense);
  return g_test_run ();
}
