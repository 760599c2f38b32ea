/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "protocol/bgc-header.h"

#include "protocol/bgc-header-table.h"

static void
test_numbers (void)
{
  static const struct
  {
    const char *text;
    gboolean good;
    guint64 value;
  } rows[] = {
    { "0", TRUE, 0 },
    { "213", TRUE, 213 },
    { "00000000000000000000000000007", TRUE, 7 },
    { "18446744073709551615", TRUE, G_MAXUINT64 },
    { "18446744073709551616", FALSE, 0 },
    { "99999999999999999999999999", FALSE, 0 },
    { "", FALSE, 0 },
    { NULL, FALSE, 0 },
    { "-1", FALSE, 0 },
    { "+1", FALSE, 0 },
    { " 1", FALSE, 0 },
    { "1 ", FALSE, 0 },
    { "0x1", FALSE, 0 },
    { "1,2", FALSE, 0 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      guint64 value = 0;

      g_assert_cmpint (bgc_header_parse_number (rows[i].text, &value), ==, rows[i].good);
      g_assert_cmpuint (value, ==, rows[i].value);
    }
}

static void
test_plain (void)
{
  g_assert_true (bgc_header_is_plain ("a b", 3));
  g_assert_false (bgc_header_is_plain ("a b", 2));
  g_assert_false (bgc_header_is_plain ("", 2));
  g_assert_false (bgc_header_is_plain (NULL, 2));
  g_assert_false (bgc_header_is_plain (" a", 9));
  g_assert_false (bgc_header_is_plain ("a ", 9));
  g_assert_false (bgc_header_is_plain ("a\r\nb", 9));
  g_assert_false (bgc_header_is_plain ("a\x7f", 9));
  g_assert_false (bgc_header_is_plain ("\xc3\xa4", 9));
}

static void
test_set_and_get (void)
{
  g_autoptr (BgcHeaderTable) table = bgc_header_table_new ();
  BgcHeaderReader reader = bgc_header_table_reader (table);
  BgcHeaderWriter writer = bgc_header_table_writer (table);
  guint64 value = 0;

  bgc_header_set_number (&writer, "Number", G_MAXUINT64);
  bgc_header_set (&writer, "Word", "x");
  g_assert_true (bgc_header_get_number (&reader, "number", &value));
  g_assert_cmpuint (value, ==, G_MAXUINT64);
  g_assert_cmpstr (bgc_header_get (&reader, "WORD"), ==, "x");
  g_assert_false (bgc_header_get_number (&reader, "Word", &value));
  g_assert_null (bgc_header_get (&reader, "Absent"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/header/numbers", test_numbers);
  g_test_add_func ("/header/plain", test_plain);
  g_test_add_func ("/header/set-and-get", test_set_and_get);

  return g_test_run ();
}
