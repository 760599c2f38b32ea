/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "engine/bgc-orphans.h"

#include "engine/bgc-placing.h"

/* Files of one owner that are looked at; with more there is something else wrong, and the next daemon
 * goes on. */
#define FOUND_MAX 100000u

typedef struct
{
  GObject *keeper;   /* (owned) */
  BgcEngine *engine; /* (borrowed) */
  guint32 owner;
  guint count;       /* files told so far */
  GHashTable *found; /* (owned) (element-type char BgcPlacement) by temporary name, borrowed from the value */
} Search;

static void
search_free (Search *self)
{
  g_hash_table_unref (self->found);
  g_object_unref (self->keeper);
  g_free (self);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Search, search_free)

/* A file that a job knows is none. They were all listed before this, and a job's file is known before it is
 * made. */
static void
strike (BgcEntry *entry, gpointer data)
{
  Search *self = data;
  BgcFileList *files = entry->job->files;

  if (entry->job->owner != self->owner)
    return;
  for (guint i = 0; i < bgc_file_list_length (files); i++)
    if (bgc_file_list_at (files, i)->temporary != NULL)
      g_hash_table_remove (self->found, bgc_file_list_at (files, i)->temporary);
}

static void
on_deleted (GPtrArray *undone, gpointer data)
{
  g_autoptr (Search) self = data;

  if (self->count > 0)
    g_message ("Temporary files of user %u that no job knows: %u deleted, %u not", self->owner,
               self->count - undone->len, undone->len);
}

static void
delete_orphans (Search *self)
{
  GPtrArray *placements = g_ptr_array_new_with_free_func ((GDestroyNotify)bgc_placement_free);
  GHashTableIter iter;
  gpointer value;

  bgc_queue_foreach (self->engine->queue, strike, self);
  g_hash_table_iter_init (&iter, self->found);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      BgcPlacement *placement = bgc_placement_copy (value);

      placement->index = placements->len;
      g_ptr_array_add (placements, placement);
    }
  self->count = placements->len;
  bgc_placing_delete (self->engine, self->owner, placements, on_deleted, self);
}

static void
ask (Search *self);

static void
on_found (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (Search) self = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) found
    = bgc_workers_find_temporaries_finish (BGC_WORKERS (source), result, &error);
  gboolean more = found != NULL && found->len > 0;

  if (found == NULL)
    {
      /* The next transfer of the owner looks again. */
      g_hash_table_remove (self->engine->searched, GUINT_TO_POINTER (self->owner));
      return;
    }
  self->count += found->len;
  while (found->len > 0)
    {
      BgcPlacement *placement = g_ptr_array_steal_index (found, found->len - 1);

      g_hash_table_replace (self->found, placement->temporary, placement);
    }
  if (self->engine->closing)
    return;
  if (more && self->count < FOUND_MAX)
    ask (g_steal_pointer (&self));
  else if (g_hash_table_size (self->found) > 0)
    delete_orphans (g_steal_pointer (&self));
}

static void
ask (Search *self)
{
  bgc_workers_find_temporaries_async (self->engine->workers, self->owner, self->engine->tag, self->count,
                                      on_found, self);
}

void
bgc_orphans_search (BgcEngine *engine, guint32 owner)
{
  Search *self;

  if (engine->closing || !g_hash_table_add (engine->searched, GUINT_TO_POINTER (owner)))
    return;
  self = g_new0 (Search, 1);
  self->keeper = g_object_ref (engine->keeper);
  self->engine = engine;
  self->owner = owner;
  self->found = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, (GDestroyNotify)bgc_placement_free);
  ask (self);
}
