/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "workers/bgc-worker-guard.h"

#include <string.h>

#include "base/bgc-error.h"
#include "workers/bgc-worker-outlet.h"

/* Bytes of one frame, of unread signals together (each takes sixteen of memory), and their number, to which
 * one is added for each call that is out: stopping a hundred jobs brings a hundred last reports at once. */
#define MAX_FRAME        (1024 * 1024)
#define MAX_UNREAD_BYTES (4 * 1024 * 1024)
#define MAX_UNREAD       64
/* Bytes of the fixed part of a D-Bus header. */
#define HEADER 16
/* Kinds of frames, from the D-Bus specification. */
#define KIND_ANSWER 2
#define KIND_ERROR  3
#define KIND_SIGNAL 4

struct _BgcWorkerGuard
{
  GObject parent;
  guint8 header[HEADER]; /* of the frame that comes, as far as it has */
  gsize have;            /* bytes of it */
  gsize remaining;       /* bytes of the frame behind its header */
  GMutex mutex;          /* over the rest */
  guint answers;         /* that may still come */
  GQueue unread;         /* (owned) bytes of each signal let through and not yet handled */
  gsize unread_bytes;    /* their sum */
};

static void
bgc_worker_guard_converter_init (GConverterIface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (BgcWorkerGuard, bgc_worker_guard, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (G_TYPE_CONVERTER, bgc_worker_guard_converter_init))

static void
bgc_worker_guard_init (BgcWorkerGuard *self)
{
  g_mutex_init (&self->mutex);
  g_queue_init (&self->unread);
}

static void
bgc_worker_guard_finalize (GObject *object)
{
  BgcWorkerGuard *self = BGC_WORKER_GUARD (object);

  g_queue_clear (&self->unread);
  g_mutex_clear (&self->mutex);
  G_OBJECT_CLASS (bgc_worker_guard_parent_class)->finalize (object);
}

static void
bgc_worker_guard_class_init (BgcWorkerGuardClass *class)
{
  G_OBJECT_CLASS (class)->finalize = bgc_worker_guard_finalize;
}

static guint32
read_word (const guint8 *header, gsize offset)
{
  guint32 word;

  memcpy (&word, header + offset, sizeof word);
  return header[0] == 'B' ? GUINT32_FROM_BE (word) : GUINT32_FROM_LE (word);
}

/* Counts an answer; FALSE if none is due. */
static gboolean
take_answer (BgcWorkerGuard *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->mutex);

  if (self->answers == 0)
    return FALSE;
  self->answers--;
  return TRUE;
}

/* Counts a signal; FALSE if too many wait already. */
static gboolean
take_signal (BgcWorkerGuard *self, gsize bytes)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->mutex);

  if (self->unread.length >= MAX_UNREAD + self->answers || self->unread_bytes + bytes > MAX_UNREAD_BYTES)
    return FALSE;
  g_queue_push_tail (&self->unread, GSIZE_TO_POINTER (bytes));
  self->unread_bytes += bytes;
  return TRUE;
}

/* Why no frame with this header may come, or NULL. */
static const char *
judge (BgcWorkerGuard *self)
{
  guint8 kind = self->header[1];
  guint64 body = read_word (self->header, 4);
  guint64 fields = read_word (self->header, 12);
  guint64 rest = (fields + 7) / 8 * 8 + body;

  if ((self->header[0] != 'l' && self->header[0] != 'B') || self->header[3] != 1)
    return "what it sent is no D-Bus";
  if (HEADER + rest > MAX_FRAME)
    return "a frame is too large";
  if (kind != KIND_ANSWER && kind != KIND_ERROR && kind != KIND_SIGNAL)
    return "it calls the daemon";
  if (kind != KIND_SIGNAL && !take_answer (self))
    return "it answers what was not asked";
  if (kind == KIND_SIGNAL && !take_signal (self, rest))
    return "it sends faster than it is read";
  self->remaining = rest;
  self->have = 0;
  return NULL;
}

/* Follows the frames in @bytes; FALSE with @error at the first that may not come. */
static gboolean
follow (BgcWorkerGuard *self, const guint8 *bytes, gsize length, GError **error)
{
  while (length > 0)
    {
      gsize step = MIN (length, self->remaining > 0 ? self->remaining : HEADER - self->have);
      const char *why = NULL;

      if (self->remaining > 0)
        {
          self->remaining -= step;
        }
      else
        {
          memcpy (self->header + self->have, bytes, step);
          self->have += step;
          why = self->have == HEADER ? judge (self) : NULL;
        }
      if (why != NULL)
        {
          g_set_error (error, BGC_ERROR, BGC_ERROR_WORKER_LOST, "The worker broke the rules: %s", why);
          return FALSE;
        }
      bytes += step;
      length -= step;
    }
  return TRUE;
}

static GConverterResult
guard_convert (GConverter *converter, const void *in, gsize in_size, void *out, gsize out_size,
               GConverterFlags flags, gsize *bytes_read, gsize *bytes_written, GError **error)
{
  BgcWorkerGuard *self = BGC_WORKER_GUARD (converter);
  gsize step = MIN (in_size, out_size);

  *bytes_read = *bytes_written = 0;
  if (step == 0 && (flags & G_CONVERTER_INPUT_AT_END) != 0)
    return G_CONVERTER_FINISHED;
  if (step == 0)
    {
      g_set_error_literal (error, G_IO_ERROR, in_size == 0 ? G_IO_ERROR_PARTIAL_INPUT : G_IO_ERROR_NO_SPACE,
                           "More is needed");
      return G_CONVERTER_ERROR;
    }
  if (!follow (self, in, step, error))
    return G_CONVERTER_ERROR;
  memcpy (out, in, step);
  *bytes_read = *bytes_written = step;
  return G_CONVERTER_CONVERTED;
}

static void
guard_reset (GConverter *converter)
{
  BgcWorkerGuard *self = BGC_WORKER_GUARD (converter);

  self->have = self->remaining = 0;
}

static void
bgc_worker_guard_converter_init (GConverterIface *iface)
{
  iface->convert = guard_convert;
  iface->reset = guard_reset;
}

BgcWorkerGuard *
bgc_worker_guard_new (void)
{
  return g_object_new (BGC_TYPE_WORKER_GUARD, NULL);
}

void
bgc_worker_guard_expect_answer (BgcWorkerGuard *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->mutex);

  self->answers++;
}

gsize
bgc_worker_guard_handled (BgcWorkerGuard *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->mutex);
  gsize bytes = GPOINTER_TO_SIZE (g_queue_pop_head (&self->unread));

  self->unread_bytes -= bytes;
  return bytes;
}

GIOStream *
bgc_worker_guard_wrap (BgcWorkerGuard *self, GSocketConnection *socket)
{
  GIOStream *stream = G_IO_STREAM (socket);
  g_autoptr (GInputStream) in = NULL;
  g_autoptr (GOutputStream) out = NULL;

  in = g_converter_input_stream_new (g_io_stream_get_input_stream (stream), G_CONVERTER (self));
  out = G_OUTPUT_STREAM (bgc_worker_outlet_new (socket));
  return g_simple_io_stream_new (in, out);
}
