/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "server/bgc-listener.h"

#include <errno.h>
#include <gio/gunixsocketaddress.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bgc-error.h"
#include "server/bgc-connection.h"
#include "server/bgc-listen-address.h"

#define BACKLOG 511                     /* connections that wait to be accepted */
#define ACCEPT_AT_ONCE 32u              /* connections taken before other sources have their turn */

struct _BgcListener
{
  SoupServer *server;            /* (owned) */
  const BgcServerConfig *config; /* (borrowed) */
  GTlsCertificate *certificate;  /* (owned) (nullable) */
  GPtrArray *sockets;            /* (owned) (element-type GSocket) listening */
  GPtrArray *sources; /* (owned) (element-type GSource) of the above; empty while accepting pauses */
  GHashTable *connections;       /* (owned) set of BgcConnection, a reference each */
  int idle_pair; /* (owned) the other end of the socket that the library believes to listen on */
  gboolean stopped;
  gboolean *alive; /* (owned) a reference, as open streams and handshakes have; FALSE once this is freed */
};

/* What outlives the listener: told when a stream ends or is secure. */
typedef struct
{
  BgcListener *listener;     /* (borrowed) valid while *alive */
  gboolean *alive;           /* (owned) a reference */
  BgcConnection *connection; /* (owned) a reference */
} Watch;

static void resume_accepting (BgcListener *self);

/* The library keeps connections alive only while it has a listener of its own; it gets one on which
 * nobody ever calls. */
static gboolean
listen_on_nothing (BgcListener *self, GError **error)
{
  g_autoptr (GSocket) socket = NULL;
  int pair[2];

  if (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
    {
      g_set_error (error, G_IO_ERROR, g_io_error_from_errno (errno), "socketpair: %s", g_strerror (errno));
      return FALSE;
    }
  self->idle_pair = pair[1];
  socket = g_socket_new_from_fd (pair[0], error);
  if (socket == NULL)
    {
      close (pair[0]);
      return FALSE;
    }

  return soup_server_listen_socket (self->server, socket, 0, error);
}

BgcListener *
bgc_listener_new (SoupServer *server, const BgcServerConfig *config, GTlsCertificate *certificate,
                  GError **error)
{
  g_autoptr (BgcListener) self = g_new0 (BgcListener, 1);

  self->server = g_object_ref (server);
  self->config = config;
  self->certificate = certificate != NULL ? g_object_ref (certificate) : NULL;
  self->sockets = g_ptr_array_new_with_free_func (g_object_unref);
  self->sources = g_ptr_array_new_with_free_func ((GDestroyNotify) g_source_unref);
  self->connections = g_hash_table_new_full (NULL, NULL, (GDestroyNotify) bgc_connection_unref, NULL);
  self->alive = g_rc_box_new0 (gboolean);
  *self->alive = TRUE;
  self->idle_pair = -1;
  if (!listen_on_nothing (self, error))
    return NULL;

  return g_steal_pointer (&self);
}

static void
pause_accepting (BgcListener *self)
{
  for (guint i = 0; i < self->sources->len; i++)
    g_source_destroy (self->sources->pdata[i]);
  g_ptr_array_set_size (self->sources, 0);
}

void
bgc_listener_stop (BgcListener *self)
{
  self->stopped = TRUE;
  pause_accepting (self);
  for (guint i = 0; i < self->sockets->len; i++)
    g_socket_close (self->sockets->pdata[i], NULL);
}

void
bgc_listener_free (BgcListener *self)
{
  GHashTableIter iter;
  gpointer connection;

  bgc_listener_stop (self);
  *self->alive = FALSE;
  g_hash_table_iter_init (&iter, self->connections);
  while (g_hash_table_iter_next (&iter, &connection, NULL))
    bgc_connection_abort (connection);
  g_hash_table_unref (self->connections);
  g_rc_box_release (self->alive);
  g_ptr_array_unref (self->sources);
  g_ptr_array_unref (self->sockets);
  g_clear_object (&self->certificate);
  g_object_unref (self->server);
  if (self->idle_pair >= 0)
    close (self->idle_pair);
  g_free (self);
}

guint
bgc_listener_count (const BgcListener *self)
{
  return g_hash_table_size (self->connections);
}

static Watch *
watch_new (BgcListener *listener, BgcConnection *connection)
{
  Watch *watch = g_new (Watch, 1);

  *watch = (Watch) { listener, g_rc_box_acquire (listener->alive), bgc_connection_ref (connection) };

  return watch;
}

static void
watch_free (Watch *watch)
{
  bgc_connection_unref (watch->connection);
  g_rc_box_release (watch->alive);
  g_free (watch);
}

static void
stream_gone (gpointer data, GObject *stream)
{
  Watch *watch = data;

  if (*watch->alive)
    {
      g_hash_table_remove (watch->listener->connections, watch->connection);
      resume_accepting (watch->listener);
    }
  watch_free (watch);
}

/* Address objects of their own, one carrying the connection. A unix socket gets those of the loopback: the
 * library takes every address for one of the Internet. */
static GSocketAddress *
address_for (GSocket *socket, gboolean remote)
{
  GSocketAddress *address
    = remote ? g_socket_get_remote_address (socket, NULL) : g_socket_get_local_address (socket, NULL);

  if (address != NULL && G_IS_INET_SOCKET_ADDRESS (address))
    return address;
  g_clear_object (&address);

  return g_inet_socket_address_new_from_string ("127.0.0.1", 0);
}

static void
serve (BgcListener *self, BgcConnection *connection, GIOStream *stream)
{
  g_autoptr (GSocketAddress) local = address_for (bgc_connection_get_socket (connection), FALSE);
  g_autoptr (GSocketAddress) remote = address_for (bgc_connection_get_socket (connection), TRUE);
  g_autoptr (GError) error = NULL;

  bgc_connection_attach (connection, remote);
  bgc_connection_set_stream (connection, stream);
  if (!soup_server_accept_iostream (self->server, stream, local, remote, &error))
    g_debug ("connection refused: %s", error->message);
}

void
bgc_listener_give_back (BgcListener *self, BgcConnection *connection, GIOStream *stream)
{
  if (self->stopped)
    return;
  serve (self, connection, stream);
  /* That took it for a new one, which has to speak at once. */
  bgc_connection_set_deadline (connection, self->config->idle_timeout);
}

static void
shaken (GObject *source, GAsyncResult *result, gpointer data)
{
  Watch *watch = data;
  g_autoptr (GError) error = NULL;

  if (!g_tls_connection_handshake_finish (G_TLS_CONNECTION (source), result, &error))
    g_debug ("TLS handshake: %s", error->message);
  else if (*watch->alive)
    serve (watch->listener, watch->connection, G_IO_STREAM (source));
  watch_free (watch);
}

static void
secure (BgcListener *self, BgcConnection *connection, GIOStream *stream)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GIOStream) tls = g_tls_server_connection_new (stream, self->certificate, &error);

  if (tls == NULL)
    {
      g_warning ("TLS: %s", error->message);
      return;
    }
  /* HTTP says how long its bodies are. */
  g_tls_connection_set_require_close_notify (G_TLS_CONNECTION (tls), FALSE);
  g_tls_connection_handshake_async (G_TLS_CONNECTION (tls), G_PRIORITY_DEFAULT, NULL, shaken,
                                    watch_new (self, connection));
}

static void
take (BgcListener *self, GSocket *socket)
{
  g_autoptr (GSocketConnection) stream = g_socket_connection_factory_create_connection (socket);
  BgcConnection *connection = bgc_connection_new (socket);
  gboolean is_unix = g_socket_get_family (socket) == G_SOCKET_FAMILY_UNIX;

  bgc_connection_set_deadline (connection, self->config->header_timeout);
  /* The table has this reference. */
  g_hash_table_add (self->connections, connection);
  g_object_weak_ref (G_OBJECT (stream), stream_gone, watch_new (self, connection));
  if (!is_unix)
    g_socket_set_option (socket, IPPROTO_TCP, TCP_NODELAY, TRUE, NULL);

  if (self->certificate != NULL && !is_unix)
    secure (self, connection, G_IO_STREAM (stream));
  else
    serve (self, connection, G_IO_STREAM (stream));
}

static gboolean
is_full (const BgcListener *self)
{
  return g_hash_table_size (self->connections) >= self->config->maximum_connections;
}

static gboolean
accept_some (GSocket *socket, GIOCondition condition, gpointer data)
{
  BgcListener *self = data;

  for (guint i = 0; i < ACCEPT_AT_ONCE && !is_full (self); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (GSocket) accepted = g_socket_accept (socket, NULL, &error);

      if (accepted != NULL)
        {
          take (self, accepted);
          continue;
        }
      if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
        return G_SOURCE_CONTINUE;
      if (!g_error_matches (error, G_IO_ERROR, G_IO_ERROR_TOO_MANY_OPEN_FILES))
        return G_SOURCE_CONTINUE;
      g_warning ("accepting pauses: %s", error->message);
      pause_accepting (self);
      return G_SOURCE_REMOVE;
    }
  if (!is_full (self))
    return G_SOURCE_CONTINUE;
  g_info ("accepting pauses at %u connections", g_hash_table_size (self->connections));
  pause_accepting (self);

  return G_SOURCE_REMOVE;
}

static void
resume_accepting (BgcListener *self)
{
  if (self->stopped || self->sources->len > 0 || is_full (self))
    return;
  for (guint i = 0; i < self->sockets->len; i++)
    {
      GSource *source = g_socket_create_source (self->sockets->pdata[i], G_IO_IN, NULL);

      g_source_set_static_name (source, "accept");
      g_source_set_callback (source, G_SOURCE_FUNC (accept_some), self, NULL);
      g_source_attach (source, NULL);
      g_ptr_array_add (self->sources, source);
    }
}

void
bgc_listener_tick (BgcListener *self, gint64 now)
{
  GHashTableIter iter;
  gpointer key;

  g_hash_table_iter_init (&iter, self->connections);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    {
      if (!bgc_connection_is_late (key, now))
        continue;
      g_debug ("a connection was silent for too long");
      /* Only the socket is shut: the table does not change here. */
      bgc_connection_abort (key);
    }
  /* After a shortage of descriptors nothing else may tell that there are some again. */
  resume_accepting (self);
}

static gboolean
add_socket (BgcListener *self, GSocket *socket)
{
  g_socket_set_blocking (socket, FALSE);
  g_ptr_array_add (self->sockets, g_object_ref (socket));
  pause_accepting (self);
  resume_accepting (self);

  return TRUE;
}

gboolean
bgc_listener_add_descriptor (BgcListener *self, int descriptor, GError **error)
{
  g_autoptr (GSocket) socket = g_socket_new_from_fd (descriptor, error);

  return socket != NULL && add_socket (self, socket);
}

/* A socket that a predecessor left behind, and nothing else. */
static void
remove_stale (const char *path)
{
  struct stat status;

  if (lstat (path, &status) == 0 && S_ISSOCK (status.st_mode))
    unlink (path);
}

gboolean
bgc_listener_add_address (BgcListener *self, const char *text, GError **error)
{
  g_autoptr (GSocketAddress) address = bgc_listen_address_parse (text, error);
  g_autoptr (GSocket) socket = NULL;
  const char *path = NULL;

  if (address == NULL)
    return FALSE;
  if (G_IS_UNIX_SOCKET_ADDRESS (address))
    path = g_unix_socket_address_get_path (G_UNIX_SOCKET_ADDRESS (address));
  socket = g_socket_new (g_socket_address_get_family (address), G_SOCKET_TYPE_STREAM,
                         G_SOCKET_PROTOCOL_DEFAULT, error);
  if (socket == NULL)
    return FALSE;
  if (path != NULL)
    remove_stale (path);
  g_socket_set_listen_backlog (socket, BACKLOG);
  if (!g_socket_bind (socket, address, TRUE, error))
    return FALSE;
  if (path != NULL && chmod (path, self->config->socket_mode) != 0)
    {
      g_set_error (error, G_IO_ERROR, g_io_error_from_errno (errno), "%s: %s", path, g_strerror (errno));
      return FALSE;
    }

  return g_socket_listen (socket, error) && add_socket (self, socket);
}
