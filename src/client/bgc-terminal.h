/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* A line on the terminal that is written over and over, and taken away at the end. */

#pragma once

#include <glib.h>

typedef struct _BgcTerminal BgcTerminal;

/* On @fd, which stays open. NULL if that is no terminal. */
BgcTerminal *bgc_terminal_new (int fd);
void bgc_terminal_free (BgcTerminal *self);
/* Columns there are now. */
guint bgc_terminal_columns (const BgcTerminal *self);
/* More than ASCII can be shown. */
gboolean bgc_terminal_is_unicode (const BgcTerminal *self);
/* FALSE while the last drawing is less than a quarter of a second old. */
gboolean bgc_terminal_is_due (const BgcTerminal *self);
/* @line in place of what was drawn before. */
void bgc_terminal_draw (BgcTerminal *self, const char *line);
/* The line is empty again, the cursor at its start. */
void bgc_terminal_clear (BgcTerminal *self);
/* All of @text to @fd, whatever interrupts; nothing more once the terminal is gone. */
void bgc_terminal_write (int fd, const char *text);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BgcTerminal, bgc_terminal_free)
