/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* Which directories this owner's temporary files have been in, noted durably before the first is made
 * there: where to look for those that a lost queue knows nothing of. One file for the process, in the
 * owner's state directory. Any thread; everything but the first function blocks. */

#pragma once

#include <glib.h>

/* Where notes are kept, before anything else is called; without it nothing is noted. */
void bgc_local_file_notes_init (const char *folder);
/* Notes @directory. What cannot be noted is let be: a transfer is worth more than tidiness. */
void bgc_local_file_notes_add (const char *directory);
/* Temporary files under names tagged @tag in the noted directories: regular, this user's, with one link.
 * (element-type BgcPlacement) to be deleted, at most @limit from the @first on, of a list that is made anew
 * when @first is 0; none at its end. Forgets directories in which nothing is left. */
GPtrArray *bgc_local_file_notes_find (guint32 tag, guint first, guint limit);
