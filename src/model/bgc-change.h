/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* A proposed change to one job: what the store writes in one transaction and, once it is durable,
 * what the live job becomes. It owns copies only, so the store's thread may read it while the main
 * thread goes on with the live job. */

#pragma once

#include "model/bgc-job.h"
#include "model/bgc-leftover.h"

typedef struct {
  BgcJobId id;
  gboolean create;             /* the job is new: header and files are all of it */
  gboolean forget;             /* the job and its files leave the store; header, if any, is still assigned */
  BgcJob *header;              /* (owned) (nullable) draft to store and assign; NULL = header unchanged */
  /* (owned) (element-type BgcFile) to insert or replace, sorted by index: add with bgc_change_put_file(),
   * or at the end in order */
  GPtrArray *files;
  GArray *removed_files;       /* (owned) (element-type guint32) indexes */
  GPtrArray *leftovers;        /* (owned) (element-type BgcLeftover) to add */
  GArray *settled_leftovers;   /* (owned) (element-type guint64) ids to drop */
} BgcChange;

BgcChange *bgc_change_new (const BgcJobId *id);
void bgc_change_free (BgcChange *self);
/* Adds @file (transfer full) at its place, or replaces the one of the same index. */
void bgc_change_put_file (BgcChange *self, BgcFile *file);
/* The file as it would be: the copy in this change, else a new copy of the live one put into it.
 * NULL if there is no such file or this change removes it. @live may be NULL. */
BgcFile *bgc_change_edit_file (BgcChange *self, const BgcJob *live, guint32 index);
/* The file as it would be, without copying; NULL if none or removed. */
const BgcFile *bgc_change_peek_file (const BgcChange *self, const BgcJob *live, guint32 index);
/* Moves header and files into @live. The change is spent; free it. */
void bgc_change_apply (BgcChange *self, BgcJob *live);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BgcChange, bgc_change_free)
