/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "transfer/bgc-courtesy-paths.h"

#include <errno.h>
#include <unistd.h>

#include "transfer/bgc-delay-control.h"
#include "transfer/bgc-foreign-traffic.h"
#include "transfer/bgc-pacing-control.h"
#include "transfer/bgc-tcp-socket.h"

/* Bytes. What the kernel announces when it connects is credit that it never takes back: no more than a
 * sender begins with (RFC 6928). */
#define RECEIVE_BUFFER_FIRST (G_GUINT64_CONSTANT (16) << 10)
/* Bytes, later: 200 Mbit/s over 200 ms need 5 MB. */
#define RECEIVE_BUFFER (G_GUINT64_CONSTANT (16) << 20)
/* Bytes that may wait in the kernel unsent: what is there can be held back, but not given to others. */
#define UNSENT_BYTES (64u << 10)
/* Bytes of a full segment until the kernel has seen one, and between what it may really have. */
#define SEGMENT_DEFAULT 1448u
#define SEGMENT_LEAST   536u
#define SEGMENT_MOST    9000u
/* Segments of a window that flows: with fewer each one waits for a delayed acknowledgement, and that is
 * the trickle which a loaded path still gets. */
#define FLOWING_SEGMENTS 2u
/* Segments in a round trip that a loaded path still gets of what is sent, less on short ones: with fewer the
 * peer's delayed acknowledgements look like a queue that lasts, and more is felt where no queue makes round
 * trips longer. */
#define SENDING_FLOOR 3u
/* Microseconds after which a connection on which nothing moves no longer counts among those that share. */
#define IDLE_TIME (500 * G_TIME_SPAN_MILLISECOND)

/* Microseconds that a peer may wait before it acknowledges a segment that stays alone. */
#define DELAYED_TIME (40 * G_TIME_SPAN_MILLISECOND)
/* Round trips of which each is the last one's part of the smoothed (RFC 6298). */
#define SMOOTHED_SAMPLES 8
/* Microseconds, of a path that has not been measured. */
#define ROUND_TRIP_DEFAULT 100000u
/* Microseconds that somebody is shown a path as having made room for others, who come and go faster. */
#define ASIDE_SHOWN G_TIME_SPAN_SECOND

/* What is sent is seen in a smoothed round trip, with the peer's delayed acknowledgements. */
#define SENDING_FACTOR 2u

/* Microseconds of queue that jobs of a priority leave others at most, on a path of 20 ms: a round trip of
 * somebody else becomes so much longer. What is received is in whole milliseconds, so that less would be
 * noise; of several priorities on one path the one with the largest takes most. */
static const guint32 targets[BGC_N_PRIORITIES] = {
  [BGC_PRIORITY_FOREGROUND] = 0,
  [BGC_PRIORITY_HIGH] = 5000,
  [BGC_PRIORITY_NORMAL] = 2500,
  [BGC_PRIORITY_LOW] = 1500,
};

typedef struct
{
  char *peer; /* (owned) address; what connections share a budget by, as the next two */
  BgcPriority priority;
  BgcCourtesyWay way;
  BgcDelayControl control; /* of what is received */
  BgcPacingControl pacing; /* of what is sent */
  BgcForeignTraffic *traffic; /* (owned) (nullable) of the interface that leads there */
  guint connections;
  gint64 aside;   /* when it last made room for others, monotonic microseconds; 0 = never */
  guint32 latest; /* microseconds: the last round trip seen; 0 = none yet */
  /* Of this tick: */
  guint active;       /* connections on which something moves */
  guint32 round_trip; /* microseconds, the lowest; 0 = none */
  guint64 moved;      /* bytes */
  BgcSharedCount carried;
} Path;

typedef struct
{
  int number;      /* (borrowed) descriptor of whoever it is of, who closes it when he likes, on any thread */
  guint64 cookie;  /* what tells it from another that gets the number then */
  int held;        /* (owned) descriptor of our own while we look, else -1 */
  Path *path;      /* (borrowed) */
  BgcTcpArrivals arrived;
  guint64 acknowledged; /* bytes, as last seen */
  gint64 last;     /* when they did, monotonic microseconds */
  guint32 least;   /* microseconds, as last seen: only a change is news */
  guint32 smoothed; /* microseconds, as last seen; 0 = not yet */
  BgcSharedCount carried; /* as last seen */
  guint64 set;     /* bytes or bytes a second, as the kernel was told */
} Connection;

static void
path_free (Path *path)
{
  bgc_foreign_traffic_free (path->traffic);
  g_free (path->peer);
  g_free (path);
}

/* Our own descriptor keeps a connection open that its owner closes: for the peer it would end later than it
 * does, and take in what comes until then. So it is held for the microseconds of a look, and not from one to
 * the next. */
static void
let_go (Connection *connection)
{
  if (connection->held >= 0)
    close (connection->held);
  connection->held = -1;
}

static void
connection_free (Connection *connection)
{
  let_go (connection);
  connection->path->connections--;
  g_free (connection);
}

void
bgc_courtesy_paths_init (BgcCourtesyPaths *self)
{
  self->paths = g_ptr_array_new_with_free_func ((GDestroyNotify)path_free);
  self->connections = g_ptr_array_new_with_free_func ((GDestroyNotify)connection_free);
  self->shared = bgc_shared_counters_new ();
}

void
bgc_courtesy_paths_clear (BgcCourtesyPaths *self)
{
  g_ptr_array_unref (self->connections);
  g_ptr_array_unref (self->paths);
  bgc_shared_counters_free (self->shared);
}

static void
tell_missing (BgcCourtesyPaths *self)
{
  if (!self->told)
    g_warning ("This kernel cannot keep background transfers behind others: they run as ordinary TCP");
  self->told = TRUE;
}

/* ---- what the kernel is told --------------------------------------------------------------------- */

/* Bytes that the connections of a path may have under way. */
static guint64
window_of (const Path *path)
{
  guint32 round_trip = path->latest != 0 ? path->latest : ROUND_TRIP_DEFAULT;

  if (path->way == BGC_COURTESY_RECEIVING)
    return bgc_delay_control_window (&path->control);
  return MAX (bgc_pacing_control_rate (&path->pacing) * round_trip / G_USEC_PER_SEC, 1);
}

/* Bytes a second that give @window in a round trip. */
static guint64
rate_of (const Path *path, guint64 window)
{
  return window * G_USEC_PER_SEC / (path->latest != 0 ? path->latest : ROUND_TRIP_DEFAULT);
}

/* @fd: of @connection, and not closed meanwhile. */
static void
set_share (BgcCourtesyPaths *self, Connection *connection, int fd, guint64 share)
{
  const Path *path = connection->path;
  gboolean known;

  if (path->way == BGC_COURTESY_SENDING)
    share = MAX (rate_of (path, share), 1); /* none at all would be no bound */
  if (path->way == BGC_COURTESY_SENDING && share == connection->set)
    return;
  /* A clamp is said again and again: the kernel puts its own in its place whenever it has learnt how much
   * memory segments take. */
  known = path->way == BGC_COURTESY_SENDING ? bgc_tcp_socket_pace (fd, share)
                                            : bgc_tcp_socket_clamp_window (fd, share);
  if (!known)
    tell_missing (self);
  connection->set = share;
}

/* Gives each connection its part. Where the parts were too small to flow, some flow and the others
 * trickle, as do those on which nothing moves, until something does. */
static void
settle_shares (BgcCourtesyPaths *self, Path *path, gint64 now)
{
  guint64 window = window_of (path);
  guint64 segment = path->control.settings.segment;
  /* A rate is shared however small it is. */
  guint flowing = path->way == BGC_COURTESY_SENDING
                    ? path->active
                    : (guint)MIN (window / (segment * FLOWING_SEGMENTS), path->active);
  guint given = 0;

  for (guint i = 0; i < self->connections->len; i++)
    {
      Connection *connection = g_ptr_array_index (self->connections, i);
      gboolean active = now - connection->last < IDLE_TIME;

      if (connection->path != path || connection->held < 0)
        continue;
      if (active && given < flowing)
        {
          set_share (self, connection, connection->held, window / flowing);
          given++;
        }
      else
        set_share (self, connection, connection->held, active ? segment : segment * FLOWING_SEGMENTS);
    }
}

/* ---- looking at the sockets --------------------------------------------------------------------- */

/* The last round trip of what is sent, which the kernel shows smoothed: that can be undone where only one was
 * acknowledged since, as with two segments or fewer. A peer acknowledges every second one, or one that stays
 * alone after a while: at a low rate, ours or what the path makes of it, the wait for it is no queue. */
static guint32
sent_round_trip (const Connection *connection, const BgcTcpState *state, gint64 now)
{
  guint32 least = MIN (state->least_round_trip, state->round_trip);
  gint64 round_trip = state->round_trip;
  gint64 gap = connection->set == 0 ? 0 : (gint64)(2 * SEGMENT_DEFAULT * G_USEC_PER_SEC / connection->set);

  if (state->acknowledged - connection->acknowledged <= 2 * SEGMENT_DEFAULT)
    {
      if (connection->smoothed != 0)
        round_trip += (round_trip - connection->smoothed) * (SMOOTHED_SAMPLES - 1);
      gap = MAX (gap, now - connection->last);
    }
  return (guint32)CLAMP (round_trip - MIN (gap, DELAYED_TIME), least, G_MAXINT32);
}

static void
look (Connection *connection, gint64 now)
{
  Path *path = connection->path;
  gboolean sending = path->way == BGC_COURTESY_SENDING;
  guint32 round_trip;
  guint64 moved;
  BgcTcpState state;

  if (!bgc_tcp_socket_read (connection->held, &state))
    return;
  moved = sending ? state.acknowledged - connection->acknowledged
                  : bgc_tcp_socket_arrived (&connection->arrived, &state);
  round_trip = sending ? sent_round_trip (connection, &state, now) : state.data_round_trip;
  connection->acknowledged = state.acknowledged;
  connection->smoothed = state.round_trip;
  path->carried.received += state.carried_in - connection->carried.received;
  path->carried.sent += state.carried_out - connection->carried.sent;
  connection->carried = (BgcSharedCount){ state.carried_in, state.carried_out };
  if (state.least_round_trip != connection->least)
    {
      connection->least = state.least_round_trip;
      if (sending)
        bgc_pacing_control_sample_empty (&path->pacing, now, state.least_round_trip);
      else
        bgc_delay_control_sample_empty (&path->control, now, state.least_round_trip);
    }
  if (moved > 0)
    {
      path->moved += moved;
      connection->last = now;
      if (state.segment >= SEGMENT_LEAST && state.segment <= SEGMENT_MOST && !sending)
        path->control.settings.segment = state.segment;
      if (round_trip != 0 && (path->round_trip == 0 || round_trip < path->round_trip))
        path->round_trip = round_trip;
    }
  if (now - connection->last < IDLE_TIME)
    path->active++;
}

/* Right after the sockets were looked at: what others are told is as new as what they are compared with. */
static void
exchange_counts (BgcCourtesyPaths *self, gint64 now)
{
  for (guint i = 0; i < self->paths->len; i++)
    {
      const Path *path = g_ptr_array_index (self->paths, i);

      if (path->traffic != NULL)
        bgc_shared_counters_add (self->shared, bgc_foreign_traffic_interface (path->traffic), &path->carried);
    }
  bgc_shared_counters_look (self->shared, now);
}

/* What one path carries over an interface is not foreign to the others, nor is what other owners' background
 * connections do. */
static gboolean
is_disturbed (BgcCourtesyPaths *self, Path *path, gint64 now)
{
  gboolean sending = path->way == BGC_COURTESY_SENDING;
  gboolean heard, disturbed;
  guint interface;
  BgcSharedCount others;

  if (path->traffic == NULL)
    return FALSE;
  interface = bgc_foreign_traffic_interface (path->traffic);
  for (guint i = 0; i < self->paths->len; i++)
    {
      const Path *other = g_ptr_array_index (self->paths, i);

      if (other->traffic != NULL && bgc_foreign_traffic_interface (other->traffic) == interface)
        bgc_foreign_traffic_add (path->traffic, sending ? other->carried.sent : other->carried.received);
    }
  others = bgc_shared_counters_grown (self->shared, interface);
  heard = bgc_shared_counters_knows (self->shared, interface);
  if (bgc_shared_counters_others (self->shared) > 0 && heard)
    bgc_foreign_traffic_add_others (path->traffic, sending ? others.sent : others.received);
  disturbed = bgc_foreign_traffic_look (path->traffic, now);
  /* Where others are not heard of, it may be their background connections. */
  return disturbed && (heard || bgc_shared_counters_others (self->shared) == 0);
}

static void
look_at_all (BgcCourtesyPaths *self, gint64 now)
{
  for (guint i = self->connections->len; i-- > 0;)
    {
      Connection *connection = g_ptr_array_index (self->connections, i);

      connection->held = bgc_tcp_socket_hold (connection->number, connection->cookie);
      if (connection->held >= 0)
        look (connection, now);
      /* Else there are just too many descriptors. */
      else if (errno == EBADF)
        g_ptr_array_remove_index_fast (self->connections, i);
    }
}

gboolean
bgc_courtesy_paths_look (BgcCourtesyPaths *self, gint64 now)
{
  for (guint i = 0; i < self->paths->len; i++)
    bgc_foreign_traffic_count (((const Path *)g_ptr_array_index (self->paths, i))->traffic, now);
  look_at_all (self, now);
  exchange_counts (self, now);
  for (guint i = 0; i < self->paths->len; i++)
    {
      Path *path = g_ptr_array_index (self->paths, i);

      if (!is_disturbed (self, path, now))
        continue;
      if (path->way == BGC_COURTESY_SENDING)
        bgc_pacing_control_step_aside (&path->pacing, now);
      else
        bgc_delay_control_step_aside (&path->control, now);
      path->aside = now;
    }
  for (guint i = self->paths->len; i-- > 0;)
    {
      Path *path = g_ptr_array_index (self->paths, i);

      if (path->round_trip != 0)
        path->latest = path->round_trip;
      path->control.flows = path->active;
      if (path->moved > 0 && path->way == BGC_COURTESY_SENDING)
        bgc_pacing_control_sample (&path->pacing, now, path->round_trip, path->moved);
      else if (path->moved > 0)
        bgc_delay_control_sample (&path->control, now, path->round_trip, path->moved);
      settle_shares (self, path, now);
      path->round_trip = 0;
      path->moved = 0;
      path->carried = (BgcSharedCount){ 0, 0 };
      path->active = 0;
      if (path->connections == 0)
        g_ptr_array_remove_index_fast (self->paths, i);
    }
  g_ptr_array_foreach (self->connections, (GFunc)let_go, NULL);
  return self->connections->len > 0;
}

static Path *
find_path (BgcCourtesyPaths *self, GSocket *socket, const char *peer, BgcPriority priority,
           BgcCourtesyWay way, guint32 round_trip)
{
  g_autoptr (GSocketAddress) local = NULL;
  BgcDelayControlSettings settings = { .target = targets[priority],
                                       .segment = SEGMENT_DEFAULT,
                                       .floor = SEGMENT_DEFAULT,
                                       .ceiling = self->buffer };
  BgcPacingControlSettings pacing = { .target = targets[priority] * SENDING_FACTOR,
                                      .segment = SEGMENT_DEFAULT,
                                      .floor = SENDING_FLOOR };
  Path *path;

  for (guint i = 0; i < self->paths->len; i++)
    {
      path = g_ptr_array_index (self->paths, i);
      if (path->priority == priority && path->way == way && g_str_equal (path->peer, peer))
        return path;
    }
  path = g_new0 (Path, 1);
  path->peer = g_strdup (peer);
  path->priority = priority;
  path->way = way;
  bgc_delay_control_init (&path->control, &settings);
  bgc_pacing_control_init (&path->pacing, &pacing, round_trip);
  local = g_socket_get_local_address (socket, NULL);
  if (local != NULL && G_IS_INET_SOCKET_ADDRESS (local))
    path->traffic = bgc_foreign_traffic_new (
      g_inet_socket_address_get_address (G_INET_SOCKET_ADDRESS (local)), way == BGC_COURTESY_SENDING);
  g_ptr_array_add (self->paths, path);
  return path;
}

void
bgc_courtesy_paths_prepare (GSocket *socket, BgcCourtesyWay way)
{
  int fd = g_socket_get_fd (socket);

  bgc_tcp_socket_mark_lower_effort (fd);
  if (way == BGC_COURTESY_SENDING)
    {
      bgc_tcp_socket_set_low_priority (fd);
      bgc_tcp_socket_limit_unsent (fd, UNSENT_BYTES);
    }
  else
    bgc_tcp_socket_begin_small (fd, RECEIVE_BUFFER_FIRST);
}

void
bgc_courtesy_paths_adopt (BgcCourtesyPaths *self, GSocket *socket, GInetAddress *peer,
                          BgcPriority priority, BgcCourtesyWay way)
{
  int fd = g_socket_get_fd (socket);
  guint64 cookie = bgc_tcp_socket_cookie (fd);
  g_autofree char *name = g_inet_address_to_string (peer);
  Connection *connection;
  guint64 buffer = RECEIVE_BUFFER;
  BgcTcpState state;
  guint32 round_trip = bgc_tcp_socket_read (fd, &state) ? state.round_trip : 0;

  if (cookie == 0 || (way == BGC_COURTESY_RECEIVING && !bgc_tcp_socket_fix_receive_buffer (fd, &buffer)))
    tell_missing (self);
  if (cookie == 0)
    return;
  self->buffer = buffer;
  connection = g_new0 (Connection, 1);
  connection->number = fd;
  connection->cookie = cookie;
  connection->held = -1;
  connection->path = find_path (self, socket, name, priority, way, round_trip);
  connection->path->connections++;
  connection->last = g_get_monotonic_time ();
  connection->path->latest = round_trip;
  g_ptr_array_add (self->connections, connection);
  /* The next tick shares anew; until then it has no more than others have. */
  set_share (self, connection, fd, window_of (connection->path) / connection->path->connections);
}

guint64
bgc_courtesy_paths_window (const BgcCourtesyPaths *self)
{
  guint64 window = 0;

  for (guint i = 0; i < self->paths->len; i++)
    {
      const Path *path = g_ptr_array_index (self->paths, i);

      if (path->connections > 0)
        window = MAX (window, window_of (path));
    }
  return window;
}

BgcYield
bgc_courtesy_paths_yield_to (const BgcCourtesyPaths *self, BgcPriority priority, BgcCourtesyWay way,
                             gint64 now)
{
  BgcYield yield = BGC_YIELD_NOBODY;

  for (guint i = 0; i < self->paths->len; i++)
    {
      const Path *path = g_ptr_array_index (self->paths, i);

      if (path->connections == 0 || path->priority != priority || path->way != way)
        continue;
      if (path->aside != 0 && now - path->aside < ASIDE_SHOWN)
        return BGC_YIELD_OTHERS;
      if (way == BGC_COURTESY_SENDING ? bgc_pacing_control_gives_way (&path->pacing)
                                      : bgc_delay_control_gives_way (&path->control))
        yield = BGC_YIELD_QUEUE;
    }
  return yield;
}
