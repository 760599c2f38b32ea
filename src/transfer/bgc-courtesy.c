/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "transfer/bgc-courtesy.h"

#include <libsoup/soup.h>

#include "transfer/bgc-delay-control.h"
#include "transfer/bgc-foreign-traffic.h"
#include "transfer/bgc-tcp-socket.h"

/* Milliseconds between looks at the sockets: the control takes one sample a round trip, and no path of
 * under 10 ms is sampled faster. */
#define TICK 5u
/* Bytes. The kernel announces its whole buffer when it connects, and takes no credit back: it begins
 * small. Later it is as large as net.core.rmem_max lets it be. */
#define RECEIVE_BUFFER_FIRST (G_GUINT64_CONSTANT (32) << 10)
#define RECEIVE_BUFFER       (G_GUINT64_CONSTANT (16) << 20)
/* Bytes that may wait in the kernel unsent: what is there can be held back, but not given to others. */
#define UNSENT_BYTES (64u << 10)
/* Bytes of a full segment until the kernel has seen one, and between what it may really have. */
#define SEGMENT_DEFAULT 1448u
#define SEGMENT_LEAST   536u
#define SEGMENT_MOST    9000u
/* Segments of a window that flows: with fewer each one waits for a delayed acknowledgement, and that is
 * the trickle which a loaded path still gets. */
#define FLOWING_SEGMENTS 2u
/* Segments in a round trip that a loaded path still gets of what is sent: with fewer the peer's delayed
 * acknowledgements look like a queue that never ends. */
#define SENDING_FLOOR 4u
/* Microseconds after which a connection on which nothing moves no longer counts among those that share. */
#define IDLE_TIME (500 * G_TIME_SPAN_MILLISECOND)

/* Microseconds that a peer may wait before it acknowledges a segment that stays alone. */
#define DELAYED_TIME (40 * G_TIME_SPAN_MILLISECOND)
/* Microseconds, of a path that has not been measured. */
#define ROUND_TRIP_DEFAULT 100000u

/* Microseconds of queue that jobs of a priority leave others at most. */
static const guint32 targets[BGC_N_PRIORITIES] = {
  [BGC_PRIORITY_FOREGROUND] = 0,
  [BGC_PRIORITY_HIGH] = 10000,
  [BGC_PRIORITY_NORMAL] = 5000,
  [BGC_PRIORITY_LOW] = 3000,
};

typedef struct
{
  char *peer; /* (owned) address; what connections share a budget by, as the next two */
  BgcPriority priority;
  BgcCourtesyWay way;
  BgcDelayControl control;
  BgcForeignTraffic *traffic; /* (owned) (nullable) of the interface that leads there */
  guint connections;
  guint32 latest; /* microseconds: the last round trip seen; 0 = none yet */
  /* Of this tick: */
  guint active;       /* connections on which something moves */
  guint32 round_trip; /* microseconds, the lowest; 0 = none */
  guint64 moved;      /* bytes */
  guint64 carried;    /* bytes with headers */
} Path;

typedef struct
{
  GSocket *socket; /* (owned) whoever it is of closes it */
  Path *path;      /* (borrowed) */
  guint64 moved;   /* bytes, as last seen */
  gint64 last;     /* when they did, monotonic microseconds */
  guint32 least;   /* microseconds, as last seen: only a change is news */
  guint64 carried; /* bytes with headers, as last seen */
  guint64 set;     /* bytes or bytes a second, as the kernel was told */
} Connection;

struct _BgcCourtesy
{
  gboolean loopback;
  GMutex lock;            /* over the following */
  guint64 buffer;         /* bytes that the kernel gives for receiving */
  GPtrArray *paths;       /* (owned) (element-type Path) */
  GPtrArray *connections; /* (owned) (element-type Connection) */
  guint tick;             /* source id, 0 = none */
  gboolean told;          /* that the kernel lacks something */
};

/* What a session's connections are to be. */
typedef struct
{
  BgcCourtesy *courtesy; /* (owned) */
  BgcPriority priority;
  BgcCourtesyWay way;
} Watch;

static void
path_free (Path *path)
{
  bgc_foreign_traffic_free (path->traffic);
  g_free (path->peer);
  g_free (path);
}

static void
connection_free (Connection *connection)
{
  connection->path->connections--;
  g_object_unref (connection->socket);
  g_free (connection);
}

BgcCourtesy *
bgc_courtesy_new (gboolean loopback)
{
  BgcCourtesy *self = g_atomic_rc_box_new0 (BgcCourtesy);

  self->loopback = loopback;
  g_mutex_init (&self->lock);
  self->paths = g_ptr_array_new_with_free_func ((GDestroyNotify)path_free);
  self->connections = g_ptr_array_new_with_free_func ((GDestroyNotify)connection_free);
  return self;
}

static void
clear (BgcCourtesy *self)
{
  g_ptr_array_unref (self->connections);
  g_ptr_array_unref (self->paths);
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

/* With the lock held. */
static void
tell_missing (BgcCourtesy *self)
{
  if (!self->told)
    g_warning ("This kernel cannot keep background transfers behind others: they run as ordinary TCP");
  self->told = TRUE;
}

/* ---- what the kernel is told, with the lock held ------------------------------------------------ */

/* Bytes a second that give @window in a round trip. With the queue in it: a rate then gives way to a queue
 * as a window does. */
static guint64
rate_of (const Path *path, guint64 window)
{
  return window * G_USEC_PER_SEC / (path->latest != 0 ? path->latest : ROUND_TRIP_DEFAULT);
}

static void
set_share (BgcCourtesy *self, Connection *connection, guint64 share)
{
  const Path *path = connection->path;
  gboolean known;

  if (path->way == BGC_COURTESY_SENDING)
    share = rate_of (path, share);
  if (path->way == BGC_COURTESY_SENDING && share == connection->set)
    return;
  /* A clamp is said again and again: the kernel puts its own in its place whenever it has learnt how much
   * memory segments take. */
  known = path->way == BGC_COURTESY_SENDING ? bgc_tcp_socket_pace (connection->socket, share)
                                            : bgc_tcp_socket_clamp_window (connection->socket, share);
  if (!known && !g_socket_is_closed (connection->socket))
    tell_missing (self);
  connection->set = share;
}

/* Gives each connection its part. Where the parts were too small to flow, some flow and the others
 * trickle, as do those on which nothing moves, until something does. */
static void
settle_shares (BgcCourtesy *self, Path *path, gint64 now)
{
  guint64 window = bgc_delay_control_window (&path->control);
  guint64 segment = path->control.settings.segment;
  guint flowing = (guint)MIN (window / (segment * FLOWING_SEGMENTS), path->active);
  guint given = 0;

  for (guint i = 0; i < self->connections->len; i++)
    {
      Connection *connection = g_ptr_array_index (self->connections, i);
      gboolean active = now - connection->last < IDLE_TIME;

      if (connection->path != path)
        continue;
      if (active && given < flowing)
        {
          set_share (self, connection, window / flowing);
          given++;
        }
      else
        set_share (self, connection, active ? segment : segment * FLOWING_SEGMENTS);
    }
}

/* ---- looking at the sockets, with the lock held ------------------------------------------------- */

/* A peer acknowledges every second segment, or one that stays alone after a while: at a low rate the wait
 * for it is no queue. */
static guint32
without_gap (const Connection *connection, const BgcTcpState *state)
{
  guint64 gap = connection->set == 0 ? 0 : 2 * SEGMENT_DEFAULT * G_USEC_PER_SEC / connection->set;
  guint32 least = MIN (state->least_round_trip, state->round_trip);

  return (guint32)MAX (least, (gint64)state->round_trip - (gint64)MIN (gap, DELAYED_TIME));
}

static void
look (Connection *connection, gint64 now)
{
  Path *path = connection->path;
  gboolean sending = path->way == BGC_COURTESY_SENDING;
  guint32 round_trip;
  guint64 moved, carried;
  BgcTcpState state;

  if (!bgc_tcp_socket_read (connection->socket, &state))
    return;
  moved = sending ? state.acknowledged : state.received;
  round_trip = sending ? without_gap (connection, &state) : state.data_round_trip;
  carried = sending ? state.carried_out : state.carried_in;
  path->carried += carried - connection->carried;
  connection->carried = carried;
  if (state.least_round_trip != connection->least)
    {
      connection->least = state.least_round_trip;
      bgc_delay_control_sample_empty (&path->control, now, state.least_round_trip);
    }
  if (moved != connection->moved)
    {
      path->moved += moved - connection->moved;
      connection->moved = moved;
      connection->last = now;
      if (state.segment >= SEGMENT_LEAST && state.segment <= SEGMENT_MOST && !sending)
        path->control.settings.segment = state.segment;
      if (round_trip != 0 && (path->round_trip == 0 || round_trip < path->round_trip))
        path->round_trip = round_trip;
    }
  if (now - connection->last < IDLE_TIME)
    path->active++;
}

/* All paths over an interface are looked at alike: what one carries is not foreign to the others. */
static gboolean
is_disturbed (BgcCourtesy *self, Path *path, gint64 now)
{
  if (path->traffic == NULL)
    return FALSE;
  for (guint i = 0; i < self->paths->len; i++)
    {
      const Path *other = g_ptr_array_index (self->paths, i);

      if (other->way == path->way)
        bgc_foreign_traffic_add (path->traffic, other->carried);
    }
  return bgc_foreign_traffic_look (path->traffic, now);
}

static gboolean
look_at_all (BgcCourtesy *self)
{
  gint64 now = g_get_monotonic_time ();

  for (guint i = self->connections->len; i-- > 0;)
    {
      Connection *connection = g_ptr_array_index (self->connections, i);

      /* Its owner may close it on another thread right after. The number may then be another
       * connection's, which at worst is slow for a moment. */
      if (g_socket_is_closed (connection->socket))
        g_ptr_array_remove_index_fast (self->connections, i);
      else
        look (connection, now);
    }
  for (guint i = 0; i < self->paths->len; i++)
    {
      Path *path = g_ptr_array_index (self->paths, i);

      if (is_disturbed (self, path, now))
        bgc_delay_control_step_aside (&path->control, now);
    }
  for (guint i = self->paths->len; i-- > 0;)
    {
      Path *path = g_ptr_array_index (self->paths, i);

      if (path->round_trip != 0)
        path->latest = path->round_trip;
      if (path->moved > 0)
        bgc_delay_control_sample (&path->control, now, path->round_trip, path->moved);
      settle_shares (self, path, now);
      path->round_trip = 0;
      path->moved = path->carried = 0;
      path->active = 0;
      if (path->connections == 0)
        g_ptr_array_remove_index_fast (self->paths, i);
    }
  return self->connections->len > 0;
}

static gboolean
on_tick (gpointer data)
{
  BgcCourtesy *self = data;
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  if (look_at_all (self))
    return G_SOURCE_CONTINUE;
  self->tick = 0;
  return G_SOURCE_REMOVE;
}

/* ---- finding them, on whatever thread ----------------------------------------------------------- */

/* (transfer full) (nullable): not for us. While it connects too, it is the one that is being tried. */
static GInetAddress *
find_peer (BgcCourtesy *self, GSocketConnection *stream)
{
  g_autoptr (GSocketAddress) address = g_socket_connection_get_remote_address (stream, NULL);
  GInetAddress *peer;

  if (address == NULL || !G_IS_INET_SOCKET_ADDRESS (address))
    return NULL;
  peer = g_inet_socket_address_get_address (G_INET_SOCKET_ADDRESS (address));
  return !self->loopback && g_inet_address_get_is_loopback (peer) ? NULL : g_object_ref (peer);
}

/* With the lock held. */
static Path *
find_path (BgcCourtesy *self, const Watch *watch, const char *peer, GSocket *socket)
{
  g_autoptr (GSocketAddress) local = NULL;
  BgcDelayControlSettings settings = { .target = targets[watch->priority],
                                       .segment = SEGMENT_DEFAULT,
                                       .floor = watch->way == BGC_COURTESY_SENDING
                                                  ? SENDING_FLOOR * SEGMENT_DEFAULT
                                                  : SEGMENT_DEFAULT,
                                       .ceiling = watch->way == BGC_COURTESY_SENDING ? RECEIVE_BUFFER
                                                                                     : self->buffer };
  Path *path;

  for (guint i = 0; i < self->paths->len; i++)
    {
      path = g_ptr_array_index (self->paths, i);
      if (path->priority == watch->priority && path->way == watch->way && g_str_equal (path->peer, peer))
        return path;
    }
  path = g_new0 (Path, 1);
  path->peer = g_strdup (peer);
  path->priority = watch->priority;
  path->way = watch->way;
  bgc_delay_control_init (&path->control, &settings);
  local = g_socket_get_local_address (socket, NULL);
  if (local != NULL && G_IS_INET_SOCKET_ADDRESS (local))
    path->traffic = bgc_foreign_traffic_new (
      g_inet_socket_address_get_address (G_INET_SOCKET_ADDRESS (local)), watch->way == BGC_COURTESY_SENDING);
  g_ptr_array_add (self->paths, path);
  return path;
}

/* Before it connects. */
static void
prepare (BgcCourtesy *self, const Watch *watch, GSocket *socket)
{
  guint64 buffer = RECEIVE_BUFFER_FIRST;

  bgc_tcp_socket_mark_lower_effort (socket);
  if (watch->way == BGC_COURTESY_SENDING)
    {
      bgc_tcp_socket_set_low_priority (socket);
      bgc_tcp_socket_limit_unsent (socket, UNSENT_BYTES);
    }
  else
    bgc_tcp_socket_fix_receive_buffer (socket, &buffer);
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
adopt (BgcCourtesy *self, const Watch *watch, GSocket *socket, GInetAddress *peer)
{
  g_autofree char *name = g_inet_address_to_string (peer);
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  Connection *connection = g_new0 (Connection, 1);
  guint64 buffer = RECEIVE_BUFFER;
  BgcTcpState state;

  if (watch->way == BGC_COURTESY_RECEIVING && !bgc_tcp_socket_fix_receive_buffer (socket, &buffer))
    tell_missing (self);
  self->buffer = buffer;
  connection->socket = g_object_ref (socket);
  connection->path = find_path (self, watch, name, socket);
  connection->path->connections++;
  connection->last = g_get_monotonic_time ();
  if (bgc_tcp_socket_read (socket, &state))
    connection->path->latest = state.round_trip;
  g_ptr_array_add (self->connections, connection);
  /* The next tick shares anew; until then it has no more than others have. */
  set_share (self, connection,
             bgc_delay_control_window (&connection->path->control) / connection->path->connections);
  start_looking (self);
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
    prepare (watch->courtesy, watch, socket);
  else
    adopt (watch->courtesy, watch, socket, peer);
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

guint64
bgc_courtesy_window (BgcCourtesy *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  guint64 window = 0;

  for (guint i = 0; i < self->paths->len; i++)
    {
      const Path *path = g_ptr_array_index (self->paths, i);

      if (path->connections > 0)
        window = MAX (window, bgc_delay_control_window (&path->control));
    }
  return window;
}
