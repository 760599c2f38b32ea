/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "engine/bgc-leftovers.h"

#include <string.h>

#include "engine/bgc-placing.h"
#include "model/bgc-path.h"

struct _BgcLeftovers
{
  BgcEngine *engine; /* (borrowed) */
  GPtrArray *items;  /* (owned) (element-type BgcLeftover) */
  GArray *owners;    /* (owned) (element-type guint32) still to be asked in this try */
  guint64 alarm;
  gboolean trying;
  gboolean again; /* something came during a try */
};

/* One owner's leftovers being deleted; the placements' indexes are positions in ids. */
typedef struct
{
  BgcLeftovers *leftovers; /* (borrowed) */
  GObject *keeper;         /* (owned) */
  GArray *ids;             /* (owned) (element-type guint64) */
} Try;

BgcLeftovers *
bgc_leftovers_new (BgcEngine *engine)
{
  BgcLeftovers *self = g_new0 (BgcLeftovers, 1);

  self->engine = engine;
  self->items = g_ptr_array_new_with_free_func ((GDestroyNotify)bgc_leftover_free);
  self->owners = g_array_new (FALSE, FALSE, sizeof (guint32));
  return self;
}

void
bgc_leftovers_free (BgcLeftovers *self)
{
  bgc_clock_clear_alarm (self->engine->clock, &self->alarm);
  g_ptr_array_unref (self->items);
  g_array_unref (self->owners);
  g_free (self);
}

static BgcQuota
quota_of (const BgcLeftover *leftover)
{
  return (BgcQuota){ 0, 1, strlen (leftover->path) };
}

static void
on_alarm (gpointer data)
{
  BgcLeftovers *self = data;

  self->alarm = 0;
  bgc_leftovers_try (self);
}

static void
arm (BgcLeftovers *self)
{
  if (self->alarm == 0 && self->items->len > 0 && self->engine->started && !self->engine->closing)
    self->alarm
      = bgc_clock_set_alarm (self->engine->clock, bgc_engine_boot (self->engine) + BGC_LEFTOVERS_INTERVAL,
                             "leftovers", on_alarm, self);
}

void
bgc_leftovers_add (BgcLeftovers *self, BgcLeftover *leftover)
{
  BgcQuota quota = quota_of (leftover);

  g_ptr_array_add (self->items, leftover);
  bgc_queue_burden (self->engine->queue, leftover->owner, &quota);
  arm (self);
}

static void
next_owner (BgcLeftovers *self);

static void
drop (BgcLeftovers *self, guint64 id)
{
  for (guint i = 0; i < self->items->len; i++)
    {
      BgcLeftover *leftover = g_ptr_array_index (self->items, i);
      BgcQuota quota = quota_of (leftover);

      if (leftover->id != id)
        continue;
      bgc_queue_release (self->engine->queue, leftover->owner, &quota);
      g_ptr_array_remove_index_fast (self->items, i);
      return;
    }
}

static void
try_free (Try *try)
{
  g_array_unref (try->ids);
  g_object_unref (try->keeper);
  g_free (try);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Try, try_free)

static void
on_settled (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (Try) try = data;
  BgcLeftovers *self = try->leftovers;
  g_autoptr (GError) error = NULL;
  g_autoptr (BgcChange) change = bgc_store_commit_finish (BGC_STORE (source), result, &error);

  if (change == NULL)
    g_warning ("Deleted temporary files stay on the list: %s", error->message);
  else
    for (guint i = 0; i < change->settled_leftovers->len; i++)
      drop (self, g_array_index (change->settled_leftovers, guint64, i));
  next_owner (self);
}

static void
on_deleted (GPtrArray *undone, gpointer data)
{
  g_autoptr (Try) try = data;
  BgcLeftovers *self = try->leftovers;
  g_autoptr (GHashTable) left = g_hash_table_new (NULL, NULL);
  BgcJobId none = { { 0 } };
  g_autoptr (BgcChange) change = bgc_change_new (&none);

  for (guint i = 0; i < undone->len; i++)
    g_hash_table_add (left, GUINT_TO_POINTER (((BgcPlacement *)g_ptr_array_index (undone, i))->index));
  for (guint i = 0; i < try->ids->len; i++)
    if (!g_hash_table_contains (left, GUINT_TO_POINTER (i)))
      g_array_append_val (change->settled_leftovers, g_array_index (try->ids, guint64, i));
  if (change->settled_leftovers->len > 0)
    bgc_store_commit_async (self->engine->store, g_steal_pointer (&change), BGC_STORE_NORMAL, on_settled,
                            g_steal_pointer (&try));
  else
    next_owner (self);
}

static void
try_owner (BgcLeftovers *self, guint32 owner)
{
  Try *try = g_new0 (Try, 1);
  GPtrArray *placements = g_ptr_array_new_with_free_func ((GDestroyNotify)bgc_placement_free);

  try->leftovers = self;
  try->keeper = g_object_ref (self->engine->keeper);
  try->ids = g_array_new (FALSE, FALSE, sizeof (guint64));
  for (guint i = 0; i < self->items->len; i++)
    {
      const BgcLeftover *leftover = g_ptr_array_index (self->items, i);
      g_autofree char *directory = bgc_path_directory (leftover->path);

      if (leftover->owner != owner)
        continue;
      g_ptr_array_add (placements,
                       bgc_placement_new (try->ids->len, directory, bgc_path_base (leftover->path), NULL,
                                          leftover->device, leftover->inode, FALSE));
      g_array_append_val (try->ids, leftover->id);
    }
  bgc_placing_delete (self->engine, owner, placements, on_deleted, try);
}

static void
next_owner (BgcLeftovers *self)
{
  guint32 owner;

  if (self->owners->len > 0 && !self->engine->closing)
    {
      owner = g_array_index (self->owners, guint32, self->owners->len - 1);
      g_array_set_size (self->owners, self->owners->len - 1);
      try_owner (self, owner);
      return;
    }
  self->trying = FALSE;
  arm (self);
  if (self->again)
    bgc_leftovers_try (self);
}

void
bgc_leftovers_try (BgcLeftovers *self)
{
  g_autoptr (GHashTable) seen = g_hash_table_new (NULL, NULL);

  if (!self->engine->started || self->engine->closing)
    return;
  self->again = self->trying;
  if (self->trying)
    return;
  bgc_clock_clear_alarm (self->engine->clock, &self->alarm);
  self->trying = TRUE;
  g_array_set_size (self->owners, 0);
  for (guint i = 0; i < self->items->len; i++)
    {
      const BgcLeftover *leftover = g_ptr_array_index (self->items, i);

      if (g_hash_table_add (seen, GUINT_TO_POINTER (leftover->owner)))
        g_array_append_val (self->owners, leftover->owner);
    }
  next_owner (self);
}

guint
bgc_leftovers_count (BgcLeftovers *self)
{
  return self->items->len;
}
