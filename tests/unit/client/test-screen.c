/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "client/bgc-screen.h"

#include <locale.h>
#include <unistd.h>

#include "bgc-pseudo-terminal.h"

static void
test_drawing (void)
{
  PseudoTerminal pty = pseudo_terminal_open (33, 12);
  BgcScreen *screen = bgc_screen_new (-1, pty.program);

  g_assert_nonnull (screen);
  g_assert_cmpuint (bgc_screen_columns (screen), ==, 33);
  g_assert_cmpuint (bgc_screen_rows (screen), ==, 12);
  pseudo_terminal_assert_shown (&pty, "\033[?25l\033[H\033[J");
  bgc_screen_draw (screen, "one\n\n");
  /* The terminal itself puts CR before LF. */
  pseudo_terminal_assert_shown (&pty, "\033[Hone\033[K\r\n\033[K\r\n\033[J");
  bgc_screen_free (screen);
  pseudo_terminal_assert_shown (&pty, "\033[?25h");
  pseudo_terminal_close (&pty);
}

static void
test_keys (void)
{
  PseudoTerminal pty = pseudo_terminal_open (80, 24);
  BgcScreen *screen = bgc_screen_new (pty.program, pty.program);

  g_assert_false (bgc_screen_is_left (screen));
  /* Not its own terminal, so a line at a time. */
  g_assert_cmpint (write (pty.person, "xq\n", 3), ==, 3);
  while (!bgc_screen_is_left (screen))
    g_main_context_iteration (NULL, TRUE);
  bgc_screen_free (screen);
  pseudo_terminal_close (&pty);
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
