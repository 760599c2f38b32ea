/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* Where files may go and how they get there: the questions put to an owner's worker, and its answers.
 * Plain data. */

#pragma once

#include "model/bgc-failure.h"
#include "model/bgc-path-verdict.h"

/* One temporary file to delete or to put into place. */
typedef struct {
  guint32 index;       /* the caller's: comes back with the result */
  char *directory;     /* (owned) of the local name */
  char *temporary;     /* (owned) name in it */
  char *target;        /* (owned) (nullable) name to be renamed to; NULL = delete it */
  /* of the temporary file, 0 and 0 = never reported: any regular file of the owner with one link */
  guint64 device;
  guint64 inode;
  guint64 size;        /* that it must have to be renamed, or BGC_SIZE_UNKNOWN, as after _new() */
  gboolean overwrite;
} BgcPlacement;

typedef struct {
  guint32 index;
  gboolean done;       /* deleted or absent; renamed, or found at its target already */
  BgcFailure *failure; /* (owned) (nullable) where not done */
} BgcPlacementResult;

BgcPlacement *bgc_placement_new (guint32 index, const char *directory, const char *temporary,
                                 const char *target, guint64 device, guint64 inode, gboolean overwrite);
BgcPlacement *bgc_placement_copy (const BgcPlacement *self);
void bgc_placement_free (BgcPlacement *self);
/* @failure transfer full; NULL = done. */
BgcPlacementResult *bgc_placement_result_new (guint32 index, BgcFailure *failure);
void bgc_placement_result_free (BgcPlacementResult *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BgcPlacement, bgc_placement_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BgcPlacementResult, bgc_placement_result_free)
