/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* The files of a job in the order of their indexes, with running totals. Owns its files; they change
 * only through bgc_file_list_put(), so the totals always hold. */

#pragma once

#include "model/bgc-file.h"

typedef struct _BgcFileList BgcFileList;

BgcFileList *bgc_file_list_new (void);
void bgc_file_list_free (BgcFileList *self);
guint bgc_file_list_length (const BgcFileList *self);
/* The file at @position, 0 … length - 1. */
const BgcFile *bgc_file_list_at (const BgcFileList *self, guint position);
/* The file with that index, or NULL. O(log n). */
const BgcFile *bgc_file_list_find (const BgcFileList *self, guint32 index);
/* The position of the first file whose index is at least @index (may be the length). */
guint bgc_file_list_position (const BgcFileList *self, guint32 index);
/* Inserts @file (transfer full), or replaces the one of the same index. */
void bgc_file_list_put (BgcFileList *self, BgcFile *file);
gboolean bgc_file_list_remove (BgcFileList *self, guint32 index);
/* The file whose local name (or identity) is @path, or NULL. O(1) after the first call on a long list. */
const BgcFile *bgc_file_list_find_target (BgcFileList *self, const char *path);

/* Totals, O(1). bytes_total is BGC_SIZE_UNKNOWN while any file's is. */
guint64 bgc_file_list_bytes_total (const BgcFileList *self);
guint64 bgc_file_list_bytes_transferred (const BgcFileList *self);
/* Files in @state. Transferred files of the API are the whole and the completed ones. */
guint bgc_file_list_count (const BgcFileList *self, BgcFileState state);
/* Files that may have left a temporary file behind. */
guint bgc_file_list_temporaries (const BgcFileList *self);
gsize bgc_file_list_stored_bytes (const BgcFileList *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BgcFileList, bgc_file_list_free)
