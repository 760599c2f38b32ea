/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* The only place that opens, creates, renames or unlinks a user's path. Every function blocks and is
 * for I/O threads; each works relative to an opened directory and follows no link in the last
 * component. Functions that run on the file being transferred are declared below those that the
 * worker's bus face calls. */

#pragma once

#include "model/bgc-file.h"
#include "model/bgc-placement.h"

/* The directory looked at last: the paths of one call mostly share theirs. All zero is none. For one
 * call only, since what it holds may change. */
typedef struct {
  char *directory; /* (owned) (nullable) */
  char *real;      /* (owned) (nullable) the same without links */
  int fd;          /* O_PATH, meaningful where error is 0 and directory is set */
  int error;       /* why nothing can be made there, 0 = it can */
  gboolean opened; /* the error is not one of opening it */
  gboolean kernels; /* it is no place for files, as /proc and /sys */
} BgcLocalFileVisit;

void bgc_local_file_visit_clear (BgcLocalFileVisit *self);
/* May a file stand under @path for this user? Directory exists and is writable, target is not a
 * directory and not a symbolic link. */
BgcPathVerdict *bgc_local_file_check (BgcLocalFileVisit *visit, const char *path);
/* @fd is on a file system of the kernel's own, such as /proc: nobody can make a file there, and what is to be
 * read is of no size. */
gboolean bgc_local_file_is_kernels (int fd);
/* Deletes or renames each (element-type BgcPlacement) in order; each directory is synced once, after
 * its last change. Result: (element-type BgcPlacementResult), as many and in the same order. */
GPtrArray *bgc_local_file_place (GPtrArray *placements);
