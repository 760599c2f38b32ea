/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "client/bgc-display.h"

#include <locale.h>

#include "base/bgc-limits.h"

static void
assert_text (char *got, const char *wanted)
{
  g_assert_cmpstr (got, ==, wanted);
  g_free (got);
}

static void
test_text (void)
{
  assert_text (bgc_display_text (NULL), "");
  assert_text (bgc_display_text ("plain ä 漢"), "plain ä 漢");
  assert_text (bgc_display_text ("\033[2J"), "\\x1B[2J");
  assert_text (bgc_display_text ("a\nb"), "a\\x0Ab");
  assert_text (bgc_display_text ("\xff"), "\\xFF");
  /* C1: what some terminals take for ESC [. */
  assert_text (bgc_display_text ("\302\233m"), "\\xC2\\x9Bm");
  assert_text (bgc_display_text ("a\342\200\256b"), "a\\u202eb");
  assert_text (bgc_display_text ("a\363\240\200\201b"), "a\\U000e0001b");
}

static void
test_unsafe (void)
{
  static const gunichar unsafe[]
    = { 0, 0x1b, '\n', 0x7f, 0x80, 0x9f, 0x061c, 0x200e, 0x2028, 0x202e, 0x2069, 0xfeff,
        0xad, 0x180e, 0x200b, 0x2060, 0xfff9, 0xe000, 0xe0001, 0xe0041, 0xf0000, 0x10fffd, 0x378, 0xffff };
  static const gunichar safe[] = { ' ', '~', 0xa0, 0xe4, 0x2026, 0x6f22, 0x1f600 };

  for (guint i = 0; i < G_N_ELEMENTS (unsafe); i++)
    g_assert_true (bgc_display_is_unsafe (unsafe[i]));
  for (guint i = 0; i < G_N_ELEMENTS (safe); i++)
    g_assert_false (bgc_display_is_unsafe (safe[i]));
}

static void
test_sizes (void)
{
  static const struct
  {
    guint64 bytes;
    const char *text;
  } cases[] = {
    { 0, "0 B" },
    { 1023, "1023 B" },
    { 1024, "1.0 KiB" },
    { 1536, "1.5 KiB" },
    { 1048575, "1.0 MiB" },
    { G_GUINT64_CONSTANT (2) << 30, "2.0 GiB" },
    { G_GUINT64_CONSTANT (5) << 40, "5.0 TiB" },
    { BGC_SIZE_UNKNOWN - 1, "16.0 EiB" },
    { BGC_SIZE_UNKNOWN, "?" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    assert_text (bgc_display_size (cases[i].bytes), cases[i].text);
  assert_text (bgc_display_rate (1536), "1.5 KiB/s");
  /* No size is wider than the column that the progress bar keeps for it. */
  for (guint shift = 0; shift < 64; shift++)
    for (int around = -1; around <= 1; around++)
      {
        g_autofree char *text = bgc_display_size ((G_GUINT64_CONSTANT (1) << shift) + around);
        g_assert_cmpuint (bgc_display_columns (text), <=, 10);
      }
}

static void
test_durations (void)
{
  assert_text (bgc_display_duration (0), "0:00");
  assert_text (bgc_display_duration (23), "0:23");
  assert_text (bgc_display_duration (754), "12:34");
  assert_text (bgc_display_duration (3723), "1:02:03");
  assert_text (bgc_display_duration (3 * 86400 + 4 * 3600 + 5 * 60), "3 d 04:05");
  g_free (bgc_display_duration (G_MAXUINT64));
}

static void
test_times (void)
{
  g_setenv ("TZ", "XYZ-01:30", TRUE);
  assert_text (bgc_display_time (0), "-");
  assert_text (bgc_display_time (G_GINT64_CONSTANT (1700000000999999)), "2023-11-14T23:43:20+01:30");
  assert_text (bgc_display_time (G_MAXINT64), "?");
  g_free (bgc_display_time (G_MININT64));
}

static void
test_progress (void)
{
  assert_text (bgc_display_progress (0, 0), "100% of 0 B");
  assert_text (bgc_display_progress (999, 1000), "99% of 1000 B");
  assert_text (bgc_display_progress (1000, 1000), "100% of 1000 B");
  assert_text (bgc_display_progress (2000, 1000), "100% of 1000 B");
  assert_text (bgc_display_progress (2048, BGC_SIZE_UNKNOWN), "2.0 KiB");
  g_assert_cmpuint (bgc_display_percent (BGC_SIZE_UNKNOWN - 2, BGC_SIZE_UNKNOWN - 1), <, 100);
  g_assert_cmpuint (bgc_display_percent (G_MAXUINT64 / 2, BGC_SIZE_UNKNOWN - 1), ==, 49);
}

static void
test_columns (void)
{
  g_assert_cmpuint (bgc_display_columns (""), ==, 0);
  g_assert_cmpuint (bgc_display_columns ("abc"), ==, 3);
  g_assert_cmpuint (bgc_display_columns ("漢字"), ==, 4);
  /* e and a combining acute. */
  g_assert_cmpuint (bgc_display_columns ("e\314\201"), ==, 1);
  assert_text (bgc_display_pad ("漢", 4), "漢  ");
  assert_text (bgc_display_pad ("long", 2), "long");
  assert_text (bgc_display_pad_left ("ab", 4), "  ab");
}

static void
test_ellipsize (void)
{
  assert_text (bgc_display_ellipsize ("abcdef", 6, TRUE), "abcdef");
  assert_text (bgc_display_ellipsize ("abcdef", 5, TRUE), "abcd…");
  assert_text (bgc_display_ellipsize ("abcdef", 5, FALSE), "ab...");
  assert_text (bgc_display_ellipsize ("abcdef", 2, FALSE), "..");
  assert_text (bgc_display_ellipsize ("abcdef", 0, TRUE), "");
  /* A wide character that fits only by half is left out. */
  assert_text (bgc_display_ellipsize ("漢字漢字", 4, TRUE), "漢…");
}

int
main (int argc, char **argv)
{
  setlocale (LC_ALL, "C");
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/display/text", test_text);
  g_test_add_func ("/display/unsafe", test_unsafe);
  g_test_add_func ("/display/sizes", test_sizes);
  g_test_add_func ("/display/durations", test_durations);
  g_test_add_func ("/display/times", test_times);
  g_test_add_func ("/display/progress", test_progress);
  g_test_add_func ("/display/columns", test_columns);
  g_test_add_func ("/display/ellipsize", test_ellipsize);
  return g_test_run ();
}
