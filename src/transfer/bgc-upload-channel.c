/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "transfer/bgc-upload-channel.h"

#include "transfer/bgc-call-watch.h"
#include "transfer/bgc-http-outcome.h"
#include "transfer/bgc-source-stream.h"

/* Seconds for the "go on" of a server that was asked first; one that does not know the question is silent. */
#define EXPECT_SECONDS 5u
/* What is read of an answer's body, which nobody needs, to keep the connection: bytes, seconds. */
#define DRAIN_BYTES (64u * 1024u)
#define DRAIN_SECONDS 10u
/* Between two calls of moved, microseconds. */
#define MOVED_INTERVAL (50 * 1000)

struct _BgcUploadChannel
{
  BgcCallWatch *watch; /* (owned) */
  char *user_agent;    /* (owned) */
  guint stall_seconds;
  guint answer_seconds;
  BgcCourtesy *courtesy;   /* (borrowed) (nullable) */
  BgcPriority priority;
  BgcThrottle *throttle;   /* (owned) (nullable) */
  gint connected;          /* atomic */
  gint requests;           /* atomic */
  _Atomic guint64 sent;    /* bytes */
  SoupSession *soup;       /* (owned) (nullable) between enter and leave */
  SoupSession *foreign;    /* (owned) (nullable) likewise, for other origins than the login's, if need be */
  BgcHttpLogin *login;     /* (owned) (nullable) */
  GMainContext *context;   /* (owned) (nullable) likewise: libsoup's, never run */
  gboolean never_ask_first; /* this server does not understand the question */
  void (*moved) (gpointer data);
  gpointer data;     /* (borrowed) */
  gint64 moved_time; /* monotonic, microseconds */
};

/* A request under way. */
typedef struct
{
  BgcUploadChannel *channel; /* (borrowed) */
  BgcUploadRequest *request; /* (borrowed) */
  BgcSourceStream *stream;   /* (owned) (nullable) of its body */
  gboolean asks_first;       /* whether the body is wanted */
  gboolean went;             /* a byte of the body was asked for */
} Call;

/* ---- the channel -------------------------------------------------------------------------------- */

BgcUploadChannel *
bgc_upload_channel_new (const BgcUploadChannelSettings *settings)
{
  BgcUploadChannel *self = g_new0 (BgcUploadChannel, 1);

  self->stall_seconds = settings->stall_seconds > 0 ? settings->stall_seconds : 60;
  self->answer_seconds = settings->answer_seconds > 0 ? settings->answer_seconds : 300;
  self->user_agent = g_strdup (settings->user_agent);
  self->courtesy = settings->courtesy;
  self->priority = settings->priority;
  self->throttle = bgc_throttle_ref (settings->throttle);
  self->login = bgc_http_login_ref (settings->login);
  self->watch = bgc_call_watch_new ();
  return self;
}

void
bgc_upload_channel_free (BgcUploadChannel *self)
{
  if (self == NULL)
    return;
  g_warn_if_fail (self->soup == NULL);
  bgc_call_watch_free (self->watch);
  bgc_http_login_unref (self->login);
  bgc_throttle_unref (self->throttle);
  g_free (self->user_agent);
  g_free (self);
}

void
bgc_upload_channel_stop (BgcUploadChannel *self)
{
  bgc_call_watch_stop (self->watch);
}

gboolean
bgc_upload_channel_is_stopped (BgcUploadChannel *self)
{
  return bgc_call_watch_is_stopped (self->watch);
}

guint64
bgc_upload_channel_sent (BgcUploadChannel *self)
{
  return self->sent;
}

gboolean
bgc_upload_channel_is_connected (BgcUploadChannel *self)
{
  return g_atomic_int_get (&self->connected) != 0;
}

gboolean
bgc_upload_channel_answers (BgcUploadChannel *self, guint status)
{
  return bgc_http_login_answers (self->login, status);
}

guint32
bgc_upload_channel_requests (BgcUploadChannel *self)
{
  return (guint32)g_atomic_int_get (&self->requests);
}

void
bgc_upload_channel_set_moved (BgcUploadChannel *self, void (*moved) (gpointer data), gpointer data)
{
  self->moved = moved;
  self->data = data;
}

static SoupSession *
open_soup (BgcUploadChannel *self, gboolean own)
{
  SoupSession *soup = soup_session_new_with_options ("timeout", 0, "idle-timeout", 0, "user-agent",
                                                     self->user_agent, NULL);

  soup_session_remove_feature_by_type (soup, SOUP_TYPE_CONTENT_DECODER);
  bgc_http_login_set_up (self->login, soup, own);
  bgc_courtesy_watch (self->courtesy, soup, self->priority, BGC_COURTESY_SENDING);
  return soup;
}

void
bgc_upload_channel_enter (BgcUploadChannel *self, void (*moved) (gpointer data), gpointer data)
{
  g_return_if_fail (self->soup == NULL);

  bgc_upload_channel_set_moved (self, moved, data);
  self->context = g_main_context_new ();
  g_main_context_push_thread_default (self->context);
  self->soup = open_soup (self, TRUE);
}

void
bgc_upload_channel_leave (BgcUploadChannel *self)
{
  g_return_if_fail (self->soup != NULL);

  soup_session_abort (self->soup);
  g_clear_object (&self->soup);
  if (self->foreign != NULL)
    soup_session_abort (self->foreign);
  g_clear_object (&self->foreign);
  bgc_call_watch_forget (self->watch);
  g_main_context_pop_thread_default (self->context);
  g_clear_pointer (&self->context, g_main_context_unref);
}

static void
tell_moved (BgcUploadChannel *self, gboolean now)
{
  gint64 time = g_get_monotonic_time ();

  if (self->moved == NULL || (!now && time - self->moved_time < MOVED_INTERVAL))
    return;
  self->moved_time = time;
  self->moved (self->data);
}

/* ---- one call ----------------------------------------------------------------------------------- */

/* Where the server leads elsewhere nothing is shown. */
static SoupSession *
show (BgcUploadChannel *self, SoupMessage *message)
{
  g_autofree char *url = g_uri_to_string (soup_message_get_uri (message));
  gboolean own = bgc_http_login_is_own (self->login, url);

  bgc_http_login_attach (self->login, message, own);
  if (own)
    return self->soup;
  if (self->foreign == NULL)
    self->foreign = open_soup (self, FALSE);
  return self->foreign;
}

static void
on_body_moved (gsize bytes, guint64 left, gpointer data)
{
  Call *call = data;
  BgcUploadChannel *self = call->channel;

  call->went = TRUE;
  /* A body goes out behind its head, and an answer may be hours away. */
  g_atomic_int_set (&self->connected, 1);
  self->sent += bytes;
  bgc_call_watch_beat (self->watch,
                       left == 0 && call->request->is_last ? self->answer_seconds : self->stall_seconds);
  tell_moved (self, FALSE);
}

static void
give_body (Call *call)
{
  const BgcUploadRequest *request = call->request;

  g_clear_object (&call->stream);
  call->stream = bgc_source_stream_new (request->source, request->first, request->length,
                                        call->channel->throttle, on_body_moved, call);
  soup_message_set_request_body (request->message, NULL, G_INPUT_STREAM (call->stream),
                                 (gssize)request->length);
}

/* libsoup sends it once more, on another connection. */
static void
on_restarted (SoupMessage *message, gpointer data)
{
  Call *call = data;

  bgc_call_watch_beat (call->channel->watch, call->channel->stall_seconds);
  if (call->request->source != NULL)
    give_body (call);
}

static void
on_wrote_headers (SoupMessage *message, gpointer data)
{
  Call *call = data;
  guint seconds = call->channel->stall_seconds;

  if (call->asks_first)
    seconds = MIN (seconds, EXPECT_SECONDS);
  else if (call->request->is_last && call->request->source == NULL)
    seconds = call->channel->answer_seconds;
  bgc_call_watch_beat (call->channel->watch, seconds);
}

/* After a question libsoup would wait for a second answer, to the body that was not sent. */
static void
on_got_body (SoupMessage *message, gpointer data)
{
  Call *call = data;
  guint status = soup_message_get_status (message);

  if (call->asks_first && !call->went && soup_message_get_http_version (message) <= SOUP_HTTP_1_1
      && (status == SOUP_STATUS_UNAUTHORIZED || status == SOUP_STATUS_PROXY_AUTHENTICATION_REQUIRED))
    bgc_call_watch_stop_reading (call->channel->watch);
}

static void
on_network_event (SoupMessage *message, GSocketClientEvent event, GIOStream *connection, gpointer data)
{
  Call *call = data;

  if (event == G_SOCKET_CLIENT_CONNECTED && G_IS_SOCKET_CONNECTION (connection))
    bgc_call_watch_set_socket (call->channel->watch,
                               g_socket_connection_get_socket (G_SOCKET_CONNECTION (connection)));
}

static void
call_begin (Call *call, BgcUploadChannel *channel, BgcUploadRequest *request)
{
  SoupMessage *message = request->message;

  *call = (Call){ .channel = channel, .request = request };
  call->asks_first = request->ask_first && !channel->never_ask_first;
  if (call->asks_first)
    soup_message_headers_set_expectations (soup_message_get_request_headers (message),
                                           SOUP_EXPECTATION_CONTINUE);
  if (request->source != NULL)
    give_body (call);
  g_signal_connect (message, "restarted", G_CALLBACK (on_restarted), call);
  g_signal_connect (message, "wrote-headers", G_CALLBACK (on_wrote_headers), call);
  g_signal_connect (message, "got-body", G_CALLBACK (on_got_body), call);
  g_signal_connect (message, "network-event", G_CALLBACK (on_network_event), call);
}

static void
call_end (Call *call)
{
  g_signal_handlers_disconnect_by_data (call->request->message, call);
  g_clear_object (&call->stream);
}

/* The connection is of use for the next request once the answer is read to its end. */
static gboolean
is_worth_draining (const Call *call)
{
  return soup_message_is_keepalive (call->request->message) && (!call->asks_first || call->went);
}

/* Reads what is short, so that the connection can be used again; else lets that go. */
static void
drain (const Call *call, GInputStream *stream, GCancellable *cancellable)
{
  BgcUploadChannel *self = call->channel;
  char bytes[4096];
  gsize have = is_worth_draining (call) ? 0 : DRAIN_BYTES;
  gssize n = 1;

  bgc_call_watch_beat (self->watch, MIN (DRAIN_SECONDS, self->stall_seconds));
  while (n > 0 && have < DRAIN_BYTES)
    {
      n = g_input_stream_read (stream, bytes, sizeof bytes, cancellable, NULL);
      have += n > 0 ? (gsize)n : 0;
    }
  if (n != 0)
    g_cancellable_cancel (cancellable);
  g_input_stream_close (stream, cancellable, NULL);
}

static BgcFailure *
failure_of (Call *call, gboolean timed_out, const GError *error)
{
  BgcFailure *failure = call->stream != NULL ? bgc_source_stream_take_failure (call->stream) : NULL;
  GError late = { G_IO_ERROR, G_IO_ERROR_TIMED_OUT, (char *)"nothing moved any more" };

  if (failure != NULL)
    return failure;
  /* libsoup takes 100 KiB of a head and has no error of its own for more. */
  if (!timed_out && g_error_matches (error, G_IO_ERROR, G_IO_ERROR_PARTIAL_INPUT)
      && g_str_equal (error->message, "Header too big"))
    return bgc_http_outcome_of_nonsense ("The head of the server's answer is too large");
  return bgc_http_outcome_of_error (timed_out ? &late : error);
}

/* A server that does not know the question either says so or says nothing. */
static gboolean
was_not_understood (const Call *call, const BgcUploadAnswer *answer, gboolean timed_out)
{
  return call->asks_first && !call->went
         && (answer->status == SOUP_STATUS_EXPECTATION_FAILED || (answer->status == 0 && timed_out));
}

/* TRUE if it is to be sent again without asking first. */
static gboolean
send_once (BgcUploadChannel *self, Call *call, BgcUploadAnswer *out)
{
  BgcUploadRequest *request = call->request;
  g_autoptr (GError) error = NULL;
  g_autoptr (GInputStream) stream = NULL;
  g_autoptr (GCancellable) cancellable
    = bgc_call_watch_begin (self->watch, self->stall_seconds, request->opens_session);
  gboolean timed_out;

  if (cancellable == NULL)
    return FALSE;
  if (request->all_or_nothing)
    bgc_call_watch_set_all_or_nothing (self->watch);
  g_atomic_int_inc (&self->requests);
  stream = soup_session_send (show (self, request->message), request->message, cancellable, &error);
  if (stream != NULL)
    {
      g_atomic_int_set (&self->connected, 1);
      bgc_upload_answer_take (out, request->message);
      drain (call, stream, cancellable);
      g_clear_object (&stream);
    }
  timed_out = bgc_call_watch_end (self->watch);
  tell_moved (self, TRUE);
  if (was_not_understood (call, out, timed_out))
    return TRUE;
  if (out->status == 0 && (timed_out || !bgc_upload_channel_is_stopped (self)))
    out->failure = failure_of (call, timed_out, error);
  return FALSE;
}

/* As above. */
static gboolean
try_call (BgcUploadChannel *self, BgcUploadRequest *request, BgcUploadAnswer *out)
{
  gboolean again;
  Call call;

  call_begin (&call, self, request);
  again = send_once (self, &call, out);
  call_end (&call);
  return again;
}

void
bgc_upload_channel_call (BgcUploadChannel *self, BgcUploadRequest *request, BgcUploadAnswer *out)
{
  g_autoptr (BgcUploadRequest) first = request;
  g_autoptr (BgcUploadRequest) second = NULL;

  *out = (BgcUploadAnswer){ 0 };
  if (!bgc_http_login_prepare (self->login, &out->failure) || !try_call (self, first, out))
    return;
  bgc_upload_answer_clear (out);
  self->never_ask_first = TRUE;
  second = bgc_upload_request_copy (first);
  try_call (self, second, out);
}
