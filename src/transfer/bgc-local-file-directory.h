/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* An opened directory of the owner's, shared by the files that go into it, and the few last ones kept
 * open. Any thread. */

#pragma once

#include <glib.h>

typedef struct _BgcLocalFileDirectory BgcLocalFileDirectory;
typedef struct _BgcLocalFileDirectoryCache BgcLocalFileDirectoryCache;

/* NULL with @error set to an errno. Blocks. */
BgcLocalFileDirectory *bgc_local_file_directory_open (const char *path, int *error);
BgcLocalFileDirectory *bgc_local_file_directory_ref (BgcLocalFileDirectory *self);
void bgc_local_file_directory_unref (BgcLocalFileDirectory *self);
int bgc_local_file_directory_fd (BgcLocalFileDirectory *self);
guint64 bgc_local_file_directory_device (BgcLocalFileDirectory *self);
/* One syncfs() makes everything written below it durable and tells of errors. */
gboolean bgc_local_file_directory_has_group_sync (BgcLocalFileDirectory *self);
/* Makes its entries durable. 0 or an errno. Blocks. */
int bgc_local_file_directory_sync (BgcLocalFileDirectory *self);
/* Makes all of its file system durable. 0 or an errno. Blocks. */
int bgc_local_file_directory_sync_all (BgcLocalFileDirectory *self);

BgcLocalFileDirectoryCache *bgc_local_file_directory_cache_new (void);
void bgc_local_file_directory_cache_free (BgcLocalFileDirectoryCache *self);
/* The directory that @path names now, opened before or afresh, and noted as one
 * that temporary files are in; a new reference. NULL with @error. Blocks. */
BgcLocalFileDirectory *bgc_local_file_directory_cache_get (BgcLocalFileDirectoryCache *self, const char *path,
                                                           int *error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BgcLocalFileDirectory, bgc_local_file_directory_unref)
