/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* The temporary file of one download. What is to be done to it is queued on the main thread and done
 * in order on an I/O thread; what came of it is told on the main thread. Making bytes durable runs
 * beside the writing. */

#pragma once

#include "model/bgc-file.h"
#include "transfer/bgc-buffer-pool.h"
#include "transfer/bgc-io-pool.h"
#include "transfer/bgc-local-file-directory.h"

typedef struct _BgcFileWriter BgcFileWriter;

typedef enum {
  BGC_FILE_WRITER_OPENED,  /* bgc_file_writer_held() tells how much of the stored bytes is there */
  BGC_FILE_WRITER_READ,    /* what bgc_file_writer_read() asked for is there */
  BGC_FILE_WRITER_SYNCED,  /* a sync has ended; unless it failed, bgc_file_writer_durable() has grown */
  BGC_FILE_WRITER_STORED,  /* finished: all bytes are in the file and checked; not yet durable */
  BGC_FILE_WRITER_FAILED,  /* bgc_file_writer_take_failure(); nothing more is written */
  BGC_FILE_WRITER_QUIET    /* after bgc_file_writer_abandon() */
} BgcFileWriterEvent;

typedef void (*BgcFileWriterFunc) (BgcFileWriterEvent event, gpointer data);

/* What the files of a job share. Borrowed by its writers, must outlive them. */
typedef struct {
  BgcIoPool *io;
  BgcIoLane *small; /* for the files for which bgc_file_writer_be_small() was called */
  BgcBufferPool *buffers;
  BgcLocalFileDirectoryCache *directories;
  guint64 kept_free; /* bytes of each file system */
} BgcFileWriterHost;

BgcFileWriter *bgc_file_writer_new (const BgcFileWriterHost *host, const BgcFile *file,
                                    BgcFileWriterFunc function, gpointer data);
/* Calls back no more. Closes the file, on an I/O thread, once nothing runs on it. */
void bgc_file_writer_free (BgcFileWriter *self);

/* Opens the file as it was stored. Not needed, and not allowed, for one that was never created. */
void bgc_file_writer_open (BgcFileWriter *self);
guint64 bgc_file_writer_held (BgcFileWriter *self);
/* It will be written in one go: it is created, written and closed in a row with the job's other small
 * files. */
void bgc_file_writer_be_small (BgcFileWriter *self);
/* A new, empty file in place of what there is. */
void bgc_file_writer_restart (BgcFileWriter *self);
/* Reserves space for @total bytes. */
void bgc_file_writer_reserve (BgcFileWriter *self, guint64 total);
void bgc_file_writer_read (BgcFileWriter *self, guint64 offset, gsize length);
/* Owned by the caller; NULL if nothing was read. */
GBytes *bgc_file_writer_take_read (BgcFileWriter *self);
/* Appends; @buffer goes back to its pool. Creates the file if need be. */
void bgc_file_writer_write (BgcFileWriter *self, BgcBuffer *buffer);
/* Makes durable what was appended until now. At most one at a time. */
void bgc_file_writer_sync (BgcFileWriter *self);
gboolean bgc_file_writer_is_syncing (BgcFileWriter *self);
/* Bytes durable, with the name of the file. */
guint64 bgc_file_writer_durable (BgcFileWriter *self);
/* Of the temporary file whose name is durable; 0 and 0 before. */
void bgc_file_writer_identity (BgcFileWriter *self, guint64 *device, guint64 *inode);
/* Of the temporary file as it is, for whoever makes it durable. */
void bgc_file_writer_stored_identity (BgcFileWriter *self, guint64 *device, guint64 *inode);
/* All is written: compares with the checksum and sets @modified, seconds, 0 = leave. A file whose
 * directory can be synced as a whole is closed if @small. */
void bgc_file_writer_finish (BgcFileWriter *self, gint64 modified, gboolean small);
/* After STORED: the descriptor, the caller's to close, or -1 where it was closed already. */
int bgc_file_writer_take_fd (BgcFileWriter *self);
/* After STORED. Borrowed. */
BgcLocalFileDirectory *bgc_file_writer_directory (BgcFileWriter *self);
/* Owned by the caller; NULL if nothing failed. */
BgcFailure *bgc_file_writer_take_failure (BgcFileWriter *self);
/* No byte is written any more: TRUE if that holds now, else QUIET is told when it does. */
gboolean bgc_file_writer_abandon (BgcFileWriter *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BgcFileWriter, bgc_file_writer_free)
