/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* Opens what a user's path leads to. A symbolic link on the way is followed only where it belongs to root or
 * to the user we run as: who owns a directory that others write to could otherwise turn their files onto
 * files of their own, as fs.protected_symlinks prevents in sticky directories. */

#pragma once

#include <glib.h>

/* As open(@path, @flags), for an absolute @path and @flags without O_CREAT. -1 with errno: EACCES also for a
 * link of somebody else's. */
int bgc_local_file_path_open (const char *path, int flags);
