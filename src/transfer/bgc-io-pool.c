/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "transfer/bgc-io-pool.h"

/* Microseconds that may pass before somebody is told of what is not urgent. */
#define TELL_WAIT 4000

typedef struct
{
  BgcIoFunc work;
  BgcIoFunc done; /* (nullable) */
  gpointer data;  /* (borrowed) */
} Item;

struct _BgcIoLane
{
  BgcIoPool *pool;  /* (borrowed) */
  GQueue waiting;   /* (element-type Item) (owned) under the pool's lock */
  gboolean running; /* a thread works on it, or will */
  gboolean freed;   /* goes when it is empty */
};

struct _BgcIoPool
{
  GMutex lock;
  GCond cond;
  GQueue waiting;     /* (element-type Item) (owned) to be worked on */
  GQueue done;        /* (element-type Item) (owned) to be called on the main thread */
  GPtrArray *threads; /* (element-type GThread) */
  guint max_threads;
  guint idle; /* threads asleep */
  gboolean closing;
  gboolean due;    /* something in done must not wait */
  GSource *source; /* (owned) calls what is in done; one wake-up serves many */
};

static void
run_done (BgcIoPool *self)
{
  GQueue ready;

  g_mutex_lock (&self->lock);
  ready = self->done;
  g_queue_init (&self->done);
  self->due = FALSE;
  g_mutex_unlock (&self->lock);

  while (!g_queue_is_empty (&ready))
    {
      g_autofree Item *item = g_queue_pop_head (&ready);

      if (item->done != NULL)
        item->done (item->data);
    }
}

static gboolean
on_done (gpointer data)
{
  BgcIoPool *self = data;

  g_source_set_ready_time (self->source, -1);
  run_done (self);
  return G_SOURCE_CONTINUE;
}

static gboolean
dispatch (GSource *source, GSourceFunc callback, gpointer data)
{
  return callback (data);
}

static GSourceFuncs source_functions = { .dispatch = dispatch };

/* With the lock held. */
static void
push_done (BgcIoPool *self, Item *item, gboolean urgent)
{
  g_queue_push_tail (&self->done, item);
  if (urgent && !self->due)
    g_source_set_ready_time (self->source, 0);
  else if (self->done.length == 1)
    g_source_set_ready_time (self->source, g_get_monotonic_time () + TELL_WAIT);
  self->due = self->due || urgent;
}

/* With the lock held, before and after. */
static void
run_item (BgcIoPool *self, Item *item)
{
  g_mutex_unlock (&self->lock);
  item->work (item->data);
  g_mutex_lock (&self->lock);
  if (item->done == NULL)
    {
      g_free (item);
      return;
    }
  push_done (self, item, TRUE);
}

static gpointer
run_thread (gpointer data)
{
  BgcIoPool *self = data;

  g_mutex_lock (&self->lock);
  while (TRUE)
    {
      Item *item = g_queue_pop_head (&self->waiting);

      if (item == NULL && self->closing)
        break;
      if (item == NULL)
        {
          self->idle++;
          g_cond_wait (&self->cond, &self->lock);
          self->idle--;
          continue;
        }
      run_item (self, item);
    }
  g_mutex_unlock (&self->lock);
  return NULL;
}

BgcIoPool *
bgc_io_pool_new (guint threads)
{
  BgcIoPool *self = g_new0 (BgcIoPool, 1);

  g_mutex_init (&self->lock);
  g_cond_init (&self->cond);
  g_queue_init (&self->waiting);
  g_queue_init (&self->done);
  self->threads = g_ptr_array_new ();
  self->max_threads = threads;
  self->source = g_source_new (&source_functions, sizeof (GSource));
  g_source_set_static_name (self->source, "bgc-io-pool");
  g_source_set_callback (self->source, on_done, self, NULL);
  g_source_attach (self->source, NULL);
  return self;
}

void
bgc_io_pool_free (BgcIoPool *self)
{
  if (self == NULL)
    return;
  g_mutex_lock (&self->lock);
  self->closing = TRUE;
  g_cond_broadcast (&self->cond);
  g_mutex_unlock (&self->lock);
  for (guint i = 0; i < self->threads->len; i++)
    g_thread_join (g_ptr_array_index (self->threads, i));
  while (!g_queue_is_empty (&self->done))
    run_done (self);

  g_ptr_array_unref (self->threads);
  g_source_destroy (self->source);
  g_source_unref (self->source);
  g_cond_clear (&self->cond);
  g_mutex_clear (&self->lock);
  g_free (self);
}

static Item *
item_new (BgcIoFunc work, BgcIoFunc done, gpointer data)
{
  Item *item = g_new (Item, 1);

  item->work = work;
  item->done = done;
  item->data = data;
  return item;
}

/* With the lock held. */
static void
push_item (BgcIoPool *self, Item *item)
{
  /* The threads are going or gone. */
  if (self->closing)
    {
      run_item (self, item);
      return;
    }
  g_queue_push_tail (&self->waiting, item);
  if (self->idle > 0)
    g_cond_signal (&self->cond);
  else if (self->threads->len < self->max_threads)
    g_ptr_array_add (self->threads, g_thread_new ("bgc-io", run_thread, self));
}

void
bgc_io_pool_push (BgcIoPool *self, BgcIoFunc work, BgcIoFunc done, gpointer data)
{
  g_mutex_lock (&self->lock);
  push_item (self, item_new (work, done, data));
  g_mutex_unlock (&self->lock);
}

void
bgc_io_pool_tell (BgcIoPool *self, BgcIoFunc done, gpointer data)
{
  g_mutex_lock (&self->lock);
  push_done (self, item_new (NULL, done, data), FALSE);
  g_mutex_unlock (&self->lock);
}

BgcIoLane *
bgc_io_pool_lane_new (BgcIoPool *self)
{
  BgcIoLane *lane = g_new0 (BgcIoLane, 1);

  lane->pool = self;
  g_queue_init (&lane->waiting);
  return lane;
}

static void
run_lane (gpointer data)
{
  BgcIoLane *lane = data;
  BgcIoPool *self = lane->pool;
  Item *item;

  g_mutex_lock (&self->lock);
  while ((item = g_queue_pop_head (&lane->waiting)) != NULL)
    run_item (self, item);
  lane->running = FALSE;
  if (lane->freed)
    g_free (lane);
  g_mutex_unlock (&self->lock);
}

void
bgc_io_pool_lane_push (BgcIoLane *lane, BgcIoFunc work, BgcIoFunc done, gpointer data)
{
  BgcIoPool *self = lane->pool;

  g_mutex_lock (&self->lock);
  g_queue_push_tail (&lane->waiting, item_new (work, done, data));
  if (!lane->running)
    {
      lane->running = TRUE;
      push_item (self, item_new (run_lane, NULL, lane));
    }
  g_mutex_unlock (&self->lock);
}

void
bgc_io_pool_lane_free (BgcIoLane *lane)
{
  BgcIoPool *self;

  if (lane == NULL)
    return;
  self = lane->pool;
  g_mutex_lock (&self->lock);
  lane->freed = TRUE;
  if (!lane->running)
    g_free (lane);
  g_mutex_unlock (&self->lock);
}
