/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "client/bgc-interrupt.h"

#include <signal.h>

static void
test_signal (void)
{
  struct sigaction action;

  g_assert_cmpint (bgc_interrupt_get (), ==, 0);
  bgc_interrupt_install ();
  g_assert_cmpint (raise (SIGINT), ==, 0);
  while (bgc_interrupt_get () == 0)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpint (bgc_interrupt_get (), ==, SIGINT);

  /* The next one ends the program again. */
  g_assert_cmpint (sigaction (SIGINT, NULL, &action), ==, 0);
  g_assert_true (action.sa_handler == SIG_DFL);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/interrupt/signal", test_signal);
  return g_test_run ();
}
