/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "bgc-pseudo-terminal.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

PseudoTerminal
pseudo_terminal_open (guint columns, guint rows)
{
  struct winsize size = { .ws_row = rows, .ws_col = columns };
  PseudoTerminal self = { -1, -1 };

  self.person = posix_openpt (O_RDWR | O_NOCTTY);
  g_assert_cmpint (self.person, >=, 0);
  g_assert_cmpint (grantpt (self.person), ==, 0);
  g_assert_cmpint (unlockpt (self.person), ==, 0);
  self.program = open (ptsname (self.person), O_RDWR | O_NOCTTY);
  g_assert_cmpint (self.program, >=, 0);
  g_assert_cmpint (ioctl (self.program, TIOCSWINSZ, &size), ==, 0);
  return self;
}

void
pseudo_terminal_close (const PseudoTerminal *self)
{
  close (self->program);
  close (self->person);
}

void
pseudo_terminal_assert_shown (const PseudoTerminal *self, const char *wanted)
{
  char text[256] = "";
  gsize length = 0;

  /* What was written in one piece may be read in several. */
  do
    {
      gssize count = read (self->person, text + length, sizeof text - 1 - length);

      g_assert_cmpint (count, >, 0);
      length += (gsize) count;
    }
  while (length < strlen (wanted));
  g_assert_cmpstr (text, ==, wanted);
}
