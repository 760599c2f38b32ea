/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "model/bgc-change.h"

BgcChange *
bgc_change_new (const BgcJobId *id)
{
  BgcChange *self = g_new0 (BgcChange, 1);

  self->id = *id;
  self->files = g_ptr_array_new_with_free_func ((GDestroyNotify) bgc_file_free);
  self->removed_files = g_array_new (FALSE, FALSE, sizeof (guint32));
  self->leftovers = g_ptr_array_new_with_free_func ((GDestroyNotify) bgc_leftover_free);
  self->settled_leftovers = g_array_new (FALSE, FALSE, sizeof (guint64));

  return self;
}

void
bgc_change_free (BgcChange *self)
{
  if (self == NULL)
    return;

  bgc_job_free (self->header);
  g_ptr_array_unref (self->files);
  g_array_unref (self->removed_files);
  g_ptr_array_unref (self->leftovers);
  g_array_unref (self->settled_leftovers);
  g_free (self);
}

static BgcFile *
file_at (const BgcChange *self, guint position)
{
  return g_ptr_array_index (self->files, position);
}

/* The position of the first file whose index is at least @index. */
static guint
position_of (const BgcChange *self, guint32 index)
{
  guint low = 0;
  guint high = self->files->len;

  /* Files mostly come in the order of their indexes. */
  if (high > 0 && file_at (self, high - 1)->index < index)
    return high;

  while (low < high)
    {
      guint middle = low + (high - low) / 2;

      if (file_at (self, middle)->index < index)
        low = middle + 1;
      else
        high = middle;
    }

  return low;
}

static BgcFile *
find_own (const BgcChange *self, guint32 index)
{
  guint position = position_of (self, index);

  if (position < self->files->len && file_at (self, position)->index == index)
    return file_at (self, position);

  return NULL;
}

static const BgcFile *
find_live (const BgcJob *live, guint32 index)
{
  if (live == NULL || live->files == NULL)
    return NULL;

  return bgc_file_list_find (live->files, index);
}

static gboolean
is_removed (const BgcChange *self, guint32 index)
{
  for (guint i = 0; i < self->removed_files->len; i++)
    {
      if (g_array_index (self->removed_files, guint32, i) == index)
        return TRUE;
    }

  return FALSE;
}

void
bgc_change_put_file (BgcChange *self, BgcFile *file)
{
  guint position = position_of (self, file->index);

  if (position < self->files->len && file_at (self, position)->index == file->index)
    g_ptr_array_remove_index (self->files, position);
  g_ptr_array_insert (self->files, (gint) position, file);
}

BgcFile *
bgc_change_edit_file (BgcChange *self, const BgcJob *live, guint32 index)
{
  BgcFile *own = find_own (self, index);
  const BgcFile *current;

  if (is_removed (self, index))
    return NULL;
  if (own != NULL)
    return own;

  current = find_live (live, index);
  if (current == NULL)
    return NULL;

  own = bgc_file_copy (current);
  bgc_change_put_file (self, own);
  return own;
}

const BgcFile *
bgc_change_peek_file (const BgcChange *self, const BgcJob *live, guint32 index)
{
  const BgcFile *own = find_own (self, index);

  if (is_removed (self, index))
    return NULL;

  return own != NULL ? own : find_live (live, index);
}

static void
apply_files (BgcChange *self, BgcJob *live)
{
  gsize n_files = 0;
  g_autofree gpointer *files = g_ptr_array_steal (self->files, &n_files);

  if (live->files == NULL)
    live->files = bgc_file_list_new ();
  for (gsize i = 0; i < n_files; i++)
    bgc_file_list_put (live->files, files[i]);
  for (guint i = 0; i < self->removed_files->len; i++)
    bgc_file_list_remove (live->files, g_array_index (self->removed_files, guint32, i));
}

void
bgc_change_apply (BgcChange *self, BgcJob *live)
{
  if (self->header != NULL)
    bgc_job_assign (live, g_steal_pointer (&self->header));

  apply_files (self, live);
}
