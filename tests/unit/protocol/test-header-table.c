/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "protocol/bgc-header-table.h"

#include <string.h>

static void
test_from_text (void)
{
  const char *text = "One: 1\r\nTWO :  two words \nno colon\n: no name\nOne: again\nEmpty:\nLast: end";
  g_autoptr (BgcHeaderTable) table = bgc_header_table_new_from_text (text, strlen (text));

  g_assert_cmpstr (bgc_header_table_get (table, "one"), ==, "again");
  g_assert_cmpstr (bgc_header_table_get (table, "two "), ==, "two words");
  g_assert_cmpstr (bgc_header_table_get (table, "empty"), ==, "");
  g_assert_cmpstr (bgc_header_table_get (table, "last"), ==, "end");
  g_assert_null (bgc_header_table_get (table, ""));
}

static void
test_set (void)
{
  g_autoptr (BgcHeaderTable) table = bgc_header_table_new ();

  bgc_header_table_set (table, "A", "1");
  bgc_header_table_set (table, "a", "2");
  g_assert_cmpstr (bgc_header_table_get (table, "A"), ==, "2");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/header-table/from-text", test_from_text);
  g_test_add_func ("/header-table/set", test_set);

  return g_test_run ();
}
