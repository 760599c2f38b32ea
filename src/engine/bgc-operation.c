/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "engine/bgc-operation.h"

gpointer
bgc_operation_new (gsize size, const char *name, struct _BgcEngine *engine, BgcEntry *entry, GTask *task,
                   BgcOperationFunc begin, BgcOperationFunc clear)
{
  BgcOperation *self = g_malloc0 (size);

  self->name = name;
  self->engine = engine;
  self->entry = entry;
  self->task = task;
  self->owner = entry != NULL ? entry->job->owner : G_MAXUINT32;
  self->begin = begin;
  self->clear = clear;
  return self;
}

void
bgc_operation_free (BgcOperation *self)
{
  if (self->clear != NULL)
    self->clear (self);
  g_clear_object (&self->task);
  g_free (self);
}

void
bgc_operation_succeed (BgcOperation *self, gssize value)
{
  g_autoptr (GTask) task = g_steal_pointer (&self->task);

  if (task != NULL)
    g_task_return_int (task, value);
}

void
bgc_operation_fail (BgcOperation *self, const GError *error)
{
  g_autoptr (GTask) task = g_steal_pointer (&self->task);

  if (task != NULL)
    g_task_return_error (task, g_error_copy (error));
}
