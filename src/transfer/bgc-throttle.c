/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "transfer/bgc-throttle.h"

/* Bytes that whoever waits on the main loop is taken to want: more than a slice of any rate. */
#define WANTED_BYTES (G_GUINT64_CONSTANT (1) << 20)

/* Microseconds that somebody is shown a job as held by its rate after it last was: at the lowest, a byte a
 * second, it is each second. */
#define HELD_SHOWN (2 * G_TIME_SPAN_SECOND)

/* Somebody on the main loop. */
typedef struct
{
  BgcThrottleFunc function;
  gpointer data; /* (borrowed) */
} Waiter;

struct _BgcThrottle
{
  gint limited;          /* atomic; FALSE: nothing below is looked at to take */
  GMutex lock;           /* over the next four */
  GCond changed;         /* the rate, or a cancellable of who blocks */
  BgcTokenBucket bucket;
  gint64 held;           /* when there were none for who wanted some, monotonic microseconds; 0 = never */
  GQueue waiters;        /* (element-type Waiter) (owned) in their order; main thread only, as the next */
  guint timer;           /* GSource id, 0 = none: for the first of them */
};

BgcThrottle *
bgc_throttle_new (guint64 rate)
{
  BgcThrottle *self = g_atomic_rc_box_new0 (BgcThrottle);

  g_mutex_init (&self->lock);
  g_cond_init (&self->changed);
  g_queue_init (&self->waiters);
  bgc_token_bucket_init (&self->bucket, rate, g_get_monotonic_time ());
  self->limited = rate != BGC_TOKEN_BUCKET_UNLIMITED;
  return self;
}

BgcThrottle *
bgc_throttle_ref (BgcThrottle *self)
{
  return self != NULL ? g_atomic_rc_box_acquire (self) : NULL;
}

static void
clear (BgcThrottle *self)
{
  g_warn_if_fail (g_queue_is_empty (&self->waiters));
  g_clear_handle_id (&self->timer, g_source_remove);
  g_queue_clear_full (&self->waiters, g_free);
  g_cond_clear (&self->changed);
  g_mutex_clear (&self->lock);
}

void
bgc_throttle_unref (BgcThrottle *self)
{
  if (self != NULL)
    g_atomic_rc_box_release_full (self, (GDestroyNotify)clear);
}

static gboolean
is_limited (BgcThrottle *self)
{
  return self != NULL && g_atomic_int_get (&self->limited) != 0;
}

/* With the lock held. */
static gsize
take (BgcThrottle *self, gsize wanted, gint64 *when)
{
  gint64 now = g_get_monotonic_time ();
  gsize taken = (gsize)bgc_token_bucket_take (&self->bucket, wanted, now, when);

  if (taken == 0)
    self->held = now;
  return taken;
}

gsize
bgc_throttle_take (BgcThrottle *self, gsize wanted)
{
  g_autoptr (GMutexLocker) locker = NULL;
  gint64 when;

  if (!is_limited (self))
    return wanted;
  locker = g_mutex_locker_new (&self->lock);
  return take (self, wanted, &when);
}

gboolean
bgc_throttle_holds (BgcThrottle *self)
{
  g_autoptr (GMutexLocker) locker = NULL;

  if (!is_limited (self))
    return FALSE;
  locker = g_mutex_locker_new (&self->lock);
  return self->held != 0 && g_get_monotonic_time () - self->held < HELD_SHOWN;
}

void
bgc_throttle_give_back (BgcThrottle *self, gsize bytes)
{
  g_autoptr (GMutexLocker) locker = NULL;

  if (bytes == 0 || !is_limited (self))
    return;
  locker = g_mutex_locker_new (&self->lock);
  bgc_token_bucket_give_back (&self->bucket, bytes);
}

/* ---- waiting on the main loop ------------------------------------------------------------------- */

static gboolean
on_timer (gpointer data);

/* When the first of those who wait may have something; in the past where it may now. */
static gint64
next_time (BgcThrottle *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  gint64 when;
  guint64 taken = bgc_token_bucket_take (&self->bucket, WANTED_BYTES, g_get_monotonic_time (), &when);

  bgc_token_bucket_give_back (&self->bucket, taken);
  return taken > 0 ? 0 : when;
}

static void
set_timer (BgcThrottle *self)
{
  g_autoptr (GSource) source = NULL;

  g_clear_handle_id (&self->timer, g_source_remove);
  if (g_queue_is_empty (&self->waiters))
    return;
  /* To the microsecond where the system can: a timeout of GLib's own is whole milliseconds. */
  source = g_timeout_source_new (0);
  g_source_set_static_name (source, "bgc-throttle");
  g_source_set_ready_time (source, next_time (self));
  g_source_set_callback (source, on_timer, self, NULL);
  self->timer = g_source_attach (source, NULL);
}

static gboolean
on_timer (gpointer data)
{
  BgcThrottle *self = data;
  g_autoptr (BgcThrottle) keeper = bgc_throttle_ref (self);
  g_autofree Waiter *waiter = NULL;

  self->timer = 0;
  if (next_time (self) == 0)
    waiter = g_queue_pop_head (&self->waiters);
  /* It waits again behind the others, where it wants more. */
  if (waiter != NULL)
    waiter->function (waiter->data);
  set_timer (self);
  return G_SOURCE_REMOVE;
}

void
bgc_throttle_await (BgcThrottle *self, BgcThrottleFunc function, gpointer data)
{
  Waiter *waiter = g_new0 (Waiter, 1);

  waiter->function = function;
  waiter->data = data;
  g_queue_push_tail (&self->waiters, waiter);
  if (self->timer == 0)
    set_timer (self);
}

void
bgc_throttle_forget (BgcThrottle *self, gpointer data)
{
  GList *next;

  if (self == NULL)
    return;
  for (GList *link = self->waiters.head; link != NULL; link = next)
    {
      Waiter *waiter = link->data;

      next = link->next;
      if (waiter->data != data)
        continue;
      g_free (waiter);
      g_queue_delete_link (&self->waiters, link);
    }
  if (g_queue_is_empty (&self->waiters))
    g_clear_handle_id (&self->timer, g_source_remove);
}

void
bgc_throttle_set_rate (BgcThrottle *self, guint64 rate)
{
  g_mutex_lock (&self->lock);
  bgc_token_bucket_set_rate (&self->bucket, rate, g_get_monotonic_time ());
  g_atomic_int_set (&self->limited, rate != BGC_TOKEN_BUCKET_UNLIMITED);
  g_cond_broadcast (&self->changed);
  g_mutex_unlock (&self->lock);
  set_timer (self);
}

/* ---- waiting elsewhere -------------------------------------------------------------------------- */

static void
on_cancelled (GCancellable *cancellable, BgcThrottle *self)
{
  g_mutex_lock (&self->lock);
  g_cond_broadcast (&self->changed);
  g_mutex_unlock (&self->lock);
}

static gsize
wait_for_tokens (BgcThrottle *self, gsize wanted, GCancellable *cancellable)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  gsize taken = 0;

  while (taken == 0 && !g_cancellable_is_cancelled (cancellable))
    {
      gint64 when;

      taken = take (self, wanted, &when);
      if (taken == 0)
        g_cond_wait_until (&self->changed, &self->lock, when);
    }
  return taken;
}

gsize
bgc_throttle_take_blocking (BgcThrottle *self, gsize wanted, GCancellable *cancellable)
{
  gsize taken = bgc_throttle_take (self, wanted);
  gulong handler;

  if (taken > 0)
    return taken;
  handler = cancellable == NULL
              ? 0
              : g_cancellable_connect (cancellable, G_CALLBACK (on_cancelled), self, NULL);
  taken = wait_for_tokens (self, wanted, cancellable);
  g_cancellable_disconnect (cancellable, handler);
  return taken;
}
