/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "model/bgc-placement.h"

#include "base/bgc-limits.h"

BgcPlacement *
bgc_placement_new (guint32 index, const char *directory, const char *temporary, const char *target,
                   guint64 device, guint64 inode, gboolean overwrite)
{
  BgcPlacement *self = g_new0 (BgcPlacement, 1);

  self->index = index;
  self->directory = g_strdup (directory);
  self->temporary = g_strdup (temporary);
  self->target = g_strdup (target);
  self->device = device;
  self->inode = inode;
  self->size = BGC_SIZE_UNKNOWN;
  self->overwrite = overwrite;

  return self;
}

BgcPlacement *
bgc_placement_copy (const BgcPlacement *self)
{
  BgcPlacement *copy = bgc_placement_new (self->index, self->directory, self->temporary, self->target,
                                          self->device, self->inode, self->overwrite);

  copy->size = self->size;

  return copy;
}

void
bgc_placement_free (BgcPlacement *self)
{
  if (self == NULL)
    return;

  g_free (self->directory);
  g_free (self->temporary);
  g_free (self->target);
  g_free (self);
}

BgcPlacementResult *
bgc_placement_result_new (guint32 index, BgcFailure *failure)
{
  BgcPlacementResult *self = g_new0 (BgcPlacementResult, 1);

  self->index = index;
  self->done = failure == NULL;
  self->failure = failure;

  return self;
}

void
bgc_placement_result_free (BgcPlacementResult *self)
{
  if (self == NULL)
    return;

  bgc_failure_free (self->failure);
  g_free (self);
}
