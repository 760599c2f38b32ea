/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "server/bgc-io-pool.h"

struct _BgcIoPool
{
  GThreadPool *threads; /* (owned) */
  const char *name;     /* (borrowed) static; of the sources that bring results back */
};

typedef struct
{
  BgcIoPool *pool; /* (borrowed) outlives its work */
  GFunc work;
  GFunc done;
  gpointer data; /* (borrowed) the caller keeps it until @done */
} Item;

static gboolean
finish (gpointer data)
{
  Item *item = data;

  item->done (item->data, item->pool);

  return G_SOURCE_REMOVE;
}

static void
run (gpointer data, gpointer user_data)
{
  Item *item = data;
  g_autoptr (GSource) source = g_idle_source_new ();

  item->work (item->data, item->pool);

  /* Above new connections and requests: work that is done frees what others wait for. */
  g_source_set_priority (source, G_PRIORITY_DEFAULT - 10);
  g_source_set_static_name (source, item->pool->name);
  g_source_set_callback (source, finish, item, g_free);
  g_source_attach (source, NULL);
}

BgcIoPool *
bgc_io_pool_new (const char *name, guint n_threads)
{
  BgcIoPool *self = g_new0 (BgcIoPool, 1);

  self->name = name;
  /* Not exclusive: cannot fail. */
  self->threads = g_thread_pool_new (run, self, (int) n_threads, FALSE, NULL);

  return self;
}

void
bgc_io_pool_free (BgcIoPool *self)
{
  g_thread_pool_free (self->threads, FALSE, TRUE);
  g_free (self);
}

void
bgc_io_pool_run (BgcIoPool *self, GFunc work, GFunc done, gpointer data)
{
  Item *item = g_new (Item, 1);

  *item = (Item) { self, work, done, data };
  g_thread_pool_push (self->threads, item, NULL);
}
