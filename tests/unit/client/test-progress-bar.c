/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "client/bgc-progress-bar.h"

#include <locale.h>
#include <string.h>

#include "base/bgc-limits.h"
#include "client/bgc-display.h"

#define MIB (G_GUINT64_CONSTANT (1) << 20)

static const BgcProgressBar half = { "file.iso", NULL, 50 * MIB, 100 * MIB, 10 * MIB, TRUE };

static void
assert_line (const BgcProgressBar *bar, guint columns, const char *wanted)
{
  g_autofree char *got = bgc_progress_bar_render (bar, columns);

  g_assert_cmpstr (got, ==, wanted);
}

static void
test_layouts (void)
{
  assert_line (&half, 90,
               "file.iso   50%  [==========>           ]     50.0 MiB/100.0 MiB    10.0 MiB/s  ETA 0:05   ");
  assert_line (&half, 72, "file.iso   50%  [======>        ]    50.0 MiB    10.0 MiB/s  ETA 0:05   ");
  assert_line (&half, 60, "file.iso   50%    50.0 MiB    10.0 MiB/s  ETA 0:05   ");
  assert_line (&half, 45, "file.iso   50%    50.0 MiB    10.0 MiB/s");
  assert_line (&half, 30, "file.iso   50%    50.0 MiB");
  assert_line (&half, 18, " 50%    50.0 MiB");
  assert_line (&half, 5, " 50%");
  assert_line (&half, 0, "");
}

static void
test_unknown_size (void)
{
  BgcProgressBar bar = half;

  bar.total = BGC_SIZE_UNKNOWN;
  assert_line (&bar, 80, "file.iso    50.0 MiB    10.0 MiB/s");
  assert_line (&bar, 10, "  50.0 MiB");
}

static void
test_ends_of_the_bar (void)
{
  BgcProgressBar bar = half;

  bar.transferred = 0;
  bar.rate = 0;
  assert_line (&bar, 72, "file.iso    0%  [               ]         0 B             -  ETA -:--   ");
  bar.transferred = bar.total;
  bar.rate = MIB;
  assert_line (&bar, 72, "file.iso  100%  [===============]   100.0 MiB     1.0 MiB/s  ETA 0:00   ");
}

static void
test_note (void)
{
  BgcProgressBar bar = half;

  bar.note = "waiting for the network";
  assert_line (&bar, 80, "file.iso   50%  waiting for the network");
  assert_line (&bar, 38, " 50%  waiting for the network");
  assert_line (&bar, 25, "waiting for the network");
  assert_line (&bar, 10, "waiting f…");
  bar.total = BGC_SIZE_UNKNOWN;
  assert_line (&bar, 80, "file.iso  waiting for the network");
}

/* Whatever the numbers, the line is never wider than it may be, and never two lines. */
static void
test_fits (void)
{
  static const char *const names[] = { "", "x", "漢字漢字漢字漢字漢字漢字.iso", "e\314\201e\314\201",
                                       "a very long name that nobody will ever read whole.tar.gz" };
  static const guint64 sizes[] = { 0, 1, 1023, 1048575, 1023 * MIB, BGC_SIZE_UNKNOWN - 1, BGC_SIZE_UNKNOWN };
  static const char *const notes[] = { NULL, "", "waiting 漢字漢字漢字" };

  for (guint columns = 0; columns < 130; columns++)
    for (guint i = 0;
         i < G_N_ELEMENTS (names) * G_N_ELEMENTS (sizes) * G_N_ELEMENTS (sizes) * G_N_ELEMENTS (notes) * 2;
         i++)
      {
        guint n = i;
        BgcProgressBar bar = { 0 };
        g_autofree char *line = NULL;
        bar.unicode = n % 2;
        bar.name = names[(n /= 2) % G_N_ELEMENTS (names)];
        bar.total = sizes[(n /= G_N_ELEMENTS (names)) % G_N_ELEMENTS (sizes)];
        bar.transferred = sizes[(n /= G_N_ELEMENTS (sizes)) % G_N_ELEMENTS (sizes)];
        bar.note = notes[(n /= G_N_ELEMENTS (sizes)) % G_N_ELEMENTS (notes)];
        bar.rate = bar.transferred / 3;
        line = bgc_progress_bar_render (&bar, columns);
        g_assert_cmpuint (bgc_display_columns (line), <=, columns);
        g_assert_null (strpbrk (line, "\r\n"));
        g_assert_true (g_utf8_validate (line, -1, NULL));
      }
}

int
main (int argc, char **argv)
{
  setlocale (LC_ALL, "C");
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/progress-bar/layouts", test_layouts);
  g_test_add_func ("/progress-bar/unknown-size", test_unknown_size);
  g_test_add_func ("/progress-bar/ends", test_ends_of_the_bar);
  g_test_add_func ("/progress-bar/note", test_note);
  g_test_add_func ("/progress-bar/fits", test_fits);
  return g_test_run ();
}
