/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* Both ends of a terminal that a test plays the person at. It is nobody's own, so its keys are left alone. */

#pragma once

#include <glib.h>

typedef struct
{
  int person;
  int program;
} PseudoTerminal;

PseudoTerminal pseudo_terminal_open (guint columns, guint rows);
void pseudo_terminal_close (const PseudoTerminal *self);
/* Waits until the program has written as much as @wanted. */
void pseudo_terminal_assert_shown (const PseudoTerminal *self, const char *wanted);
