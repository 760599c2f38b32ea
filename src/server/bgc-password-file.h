/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* HTTP basic authentication against a file of "user:hash" lines, hashes as crypt(5) knows them. The
 * file is read again when it changes. May be used from several threads. */

#pragma once

#include <glib.h>

typedef struct _BgcPasswordFile BgcPasswordFile;

BgcPasswordFile *bgc_password_file_new (const char *path);
void bgc_password_file_free (BgcPasswordFile *self);
/* The user that the value of an Authorization header (nullable) proves to be; NULL with
 * AuthenticationRequired if it proves nothing. Takes as long as the hash wants, but for what was checked
 * within the last minutes. Owned by the caller. */
char *bgc_password_file_check (BgcPasswordFile *self, const char *authorization, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BgcPasswordFile, bgc_password_file_free)
