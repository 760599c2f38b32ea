/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "transfer/bgc-courtesy.h"

#include "transfer/bgc-delay-control.h"
#include "transfer/bgc-tcp-socket.h"

/* Milliseconds between looks at the sockets: the control takes one sample a round trip, and no path of
 * under 10 ms is sampled faster. */
#define TICK 5u
/* Bytes. The kernel announces its whole buffer when it connects, and takes no credit back: it begins
 * small. Later it is as large as net.core.rmem_max lets it be. */
#define RECEIVE_BUFFER_FIRST (G_GUINT64_CONSTANT (32) << 10)
#define RECEIVE_BUFFER (G_GUINT64_CONSTANT (16) << 20)
#define SEGMENT_DEFAULT 1448u
/* Segments of a window that flows: with fewer each one waits for a delayed acknowledgement, and that is
 * the trickle which a loaded path still gets. */
#define FLOWING_SEGMENTS 2u

/* Microseconds of queue that jobs of a priority leave others at most. */
static const guint32 targets[BGC_N_PRIORITIES] = {
  [BGC_PRIORITY_FOREGROUND] = 0,
  [BGC_PRIORITY_HIGH] = 10000,
  [BGC_PRIORITY_NORMAL] = 5000,
  [BGC_PRIORITY_LOW] = 3000,
};

typedef struct
{
  char *peer; /* (owned) address: what connections share a budget by */
  BgcDelayControl control;
  guint connections;
  guint32 sample; /* of this tick, microseconds; 0 = none */
} Path;

typedef struct
{
  GSocket *socket; /* (owned) */
  Path *path;      /* (borrowed) */
  guint64 received;
  guint32 least;   /* microseconds, as last seen: only a change is news */
  guint64 clamp;   /* bytes, as set */
} Connection;

struct _BgcCourtesy
{
  BgcPriority priority;
  guint64 buffer;         /* bytes that the kernel gave for receiving; 0 = not asked yet */
  GPtrArray *paths;       /* (owned) (element-type Path) */
  GPtrArray *connections; /* (owned) (element-type Connection) */
  guint tick;             /* source id, 0 = none */
  gboolean told;          /* that the kernel lacks something */
};

static void
path_free (Path *path)
{
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
bgc_courtesy_new (BgcPriority priority)
{
  BgcCourtesy *self = g_new0 (BgcCourtesy, 1);

  self->priority = priority;
  self->paths = g_ptr_array_new_with_free_func ((GDestroyNotify)path_free);
  self->connections = g_ptr_array_new_with_free_func ((GDestroyNotify)connection_free);

  return self;
}

void
bgc_courtesy_free (BgcCourtesy *self)
{
  if (self == NULL)
    return;
  g_clear_handle_id (&self->tick, g_source_remove);
  g_ptr_array_unref (self->connections);
  g_ptr_array_unref (self->paths);
  g_free (self);
}

static void
tell_missing (BgcCourtesy *self)
{
  if (!self->told)
    g_warning ("This kernel cannot keep background transfers behind others: they run as ordinary TCP");
  self->told = TRUE;
}

/* Gives each connection its part. Where the parts were too small to flow, some flow and the others
 * trickle. */
static void
settle_shares (BgcCourtesy *self, Path *path)
{
  guint64 window = bgc_delay_control_window (&path->control);
  guint64 least = (guint64)path->control.settings.segment * FLOWING_SEGMENTS;
  guint flowing = (guint)MIN (window / least, path->connections);
  guint given = 0;

  for (guint i = 0; i < self->connections->len; i++)
    {
      Connection *connection = g_ptr_array_index (self->connections, i);
      guint64 share;

      if (connection->path != path)
        continue;
      share = given < flowing ? window / flowing : path->control.settings.segment;
      given++;
      if (share == connection->clamp)
        continue;
      bgc_tcp_socket_clamp_window (connection->socket, share);
      connection->clamp = share;
    }
}

static void
sample (Connection *connection, gint64 now)
{
  Path *path = connection->path;
  BgcTcpState state;

  if (!bgc_tcp_socket_read (connection->socket, &state))
    return;
  if (state.least_round_trip != connection->least)
    {
      connection->least = state.least_round_trip;
      bgc_delay_control_sample_empty (&path->control, now, state.least_round_trip);
    }
  if (state.received == connection->received)
    return;
  connection->received = state.received;
  if (state.segment >= 536 && state.segment <= 9000)
    path->control.settings.segment = state.segment;
  if (state.data_round_trip != 0 && (path->sample == 0 || state.data_round_trip < path->sample))
    path->sample = state.data_round_trip;
}

static gboolean
on_tick (gpointer data)
{
  BgcCourtesy *self = data;
  gint64 now = g_get_monotonic_time ();

  for (guint i = self->connections->len; i-- > 0;)
    {
      Connection *connection = g_ptr_array_index (self->connections, i);

      if (g_socket_is_closed (connection->socket))
        g_ptr_array_remove_index_fast (self->connections, i);
      else
        sample (connection, now);
    }
  for (guint i = 0; i < self->paths->len; i++)
    {
      Path *path = g_ptr_array_index (self->paths, i);

      if (path->sample != 0)
        bgc_delay_control_sample (&path->control, now, path->sample);
      path->sample = 0;
      settle_shares (self, path);
    }
  if (self->connections->len > 0)
    return G_SOURCE_CONTINUE;
  self->tick = 0;
  return G_SOURCE_REMOVE;
}

static char *
name_peer (GSocket *socket)
{
  g_autoptr (GSocketAddress) address = g_socket_get_remote_address (socket, NULL);

  if (!G_IS_INET_SOCKET_ADDRESS (address))
    return g_strdup ("");
  return g_inet_address_to_string (g_inet_socket_address_get_address (G_INET_SOCKET_ADDRESS (address)));
}

static Path *
find_path (BgcCourtesy *self, const char *peer)
{
  BgcDelayControlSettings settings = { .target = targets[self->priority],
                                       .segment = SEGMENT_DEFAULT,
                                       .floor = SEGMENT_DEFAULT,
                                       .ceiling = self->buffer };
  Path *path;

  for (guint i = 0; i < self->paths->len; i++)
    {
      path = g_ptr_array_index (self->paths, i);
      if (g_str_equal (path->peer, peer))
        return path;
    }
  path = g_new0 (Path, 1);
  path->peer = g_strdup (peer);
  bgc_delay_control_init (&path->control, &settings);
  g_ptr_array_add (self->paths, path);
  return path;
}

static void
begin (BgcCourtesy *self, GSocket *socket)
{
  guint64 buffer = RECEIVE_BUFFER_FIRST;

  if (!bgc_tcp_socket_fix_receive_buffer (socket, &buffer))
    tell_missing (self);
  bgc_tcp_socket_mark_lower_effort (socket);
}

static void
adopt (BgcCourtesy *self, GSocket *socket)
{
  g_autofree char *peer = name_peer (socket);
  Connection *connection = g_new0 (Connection, 1);
  guint64 buffer = RECEIVE_BUFFER;

  if (!bgc_tcp_socket_fix_receive_buffer (socket, &buffer))
    tell_missing (self);
  self->buffer = buffer;
  connection->socket = g_object_ref (socket);
  connection->path = find_path (self, peer);
  connection->path->connections++;
  g_ptr_array_add (self->connections, connection);
  settle_shares (self, connection->path);
  if (self->tick == 0)
    {
      self->tick = g_timeout_add (TICK, on_tick, self);
      g_source_set_name_by_id (self->tick, "bgc-courtesy-tick");
    }
}

static void
on_network_event (SoupMessage *message, GSocketClientEvent event, GIOStream *stream, gpointer data)
{
  if (!G_IS_SOCKET_CONNECTION (stream))
    return;
  if (event == G_SOCKET_CLIENT_CONNECTING)
    begin (data, g_socket_connection_get_socket (G_SOCKET_CONNECTION (stream)));
  else if (event == G_SOCKET_CLIENT_CONNECTED)
    adopt (data, g_socket_connection_get_socket (G_SOCKET_CONNECTION (stream)));
}

void
bgc_courtesy_watch (BgcCourtesy *self, SoupMessage *message)
{
  g_signal_connect (message, "network-event", G_CALLBACK (on_network_event), self);
}

guint64
bgc_courtesy_window (BgcCourtesy *self)
{
  guint64 window = 0;

  for (guint i = 0; i < self->paths->len; i++)
    {
      const Path *path = g_ptr_array_index (self->paths, i);

      if (path->connections > 0)
        window = MAX (window, bgc_delay_control_window (&path->control));
    }
  return window;
}
