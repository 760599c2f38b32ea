/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* The temporary file of one download, as the I/O thread sees it: what is in it, how far its writeback
 * and its checksum are. Everything blocks; one thread at a time. A function that can fail returns NULL
 * or the failure, owned by the caller. */

#pragma once

#include "model/bgc-file.h"
#include "transfer/bgc-checksum.h"
#include "transfer/bgc-local-file-directory.h"

typedef struct {
  BgcLocalFileDirectoryCache *directories; /* (borrowed) */
  char *directory_path;                    /* (owned) */
  char *name;                              /* (owned) */
  guint64 stored_device;                   /* as the daemon knows it */
  guint64 stored_inode;
  guint64 stored_bytes;
  guint64 kept;                            /* bytes that are to stay free on the file system */
  const gint *stop;                        /* (borrowed) atomic: not 0 = nobody wants the result */

  BgcLocalFileDirectory *directory;        /* (owned) (nullable) */
  int fd;                                  /* -1 = not open */
  guint64 device;
  guint64 inode;
  guint64 held;                            /* bytes found when it was reopened */
  guint64 written;                         /* bytes in it */
  guint64 reserved;                        /* bytes of which it has the space already */
  guint64 looked;                          /* what was written when the free space was looked at … */
  gint64 looked_time;                      /* … and when that was, monotonic microseconds; 0 = never yet */
  guint64 flushed;                         /* bytes whose writeback was begun */
  guint64 hashed;                          /* bytes that went into the checksum */
  BgcChecksum *checksum;                   /* (owned) (nullable) none expected */
  gboolean named;                          /* its name is durable */
} BgcTemporaryFile;

void bgc_temporary_file_init (BgcTemporaryFile *self, const BgcFile *file,
                              BgcLocalFileDirectoryCache *directories,
                              const gint *stop);
/* Before anything else: as many bytes stay free. */
void bgc_temporary_file_keep_free (BgcTemporaryFile *self, guint64 bytes);
/* Leaves fd open. */
void bgc_temporary_file_clear (BgcTemporaryFile *self);
/* As it was stored; stays closed, with nothing held, if it is not that any more. */
BgcFailure *bgc_temporary_file_reopen (BgcTemporaryFile *self);
/* Another, empty one. */
BgcFailure *bgc_temporary_file_restart (BgcTemporaryFile *self);
BgcFailure *bgc_temporary_file_reserve (BgcTemporaryFile *self, guint64 size);
/* Fewer than @length bytes at the end of the file. */
BgcFailure *bgc_temporary_file_read (BgcTemporaryFile *self, guint64 offset, gsize length, GBytes **out);
/* Creates it if need be. */
BgcFailure *bgc_temporary_file_append (BgcTemporaryFile *self, const guint8 *bytes, gsize length);
/* All is in it: compares with the checksum and sets the time of modification, seconds, 0 = leave. */
BgcFailure *bgc_temporary_file_finish (BgcTemporaryFile *self, gint64 modified);
/* Another descriptor of the open file, or -1 with @error. */
int bgc_temporary_file_duplicate (BgcTemporaryFile *self, int *error);
