/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "transfer/bgc-buffer-pool.h"

/* Waiting readers are called only when so many are back, so that the loop wakes up for work worth it. */
#define WAKE_AT (BGC_BUFFER_COUNT / 4)

typedef struct
{
  BgcBufferFunc function;
  gpointer data; /* (borrowed) */
} Waiter;

struct _BgcBufferPool
{
  GMutex lock;
  BgcBuffer *free_list[BGC_BUFFER_COUNT]; /* (owned) the first n_free */
  guint n_free;
  guint n_made;    /* buffers that exist; the others are made when first needed */
  guint n_waiting; /* length of waiters, for the threads that give back */
  GQueue waiters;  /* (element-type Waiter) (owned) main thread only */
  GSource *source; /* (owned) calls the waiters */
};

static gboolean
on_available (gpointer data)
{
  BgcBufferPool *self = data;
  guint turns = g_queue_get_length (&self->waiters);

  g_source_set_ready_time (self->source, -1);
  /* One that finds none left waits again, behind the others. */
  while (turns-- > 0 && !g_queue_is_empty (&self->waiters))
    {
      g_autofree Waiter *waiter = g_queue_pop_head (&self->waiters);

      g_mutex_lock (&self->lock);
      self->n_waiting--;
      g_mutex_unlock (&self->lock);
      waiter->function (waiter->data);
    }
  return G_SOURCE_CONTINUE;
}

static gboolean
dispatch (GSource *source, GSourceFunc callback, gpointer data)
{
  return callback (data);
}

static GSourceFuncs source_functions = { .dispatch = dispatch };

BgcBufferPool *
bgc_buffer_pool_new (void)
{
  BgcBufferPool *self = g_new0 (BgcBufferPool, 1);

  g_mutex_init (&self->lock);
  g_queue_init (&self->waiters);
  self->source = g_source_new (&source_functions, sizeof (GSource));
  g_source_set_static_name (self->source, "bgc-buffer-pool");
  g_source_set_callback (self->source, on_available, self, NULL);
  g_source_attach (self->source, NULL);
  return self;
}

void
bgc_buffer_pool_free (BgcBufferPool *self)
{
  if (self == NULL)
    return;
  g_warn_if_fail (self->n_free == self->n_made);
  for (guint i = 0; i < self->n_free; i++)
    g_free (self->free_list[i]);
  g_source_destroy (self->source);
  g_source_unref (self->source);
  g_queue_clear_full (&self->waiters, g_free);
  g_mutex_clear (&self->lock);
  g_free (self);
}

void
bgc_buffer_pool_trim (BgcBufferPool *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  while (self->n_free > 0)
    {
      g_free (self->free_list[--self->n_free]);
      self->n_made--;
    }
}

BgcBuffer *
bgc_buffer_pool_take (BgcBufferPool *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  BgcBuffer *buffer;

  if (self->n_free > 0)
    buffer = self->free_list[--self->n_free];
  else if (self->n_made < BGC_BUFFER_COUNT)
    {
      self->n_made++;
      buffer = g_malloc (sizeof (BgcBuffer) + BGC_BUFFER_BYTES);
    }
  else
    return NULL;
  buffer->length = 0;
  return buffer;
}

void
bgc_buffer_pool_give (BgcBufferPool *self, BgcBuffer *buffer)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  self->free_list[self->n_free++] = buffer;
  if (self->n_waiting > 0 && self->n_free >= WAKE_AT)
    g_source_set_ready_time (self->source, 0);
}

gboolean
bgc_buffer_pool_is_low (BgcBufferPool *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return self->n_free + (BGC_BUFFER_COUNT - self->n_made) < BGC_BUFFER_COUNT / 2;
}

void
bgc_buffer_pool_wait (BgcBufferPool *self, BgcBufferFunc function, gpointer data)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  Waiter *waiter = g_new (Waiter, 1);

  waiter->function = function;
  waiter->data = data;
  g_queue_push_tail (&self->waiters, waiter);
  self->n_waiting++;
  if (self->n_free >= WAKE_AT)
    g_source_set_ready_time (self->source, 0);
}

void
bgc_buffer_pool_forget (BgcBufferPool *self, gpointer data)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  GList *link = self->waiters.head;

  while (link != NULL)
    {
      GList *next = link->next;
      Waiter *waiter = link->data;

      if (waiter->data == data)
        {
          g_queue_delete_link (&self->waiters, link);
          g_free (waiter);
          self->n_waiting--;
        }
      link = next;
    }
}
