/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "client/bgc-terminal.h"

#include <locale.h>
#include <unistd.h>

#include "bgc-pseudo-terminal.h"

static void
test_drawing (void)
{
  PseudoTerminal pty = pseudo_terminal_open (33, 24);
  BgcTerminal *terminal = bgc_terminal_new (pty.program);

  g_assert_nonnull (terminal);
  g_assert_cmpuint (bgc_terminal_columns (terminal), ==, 33);
  g_assert_true (bgc_terminal_is_due (terminal));
  bgc_terminal_draw (terminal, "abcdef");
  pseudo_terminal_assert_shown (&pty, "\rabcdef");
  g_assert_false (bgc_terminal_is_due (terminal));
  /* What the longer line leaves is overwritten. */
  bgc_terminal_draw (terminal, "abc");
  pseudo_terminal_assert_shown (&pty, "\rabc   ");
  bgc_terminal_free (terminal);
  pseudo_terminal_assert_shown (&pty, "\r   \r");
  pseudo_terminal_close (&pty);
}

static void
test_size_unknown (void)
{
  PseudoTerminal pty = pseudo_terminal_open (0, 24);
  g_autoptr (BgcTerminal) terminal = bgc_terminal_new (pty.program);

  g_assert_cmpuint (bgc_terminal_columns (terminal), ==, 80);
  /* Nothing was drawn, so nothing is taken away: a read would block otherwise. */
  bgc_terminal_clear (terminal);
  pseudo_terminal_close (&pty);
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
