/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "workers/bgc-launcher-door.h"

#include <sys/socket.h>

/* Pause after accept() failed, which it does for want of descriptors or memory: others give some back
 * meanwhile, and who wants in waits in the backlog. */
#define PAUSE G_USEC_PER_SEC

struct _BgcLauncherDoor
{
  guint references;          /* the owner's, and one for an accept under way */
  GSocketListener *listener; /* (owned) */
  GCancellable *cancellable; /* (owned) for the door's life */
  BgcClock *clock;           /* (owned) */
  guint64 alarm;             /* the pause, 0 = none */
  BgcLauncherDoorFunc function;
  gpointer data; /* borrowed */
};

static void
accept_next (BgcLauncherDoor *self);

static void
door_unref (BgcLauncherDoor *self)
{
  if (--self->references > 0)
    return;
  g_clear_object (&self->listener);
  g_clear_object (&self->cancellable);
  g_clear_object (&self->clock);
  g_free (self);
}

static void
on_pause_over (gpointer data)
{
  BgcLauncherDoor *self = data;

  self->alarm = 0;
  accept_next (self);
}

static void
admit (BgcLauncherDoor *self, GSocketConnection *connection)
{
  struct ucred peer;
  socklen_t size = sizeof peer;
  int fd = g_socket_get_fd (g_socket_connection_get_socket (connection));

  if (getsockopt (fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && peer.pid > 0)
    self->function (connection, peer.uid, (guint32) peer.pid, self->data);
}

static void
on_accepted (GObject *source, GAsyncResult *result, gpointer data)
{
  BgcLauncherDoor *self = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GSocketConnection) connection
    = g_socket_listener_accept_finish (G_SOCKET_LISTENER (source), result, NULL, &error);

  if (g_cancellable_is_cancelled (self->cancellable))
    {
      door_unref (self);
      return;
    }
  if (connection != NULL)
    {
      admit (self, connection);
      if (!g_cancellable_is_cancelled (self->cancellable))
        accept_next (self);
    }
  else
    {
      g_warning ("Workers cannot be heard for a while: %s", error->message);
      self->alarm = bgc_clock_set_alarm (self->clock, bgc_clock_boot (self->clock) + PAUSE, "worker door",
                                         on_pause_over, self);
    }
  door_unref (self);
}

static void
accept_next (BgcLauncherDoor *self)
{
  self->references++;
  g_socket_listener_accept_async (self->listener, self->cancellable, on_accepted, self);
}

BgcLauncherDoor *
bgc_launcher_door_new (GSocket *listening, BgcClock *clock, BgcLauncherDoorFunc function, gpointer data)
{
  BgcLauncherDoor *self = g_new0 (BgcLauncherDoor, 1);

  self->references = 1;
  self->listener = g_socket_listener_new ();
  self->cancellable = g_cancellable_new ();
  self->clock = g_object_ref (clock);
  self->function = function;
  self->data = data;
  /* Fails for a socket that does not listen, which is a mistake of the caller's. */
  if (g_socket_listener_add_socket (self->listener, listening, NULL, NULL))
    accept_next (self);
  else
    g_critical ("The socket for workers does not listen");
  return self;
}

void
bgc_launcher_door_free (BgcLauncherDoor *self)
{
  g_cancellable_cancel (self->cancellable);
  bgc_clock_clear_alarm (self->clock, &self->alarm);
  g_socket_listener_close (self->listener);
  door_unref (self);
}
