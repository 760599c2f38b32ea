/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* Where passwords come from: a terminal or a file, never the command line, which everybody may read. Errors
 * are translated, and without a domain of ours: G_IO_ERROR. */

#pragma once

#include <gio/gio.h>

/* Asks on the terminal, without showing what is typed. A signal that ends the program ends it, with the
 * terminal as it was. NULL with @error: there is none, or it was left without an answer. */
char *bgc_secret_input_ask (const char *prompt, GError **error);
/* The first line of @path, "-" for standard input; UTF-8, at most 512 KiB. */
char *bgc_secret_input_read_line (const char *path, GError **error);
/* All lines, without empty ones. (transfer full) */
char **bgc_secret_input_read_lines (const char *path, GError **error);
