/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* A temporary file that could not be deleted, kept until it is. Plain data. */

#pragma once

#include <glib.h>

typedef struct {
  guint64 id;        /* the store's number; 0 = new */
  guint32 owner;     /* uid */
  char *path;        /* (owned) absolute */
  guint64 device;    /* 0 and 0 = not known */
  guint64 inode;
  gint64 since;      /* wall microseconds: when it was left; 0 = not known */
} BgcLeftover;

BgcLeftover *bgc_leftover_new (guint32 owner, const char *path, guint64 device, guint64 inode);
void bgc_leftover_free (BgcLeftover *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BgcLeftover, bgc_leftover_free)
