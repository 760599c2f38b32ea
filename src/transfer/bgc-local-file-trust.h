/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* Paths that somebody else chose: is the way there one that only we and root can change? */

#pragma once

#include "base/bgc-error.h"

/* Every part of @path, from the root down, belongs to root or to our user, may be written by nobody else, and
 * is no symbolic link; at its end stands a directory that we may write into or a file that we may read. What
 * is so stays so, as nobody else can change it. Errors: AccessDenied, InvalidPath. */
gboolean bgc_local_file_trust_check (const char *path, GError **error);
