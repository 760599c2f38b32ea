/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "engine/bgc-placing.h"

#include "model/bgc-path.h"

/* Files named in the log one by one; the list of leftovers has them all. */
#define NAMED 10u

/* A call under way. */
typedef struct
{
  GObject *keeper;       /* (owned) */
  GPtrArray *placements; /* (owned) */
  BgcPlacingFunc function;
  gpointer data;
} Call;

/* Deletions, portion after portion. */
typedef struct
{
  BgcEngine *engine; /* (borrowed) */
  guint32 owner;
  GPtrArray *left;    /* (owned) (element-type BgcPlacement) the next ones at the end */
  GPtrArray *portion; /* (owned) (nullable) under way */
  GPtrArray *undone;  /* (owned) */
  BgcPlacingDeletedFunc function;
  gpointer data;
} Deletion;

BgcPlacement *
bgc_placing_of (const BgcFile *file, gboolean rename_it)
{
  g_autofree char *directory = bgc_path_directory (file->local);
  BgcPlacement *placement = bgc_placement_new (file->index, directory, file->temporary,
                                               rename_it ? bgc_path_base (file->local) : NULL, file->device,
                                               file->inode, file->overwrite);

  if (file->state == BGC_FILE_WHOLE)
    placement->size = file->bytes_total;
  return placement;
}

static void
on_placed (GObject *source, GAsyncResult *result, gpointer data)
{
  Call *call = data;
  g_autoptr (GObject) keeper = call->keeper;
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) results = bgc_workers_place_finish (BGC_WORKERS (source), result, &error);

  call->function (results, error, call->data);
  g_ptr_array_unref (call->placements);
  g_free (call);
}

void
bgc_placing_place (BgcEngine *engine, guint32 owner, GPtrArray *placements, BgcPlacingFunc function,
                   gpointer data)
{
  Call *call = g_new0 (Call, 1);

  call->keeper = g_object_ref (engine->keeper);
  call->placements = g_ptr_array_ref (placements);
  call->function = function;
  call->data = data;
  bgc_workers_place_async (engine->workers, owner, placements, on_placed, call);
}

static void
finish (Deletion *self)
{
  self->function (self->undone, self->data);
  g_ptr_array_unref (self->left);
  g_clear_pointer (&self->portion, g_ptr_array_unref);
  g_ptr_array_unref (self->undone);
  g_free (self);
}

static void
next_portion (Deletion *self);

static void
move_all (GPtrArray *from, GPtrArray *to)
{
  while (from->len > 0)
    g_ptr_array_add (to, g_ptr_array_steal_index (from, from->len - 1));
}

static void
on_deleted (GPtrArray *results, const GError *error, gpointer data)
{
  Deletion *self = data;
  g_autoptr (GHashTable) done = g_hash_table_new (NULL, NULL);

  if (results == NULL)
    {
      /* No worker: what was asked for may be gone or not, and the rest has nobody to ask. */
      move_all (self->portion, self->undone);
      move_all (self->left, self->undone);
      finish (self);
      return;
    }
  for (guint i = 0; i < results->len; i++)
    {
      const BgcPlacementResult *result = g_ptr_array_index (results, i);

      if (result->done)
        g_hash_table_add (done, GUINT_TO_POINTER (result->index));
    }
  while (self->portion->len > 0)
    {
      BgcPlacement *placement = g_ptr_array_steal_index (self->portion, self->portion->len - 1);

      if (g_hash_table_contains (done, GUINT_TO_POINTER (placement->index)))
        bgc_placement_free (placement);
      else
        g_ptr_array_add (self->undone, placement);
    }
  next_portion (self);
}

static void
next_portion (Deletion *self)
{
  if (self->left->len == 0)
    {
      finish (self);
      return;
    }
  g_clear_pointer (&self->portion, g_ptr_array_unref);
  self->portion = g_ptr_array_new_with_free_func ((GDestroyNotify)bgc_placement_free);
  while (self->left->len > 0 && self->portion->len < BGC_PLACING_PORTION)
    g_ptr_array_add (self->portion, g_ptr_array_steal_index (self->left, self->left->len - 1));
  bgc_placing_place (self->engine, self->owner, self->portion, on_deleted, self);
}

void
bgc_placing_delete (BgcEngine *engine, guint32 owner, GPtrArray *placements, BgcPlacingDeletedFunc function,
                    gpointer data)
{
  Deletion *self = g_new0 (Deletion, 1);

  self->engine = engine;
  self->owner = owner;
  self->left = placements;
  self->undone = g_ptr_array_new_with_free_func ((GDestroyNotify)bgc_placement_free);
  self->function = function;
  self->data = data;
  next_portion (self);
}

void
bgc_placing_log (BgcEntry *entry, const char *what, GPtrArray *undone)
{
  g_autofree char *rest = undone->len > NAMED ? g_strdup_printf ("%s, and %u more", what, undone->len - NAMED)
                                              : NULL;

  for (guint i = 0; i < MIN (undone->len, NAMED); i++)
    {
      const BgcPlacement *placement = g_ptr_array_index (undone, i);
      g_autofree char *line
        = g_strdup_printf ("%s: %s/%s", what, placement->directory, placement->temporary);

      bgc_engine_log (entry, G_LOG_LEVEL_WARNING, line, NULL);
    }
  if (rest != NULL)
    bgc_engine_log (entry, G_LOG_LEVEL_WARNING, rest, NULL);
}

void
bgc_placing_leave (BgcEngine *engine, BgcChange *change, guint32 owner, GPtrArray *undone)
{
  for (guint i = 0; undone != NULL && i < undone->len; i++)
    {
      const BgcPlacement *placement = g_ptr_array_index (undone, i);
      g_autofree char *path = g_build_filename (placement->directory, placement->temporary, NULL);
      BgcLeftover *leftover = bgc_leftover_new (owner, path, placement->device, placement->inode);

      leftover->since = bgc_engine_wall (engine);
      g_ptr_array_add (change->leftovers, leftover);
    }
}
