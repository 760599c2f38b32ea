/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "transfer/bgc-call-watch.h"

#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

/* Milliseconds between two looks: a call ends that late at most. */
#define INTERVAL 250u

struct _BgcCallWatch
{
  GMutex lock;
  guint timer; /* GSource id, of the main thread */
  /* under the lock: */
  GCancellable *call;   /* (owned) (nullable) under way */
  gboolean with_grace;  /* it may be answered when it is to stop */
  gboolean all_or_nothing; /* of its body the peer is to get the rest, or no more when it is to stop */
  gint64 limit;         /* microseconds from one movement to the next */
  gint64 deadline;      /* monotonic, microseconds */
  gboolean timed_out;   /* that call was cancelled for its time */
  gint64 stop_deadline; /* monotonic, microseconds; 0 = not stopped */
  GSocket *socket;      /* (owned) (nullable) */
  int queued;           /* bytes that the kernel held for it when one last looked */
};

/* With the lock held. What the kernel holds of a slow connection takes long to go. */
static gboolean
has_drained (BgcCallWatch *self)
{
  int before = self->queued;

  self->queued = 0;
  if (self->socket == NULL || g_socket_is_closed (self->socket)
      || ioctl (g_socket_get_fd (self->socket), SIOCOUTQ, &self->queued) != 0)
    return FALSE;
  return self->queued < before;
}

static gboolean
on_timer (gpointer data)
{
  BgcCallWatch *self = data;
  g_autoptr (GCancellable) late = NULL;
  gint64 now = g_get_monotonic_time ();

  g_mutex_lock (&self->lock);
  if (self->call != NULL && has_drained (self))
    self->deadline = MAX (self->deadline, now + self->limit);
  if (self->call != NULL && now >= self->deadline)
    {
      self->timed_out = TRUE;
      late = g_object_ref (self->call);
    }
  else if (self->call != NULL && self->stop_deadline > 0 && now >= self->stop_deadline)
    late = g_object_ref (self->call);
  g_mutex_unlock (&self->lock);
  if (late != NULL)
    g_cancellable_cancel (late);
  return G_SOURCE_CONTINUE;
}

BgcCallWatch *
bgc_call_watch_new (void)
{
  BgcCallWatch *self = g_new0 (BgcCallWatch, 1);

  g_mutex_init (&self->lock);
  self->timer = g_timeout_add (INTERVAL, on_timer, self);
  g_source_set_name_by_id (self->timer, "bgc-call-watch");
  return self;
}

void
bgc_call_watch_free (BgcCallWatch *self)
{
  if (self == NULL)
    return;
  g_warn_if_fail (self->call == NULL);
  g_clear_handle_id (&self->timer, g_source_remove);
  g_clear_object (&self->socket);
  g_mutex_clear (&self->lock);
  g_free (self);
}

/* With the lock held. Closing would still send what the kernel holds, megabytes perhaps, and a whole file
 * would come to be after its job was cancelled. */
static void
drop_queued (BgcCallWatch *self)
{
  const struct linger none = { .l_onoff = 1, .l_linger = 0 };

  if (self->all_or_nothing && self->socket != NULL && !g_socket_is_closed (self->socket))
    setsockopt (g_socket_get_fd (self->socket), SOL_SOCKET, SO_LINGER, &none, sizeof none);
}

void
bgc_call_watch_stop (BgcCallWatch *self)
{
  g_autoptr (GCancellable) call = NULL;

  g_mutex_lock (&self->lock);
  if (self->stop_deadline == 0)
    self->stop_deadline = g_get_monotonic_time () + BGC_CALL_WATCH_GRACE * G_USEC_PER_SEC;
  if (self->call != NULL && !self->with_grace)
    {
      drop_queued (self);
      call = g_object_ref (self->call);
    }
  g_mutex_unlock (&self->lock);
  if (call != NULL)
    g_cancellable_cancel (call);
}

gboolean
bgc_call_watch_is_stopped (BgcCallWatch *self)
{
  gboolean stopped;

  g_mutex_lock (&self->lock);
  stopped = self->stop_deadline > 0;
  g_mutex_unlock (&self->lock);
  return stopped;
}

GCancellable *
bgc_call_watch_begin (BgcCallWatch *self, guint seconds, gboolean with_grace)
{
  GCancellable *call = NULL;

  g_mutex_lock (&self->lock);
  if (self->stop_deadline == 0)
    {
      call = g_cancellable_new ();
      self->call = g_object_ref (call);
      self->with_grace = with_grace;
      self->all_or_nothing = FALSE;
      self->timed_out = FALSE;
      self->limit = seconds * G_USEC_PER_SEC;
      self->deadline = g_get_monotonic_time () + self->limit;
    }
  g_mutex_unlock (&self->lock);
  return call;
}

void
bgc_call_watch_set_all_or_nothing (BgcCallWatch *self)
{
  g_mutex_lock (&self->lock);
  self->all_or_nothing = TRUE;
  g_mutex_unlock (&self->lock);
}

void
bgc_call_watch_beat (BgcCallWatch *self, guint seconds)
{
  g_mutex_lock (&self->lock);
  self->limit = seconds * G_USEC_PER_SEC;
  self->deadline = g_get_monotonic_time () + self->limit;
  g_mutex_unlock (&self->lock);
}

void
bgc_call_watch_set_socket (BgcCallWatch *self, GSocket *socket)
{
  g_mutex_lock (&self->lock);
  g_set_object (&self->socket, socket);
  self->queued = 0;
  g_mutex_unlock (&self->lock);
}

void
bgc_call_watch_stop_reading (BgcCallWatch *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  if (self->socket != NULL)
    g_socket_shutdown (self->socket, TRUE, FALSE, NULL);
}

gboolean
bgc_call_watch_end (BgcCallWatch *self)
{
  gboolean timed_out;

  g_mutex_lock (&self->lock);
  g_clear_object (&self->call);
  timed_out = self->timed_out;
  g_mutex_unlock (&self->lock);
  return timed_out;
}

void
bgc_call_watch_forget (BgcCallWatch *self)
{
  g_mutex_lock (&self->lock);
  g_clear_object (&self->socket);
  g_mutex_unlock (&self->lock);
}
