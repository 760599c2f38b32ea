/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "workers/bgc-worker-link.h"

#include "base/bgc-error.h"
#include "workers/bgc-worker-codec.h"
#include "workers/bgc-worker-guard.h"
#include "workers/bgc-worker-handshake.h"
#include "workers/bgc-worker-outlet.h"

#define WORKER_PATH      "/org/example/BackgroundCopy/Worker"
#define WORKER_INTERFACE "org.example.BackgroundCopy.Worker"
/* A local socket to a process that has just started. */
#define AUTHENTICATION_TIME (5 * G_USEC_PER_SEC)
/* Silence after which a busy worker is pinged, and as long again after which it is given up. */
#define SILENCE (5 * G_USEC_PER_SEC)
/* An alarm that comes later than this came out of suspend: the worker slept too. */
#define LATE (2 * G_USEC_PER_SEC)
/* Signals: this many a second for long, this many at once. */
#define SIGNALS_PER_SECOND 50
#define SIGNAL_BURST       64
/* A call to start, feed or stop a job may bring up to this many signals beyond that; what is not used
 * is kept up to a limit. */
#define SIGNALS_PER_CALL 3
#define MAX_CREDIT       1024
/* Bytes of signals, likewise, as it is these that take time to read: a MiB a fifth of a second. Progress of
 * all that may run at once takes a tenth of this. With a call comes the right to so many more for each byte
 * of its own: what there is to tell of a file takes more than it took to name it. */
#define BYTES_PER_SECOND (512 * 1024)
#define BYTE_BURST       (3 * 1024 * 1024)
#define BYTES_PER_BYTE   8

struct _BgcWorkerLink
{
  guint references;                  /* the owner's, and one for each operation under way */
  const BgcWorkerLinkEvents *events; /* borrowed; NULL once closed */
  gpointer data;                     /* borrowed, of events */
  BgcClock *clock;                   /* (owned) */
  GSocketConnection *socket;         /* (owned) */
  BgcWorkerGuard *guard;             /* (owned) */
  BgcWorkerOutlet *outlet;           /* (owned) (nullable) NULL until authenticated */
  GDBusConnection *bus;              /* (owned) (nullable) NULL until authenticated */
  GCancellable *cancellable;         /* (owned) one for the link's life */
  guint subscription;                /* to signals, 0 = none */
  guint64 watch_alarm;               /* authentication, then silence; 0 = none */
  gint64 watch_due;                  /* boot microseconds: when it should go off */
  gint64 heard;                      /* boot microseconds: the last answer or signal, or since when busy */
  gint64 pinged;                     /* likewise the ping that is out, 0 = none */
  guint pending;                     /* calls out, pings included */
  guint answers;
  gboolean busy;
  gint64 tokens_at; /* boot microseconds: tokens were counted */
  gint64 tokens;    /* signals allowed now, in millionths */
  gint64 bytes;     /* of signals allowed now */
  guint credit;     /* signals allowed beyond, by calls made */
};

/* A call under way. */
typedef struct
{
  BgcWorkerLink *link;        /* a reference */
  BgcWorkerLinkFunc function; /* (nullable) */
  gpointer data;
  GDestroyNotify free_data; /* (nullable) */
} Call;

static void
watch (BgcWorkerLink *self);

static BgcWorkerLink *
link_ref (BgcWorkerLink *self)
{
  self->references++;
  return self;
}

static void
link_unref (BgcWorkerLink *self)
{
  if (--self->references > 0)
    return;
  g_clear_object (&self->bus);
  g_clear_object (&self->outlet);
  g_clear_object (&self->guard);
  g_clear_object (&self->socket);
  g_clear_object (&self->cancellable);
  g_clear_object (&self->clock);
  g_free (self);
}

static gboolean
is_closed (BgcWorkerLink *self)
{
  return self->events == NULL;
}

static void
on_closed (GDBusConnection *bus, gboolean vanished, GError *error, gpointer data);

/* Shutting the socket down rather than closing it: GDBus's thread may be polling its descriptor. */
static void
shut (BgcWorkerLink *self, gboolean reading)
{
  g_socket_shutdown (g_socket_connection_get_socket (self->socket), reading, TRUE, NULL);
}

static void
link_close (BgcWorkerLink *self)
{
  if (is_closed (self))
    return;
  self->events = NULL;
  bgc_clock_clear_alarm (self->clock, &self->watch_alarm);
  g_cancellable_cancel (self->cancellable);
  if (self->bus != NULL)
    {
      g_signal_handlers_disconnect_by_func (self->bus, on_closed, self);
      g_dbus_connection_signal_unsubscribe (self->bus, self->subscription);
      g_dbus_connection_close (self->bus, NULL, NULL, NULL);
    }
  shut (self, TRUE);
}

void
bgc_worker_link_free (BgcWorkerLink *self)
{
  link_close (self);
  link_unref (self);
}

static void
link_break (BgcWorkerLink *self, const char *why, gboolean crashed)
{
  const BgcWorkerLinkEvents *events = self->events;

  if (is_closed (self))
    return;
  link_close (self);
  events->broken (why, crashed, self->data);
}

void
bgc_worker_link_refuse (BgcWorkerLink *self, const char *why)
{
  link_break (self, why, FALSE);
}

static void
on_closed (GDBusConnection *bus, gboolean vanished, GError *error, gpointer data)
{
  gboolean crashed = !g_error_matches (error, BGC_ERROR, BGC_ERROR_WORKER_LOST);

  /* A frame of the right size that is none: GDBus has quoted all of it to the log already. */
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT))
    {
      link_break (data, "The worker broke the rules: what it sent is no D-Bus", FALSE);
      return;
    }
  /* Without an error the connection would have been closed by ourselves, who have disconnected this. */
  link_break (data,
              crashed && (vanished || error == NULL) ? "it ended or closed the connection" : error->message,
              crashed);
}

/* TRUE if one more signal, of so many @bytes, is within what a worker may send. */
static gboolean
take_token (BgcWorkerLink *self, gsize bytes)
{
  gint64 now = bgc_clock_boot (self->clock);
  gint64 passed = MIN (now - self->tokens_at, G_USEC_PER_SEC * SIGNAL_BURST);

  self->tokens = MIN (self->tokens + passed * SIGNALS_PER_SECOND, SIGNAL_BURST * G_USEC_PER_SEC);
  self->bytes = MIN (self->bytes + passed * BYTES_PER_SECOND / G_USEC_PER_SEC, BYTE_BURST) - (gint64)bytes;
  self->tokens_at = now;
  if (self->credit > 0)
    self->credit--;
  else
    self->tokens -= G_USEC_PER_SEC;
  return self->tokens >= 0 && self->bytes >= 0;
}

static void
on_signal (GDBusConnection *bus, const char *sender, const char *path, const char *interface,
           const char *member, GVariant *arguments, gpointer data)
{
  BgcWorkerLink *self = data;
  g_autoptr (GVariant) reports = NULL;
  gsize bytes;

  if (is_closed (self))
    return;
  bytes = bgc_worker_guard_handled (self->guard);
  self->heard = bgc_clock_boot (self->clock);
  if (!take_token (self, bytes))
    {
      link_break (self, "it sends too many signals, or too long ones", FALSE);
      return;
    }
  if (g_strcmp0 (member, "Reports") != 0
      || !g_variant_is_of_type (arguments, G_VARIANT_TYPE ("(" BGC_WORKER_CODEC_REPORTS ")")))
    {
      link_break (self, "it sends a signal of no known form", FALSE);
      return;
    }
  reports = g_variant_get_child_value (arguments, 0);
  self->events->reports (reports, self->data);
}

static void
on_bus (GObject *source, GAsyncResult *result, gpointer data)
{
  BgcWorkerLink *self = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GDBusConnection) bus = g_dbus_connection_new_finish (result, &error);

  if (!is_closed (self) && bus == NULL)
    link_break (self, error->message, TRUE);
  if (!is_closed (self))
    {
      self->bus = g_steal_pointer (&bus);
      g_dbus_connection_set_exit_on_close (self->bus, FALSE);
      g_signal_connect (self->bus, "closed", G_CALLBACK (on_closed), self);
      self->subscription = g_dbus_connection_signal_subscribe (self->bus, NULL, NULL, NULL, NULL, NULL,
                                                               G_DBUS_SIGNAL_FLAGS_NONE, on_signal,
                                                               link_ref (self), (GDestroyNotify)link_unref);
      g_dbus_connection_start_message_processing (self->bus);
      bgc_clock_clear_alarm (self->clock, &self->watch_alarm);
      self->events->ready (self->data);
    }
  link_unref (self);
}

static void
on_handshake (GObject *source, GAsyncResult *result, gpointer data)
{
  BgcWorkerLink *self = data;
  g_autoptr (GError) error = NULL;

  if (!bgc_worker_handshake_finish (result, &error))
    {
      link_break (self, error->message, FALSE);
    }
  else if (!is_closed (self))
    {
      g_autoptr (GIOStream) guarded = bgc_worker_guard_wrap (self->guard, self->socket);

      self->outlet = g_object_ref (BGC_WORKER_OUTLET (g_io_stream_get_output_stream (guarded)));
      g_dbus_connection_new (guarded, NULL, G_DBUS_CONNECTION_FLAGS_DELAY_MESSAGE_PROCESSING, NULL,
                             self->cancellable, on_bus, link_ref (self));
    }
  link_unref (self);
}

static void
on_authentication_late (gpointer data)
{
  BgcWorkerLink *self = data;

  self->watch_alarm = 0;
  link_break (self, "it did not authenticate in time", FALSE);
}

BgcWorkerLink *
bgc_worker_link_new (GSocketConnection *socket, guint32 owner, BgcClock *clock,
                     const BgcWorkerLinkEvents *events, gpointer data)
{
  BgcWorkerLink *self = g_new0 (BgcWorkerLink, 1);

  self->references = 1;
  self->events = events;
  self->data = data;
  self->clock = g_object_ref (clock);
  self->socket = g_object_ref (socket);
  self->guard = bgc_worker_guard_new ();
  self->cancellable = g_cancellable_new ();
  self->tokens = SIGNAL_BURST * G_USEC_PER_SEC;
  self->bytes = BYTE_BURST;
  self->tokens_at = bgc_clock_boot (clock);
  self->watch_alarm = bgc_clock_set_alarm (clock, self->tokens_at + AUTHENTICATION_TIME,
                                           "worker authentication", on_authentication_late, self);
  bgc_worker_handshake_async (socket, owner, self->cancellable, on_handshake, link_ref (self));
  return self;
}

static gboolean
is_watched (BgcWorkerLink *self)
{
  return !is_closed (self) && (self->busy || self->pending > 0);
}

static void
on_pong (GVariant *answer, gpointer data)
{
  BgcWorkerLink *self = data;

  self->pinged = 0;
}

static void
on_watch (gpointer data)
{
  BgcWorkerLink *self = data;
  gint64 now = bgc_clock_boot (self->clock);
  gint64 since = MAX (self->heard, self->pinged);

  self->watch_alarm = 0;
  if (!is_watched (self))
    return;
  if (now > self->watch_due + LATE)
    self->heard = now;
  else if (self->pinged != 0 && now - since >= SILENCE)
    {
      link_break (self, "it does not answer", FALSE);
      return;
    }
  else if (self->pinged == 0 && now - since >= SILENCE)
    {
      self->pinged = now;
      bgc_worker_link_call (self, "Ping", NULL, "()", on_pong, self, NULL);
    }
  watch (self);
}

/* Sees to it that the alarm is set while there is something to watch for. Never moved on when something
 * is heard: it finds that out when it goes off. */
static void
watch (BgcWorkerLink *self)
{
  if (!is_watched (self))
    {
      bgc_clock_clear_alarm (self->clock, &self->watch_alarm);
      return;
    }
  if (self->watch_alarm != 0)
    return;
  self->watch_due = MAX (self->heard, self->pinged) + SILENCE;
  self->watch_alarm = bgc_clock_set_alarm (self->clock, self->watch_due, "worker silence", on_watch, self);
}

static void
call_free (Call *call)
{
  if (call->free_data != NULL)
    call->free_data (call->data);
  link_unref (call->link);
  g_free (call);
}

static void
on_answer (GObject *bus, GAsyncResult *result, gpointer data)
{
  Call *call = data;
  BgcWorkerLink *self = call->link;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) answer = g_dbus_connection_call_finish (G_DBUS_CONNECTION (bus), result, &error);

  self->pending--;
  if (answer != NULL && !is_closed (self))
    {
      self->answers++;
      self->heard = bgc_clock_boot (self->clock);
      if (call->function != NULL)
        call->function (answer, call->data);
      if (!is_closed (self))
        watch (self);
    }
  /* Where the connection itself has ended, "closed" follows and knows why. */
  else if (!is_closed (self) && !g_dbus_connection_is_closed (self->bus))
    link_break (self, error->message, FALSE);
  call_free (call);
}

void
bgc_worker_link_call (BgcWorkerLink *self, const char *method, GVariant *arguments, const char *type,
                      BgcWorkerLinkFunc function, gpointer data, GDestroyNotify free_data)
{
  g_autoptr (GVariant) owned = arguments == NULL ? NULL : g_variant_ref_sink (arguments);
  Call *call = g_new0 (Call, 1);

  call->link = link_ref (self);
  call->function = function;
  call->data = data;
  call->free_data = free_data;
  if (is_closed (self) || self->bus == NULL)
    {
      call_free (call);
      return;
    }
  if (!is_watched (self))
    self->heard = bgc_clock_boot (self->clock);
  self->pending++;
  self->credit = MIN (self->credit + SIGNALS_PER_CALL, MAX_CREDIT);
  if (owned != NULL)
    self->bytes = MIN (self->bytes + (gint64)g_variant_get_size (owned) * BYTES_PER_BYTE, BYTE_BURST);
  bgc_worker_guard_expect_answer (self->guard);
  g_dbus_connection_call (self->bus, NULL, WORKER_PATH, WORKER_INTERFACE, method, owned,
                          G_VARIANT_TYPE (type), G_DBUS_CALL_FLAGS_NONE, G_MAXINT, self->cancellable,
                          on_answer, call);
  watch (self);
}

void
bgc_worker_link_call_with (BgcWorkerLink *self, const char *method, GVariant *arguments,
                           GUnixFDList *descriptors, const char *type, BgcWorkerLinkFunc function,
                           gpointer data, GDestroyNotify free_data)
{
  if (self->outlet != NULL)
    bgc_worker_outlet_attach (self->outlet, method, descriptors);
  bgc_worker_link_call (self, method, arguments, type, function, data, free_data);
}

void
bgc_worker_link_set_busy (BgcWorkerLink *self, gboolean busy)
{
  if (is_closed (self) || busy == self->busy)
    return;
  if (!is_watched (self))
    self->heard = bgc_clock_boot (self->clock);
  self->busy = busy;
  watch (self);
}

void
bgc_worker_link_hang_up (BgcWorkerLink *self)
{
  if (!is_closed (self))
    shut (self, FALSE);
}

guint
bgc_worker_link_pending (BgcWorkerLink *self)
{
  return self->pending;
}

guint
bgc_worker_link_answers (BgcWorkerLink *self)
{
  return self->answers;
}
