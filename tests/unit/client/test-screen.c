/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "client/bgc-screen.h"

#include <fcntl.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

/* Both ends of a pseudo-terminal. It is nobody's own, so its keys are left alone. */
typedef struct
{
  int person;
  int program;
} Pair;

static Pair
open_pair (guint columns, guint rows)
{
  struct winsize size = { .ws_row = rows, .ws_col = columns };
  Pair pair = { -1, -1 };

  pair.person = posix_openpt (O_RDWR | O_NOCTTY);
  g_assert_cmpint (pair.person, >=, 0);
  g_assert_cmpint (grantpt (pair.person), ==, 0);
  g_assert_cmpint (unlockpt (pair.person), ==, 0);
  pair.program = open (ptsname (pair.person), O_RDWR | O_NOCTTY);
  g_assert_cmpint (pair.program, >=, 0);
  g_assert_cmpint (ioctl (pair.program, TIOCSWINSZ, &size), ==, 0);
  return pair;
}

static void
close_pair (const Pair *pair)
{
  close (pair->person);
  close (pair->program);
}

static void
assert_shown (const Pair *pair, const char *wanted)
{
  char text[256] = "";
  gsize length = 0;

  /* What was written in one piece may be read in several. */
  do
    {
      gssize count = read (pair->person, text + length, sizeof text - 1 - length);

      g_assert_cmpint (count, >, 0);
      length += (gsize) count;
    }
  while (length < strlen (wanted));
  g_assert_cmpstr (text, ==, wanted);
}

static void
test_drawing (void)
{
  Pair pair = open_pair (33, 12);
  BgcScreen *screen = bgc_screen_new (-1, pair.program);

  g_assert_nonnull (screen);
  g_assert_cmpuint (bgc_screen_columns (screen), ==, 33);
  g_assert_cmpuint (bgc_screen_rows (screen), ==, 12);
  assert_shown (&pair, "\033[?25l\033[H\033[J");
  bgc_screen_draw (screen, "one\n\n");
  /* The terminal itself puts CR before LF. */
  assert_shown (&pair, "\033[Hone\033[K\r\n\033[K\r\n\033[J");
  bgc_screen_free (screen);
  assert_shown (&pair, "\033[?25h");
  close_pair (&pair);
}

static void
test_keys (void)
{
  Pair pair = open_pair (80, 24);
  BgcScreen *screen = bgc_screen_new (pair.program, pair.program);

  g_assert_false (bgc_screen_is_left (screen));
  /* Not its own terminal, so a line at a time. */
  g_assert_cmpint (write (pair.person, "xq\n", 3), ==, 3);
  while (!bgc_screen_is_left (screen))
    g_main_context_iteration (NULL, TRUE);
  bgc_screen_free (screen);
  close_pair (&pair);
}

static void
test_no_terminal (void)
{
  int ends[2];

  g_assert_cmpint (pipe (ends), ==, 0);
  g_assert_null (bgc_screen_new (ends[0], ends[1]));
  close (ends[0]);
  close (ends[1]);
}

int
main (int argc, char **argv)
{
  setlocale (LC_ALL, "C");
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/screen/drawing", test_drawing);
  g_test_add_func ("/screen/keys", test_keys);
  g_test_add_func ("/screen/no-terminal", test_no_terminal);
  return g_test_run ();
}
