/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "server/bgc-intake.h"

#include <string.h>
#include <sys/socket.h>

/* Bytes of the first read, more than the library may have read ahead of the head it was looking for. */
#define FIRST_SIZE (64u * 1024)
/* Bytes that have to be there before a thread is woken; below that more is spent on waking it. */
#define WAKE_SIZE (256 * 1024)

struct _BgcIntake
{
  BgcServerParts *parts;     /* (borrowed) outlives it */
  BgcConnection *connection; /* (owned) a reference */
  GIOStream *ahead;          /* (owned) (nullable) the library's, until all it read ahead is taken */
  GIOStream *stream;         /* (owned) below it */
  guint64 left;              /* bytes still to come */
  gboolean broken;
  gboolean keeps;            /* the client wants to go on with the connection */
  int wake_size;             /* bytes, as the socket was told; 1 is its own */
  GSource *source;           /* (owned) (nullable) while it waits */
  void (*ready) (gpointer data);
  gpointer data;             /* (borrowed) */
};

BgcIntake *
bgc_intake_new (BgcServerParts *parts, BgcConnection *connection, SoupServerMessage *message, guint64 length)
{
  BgcIntake *self = g_new0 (BgcIntake, 1);
  SoupMessageHeaders *headers = soup_server_message_get_request_headers (message);

  self->parts = parts;
  self->connection = bgc_connection_ref (connection);
  self->stream = g_object_ref (bgc_connection_get_stream (connection));
  self->keeps = soup_server_message_get_http_version (message) == SOUP_HTTP_1_1
                && !soup_message_headers_header_contains (headers, "Connection", "close");
  self->ahead = soup_server_message_steal_connection (message);
  self->left = length;
  self->wake_size = 1;

  return self;
}

static void
end_waiting (BgcIntake *self)
{
  if (self->source == NULL)
    return;
  g_source_destroy (self->source);
  g_clear_pointer (&self->source, g_source_unref);
}

void
bgc_intake_free (BgcIntake *self)
{
  if (self == NULL)
    return;
  end_waiting (self);
  g_clear_object (&self->ahead);
  g_object_unref (self->stream);
  bgc_connection_unref (self->connection);
  g_free (self);
}

gsize
bgc_intake_read (BgcIntake *self, guint8 *bytes, gsize size)
{
  GInputStream *input = g_io_stream_get_input_stream (self->ahead != NULL ? self->ahead : self->stream);
  gsize wanted = (gsize) MIN (self->left, size);
  g_autoptr (GError) error = NULL;
  gssize n;

  if (self->ahead != NULL)
    wanted = MIN (wanted, FIRST_SIZE);
  n = g_pollable_input_stream_read_nonblocking (G_POLLABLE_INPUT_STREAM (input), bytes, wanted, NULL, &error);
  g_clear_object (&self->ahead);
  if (n > 0)
    self->left -= (guint64) n;
  else if (n == 0 || !g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
    self->broken = TRUE;

  return n > 0 ? (gsize) n : 0;
}

guint64
bgc_intake_left (const BgcIntake *self)
{
  return self->left;
}

gboolean
bgc_intake_is_broken (const BgcIntake *self)
{
  return self->broken;
}

/* Of TLS nobody knows how much of it is how much. */
static void
set_wake_size (BgcIntake *self, int size)
{
  if (size == self->wake_size || !G_IS_SOCKET_CONNECTION (self->stream))
    return;
  self->wake_size = size;
  g_socket_set_option (bgc_connection_get_socket (self->connection), SOL_SOCKET, SO_RCVLOWAT, size, NULL);
}

static gboolean
on_readable (GObject *stream, gpointer data)
{
  BgcIntake *self = data;

  end_waiting (self);
  self->ready (self->data);

  return G_SOURCE_REMOVE;
}

void
bgc_intake_wait (BgcIntake *self, void (*ready) (gpointer data), gpointer data)
{
  GInputStream *input = g_io_stream_get_input_stream (self->stream);

  self->ready = ready;
  self->data = data;
  set_wake_size (self, (int) MIN (self->left, WAKE_SIZE));
  self->source = g_pollable_input_stream_create_source (G_POLLABLE_INPUT_STREAM (input), NULL);
  g_source_set_static_name (self->source, "intake");
  g_source_set_callback (self->source, G_SOURCE_FUNC (on_readable), self, NULL);
  g_source_attach (self->source, NULL);
}

gboolean
bgc_intake_stop_waiting (BgcIntake *self)
{
  GSocket *socket = bgc_connection_get_socket (self->connection);

  if (self->source == NULL || g_socket_get_available_bytes (socket) <= 0)
    return FALSE;
  end_waiting (self);

  return TRUE;
}

static void
add_line (const char *name, const char *value, gpointer data)
{
  g_string_append_printf (data, "%s: %s\r\n", name, value);
}

static GString *
format (guint status, SoupMessageHeaders *headers)
{
  GString *text = g_string_new (NULL);
  g_autoptr (GDateTime) now = g_date_time_new_now_utc ();
  g_autofree char *date = soup_date_time_to_string (now, SOUP_DATE_HTTP);

  soup_message_headers_replace (headers, "Date", date);
  soup_message_headers_replace (headers, "Content-Length", "0");
  g_string_append_printf (text, "HTTP/1.1 %u %s\r\n", status, soup_status_get_phrase (status));
  soup_message_headers_foreach (headers, add_line, text);
  g_string_append (text, "\r\n");

  return text;
}

/* An answer is smaller than any socket's buffer, and nothing else is in that: where not all of it goes at
 * once the client reads nothing, and has lost its connection. */
void
bgc_intake_answer (BgcIntake *self, guint status, SoupMessageHeaders *headers)
{
  GPollableOutputStream *output = G_POLLABLE_OUTPUT_STREAM (g_io_stream_get_output_stream (self->stream));
  g_autoptr (GString) text = NULL;
  gssize n;

  if (soup_message_headers_header_contains (headers, "Connection", "close"))
    self->keeps = FALSE;
  else if (!self->keeps)
    soup_message_headers_replace (headers, "Connection", "close");
  text = format (status, headers);
  n = g_pollable_output_stream_write_nonblocking (output, text->str, text->len, NULL, NULL);
  if (n != (gssize) text->len || !self->keeps || self->left > 0 || self->parts->listener == NULL)
    return;
  set_wake_size (self, 1);
  bgc_listener_give_back (self->parts->listener, self->connection, self->stream);
}
