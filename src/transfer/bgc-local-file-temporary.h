/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* The temporary file a download is written to. Everything blocks and works relative to an opened
 * directory; a link in the last component is never followed. */

#pragma once

#include <sys/stat.h>

#include <glib.h>

/* What only a temporary file of this user's can be: regular, and under one name. */
gboolean bgc_local_file_temporary_is_ours (const struct stat *status);
/* Creates @name. What stands there already is removed first if it can only be the leftover of a crash:
 * a name of our form, a regular file of this user's with one link. A descriptor, or -1 with @error set
 * to an errno: EEXIST where something else stands there. */
int bgc_local_file_temporary_create (int directory, const char *name, int *error);
/* Opens @name if it is what was stored, and cuts it back to @durable bytes. -1 with @error 0: it is
 * something else, shorter, or absent; else -1 and an errno. */
int bgc_local_file_temporary_reopen (int directory, const char *name, guint64 device, guint64 inode,
                                     guint64 durable, int *error);
/* Another, empty file under @name in place of the one open as @old, which is closed. Its inode is
 * another one, so that nobody takes up the old offset in the new file. Descriptor or -1 with @error. */
int bgc_local_file_temporary_replace (int directory, const char *name, int old, int *error);
/* Opens a finished one to make it durable. Descriptor or -1 with @error. */
int bgc_local_file_temporary_open_finished (int directory, const char *name, int *error);
/* Reserves space for @size bytes, where the file system can (@reserved) and @kept stay free of it
 * (bgc-local-file-room.h). 0 or an errno. */
int bgc_local_file_temporary_reserve (int fd, guint64 size, guint64 kept, gboolean *reserved);
