/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "engine/bgc-leftovers.h"

#include <string.h>

#include "engine/bgc-placing.h"
#include "model/bgc-path.h"

struct _BgcLeftovers
{
  BgcEngine *engine;   /* (borrowed) */
  GHashTable *by_owner; /* (owned) uid → (owned) GHashTable of id → (owned) BgcLeftover; none is empty */
  guint count;
  GHashTable *due;     /* (owned) set of uids still to be asked */
  guint64 alarm;
  gboolean trying;
};

/* One owner's leftovers being deleted; the placements' indexes are positions in ids. */
typedef struct
{
  BgcLeftovers *leftovers; /* (borrowed) */
  GObject *keeper;         /* (owned) */
  guint32 owner;
  GArray *ids;             /* (owned) (element-type guint64) */
} Try;

BgcLeftovers *
bgc_leftovers_new (BgcEngine *engine)
{
  BgcLeftovers *self = g_new0 (BgcLeftovers, 1);

  self->engine = engine;
  self->by_owner = g_hash_table_new_full (NULL, NULL, NULL, (GDestroyNotify)g_hash_table_unref);
  self->due = g_hash_table_new (NULL, NULL);
  return self;
}

void
bgc_leftovers_free (BgcLeftovers *self)
{
  bgc_clock_clear_alarm (self->engine->clock, &self->alarm);
  g_hash_table_unref (self->by_owner);
  g_hash_table_unref (self->due);
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
  if (self->alarm == 0 && self->count > 0 && self->engine->started && !self->engine->closing)
    self->alarm
      = bgc_clock_set_alarm (self->engine->clock, bgc_engine_boot (self->engine) + BGC_LEFTOVERS_INTERVAL,
                             "leftovers", on_alarm, self);
}

void
bgc_leftovers_add (BgcLeftovers *self, BgcLeftover *leftover)
{
  BgcQuota quota = quota_of (leftover);
  gpointer owner = GUINT_TO_POINTER (leftover->owner);
  GHashTable *items = g_hash_table_lookup (self->by_owner, owner);

  if (items == NULL)
    {
      items = g_hash_table_new_full (g_int64_hash, g_int64_equal, NULL, (GDestroyNotify)bgc_leftover_free);
      g_hash_table_insert (self->by_owner, owner, items);
    }
  g_hash_table_insert (items, &leftover->id, leftover);
  self->count++;
  bgc_queue_burden (self->engine->queue, leftover->owner, &quota);
  arm (self);
}

static void
next_owner (BgcLeftovers *self);

static GHashTable *
items_of (BgcLeftovers *self, guint32 owner)
{
  return g_hash_table_lookup (self->by_owner, GUINT_TO_POINTER (owner));
}

static void
drop (BgcLeftovers *self, guint32 owner, guint64 id)
{
  GHashTable *items = items_of (self, owner);
  BgcLeftover *leftover = items != NULL ? g_hash_table_lookup (items, &id) : NULL;
  BgcQuota quota;

  if (leftover == NULL)
    return;
  quota = quota_of (leftover);
  bgc_queue_release (self->engine->queue, owner, &quota);
  self->count--;
  g_hash_table_remove (items, &id);
  if (g_hash_table_size (items) == 0)
    g_hash_table_remove (self->by_owner, GUINT_TO_POINTER (owner));
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
      drop (self, try->owner, g_array_index (change->settled_leftovers, guint64, i));
  next_owner (self);
}

/* Nobody who puts a disk back in after so long expects its rubbish to go. */
static gboolean
is_given_up (BgcLeftovers *self, guint32 owner, guint64 id)
{
  GHashTable *items = items_of (self, owner);
  const BgcLeftover *leftover = items != NULL ? g_hash_table_lookup (items, &id) : NULL;

  if (leftover == NULL || leftover->since == 0
      || bgc_engine_wall (self->engine) - leftover->since < BGC_LEFTOVERS_PATIENCE)
    return FALSE;
  g_message ("A temporary file stays where it is after weeks of trying to delete it: %s", leftover->path);
  return TRUE;
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
    {
      guint64 id = g_array_index (try->ids, guint64, i);

      if (!g_hash_table_contains (left, GUINT_TO_POINTER (i)) || is_given_up (self, try->owner, id))
        g_array_append_val (change->settled_leftovers, id);
    }
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
  GHashTable *items = items_of (self, owner);
  GHashTableIter iter;
  gpointer value;

  try->leftovers = self;
  try->keeper = g_object_ref (self->engine->keeper);
  try->owner = owner;
  try->ids = g_array_new (FALSE, FALSE, sizeof (guint64));
  g_hash_table_iter_init (&iter, items);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      const BgcLeftover *leftover = value;
      g_autofree char *directory = bgc_path_directory (leftover->path);

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
  GHashTableIter iter;
  gpointer owner;

  self->trying = FALSE;
  while (!self->engine->closing && g_hash_table_size (self->due) > 0)
    {
      g_hash_table_iter_init (&iter, self->due);
      g_hash_table_iter_next (&iter, &owner, NULL);
      g_hash_table_iter_remove (&iter);
      if (items_of (self, GPOINTER_TO_UINT (owner)) == NULL)
        continue;
      self->trying = TRUE;
      try_owner (self, GPOINTER_TO_UINT (owner));
      return;
    }
  arm (self);
}

void
bgc_leftovers_try_owner (BgcLeftovers *self, guint32 owner)
{
  if (!self->engine->started || self->engine->closing)
    return;
  g_hash_table_add (self->due, GUINT_TO_POINTER (owner));
  if (!self->trying)
    next_owner (self);
}

void
bgc_leftovers_try (BgcLeftovers *self)
{
  GHashTableIter iter;
  gpointer owner;

  if (!self->engine->started || self->engine->closing)
    return;
  bgc_clock_clear_alarm (self->engine->clock, &self->alarm);
  g_hash_table_iter_init (&iter, self->by_owner);
  while (g_hash_table_iter_next (&iter, &owner, NULL))
    g_hash_table_add (self->due, owner);
  if (!self->trying)
    next_owner (self);
}

guint
bgc_leftovers_count (BgcLeftovers *self)
{
  return self->count;
}
