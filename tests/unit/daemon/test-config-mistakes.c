/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "daemon/bgc-config-mistakes.h"

static void
assert_line (const GPtrArray *mistakes, guint index, const char *expected)
{
  g_autofree char *line = bgc_config_mistakes_line (g_ptr_array_index (mistakes, index));

  g_assert_cmpstr (line, ==, expected);
}

static void
test_lines (void)
{
  g_autoptr (GPtrArray) mistakes = bgc_config_mistakes_new ();

  bgc_config_mistakes_add (mistakes, "/a/b", 7, FALSE, "no %s", "good");
  bgc_config_mistakes_add (mistakes, "/a/\n\xff", 0, TRUE, "worse");
  assert_line (mistakes, 0, "/a/b:7: no good");
  assert_line (mistakes, 1, "/a/\\x0A\\xFF: worse");
}

static void
test_grave (void)
{
  g_autoptr (GPtrArray) mistakes = bgc_config_mistakes_new ();

  g_assert_false (bgc_config_mistakes_any_grave (mistakes));
  bgc_config_mistakes_add (mistakes, "/a", 1, FALSE, "x");
  g_assert_false (bgc_config_mistakes_any_grave (mistakes));
  bgc_config_mistakes_add (mistakes, "/a", 2, TRUE, "x");
  g_assert_true (bgc_config_mistakes_any_grave (mistakes));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/config-mistakes/lines", test_lines);
  g_test_add_func ("/config-mistakes/grave", test_grave);
  return g_test_run ();
}
