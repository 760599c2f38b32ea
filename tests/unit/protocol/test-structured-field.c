/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "protocol/bgc-structured-field.h"

static void
test_integers (void)
{
  static const struct
  {
    const char *text;
    gboolean good;
    guint64 value;
  } rows[] = {
    { "123", TRUE, 123 },
    { " 0 ", TRUE, 0 },
    { "007", TRUE, 7 },
    { "5;a=1;b;c=\"x\"", TRUE, 5 },
    { "999999999999999", TRUE, BGC_STRUCTURED_FIELD_MAX },
    { "1000000000000000", FALSE, 0 },
    { "-1", FALSE, 0 },
    { "1.0", FALSE, 0 },
    { "1.", FALSE, 0 },
    { "?1", FALSE, 0 },
    { "\"1\"", FALSE, 0 },
    { "1, 2", FALSE, 0 },
    { "1 2", FALSE, 0 },
    { "5;A=1", FALSE, 0 },
    { "5;", FALSE, 0 },
    { "", FALSE, 0 },
    { NULL, FALSE, 0 },
    { "+1", FALSE, 0 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      guint64 value = 0;

      g_assert_cmpint (bgc_structured_field_parse_integer (rows[i].text, &value), ==, rows[i].good);
      g_assert_cmpuint (value, ==, rows[i].value);
    }
}

static void
test_booleans (void)
{
  static const char *const bad[] = { "", "?", "?2", "1", "true", "?1?0", "?1,", "?T", "? 1", NULL };
  gboolean value = FALSE;

  g_assert_true (bgc_structured_field_parse_boolean ("?1", &value));
  g_assert_true (value);
  g_assert_true (bgc_structured_field_parse_boolean ("?0;x=tok/en", &value));
  g_assert_false (value);
  for (guint i = 0; bad[i] != NULL; i++)
    g_assert_false (bgc_structured_field_parse_boolean (bad[i], &value));
  g_assert_false (bgc_structured_field_parse_boolean (NULL, &value));
}

static void
test_dictionaries (void)
{
  static const struct
  {
    const char *text;
    gboolean is_dictionary, found;
    guint64 value;
  } rows[] = {
    { "max-size=100", TRUE, TRUE, 100 },
    { "min-size=0 ,\tmax-size=7;p=1", TRUE, TRUE, 7 },
    { "max-size=1, max-size=2", TRUE, TRUE, 2 },
    { "max-size=1, max-size=tok", TRUE, FALSE, 0 },
    { "max-size", TRUE, FALSE, 0 },
    { "a=?0, b=\"q\\\"\", c=:YQ==:, d=(1 2 \"x\");e, f=*t:k/n, g=1.5, h=-3, max-size=9", TRUE, TRUE, 9 },
    { "max-sized=1", TRUE, FALSE, 0 },
    { "", TRUE, FALSE, 0 },
    { "max-size=", FALSE, FALSE, 0 },
    { "max-size=1,", FALSE, FALSE, 0 },
    { "max-size=1 max=2", FALSE, FALSE, 0 },
    { "Max-size=1", FALSE, FALSE, 0 },
    { "a=\"open", FALSE, FALSE, 0 },
    { "a=(1 2", FALSE, FALSE, 0 },
    { "a=(1\"x\")", FALSE, FALSE, 0 },
    { "a=:Y", FALSE, FALSE, 0 },
    { "=1", FALSE, FALSE, 0 },
    { NULL, FALSE, FALSE, 0 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      guint64 value = 0;

      g_assert_cmpint (bgc_structured_field_is_dictionary (rows[i].text), ==, rows[i].is_dictionary);
      g_assert_cmpint (bgc_structured_field_lookup_integer (rows[i].text, "max-size", &value), ==,
                       rows[i].found);
      g_assert_cmpuint (value, ==, rows[i].value);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/structured-field/integers", test_integers);
  g_test_add_func ("/structured-field/booleans", test_booleans);
  g_test_add_func ("/structured-field/dictionaries", test_dictionaries);

  return g_test_run ();
}
