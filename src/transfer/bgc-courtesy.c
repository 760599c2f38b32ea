/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "transfer/bgc-courtesy.h"

#include <errno.h>

#include <libsoup/soup.h>

#include "transfer/bgc-tcp-socket.h"

/* Milliseconds between looks at the sockets: the control takes one sample a round trip, and no path of
 * under 10 ms is sampled faster. Also while nothing moves: with the first bytes that do, the kernel may open
 * the window as it likes until the next look, and waiting for them in poll() would keep a connection open
 * that its owner closes meanwhile. A look takes a few microseconds a connection. */
#define TICK 5u

struct _BgcCourtesy
{
  gboolean loopback;
  guint mark;         /* atomic */
  gint told_mark;     /* atomic: that it is refused */
  GMutex lock; /* over the following */
  BgcCourtesyPaths paths;
  guint tick; /* source id, 0 = none */
};

/* What a session's connections are to be. */
typedef struct
{
  BgcCourtesy *courtesy; /* (owned) */
  BgcPriority priority;
  BgcCourtesyWay way;
} Watch;

BgcCourtesy *
bgc_courtesy_new (gboolean loopback)
{
  BgcCourtesy *self = g_atomic_rc_box_new0 (BgcCourtesy);

  self->loopback = loopback;
  g_mutex_init (&self->lock);
  bgc_courtesy_paths_init (&self->paths);
  return self;
}

static void
clear (BgcCourtesy *self)
{
  bgc_courtesy_paths_clear (&self->paths);
  g_mutex_clear (&self->lock);
}

BgcCourtesy *
bgc_courtesy_ref (BgcCourtesy *self)
{
  return g_atomic_rc_box_acquire (self);
}

void
bgc_courtesy_unref (BgcCourtesy *self)
{
  if (self != NULL)
    g_atomic_rc_box_release_full (self, (GDestroyNotify)clear);
}

static gboolean
on_tick (gpointer data)
{
  BgcCourtesy *self = data;
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  if (bgc_courtesy_paths_look (&self->paths, g_get_monotonic_time ()))
    return G_SOURCE_CONTINUE;
  self->tick = 0;
  return G_SOURCE_REMOVE;
}

/* ---- finding them, on whatever thread ----------------------------------------------------------- */

/* (transfer none) (nullable) */
static GInetAddress *
inet_of (GSocketAddress *address)
{
  if (address == NULL || !G_IS_INET_SOCKET_ADDRESS (address))
    return NULL;
  return g_inet_socket_address_get_address (G_INET_SOCKET_ADDRESS (address));
}

/* (transfer full) (nullable): not for us. While it connects too, it is the one that is being tried. A peer at
 * an address of this machine's own is within it too, which shows only once connected. */
static GInetAddress *
find_peer (BgcCourtesy *self, GSocketConnection *stream)
{
  g_autoptr (GSocketAddress) remote = g_socket_connection_get_remote_address (stream, NULL);
  g_autoptr (GSocketAddress) local = g_socket_connection_get_local_address (stream, NULL);
  GInetAddress *peer = inet_of (remote);
  GInetAddress *own = inet_of (local);

  if (peer == NULL)
    return NULL;
  if (!self->loopback
      && (g_inet_address_get_is_loopback (peer) || (own != NULL && g_inet_address_equal (own, peer))))
    return NULL;
  return g_object_ref (peer);
}

/* With the lock held. */
static void
start_looking (BgcCourtesy *self)
{
  if (self->tick != 0)
    return;
  self->tick = g_timeout_add_full (G_PRIORITY_HIGH, TICK, on_tick, bgc_courtesy_ref (self),
                                   (GDestroyNotify)bgc_courtesy_unref);
  g_source_set_name_by_id (self->tick, "bgc-courtesy-tick");
}

static void
adopt (const Watch *watch, GSocket *socket, GInetAddress *peer)
{
  BgcCourtesy *self = watch->courtesy;
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  bgc_courtesy_paths_adopt (&self->paths, socket, peer, watch->priority, watch->way);
  start_looking (self);
}

static void
set_mark (BgcCourtesy *self, GSocket *socket)
{
  guint mark = g_atomic_int_get (&self->mark);

  if (mark != 0 && !bgc_tcp_socket_set_mark (g_socket_get_fd (socket), mark)
      && g_atomic_int_exchange (&self->told_mark, 1) == 0)
    g_warning ("SocketMark has no effect, bgcopyd.conf(5) tells how to allow it: %s", g_strerror (errno));
}

static void
on_network_event (SoupMessage *message, GSocketClientEvent event, GIOStream *stream, gpointer data)
{
  const Watch *watch = data;
  g_autoptr (GInetAddress) peer = NULL;
  GSocket *socket;

  if (!G_IS_SOCKET_CONNECTION (stream))
    return;
  if (event != G_SOCKET_CLIENT_CONNECTING && event != G_SOCKET_CLIENT_CONNECTED)
    return;
  peer = find_peer (watch->courtesy, G_SOCKET_CONNECTION (stream));
  if (peer == NULL)
    return;
  socket = g_socket_connection_get_socket (G_SOCKET_CONNECTION (stream));
  if (event == G_SOCKET_CLIENT_CONNECTING)
    {
      bgc_courtesy_paths_prepare (socket, watch->way);
      set_mark (watch->courtesy, socket);
    }
  else
    adopt (watch, socket, peer);
}

static void
watch_clear (Watch *watch)
{
  bgc_courtesy_unref (watch->courtesy);
}

static void
on_watch_gone (gpointer data, GClosure *closure)
{
  g_atomic_rc_box_release_full (data, (GDestroyNotify)watch_clear);
}

static void
on_request_queued (SoupSession *soup, SoupMessage *message, gpointer data)
{
  g_signal_connect_data (message, "network-event", G_CALLBACK (on_network_event),
                         g_atomic_rc_box_acquire (data), on_watch_gone, 0);
}

void
bgc_courtesy_set_mark (BgcCourtesy *self, guint32 mark)
{
  g_atomic_int_set (&self->mark, mark);
}

void
bgc_courtesy_watch (BgcCourtesy *self, SoupSession *soup, BgcPriority priority, BgcCourtesyWay way)
{
  Watch *watch;

  if (self == NULL || priority == BGC_PRIORITY_FOREGROUND)
    return;
  watch = g_atomic_rc_box_new0 (Watch);
  watch->courtesy = bgc_courtesy_ref (self);
  watch->priority = priority;
  watch->way = way;
  g_signal_connect_data (soup, "request-queued", G_CALLBACK (on_request_queued), watch, on_watch_gone, 0);
}

void
bgc_courtesy_share (BgcCourtesy *self, int own, const int *others, guint n_others)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  if (!bgc_shared_counters_use (self->paths.shared, own, others, n_others))
    g_warning ("What background transfers carry cannot be told to those of others");
}

guint64
bgc_courtesy_window (BgcCourtesy *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return bgc_courtesy_paths_window (&self->paths);
}

BgcYield
bgc_courtesy_yields_to (BgcCourtesy *self, BgcPriority priority, BgcCourtesyWay way)
{
  g_autoptr (GMutexLocker) locker = NULL;

  if (self == NULL || priority == BGC_PRIORITY_FOREGROUND)
    return BGC_YIELD_NOBODY;
  locker = g_mutex_locker_new (&self->lock);
  return bgc_courtesy_paths_yield_to (&self->paths, priority, way, g_get_monotonic_time ());
}
