/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "transfer/bgc-body-reader.h"

#include <string.h>

/* Bytes read before other connections have their turn. */
#define TURN_BYTES (1024u * 1024u)
/* A buffer is given away after this though it is not full: whether there still is room on the disk is
 * seen when it is written. */
#define FILL_TIME (250 * G_TIME_SPAN_MILLISECOND)

struct _BgcBodyReader
{
  BgcBufferPool *buffers;                  /* (borrowed) */
  BgcThrottle *throttle;                   /* (borrowed) (nullable) */
  const BgcBodyReaderFunctions *functions; /* (borrowed) */
  gpointer data;                           /* (borrowed) */
  BgcHttpBody *body;                       /* (borrowed) (nullable) NULL = stopped */
  BgcBuffer *buffer;                       /* (owned) (nullable) being filled */
  gint64 begun;                            /* when filling it began, monotonic microseconds */
  GBytes *front;                           /* (owned) (nullable) still to be found in the body */
  gsize compared;                          /* bytes of it that were */
  guint64 left;                            /* bytes behind front still to come, or BGC_SIZE_UNKNOWN */
};

typedef enum
{
  READ_MORE,
  READ_LATER,
  READ_OVER
} ReadResult;

static void
pump (BgcBodyReader *self);

BgcBodyReader *
bgc_body_reader_new (BgcBufferPool *buffers, BgcThrottle *throttle, const BgcBodyReaderFunctions *functions,
                     gpointer data)
{
  BgcBodyReader *self = g_new0 (BgcBodyReader, 1);

  self->buffers = buffers;
  self->throttle = throttle;
  self->functions = functions;
  self->data = data;
  return self;
}

void
bgc_body_reader_stop (BgcBodyReader *self)
{
  if (self->body != NULL)
    bgc_http_body_unwatch (self->body);
  self->body = NULL;
  bgc_buffer_pool_forget (self->buffers, self);
  bgc_throttle_forget (self->throttle, self);
  g_clear_pointer (&self->front, g_bytes_unref);
}

void
bgc_body_reader_forget (BgcBodyReader *self)
{
  if (self->buffer != NULL)
    bgc_buffer_pool_give (self->buffers, self->buffer);
  self->buffer = NULL;
}

void
bgc_body_reader_free (BgcBodyReader *self)
{
  if (self == NULL)
    return;
  bgc_body_reader_stop (self);
  bgc_body_reader_forget (self);
  g_free (self);
}

void
bgc_body_reader_flush (BgcBodyReader *self)
{
  BgcBuffer *buffer = g_steal_pointer (&self->buffer);

  if (buffer != NULL && buffer->length > 0)
    self->functions->filled (buffer, self->data);
  else if (buffer != NULL)
    bgc_buffer_pool_give (self->buffers, buffer);
}

gboolean
bgc_body_reader_is_waiting_for_server (BgcBodyReader *self)
{
  return self->body != NULL && bgc_http_body_is_watched (self->body);
}

static ReadResult
end (BgcBodyReader *self, BgcBodyEnd how, const GError *error)
{
  bgc_body_reader_stop (self);
  self->functions->ended (how, error, self->data);
  return READ_OVER;
}

static ReadResult
compare (BgcBodyReader *self, gsize length)
{
  gsize size = 0;
  const guint8 *expected = g_bytes_get_data (self->front, &size);
  gboolean same = memcmp (self->buffer->data + self->buffer->length, expected + self->compared, length) == 0;

  self->compared += length;
  if (self->compared == size)
    g_clear_pointer (&self->front, g_bytes_unref);
  self->functions->received (length, 0, self->data);
  if (self->body == NULL)
    return READ_OVER;
  return same ? READ_MORE : end (self, BGC_BODY_END_DIFFERENT, NULL);
}

static ReadResult
take (BgcBodyReader *self, gsize length)
{
  if (self->front != NULL)
    return compare (self, length);
  if (length > self->left)
    return end (self, BGC_BODY_END_LONG, NULL);
  if (self->left != BGC_SIZE_UNKNOWN)
    self->left -= length;
  if (self->buffer->length == 0)
    self->begun = g_get_monotonic_time ();
  self->buffer->length += length;
  if (self->buffer->length == BGC_BUFFER_BYTES)
    bgc_body_reader_flush (self);
  self->functions->received (length, length, self->data);
  return self->body != NULL ? READ_MORE : READ_OVER;
}

static ReadResult
read_failed (BgcBodyReader *self, const GError *error)
{
  if (!g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
    return end (self, BGC_BODY_END_FAILED, error);
  /* Many connections share the buffers: one that is not full is kept only while there are enough. */
  if (self->buffer->length == 0 || bgc_buffer_pool_is_low (self->buffers)
      || g_get_monotonic_time () - self->begun > FILL_TIME)
    bgc_body_reader_flush (self);
  return READ_LATER;
}

static void
on_ready (gpointer data)
{
  pump (data);
}

/* The job has moved as much as it may. What came so far need not wait with it. */
static ReadResult
wait_for_turn (BgcBodyReader *self)
{
  if (self->buffer->length == 0 || bgc_buffer_pool_is_low (self->buffers))
    bgc_body_reader_flush (self);
  bgc_http_body_unwatch (self->body);
  bgc_throttle_await (self->throttle, on_ready, self);
  return READ_OVER;
}

static gboolean
is_complete (BgcBodyReader *self)
{
  return self->front == NULL && (self->left == 0 || self->left == BGC_SIZE_UNKNOWN);
}

static ReadResult
read_some (BgcBodyReader *self, gsize *count)
{
  g_autoptr (GError) error = NULL;
  gboolean charged;
  gsize wanted;
  gssize n;

  if (self->buffer == NULL)
    self->buffer = bgc_buffer_pool_take (self->buffers);
  if (self->buffer == NULL)
    {
      bgc_http_body_unwatch (self->body);
      bgc_buffer_pool_wait (self->buffers, on_ready, self);
      return READ_OVER;
    }
  wanted = BGC_BUFFER_BYTES - self->buffer->length;
  if (self->front != NULL)
    wanted = MIN (wanted, g_bytes_get_size (self->front) - self->compared);
  /* The end costs nothing, and is not to wait. */
  charged = !bgc_http_body_is_at_end (self->body);
  if (charged)
    wanted = bgc_throttle_take (self->throttle, wanted);
  if (wanted == 0)
    return wait_for_turn (self);
  n = bgc_http_body_read (self->body, self->buffer->data + self->buffer->length, wanted, &error);
  if (charged)
    bgc_throttle_give_back (self->throttle, wanted - (gsize)MAX (n, 0));
  if (n < 0)
    return read_failed (self, error);
  if (n == 0)
    return end (self, is_complete (self) ? BGC_BODY_END_COMPLETE : BGC_BODY_END_SHORT, NULL);
  *count += (gsize)n;
  return take (self, (gsize)n);
}

/* TRUE while the body is to be watched. */
static gboolean
read_turn (gpointer data)
{
  BgcBodyReader *self = data;
  ReadResult result = READ_MORE;
  gsize count = 0;

  /* Behind the last byte nothing comes that would wake a watch: the end is read in the same turn. */
  while (result == READ_MORE && (count < TURN_BYTES || bgc_http_body_is_at_end (self->body)))
    result = read_some (self, &count);
  return result != READ_OVER;
}

static void
pump (BgcBodyReader *self)
{
  if (read_turn (self))
    bgc_http_body_watch (self->body, read_turn, self);
}

void
bgc_body_reader_start (BgcBodyReader *self, BgcHttpBody *body, GBytes *front, guint64 length)
{
  self->body = body;
  self->front = front != NULL && g_bytes_get_size (front) > 0 ? g_bytes_ref (front) : NULL;
  self->compared = 0;
  self->left = length;
  g_clear_pointer (&front, g_bytes_unref);
  pump (self);
}
