/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "base/bgc-text.h"

#include <string.h>

static void
check_escape (const char *bytes, gsize max_bytes, const char *expected)
{
  g_autofree char *text = bgc_text_escape (bytes, max_bytes);

  g_assert_cmpstr (text, ==, expected);
}

static void
test_escape (void)
{
  check_escape (NULL, 100, "");
  check_escape ("", 100, "");
  check_escape ("plain text", 100, "plain text");
  check_escape ("Grüße €😀", 100, "Grüße €😀");
  check_escape ("a\nb\tc", 100, "a\\x0Ab\\x09c");
  check_escape ("\x7f", 100, "\\x7F");
  check_escape ("\xff\xfe", 100, "\\xFF\\xFE");
  check_escape ("caf\xe9", 100, "caf\\xE9");
  check_escape ("\xc2\x85", 100, "\\xC2\\x85"); /* U+0085, next line */
  check_escape ("\xed\xa0\x80", 100, "\\xED\\xA0\\x80"); /* half a surrogate pair */
  check_escape ("\xc0\x80", 100, "\\xC0\\x80"); /* an overlong NUL */
  check_escape ("end\xe2\x82", 100, "end\\xE2\\x82"); /* cut short */
}

static void
test_escape_cuts (void)
{
  check_escape ("abcdef", 3, "abc");
  check_escape ("abcdef", 0, "");
  check_escape ("ab€", 4, "ab");
  check_escape ("ab€", 5, "ab€");
  check_escape ("ab\n", 5, "ab");
  check_escape ("ab\n", 6, "ab\\x0A");
}

static void
test_label (void)
{
  g_assert_true (bgc_text_is_label ("", 0));
  g_assert_true (bgc_text_is_label ("Grüße\tvon\nmir", 13));
  g_assert_false (bgc_text_is_label ("Grüße\tvon\nmir", 12));
  g_assert_false (bgc_text_is_label (NULL, 10));
  g_assert_false (bgc_text_is_label ("a\rb", 10));
  g_assert_false (bgc_text_is_label ("a\x1b[2J", 10));
  g_assert_false (bgc_text_is_label ("a\x7f", 10));
  g_assert_false (bgc_text_is_label ("a\xc2\x9b", 10)); /* U+009B, a terminal's escape */
  g_assert_false (bgc_text_is_label ("a\xff", 10));
}

/* Whatever comes in: valid, without controls, within the limit, and the same when done twice. */
static void
test_random (void)
{
  for (guint round = 0; round < 5000; round++)
    {
      char bytes[33] = { 0 };
      gsize max_bytes = (gsize) g_test_rand_int_range (0, 120);
      g_autofree char *text = NULL;
      g_autofree char *again = NULL;

      for (gint i = g_test_rand_int_range (0, sizeof bytes); i-- > 0;)
        bytes[i] = (char) g_test_rand_int_range (1, 256);
      text = bgc_text_escape (bytes, max_bytes);
      again = bgc_text_escape (text, max_bytes);

      g_assert_cmpuint (strlen (text), <=, max_bytes);
      g_assert_true (bgc_text_is_label (text, max_bytes));
      g_assert_null (strpbrk (text, "\t\n"));
      g_assert_cmpstr (text, ==, again);
    }
}

/* That it is overwritten shows in no defined way. */
static void
test_wipe (void)
{
  const char *const texts[] = { "geheim", "", NULL };

  bgc_text_wipe (NULL);
  bgc_text_wipe (g_strdup (""));
  bgc_text_wipe_all (NULL);
  bgc_text_wipe_all (g_strdupv ((char **) texts));
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/text/escape", test_escape);
  g_test_add_func ("/text/escape/cuts", test_escape_cuts);
  g_test_add_func ("/text/label", test_label);
  g_test_add_func ("/text/wipe", test_wipe);
  g_test_add_func ("/text/random", test_random);

  return g_test_run ();
}
