/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "model/bgc-leftover.h"

BgcLeftover *
bgc_leftover_new (guint32 owner, const char *path, guint64 device, guint64 inode)
{
  BgcLeftover *self = g_new0 (BgcLeftover, 1);

  self->owner = owner;
  self->path = g_strdup (path);
  self->device = device;
  self->inode = inode;

  return self;
}

void
bgc_leftover_free (BgcLeftover *self)
{
  if (self == NULL)
    return;

  g_free (self->path);
  g_free (self);
}
