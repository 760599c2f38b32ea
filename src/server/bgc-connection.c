/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "server/bgc-connection.h"

#define CONNECTION_KEY                                                                                       \
  "bgc-connection" /* on the remote address that the library carries with every message */

struct _BgcConnection
{
  grefcount references;
  GSocket *socket;   /* (owned) */
  GIOStream *stream; /* (borrowed) (nullable) of the one that reads: the library, or an intake */
  gint64 deadline; /* monotonic, microseconds; 0 = none */
};

BgcConnection *
bgc_connection_new (GSocket *socket)
{
  BgcConnection *self = g_new0 (BgcConnection, 1);

  g_ref_count_init (&self->references);
  self->socket = g_object_ref (socket);

  return self;
}

BgcConnection *
bgc_connection_ref (BgcConnection *self)
{
  g_ref_count_inc (&self->references);

  return self;
}

void
bgc_connection_unref (BgcConnection *self)
{
  if (!g_ref_count_dec (&self->references))
    return;
  g_object_unref (self->socket);
  g_free (self);
}

void
bgc_connection_attach (BgcConnection *self, GSocketAddress *address)
{
  g_object_set_data_full (G_OBJECT (address), CONNECTION_KEY, bgc_connection_ref (self),
                          (GDestroyNotify) bgc_connection_unref);
}

BgcConnection *
bgc_connection_of (SoupServerMessage *message)
{
  return g_object_get_data (G_OBJECT (soup_server_message_get_remote_address (message)), CONNECTION_KEY);
}

GSocket *
bgc_connection_get_socket (BgcConnection *self)
{
  return self->socket;
}

void
bgc_connection_set_stream (BgcConnection *self, GIOStream *stream)
{
  self->stream = stream;
}

GIOStream *
bgc_connection_get_stream (BgcConnection *self)
{
  return self->stream;
}

void
bgc_connection_set_deadline (BgcConnection *self, guint seconds)
{
  self->deadline = seconds > 0 ? g_get_monotonic_time () + (gint64) seconds * G_USEC_PER_SEC : 0;
}

gint64
bgc_connection_stop_deadline (BgcConnection *self)
{
  gint64 deadline = self->deadline;

  self->deadline = 0;

  return deadline;
}

void
bgc_connection_restore_deadline (BgcConnection *self, gint64 deadline)
{
  self->deadline = deadline;
}

gboolean
bgc_connection_is_late (const BgcConnection *self, gint64 now)
{
  return self->deadline != 0 && self->deadline <= now;
}

void
bgc_connection_abort (BgcConnection *self)
{
  self->deadline = 0;
  g_socket_shutdown (self->socket, TRUE, TRUE, NULL);
}
