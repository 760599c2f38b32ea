/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "workers/bgc-worker-outlet.h"

#include <gio/gunixfdmessage.h>

/* Bytes of the fixed part of a D-Bus header, which says how long the rest is. */
#define HEADER 16

/* Descriptors that wait for their call. */
typedef struct
{
  char *method;             /* (owned) */
  GUnixFDList *descriptors; /* (owned) */
} Attachment;

/* Of another type than a socket's: GDBus takes that for proof that it has the socket too, and crashes. */
struct _BgcWorkerOutlet
{
  GFilterOutputStream parent;
  GSocket *socket;   /* (owned) */
  gsize remaining;   /* bytes of the message that is being written */
  GMutex mutex;      /* over the following */
  GQueue attachments; /* (owned) (element-type Attachment) */
};

static void
bgc_worker_outlet_pollable_init (GPollableOutputStreamInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (BgcWorkerOutlet, bgc_worker_outlet, G_TYPE_FILTER_OUTPUT_STREAM,
                               G_IMPLEMENT_INTERFACE (G_TYPE_POLLABLE_OUTPUT_STREAM,
                                                      bgc_worker_outlet_pollable_init))

static void
attachment_free (Attachment *attachment)
{
  g_object_unref (attachment->descriptors);
  g_free (attachment->method);
  g_free (attachment);
}

static void
bgc_worker_outlet_init (BgcWorkerOutlet *self)
{
  g_mutex_init (&self->mutex);
  g_queue_init (&self->attachments);
}

static void
bgc_worker_outlet_finalize (GObject *object)
{
  BgcWorkerOutlet *self = BGC_WORKER_OUTLET (object);

  g_queue_clear_full (&self->attachments, (GDestroyNotify)attachment_free);
  g_mutex_clear (&self->mutex);
  g_clear_object (&self->socket);
  G_OBJECT_CLASS (bgc_worker_outlet_parent_class)->finalize (object);
}

static void
bgc_worker_outlet_class_init (BgcWorkerOutletClass *class)
{
  G_OBJECT_CLASS (class)->finalize = bgc_worker_outlet_finalize;
}

static GPollableOutputStream *
base_of (GPollableOutputStream *stream)
{
  return G_POLLABLE_OUTPUT_STREAM (g_filter_output_stream_get_base_stream (G_FILTER_OUTPUT_STREAM (stream)));
}

static gboolean
outlet_can_poll (GPollableOutputStream *stream)
{
  return g_pollable_output_stream_can_poll (base_of (stream));
}

static gboolean
outlet_is_writable (GPollableOutputStream *stream)
{
  return g_pollable_output_stream_is_writable (base_of (stream));
}

static GSource *
outlet_create_source (GPollableOutputStream *stream, GCancellable *cancellable)
{
  g_autoptr (GSource) source = g_pollable_output_stream_create_source (base_of (stream), cancellable);

  return g_pollable_source_new_full (stream, source, NULL);
}

/* What goes with the message that begins with @bytes, which are all of it; NULL: nothing. */
static Attachment *
find_attachment (BgcWorkerOutlet *self, const void *bytes, gsize count)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->mutex);
  g_autoptr (GDBusMessage) message = NULL;

  if (g_queue_is_empty (&self->attachments))
    return NULL;
  message = g_dbus_message_new_from_blob ((guchar *)bytes, count, G_DBUS_CAPABILITY_FLAGS_UNIX_FD_PASSING,
                                          NULL);
  if (message == NULL)
    return NULL;
  for (GList *l = self->attachments.head; l != NULL; l = l->next)
    if (g_strcmp0 (g_dbus_message_get_member (message), ((Attachment *)l->data)->method) == 0)
      return l->data;
  return NULL;
}

/* The kernel hands the descriptors over with the first of the bytes, however few of them it takes. */
static gssize
write_attached (BgcWorkerOutlet *self, Attachment *attachment, const void *bytes, gsize count, GError **error)
{
  g_autoptr (GSocketControlMessage) control
    = g_unix_fd_message_new_with_fd_list (attachment->descriptors);
  GOutputVector vector = { bytes, count };
  gsize written = 0;

  switch (g_socket_send_message_with_timeout (self->socket, NULL, &vector, 1, &control, 1,
                                              G_SOCKET_MSG_NONE, 0, &written, NULL, error))
    {
    case G_POLLABLE_RETURN_OK:
      break;
    case G_POLLABLE_RETURN_WOULD_BLOCK:
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK, "The socket is full");
      return -1;
    case G_POLLABLE_RETURN_FAILED:
    default:
      return -1;
    }
  g_mutex_lock (&self->mutex);
  g_queue_remove (&self->attachments, attachment);
  g_mutex_unlock (&self->mutex);
  attachment_free (attachment);
  return (gssize)written;
}

/* Bytes of a message of ours with this header; what is too short for one is taken as it is. */
static gsize
message_length (const void *bytes, gsize count)
{
  gssize length = count < HEADER ? -1 : g_dbus_message_bytes_needed ((guchar *)bytes, count, NULL);

  return length < 0 ? count : (gsize)length;
}

static gssize
outlet_write_nonblocking (GPollableOutputStream *stream, const void *bytes, gsize count, GError **error)
{
  BgcWorkerOutlet *self = BGC_WORKER_OUTLET (stream);
  Attachment *attachment = self->remaining > 0 ? NULL : find_attachment (self, bytes, count);
  gsize length = self->remaining > 0 ? self->remaining : message_length (bytes, count);
  gssize written
    = attachment != NULL
        ? write_attached (self, attachment, bytes, count, error)
        : g_pollable_output_stream_write_nonblocking (base_of (stream), bytes, count, NULL, error);

  if (written > 0)
    self->remaining = length - MIN (length, (gsize)written);
  return written;
}

static void
bgc_worker_outlet_pollable_init (GPollableOutputStreamInterface *iface)
{
  iface->can_poll = outlet_can_poll;
  iface->is_writable = outlet_is_writable;
  iface->create_source = outlet_create_source;
  iface->write_nonblocking = outlet_write_nonblocking;
}

BgcWorkerOutlet *
bgc_worker_outlet_new (GSocketConnection *socket)
{
  BgcWorkerOutlet *self
    = g_object_new (BGC_TYPE_WORKER_OUTLET, "base-stream",
                    g_io_stream_get_output_stream (G_IO_STREAM (socket)), NULL);

  self->socket = g_object_ref (g_socket_connection_get_socket (socket));
  return self;
}

void
bgc_worker_outlet_attach (BgcWorkerOutlet *self, const char *method, GUnixFDList *descriptors)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->mutex);
  Attachment *attachment = g_new0 (Attachment, 1);

  attachment->method = g_strdup (method);
  attachment->descriptors = g_object_ref (descriptors);
  g_queue_push_tail (&self->attachments, attachment);
}
