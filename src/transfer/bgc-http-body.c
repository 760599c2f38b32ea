/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "transfer/bgc-http-body.h"

#include <string.h>

#include "transfer/bgc-http-chunks.h"

/* Bytes of an unwanted body that are worth reading to keep a connection. */
#define DROP_BYTES (16u * 1024u)

struct _BgcHttpBody
{
  SoupMessage *message;  /* (owned) */
  GInputStream *stream;  /* (owned) libsoup's, which knows lengths */
  GInputStream *network; /* (borrowed) (nullable) what libsoup reads from */
  gboolean chunked;      /* decoded here, from network */
  BgcHttpChunks chunks;
  gint64 left; /* bytes still to come, -1 = not announced */
  gboolean ended;
  GBytes *unread;           /* (owned) (nullable) read and put back */
  gsize reread;             /* bytes of it that were read again */
  GError *broken;           /* (owned) (nullable) what the read behind them gives */
  GSource *source;          /* (owned) (nullable) */
  BgcHttpBodyFunc function; /* of source */
  gpointer data;
};

/* libsoup's stream filters the body's, which filters the connection's. */
static GInputStream *
find_network (GInputStream *stream)
{
  GInputStream *body;
  GInputStream *network;

  if (!G_IS_FILTER_INPUT_STREAM (stream))
    return NULL;
  body = g_filter_input_stream_get_base_stream (G_FILTER_INPUT_STREAM (stream));
  if (!G_IS_FILTER_INPUT_STREAM (body))
    return NULL;
  network = g_filter_input_stream_get_base_stream (G_FILTER_INPUT_STREAM (body));
  if (!G_IS_FILTER_INPUT_STREAM (network) || !G_IS_POLLABLE_INPUT_STREAM (network)
      || !g_pollable_input_stream_can_poll (G_POLLABLE_INPUT_STREAM (network)))
    return NULL;
  return network;
}

BgcHttpBody *
bgc_http_body_new (SoupMessage *message, GInputStream *stream)
{
  BgcHttpBody *self = g_new0 (BgcHttpBody, 1);
  SoupMessageHeaders *headers = soup_message_get_response_headers (message);
  SoupEncoding encoding = soup_message_headers_get_encoding (headers);

  self->message = message;
  self->stream = stream;
  self->left = -1;
  if (soup_message_get_http_version (message) != SOUP_HTTP_2_0)
    self->network = find_network (stream);
  self->chunked = encoding == SOUP_ENCODING_CHUNKED && self->network != NULL;
  if (encoding == SOUP_ENCODING_CONTENT_LENGTH)
    self->left = soup_message_headers_get_content_length (headers);
  return self;
}

void
bgc_http_body_free (BgcHttpBody *self)
{
  if (self == NULL)
    return;
  bgc_http_body_unwatch (self);
  /* Never waits: libsoup closes a connection whose body was not read. */
  g_input_stream_close (self->stream, NULL, NULL);
  g_object_unref (self->stream);
  g_object_unref (self->message);
  g_clear_pointer (&self->unread, g_bytes_unref);
  g_clear_error (&self->broken);
  g_free (self);
}

void
bgc_http_body_drop (BgcHttpBody *self)
{
  g_autofree guint8 *bytes = NULL;

  if (self->left >= 0 && self->left <= (gint64)DROP_BYTES)
    {
      bytes = g_malloc (DROP_BYTES);
      while (bgc_http_body_read (self, bytes, DROP_BYTES, NULL) > 0)
        continue;
    }
  bgc_http_body_free (self);
}

gboolean
bgc_http_body_is_framed (BgcHttpBody *self)
{
  return soup_message_headers_get_encoding (soup_message_get_response_headers (self->message))
         != SOUP_ENCODING_EOF;
}

gboolean
bgc_http_body_is_at_end (BgcHttpBody *self)
{
  return self->ended || self->left == 0;
}

static gssize
cut_short (GError **error)
{
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_PARTIAL_INPUT,
                       "The connection ended before the file did");
  return -1;
}

static gssize
nonsense (GError **error, const char *message)
{
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, message);
  return -1;
}

static gssize
read_chunked (BgcHttpBody *self, guint8 *bytes, gsize length, GError **error)
{
  while (!self->ended)
    {
      gssize n = g_pollable_input_stream_read_nonblocking (G_POLLABLE_INPUT_STREAM (self->network), bytes,
                                                           length, NULL, error);
      gsize used = 0;
      gsize decoded;

      if (n < 0)
        return -1;
      if (n == 0)
        return cut_short (error);
      decoded = bgc_http_chunks_decode (&self->chunks, bytes, (gsize)n, &used);
      if (self->chunks.state == BGC_HTTP_CHUNKS_BROKEN)
        return nonsense (error, "The chunks of the body make no sense");
      self->ended = self->chunks.state == BGC_HTTP_CHUNKS_END;
      if (used < (gsize)n)
        return nonsense (error, "More came than the file");
      if (decoded > 0)
        return (gssize)decoded;
    }
  return 0;
}

/* Nothing may be on its way: one request is answered at a time. Only a look at what came already. */
static gboolean
has_excess (BgcHttpBody *self)
{
  guint8 byte;

  return self->network != NULL
         && g_pollable_input_stream_read_nonblocking (G_POLLABLE_INPUT_STREAM (self->network), &byte, 1, NULL,
                                                      NULL)
              > 0;
}

static gssize
read_counted (BgcHttpBody *self, guint8 *bytes, gsize length, GError **error)
{
  gssize n;

  if (self->left == 0 && !self->ended && has_excess (self))
    return nonsense (error, "More came than the length announced");
  n = g_pollable_input_stream_read_nonblocking (G_POLLABLE_INPUT_STREAM (self->stream), bytes, length, NULL,
                                                error);
  if (n > 0 && self->left >= 0)
    self->left -= n;
  if (n == 0 && self->left > 0)
    return cut_short (error);
  if (n == 0)
    self->ended = TRUE;
  return n;
}

void
bgc_http_body_unread (BgcHttpBody *self, const guint8 *bytes, gsize length, GError *error)
{
  g_return_if_fail (self->unread == NULL && self->broken == NULL);

  if (length > 0)
    self->unread = g_bytes_new (bytes, length);
  self->reread = 0;
  self->broken = error;
}

static gssize
read_again (BgcHttpBody *self, guint8 *bytes, gsize length)
{
  gsize size = 0;
  const guint8 *held = g_bytes_get_data (self->unread, &size);
  gsize n = MIN (length, size - self->reread);

  memcpy (bytes, held + self->reread, n);
  self->reread += n;
  if (self->reread == size)
    g_clear_pointer (&self->unread, g_bytes_unref);
  return (gssize)n;
}

gssize
bgc_http_body_read (BgcHttpBody *self, guint8 *bytes, gsize length, GError **error)
{
  if (self->unread != NULL)
    return read_again (self, bytes, length);
  if (self->broken != NULL)
    {
      g_propagate_error (error, g_error_copy (self->broken));
      return -1;
    }
  if (self->ended)
    return 0;
  return self->chunked ? read_chunked (self, bytes, length, error)
                       : read_counted (self, bytes, length, error);
}

static GSource *
source_new (BgcHttpBody *self)
{
  GInputStream *stream = self->network != NULL ? self->network : self->stream;
  GSource *source = g_pollable_input_stream_create_source (G_POLLABLE_INPUT_STREAM (stream), NULL);

  g_source_set_static_name (source, "bgc-http-body");
  return source;
}

static gboolean
on_awaited (GObject *stream, gpointer data)
{
  *(gboolean *)data = TRUE;
  return G_SOURCE_REMOVE;
}

static gboolean
on_deadline (gpointer data)
{
  return G_SOURCE_REMOVE;
}

gboolean
bgc_http_body_wait (BgcHttpBody *self, GMainContext *context, gint64 deadline)
{
  g_autoptr (GSource) source = source_new (self);
  g_autoptr (GSource) timer = g_timeout_source_new (0);
  gboolean readable = FALSE;

  g_source_set_static_name (timer, "bgc-http-body-deadline");
  g_source_set_ready_time (timer, deadline);
  g_source_set_callback (timer, on_deadline, NULL, NULL);
  g_source_attach (timer, context);
  g_source_set_callback (source, G_SOURCE_FUNC (on_awaited), &readable, NULL);
  g_source_attach (source, context);
  while (!readable && g_get_monotonic_time () < deadline)
    g_main_context_iteration (context, TRUE);
  g_source_destroy (source);
  g_source_destroy (timer);
  return readable;
}

static gboolean
on_readable (GObject *stream, gpointer data)
{
  BgcHttpBody *self = data;

  return self->function (self->data);
}

void
bgc_http_body_watch (BgcHttpBody *self, BgcHttpBodyFunc function, gpointer data)
{
  if (self->source != NULL)
    return;
  self->function = function;
  self->data = data;
  self->source = source_new (self);
  g_source_set_callback (self->source, G_SOURCE_FUNC (on_readable), self, NULL);
  g_source_attach (self->source, NULL);
}

void
bgc_http_body_unwatch (BgcHttpBody *self)
{
  if (self->source == NULL)
    return;
  g_source_destroy (self->source);
  g_clear_pointer (&self->source, g_source_unref);
}

gboolean
bgc_http_body_is_watched (BgcHttpBody *self)
{
  return self->source != NULL;
}
