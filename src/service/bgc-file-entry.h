/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* A file of a job as ListFiles shows it. Pure. */

#pragma once

#include "model/bgc-file-list.h"

/* Bytes of text after which a page ends early: with the rest of each entry well below what a message
 * may be. */
#define BGC_FILE_ENTRY_PAGE_BYTES (4u * 1024 * 1024)

/* a{sv}, floating. */
GVariant *bgc_file_entry_new (const BgcFile *file);
/* aa{sv} of the files from index @first, at most @limit (0 = BGC_PAGE_SIZE, which is the most), floating. */
GVariant *bgc_file_entry_page (const BgcFileList *files, guint32 first, guint32 limit);
