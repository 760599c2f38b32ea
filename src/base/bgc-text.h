/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* Text from outside made fit for the bus and the log. */

#pragma once

#include <glib.h>

/* @bytes (NUL-terminated, any encoding, NULL is "") as valid UTF-8 without control characters: what
 * is neither becomes \xNN. At most @max_bytes bytes come back, cut at a character. Owned by the caller. */
char *bgc_text_escape (const char *bytes, gsize max_bytes);
/* TRUE if @text is valid UTF-8 of at most @max_characters characters without control characters
 * other than tab and newline. */
gboolean bgc_text_is_label (const char *text, gsize max_characters);
/* Overwrites and frees what was a secret; NULL is fine. */
void bgc_text_wipe (char *text);
/* The same for each of a NULL-terminated array, and the array. */
void bgc_text_wipe_all (char **texts);
