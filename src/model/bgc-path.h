/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* What a local name may look like; whether the owner may write there only a worker can tell. Pure. */

#pragma once

#include "base/bgc-error.h"

/* TRUE for an absolute, valid UTF-8 path of at most BGC_PATH_MAX_BYTES, also with a temporary file's name
 * for its last component. That is a file name of at most 255 bytes, not "." or ".." and not of a temporary
 * file's form, and there are no control characters. Errors: InvalidPath, StringTooLong. */
gboolean bgc_path_check (const char *path, GError **error);
/* The last component; points into @path. */
const char *bgc_path_base (const char *path);
/* The directory, "/" for a file in the root. Owned by the caller. */
char *bgc_path_directory (const char *path);
/* A temporary file's hidden name: ".bgcopy-" and 32 hex digits. Owned by the caller. */
char *bgc_path_temporary_name (GRand *random);
/* The same with a tag in its first 8 digits, which says whose queue it is of. */
char *bgc_path_tagged_name (guint32 tag, GRand *random);
/* TRUE if @name has that form and that tag. */
gboolean bgc_path_has_tag (const char *name, guint32 tag);
/* TRUE if @name has that form: the only names that are ever deleted unseen. */
gboolean bgc_path_is_temporary_name (const char *name);
