/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "transfer/bgc-source-stream.h"

#include <errno.h>
#include <string.h>

#include "transfer/bgc-local-file-error.h"

struct _BgcSourceStream
{
  GInputStream parent;
  const BgcLocalFileSource *source; /* (borrowed) */
  guint64 offset;                   /* of the next read */
  guint64 to_read;                  /* bytes still to be read */
  guint8 *piece;                    /* (owned) (nullable) what was read last */
  gsize begin;                      /* of piece, that was not handed out yet */
  gsize end;
  BgcThrottle *throttle;            /* (borrowed) (nullable) */
  BgcSourceStreamFunc moved;
  gpointer data;       /* (borrowed) */
  BgcFailure *failure; /* (owned) (nullable) */
};

G_DEFINE_TYPE (BgcSourceStream, bgc_source_stream, G_TYPE_INPUT_STREAM)

BgcFailure *
bgc_source_stream_changed (const BgcLocalFileSource *source)
{
  return bgc_failure_new (BGC_CONTEXT_LOCAL_FILE, BGC_ERROR_LOCAL_FILE_CHANGED, FALSE,
                          "%s has changed since its upload began", source->path);
}

/* @failure transfer full. */
static gboolean
break_off (BgcSourceStream *self, BgcFailure *failure, GError **error)
{
  bgc_failure_free (self->failure);
  self->failure = failure;
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_FAILED, failure->message);
  return FALSE;
}

static gboolean
refill (BgcSourceStream *self, GError **error)
{
  gsize wanted = (gsize)MIN (self->to_read, BGC_SOURCE_STREAM_PIECE);
  gssize n;

  if (self->piece == NULL)
    self->piece = g_malloc (wanted);
  n = bgc_local_file_source_read (self->source, self->offset, self->piece, wanted);
  if (n < 0)
    return break_off (self, bgc_local_file_error_failure (errno, "Cannot read", self->source->path), error);
  /* The last bytes are not handed out if those before them may be of another version. */
  if (n == 0 || ((guint64)n == self->to_read && !bgc_local_file_source_is_unchanged (self->source)))
    return break_off (self, bgc_source_stream_changed (self->source), error);
  self->begin = 0;
  self->end = (gsize)n;
  self->offset += (guint64)n;
  self->to_read -= (guint64)n;
  return TRUE;
}

static gssize
read_some (GInputStream *stream, void *buffer, gsize count, GCancellable *cancellable, GError **error)
{
  BgcSourceStream *self = BGC_SOURCE_STREAM (stream);
  gsize n;

  if (g_cancellable_set_error_if_cancelled (cancellable, error))
    return -1;
  if (self->begin == self->end && self->to_read > 0 && !refill (self, error))
    return -1;
  n = MIN (count, self->end - self->begin);
  if (n == 0)
    return 0;
  n = bgc_throttle_take_blocking (self->throttle, n, cancellable);
  if (n == 0 && g_cancellable_set_error_if_cancelled (cancellable, error))
    return -1;
  memcpy (buffer, self->piece + self->begin, n);
  self->begin += n;
  if (self->moved != NULL)
    self->moved (n, self->to_read + (self->end - self->begin), self->data);
  return (gssize)n;
}

static void
finalize (GObject *object)
{
  BgcSourceStream *self = BGC_SOURCE_STREAM (object);

  g_free (self->piece);
  bgc_failure_free (self->failure);
  G_OBJECT_CLASS (bgc_source_stream_parent_class)->finalize (object);
}

static void
bgc_source_stream_class_init (BgcSourceStreamClass *class)
{
  G_OBJECT_CLASS (class)->finalize = finalize;
  G_INPUT_STREAM_CLASS (class)->read_fn = read_some;
}

static void
bgc_source_stream_init (BgcSourceStream *self)
{
}

BgcSourceStream *
bgc_source_stream_new (const BgcLocalFileSource *source, guint64 first, guint64 length,
                       BgcThrottle *throttle, BgcSourceStreamFunc moved, gpointer data)
{
  BgcSourceStream *self = g_object_new (BGC_TYPE_SOURCE_STREAM, NULL);

  self->source = source;
  self->offset = first;
  self->to_read = length;
  self->throttle = throttle;
  self->moved = moved;
  self->data = data;
  return self;
}

BgcFailure *
bgc_source_stream_take_failure (BgcSourceStream *self)
{
  return g_steal_pointer (&self->failure);
}
