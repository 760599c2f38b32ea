/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "transfer/bgc-sync-group.h"

#include <errno.h>
#include <unistd.h>

#include "transfer/bgc-local-file-temporary.h"

/* So many waiting files are worth a sync at once, */
#define GROUP_FULL 512u
/* else they wait so many milliseconds for others: not long for a person, long for a journal. */
#define GROUP_WAIT 100u
/* Fewer files of a file system are synced one by one: syncfs() also writes what others left dirty. */
#define GROUP_MIN 8u

typedef struct
{
  BgcLocalFileDirectory *directory; /* (owned) */
  char *name;                       /* (owned) */
  int fd;                           /* -1 = closed */
  int error;
  gboolean settled;     /* error is its result; I/O thread only */
  BgcSyncFunc function; /* (nullable) NULL = forgotten; main thread only */
  gpointer data;        /* (borrowed) */
} Item;

/* What one piece of work makes durable. */
typedef struct
{
  BgcSyncGroup *group; /* (owned) */
  GPtrArray *items;    /* (owned) (element-type Item) */
  gboolean small;
} Batch;

struct _BgcSyncGroup
{
  guint references;   /* the owner's and one for each batch; main thread only */
  BgcIoPool *io;      /* (borrowed) */
  GPtrArray *waiting; /* (owned) (element-type Item) small ones for the next batch */
  GPtrArray *running; /* (element-type Batch) (borrowed) */
  gboolean busy;      /* a batch of small ones runs */
  gboolean urgent;    /* the next one begins as soon as that has ended */
  guint timer;        /* GSource id, 0 = none */
};

static void
item_free (gpointer data)
{
  Item *item = data;

  if (item->fd >= 0)
    close (item->fd);
  bgc_local_file_directory_unref (item->directory);
  g_free (item->name);
  g_free (item);
}

static void
group_unref (BgcSyncGroup *self)
{
  if (--self->references > 0)
    return;
  g_ptr_array_unref (self->waiting);
  g_ptr_array_unref (self->running);
  g_free (self);
}

/* ---- on an I/O thread --------------------------------------------------------------------------- */

static void
sync_file (Item *item)
{
  if (item->fd < 0)
    item->fd = bgc_local_file_temporary_open_finished (bgc_local_file_directory_fd (item->directory),
                                                       item->name, &item->error);
  if (item->fd >= 0)
    {
      if (fsync (item->fd) != 0)
        item->error = errno;
      close (item->fd);
      item->fd = -1;
    }
}

/* The directory of @first, for it and all later items that are in the same one. */
static void
sync_directory (GPtrArray *items, guint first)
{
  Item *item = g_ptr_array_index (items, first);
  int error = bgc_local_file_directory_sync (item->directory);

  for (guint i = first; i < items->len; i++)
    {
      Item *other = g_ptr_array_index (items, i);

      if (other->directory != item->directory || other->settled)
        continue;
      if (other->error == 0)
        other->error = error;
      other->settled = TRUE;
    }
}

static guint
count_on_device (GPtrArray *items, guint first)
{
  Item *item = g_ptr_array_index (items, first);
  guint64 device = bgc_local_file_directory_device (item->directory);
  guint count = 0;

  for (guint i = first; i < items->len; i++)
    {
      Item *other = g_ptr_array_index (items, i);

      if (!other->settled && bgc_local_file_directory_device (other->directory) == device)
        count++;
    }
  return count;
}

static void
sync_device (GPtrArray *items, guint first)
{
  Item *item = g_ptr_array_index (items, first);
  guint64 device = bgc_local_file_directory_device (item->directory);
  int error = bgc_local_file_directory_sync_all (item->directory);

  for (guint i = first; i < items->len; i++)
    {
      Item *other = g_ptr_array_index (items, i);

      if (other->settled || bgc_local_file_directory_device (other->directory) != device)
        continue;
      other->error = error;
      other->settled = TRUE;
    }
}

static void
work (gpointer data)
{
  Batch *batch = data;

  for (guint i = 0; i < batch->items->len; i++)
    {
      Item *item = g_ptr_array_index (batch->items, i);

      if (!item->settled && batch->small && bgc_local_file_directory_has_group_sync (item->directory)
          && count_on_device (batch->items, i) >= GROUP_MIN)
        sync_device (batch->items, i);
      else if (!item->settled)
        sync_file (item);
    }
  for (guint i = 0; i < batch->items->len; i++)
    if (!((Item *)g_ptr_array_index (batch->items, i))->settled)
      sync_directory (batch->items, i);
}

/* ---- on the main thread ------------------------------------------------------------------------- */

static void
begin (BgcSyncGroup *self);

static void
work_done (gpointer data)
{
  Batch *batch = data;
  BgcSyncGroup *self = batch->group;

  g_ptr_array_remove_fast (self->running, batch);
  if (batch->small)
    self->busy = FALSE;
  for (guint i = 0; i < batch->items->len; i++)
    {
      Item *item = g_ptr_array_index (batch->items, i);

      if (item->function != NULL)
        item->function (item->error, item->data);
    }
  if (batch->small && (self->urgent || self->waiting->len >= GROUP_FULL))
    begin (self);
  g_ptr_array_unref (batch->items);
  g_free (batch);
  group_unref (self);
}

static void
push (BgcSyncGroup *self, GPtrArray *items, gboolean small)
{
  Batch *batch = g_new0 (Batch, 1);

  batch->group = self;
  batch->items = items;
  batch->small = small;
  self->references++;
  g_ptr_array_add (self->running, batch);
  bgc_io_pool_push (self->io, work, work_done, batch);
}

static void
begin (BgcSyncGroup *self)
{
  if (self->busy || self->waiting->len == 0)
    return;
  g_clear_handle_id (&self->timer, g_source_remove);
  self->busy = TRUE;
  self->urgent = FALSE;
  push (self, g_steal_pointer (&self->waiting), TRUE);
  self->waiting = g_ptr_array_new_with_free_func (item_free);
}

static gboolean
on_timer (gpointer data)
{
  BgcSyncGroup *self = data;

  self->timer = 0;
  self->urgent = TRUE;
  begin (self);
  return G_SOURCE_REMOVE;
}

BgcSyncGroup *
bgc_sync_group_new (BgcIoPool *io)
{
  BgcSyncGroup *self = g_new0 (BgcSyncGroup, 1);

  self->references = 1;
  self->io = io;
  self->waiting = g_ptr_array_new_with_free_func (item_free);
  self->running = g_ptr_array_new ();
  return self;
}

static void
forget_in (GPtrArray *items, gpointer data)
{
  for (guint i = 0; i < items->len; i++)
    {
      Item *item = g_ptr_array_index (items, i);

      if (data == NULL || item->data == data)
        item->function = NULL;
    }
}

/* @data NULL: everybody. */
static void
forget (BgcSyncGroup *self, gpointer data)
{
  forget_in (self->waiting, data);
  for (guint i = 0; i < self->running->len; i++)
    forget_in (((Batch *)g_ptr_array_index (self->running, i))->items, data);
}

void
bgc_sync_group_forget (BgcSyncGroup *self, gpointer data)
{
  g_return_if_fail (data != NULL);

  forget (self, data);
}

void
bgc_sync_group_free (BgcSyncGroup *self)
{
  if (self == NULL)
    return;
  forget (self, NULL);
  g_clear_handle_id (&self->timer, g_source_remove);
  g_ptr_array_set_size (self->waiting, 0);
  self->urgent = FALSE;
  group_unref (self);
}

void
bgc_sync_group_add (BgcSyncGroup *self, BgcLocalFileDirectory *directory, const char *name, int fd,
                    BgcSyncFunc function, gpointer data)
{
  Item *item = g_new0 (Item, 1);

  item->directory = bgc_local_file_directory_ref (directory);
  item->name = g_strdup (name);
  item->fd = fd;
  item->function = function;
  item->data = data;
  if (fd >= 0)
    {
      GPtrArray *items = g_ptr_array_new_with_free_func (item_free);

      g_ptr_array_add (items, item);
      push (self, items, FALSE);
      return;
    }
  g_ptr_array_add (self->waiting, item);
  if (self->waiting->len >= GROUP_FULL)
    begin (self);
  else if (self->timer == 0 && !self->urgent)
    {
      self->timer = g_timeout_add (GROUP_WAIT, on_timer, self);
      g_source_set_name_by_id (self->timer, "bgc-sync-group");
    }
}

void
bgc_sync_group_flush (BgcSyncGroup *self)
{
  if (self->waiting->len == 0)
    return;
  self->urgent = TRUE;
  begin (self);
}
