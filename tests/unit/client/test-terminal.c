/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "client/bgc-terminal.h"

#include <fcntl.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* Both ends of a pseudo-terminal. */
typedef struct
{
  int person;
  int program;
} Pair;

static Pair
open_pair (guint columns)
{
  struct winsize size = { .ws_row = 24, .ws_col = columns };
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
  Pair pair = open_pair (33);
  BgcTerminal *terminal = bgc_terminal_new (pair.program);

  g_assert_nonnull (terminal);
  g_assert_cmpuint (bgc_terminal_columns (terminal), ==, 33);
  g_assert_true (bgc_terminal_is_due (terminal));
  bgc_terminal_draw (terminal, "abcdef");
  assert_shown (&pair, "\rabcdef");
  g_assert_false (bgc_terminal_is_due (terminal));
  /* What the longer line leaves is overwritten. */
  bgc_terminal_draw (terminal, "abc");
  assert_shown (&pair, "\rabc   ");
  bgc_terminal_free (terminal);
  assert_shown (&pair, "\r   \r");
  close (pair.program);
  close (pair.person);
}

static void
test_size_unknown (void)
{
  Pair pair = open_pair (0);
  g_autoptr (BgcTerminal) terminal = bgc_terminal_new (pair.program);

  g_assert_cmpuint (bgc_terminal_columns (terminal), ==, 80);
  /* Nothing was drawn, so nothing is taken away: a read would block otherwise. */
  bgc_terminal_clear (terminal);
  close (pair.program);
  close (pair.person);
}

static void
test_no_terminal (void)
{
  int ends[2];

  g_assert_cmpint (pipe (ends), ==, 0);
  g_assert_null (bgc_terminal_new (ends[1]));
  close (ends[0]);
  close (ends[1]);
}

int
main (int argc, char **argv)
{
  setlocale (LC_ALL, "C");
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/terminal/drawing", test_drawing);
  g_test_add_func ("/terminal/size-unknown", test_size_unknown);
  g_test_add_func ("/terminal/no-terminal", test_no_terminal);
  return g_test_run ();
}
