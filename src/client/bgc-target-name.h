/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* Where a transfer goes: the local name for a URL and what the caller said, and the other way round. Opens
 * nothing. */

#pragma once

#include <glib.h>

/* The last path segment of @url, percent-decoded and made harmless: no '/', no control characters, no
 * leading dot, valid UTF-8, at most 255 bytes. "download" where nothing is left. Owned by the caller. */
char *bgc_target_name_from_url (const char *url);
/* The absolute local name. @path (nullable) is a file, or a directory that gets the URL's name: one that
 * exists, or anything that ends in '/'. @directory is the absolute current one. Error: InvalidPath. */
char *bgc_target_name_resolve (const char *url, const char *path, const char *directory, GError **error);
/* @path from @directory on. Error: InvalidPath. Owned by the caller. */
char *bgc_target_name_absolute (const char *path, const char *directory, GError **error);
/* @url; where its path ends in '/' with the base name of @source after that, escaped. Owned by the caller. */
char *bgc_target_name_remote (const char *url, const char *source);
