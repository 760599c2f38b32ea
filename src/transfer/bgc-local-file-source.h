/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* The file that an upload reads. Every function blocks and is for I/O threads and an upload's own. */

#pragma once

#include "model/bgc-failure.h"

typedef struct {
  char *path;      /* (owned) (nullable) */
  int fd;          /* -1 = not open */
  guint64 size;    /* and the rest as it was when it was opened */
  guint64 device;
  guint64 inode;
  gint64 mtime;    /* nanoseconds since the epoch */
} BgcLocalFileSource;

#define BGC_LOCAL_FILE_SOURCE_NONE { .fd = -1 }

/* May @path be uploaded: a regular file that this user may read, and no link? Errors: NotFound,
 * AccessDenied, InvalidPath, and what else keeps a file from being opened. */
gboolean bgc_local_file_source_check (const char *path, guint64 *size, GError **error);
/* NULL, or why it cannot be read, owned by the caller. Close it with _clear(). */
BgcFailure *bgc_local_file_source_open (BgcLocalFileSource *self, const char *path);
/* Fewer than @length bytes at the end of the file; -1 with errno. */
gssize bgc_local_file_source_read (const BgcLocalFileSource *self, guint64 offset, void *bytes, gsize length);
/* It is still what was opened, and what its path leads to. */
gboolean bgc_local_file_source_is_unchanged (const BgcLocalFileSource *self);
void bgc_local_file_source_clear (BgcLocalFileSource *self);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (BgcLocalFileSource, bgc_local_file_source_clear)
