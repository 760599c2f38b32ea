/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* The only place that opens, creates, renames or unlinks a user's path. Every function blocks and is
 * for I/O threads; each works relative to an opened directory and follows no link in the last
 * component. Functions that run on the file being transferred are declared below those that the
 * worker's bus face calls. */

#pragma once

#include "model/bgc-file.h"
#include "model/bgc-placement.h"

/* May a file stand under @path for this user? Directory exists and is writable, target is not a
 * directory and not a symbolic link. */
BgcPathVerdict *bgc_local_file_check (const char *path);
/* Deletes or renames each (element-type BgcPlacement) in order; each directory is synced once, after
 * its last change. Result: (element-type BgcPlacementResult), as many and in the same order. */
GPtrArray *bgc_local_file_place (GPtrArray *placements);
