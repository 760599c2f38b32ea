/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* How much room there is on the file system of a temporary file, for ordinary users and beyond what is to
 * stay free there. Blocks. */

#pragma once

#include <sys/statvfs.h>

#include "base/bgc-error.h"
#include "model/bgc-file.h"

/* Bytes between two looks while a file without reserved space grows. */
#define BGC_LOCAL_FILE_ROOM_PORTION (4u * 1024u * 1024u)

/* Bytes of @reserve that this file system keeps: of a small one no more than a tenth. */
guint64 bgc_local_file_room_kept (const struct statvfs *statistics, guint64 reserve);
/* Do @wanted bytes leave what is kept of @reserve? Nothing wanted always does. */
gboolean bgc_local_file_room_suffices (const struct statvfs *statistics, guint64 wanted, guint64 reserve);
/* Is there room for @wanted bytes on the file system of @fd? A file system that does not say has it. */
gboolean bgc_local_file_room_for_bytes (int fd, guint64 wanted, guint64 reserve);
/* Is there, for the file @fd to become one of @size bytes? */
gboolean bgc_local_file_room_for_size (int fd, guint64 size, guint64 reserve);
/* Is there, for what @file still lacks: as its size or what was expected tells, else for a portion? NoSpace,
 * or why that cannot be seen. */
gboolean bgc_local_file_room_check (const BgcFile *file, guint64 reserve, GError **error);
/* For tests: what is asked instead of fstatvfs(), on whatever thread; NULL = fstatvfs() again. */
typedef int (*BgcLocalFileRoomFunc) (int fd, struct statvfs *statistics);
void bgc_local_file_room_set_look (BgcLocalFileRoomFunc look);
