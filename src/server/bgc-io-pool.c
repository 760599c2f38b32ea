/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "server/bgc-io-pool.h"

struct _BgcIoPool
{
  GThreadPool *threads; /* (owned) */
  GAsyncQueue *results; /* (owned) (element-type Item) worked off, not yet told */
  guint n_unfinished;   /* pushed, not yet told; the main loop's alone */
  const char *name;     /* (borrowed) static; of the sources that bring results back */
};

typedef struct
{
  GFunc work;
  GFunc done;
  gpointer data; /* (borrowed) the caller keeps it until @done */
} Item;

static void
tell (BgcIoPool *self, Item *item)
{
  self->n_unfinished--;
  item->done (item->data, self);
  g_free (item);
}

/* One of these for each result; finds nothing where bgc_io_pool_free() was faster. */
static gboolean
fetch (gpointer data)
{
  BgcIoPool *self = data;
  Item *item = g_async_queue_try_pop (self->results);

  if (item != NULL)
    tell (self, item);

  return G_SOURCE_REMOVE;
}

static void
clear (gpointer data)
{
  g_async_queue_unref (((BgcIoPool *) data)->results);
}

static void
release (gpointer data)
{
  g_atomic_rc_box_release_full (data, clear);
}

static void
run (gpointer data, gpointer user_data)
{
  BgcIoPool *self = user_data;
  Item *item = data;
  g_autoptr (GSource) source = g_idle_source_new ();

  /* Above new connections and requests: work that is done frees what others wait for. */
  g_source_set_priority (source, G_PRIORITY_DEFAULT - 10);
  g_source_set_static_name (source, self->name);
  g_source_set_callback (source, fetch, g_atomic_rc_box_acquire (self), release);

  item->work (item->data, self);
  g_async_queue_push (self->results, item);
  g_source_attach (source, NULL);
}

BgcIoPool *
bgc_io_pool_new (const char *name, guint n_threads)
{
  BgcIoPool *self = g_atomic_rc_box_new0 (BgcIoPool);

  self->name = name;
  self->results = g_async_queue_new ();
  /* Not exclusive: cannot fail. */
  self->threads = g_thread_pool_new (run, self, (int) n_threads, FALSE, NULL);

  return self;
}

void
bgc_io_pool_free (BgcIoPool *self)
{
  while (self->n_unfinished > 0)
    tell (self, g_async_queue_pop (self->results));
  g_thread_pool_free (self->threads, FALSE, TRUE);
  self->threads = NULL;
  release (self);
}

void
bgc_io_pool_run (BgcIoPool *self, GFunc work, GFunc done, gpointer data)
{
  Item *item = g_new (Item, 1);

  *item = (Item) { work, done, data };
  self->n_unfinished++;
  g_thread_pool_push (self->threads, item, NULL);
}
