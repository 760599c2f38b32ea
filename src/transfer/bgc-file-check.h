/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* What the caller said of a file, against what the server says; and the words for where they differ.
 * Pure. */

#pragma once

#include "model/bgc-file.h"

/* NULL, or the failure: @total bytes are not what the caller expects. BGC_SIZE_UNKNOWN passes. */
BgcFailure *bgc_file_check_size (const BgcFile *file, guint64 total);
/* The failure of a body that goes on beyond its end: what the server @announced, else what the caller
 * expects. */
BgcFailure *bgc_file_check_long (const BgcFile *file, gboolean announced);
/* NULL, or the failure: nothing would tell the end of the file from a connection that breaks.
 * @framed: the server has said where it ends. */
BgcFailure *bgc_file_check_end (const BgcFile *file, gboolean framed);
/* The file's Last-Modified in seconds, 0 = none. */
gint64 bgc_file_check_modified (const BgcFile *file);
/* Names the file in a failure that is about it, at the time @now, microseconds. */
void bgc_file_check_name (const BgcFile *file, BgcFailure *failure, gint64 now);
/* The connection ended too early. */
BgcFailure *bgc_file_check_short (void);
/* Logs that the server has another version than the one held. */
void bgc_file_check_note_change (const BgcFile *file);
