/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "server/bgc-exchange.h"

#include <string.h>

#include "base/bgc-error.h"
#include "server/bgc-forwarding.h"

#define EXCHANGE_KEY "bgc-exchange" /* on the message */
#define LOCK_RETRY 50               /* milliseconds between two tries of a session's lock */
#define LOCK_PATIENCE (20 * G_USEC_PER_SEC) /* microseconds; then the client is told to come again */
/* Bytes of a refused body that are read for the sake of the connection; one that is longer ends it. */
#define DISCARD_MAX (256u * 1024 * 1024)

static void try_lock (BgcExchange *self);

BgcExchange *
bgc_exchange_ref (BgcExchange *self)
{
  g_ref_count_inc (&self->references);

  return self;
}

void
bgc_exchange_unref (BgcExchange *self)
{
  if (!g_ref_count_dec (&self->references))
    return;
  g_hash_table_remove (self->parts->exchanges, self);
  g_clear_pointer (&self->session, bgc_session_free);
  g_clear_pointer (&self->intake, bgc_intake_free);
  g_clear_pointer (&self->filling, g_byte_array_unref);
  g_clear_pointer (&self->flushing, g_byte_array_unref);
  g_clear_error (&self->error);
  bgc_bits_request_clear (&self->request);
  bgc_bits_ack_clear (&self->ack);
  g_object_unref (self->cancellable);
  bgc_connection_unref (self->connection);
  g_object_unref (self->message);
  g_mutex_clear (&self->session_lock);
  g_free (self->url);
  g_free (self->origin);
  g_free (self->original);
  g_free (self->authorization);
  g_free (self->user);
  g_free (self);
}

void
bgc_exchange_pause (BgcExchange *self)
{
  if (self->paused || self->finished)
    return;
  self->paused = TRUE;
  /* It is us who are slow now. */
  bgc_connection_set_deadline (self->connection, 0);
  soup_server_message_pause (self->message);
}

void
bgc_exchange_resume (BgcExchange *self)
{
  if (!self->paused || self->finished)
    return;
  self->paused = FALSE;
  bgc_connection_set_deadline (self->connection, self->parts->config->body_timeout);
  soup_server_message_unpause (self->message);
}

typedef struct
{
  BgcExchange *exchange; /* (owned) a reference */
  GFunc work, done;
} Run;

static void
run_work (gpointer data, gpointer pool)
{
  Run *run = data;

  run->work (run->exchange, pool);
}

static void
run_done (gpointer data, gpointer pool)
{
  Run *run = data;

  run->exchange->busy = FALSE;
  run->done (run->exchange, pool);
  bgc_exchange_unref (run->exchange);
  g_free (run);
}

void
bgc_exchange_run (BgcExchange *self, BgcIoPool *pool, GFunc work, GFunc done)
{
  Run *run = g_new (Run, 1);

  *run = (Run) { bgc_exchange_ref (self), work, done };
  self->busy = TRUE;
  bgc_io_pool_run (pool, run_work, run_done, run);
}

void
bgc_exchange_fail (BgcExchange *self, GError *error)
{
  if (self->error != NULL)
    {
      g_error_free (error);
      return;
    }
  self->error = error;
  self->verdict = bgc_verdict_from_error (error);
}

void
bgc_exchange_release (BgcExchange *self)
{
  g_mutex_lock (&self->session_lock);
  g_clear_pointer (&self->session, bgc_session_free);
  g_mutex_unlock (&self->session_lock);
}

/* ---- the answer ---- */

static void
set_header (gpointer headers, const char *name, const char *value)
{
  soup_message_headers_replace (headers, name, value);
}

static const char *
get_header (gconstpointer headers, const char *name)
{
  return soup_message_headers_get_one ((SoupMessageHeaders *) headers, name);
}

static void
log_refusal (const BgcExchange *self)
{
  g_autofree char *why = g_strdup_printf ("%s %s: %u", bgc_bits_request_type_to_string (self->request.type),
                                          self->url, self->verdict.status);

  if (self->verdict.status == 500)
    g_message ("%s%s%s", why, self->error != NULL ? ": " : "",
               self->error != NULL ? self->error->message : "");
  else
    g_info ("%s%s%s", why, self->error != NULL ? ": " : "", self->error != NULL ? self->error->message : "");
}

void
bgc_exchange_answer (BgcExchange *self)
{
  SoupMessageHeaders *headers = soup_server_message_get_response_headers (self->message);
  BgcHeaderWriter writer = { set_header, headers };

  if (self->finished || self->answered)
    return;
  self->answered = TRUE;
  self->ack.has_error = self->verdict.has_error;
  self->ack.error_value = self->verdict.error_value;
  self->ack.context = self->verdict.context;
  if (self->verdict.status == bgc_verdict_success.status && self->request.session_id != NULL)
    {
      g_free (self->ack.session_id);
      self->ack.session_id = g_strdup (self->request.session_id);
    }
  if (self->verdict.status != bgc_verdict_success.status)
    log_refusal (self);
  bgc_bits_ack_write (&self->ack, &writer);
  if (self->verdict.status == SOUP_STATUS_UNAUTHORIZED)
    soup_message_headers_replace (headers, "WWW-Authenticate",
                                  "Basic realm=\"bgcopy-server\", charset=\"UTF-8\"");
  if (self->verdict.status == SOUP_STATUS_SERVICE_UNAVAILABLE)
    soup_message_headers_replace (headers, "Retry-After", "30");
  /* The body was never read: nothing else can follow on this connection. */
  if (!self->ended)
    soup_message_headers_replace (headers, "Connection", "close");
  if (self->intake != NULL)
    {
      bgc_intake_answer (self->intake, self->verdict.status, headers);
      bgc_exchange_end_intake (self);
      return;
    }
  soup_server_message_set_status (self->message, self->verdict.status, NULL);
  bgc_exchange_resume (self);
}

/* ---- packets without a body ---- */

static void
create (BgcExchange *self, BgcSessionStore *store)
{
  GError *error = NULL;

  self->ack.session_id = bgc_session_store_create (store, self->user, self->url, &error);
  if (self->ack.session_id == NULL)
    {
      bgc_exchange_fail (self, error);
      return;
    }
  self->ack.has_protocol = TRUE;
  self->ack.host_id = g_strdup (self->directory->host_id);
  self->ack.host_id_timeout = (guint32) MIN (self->directory->host_id_timeout, G_MAXUINT32);
  g_info ("session %s for %s", self->ack.session_id, self->url);
}

static void
end_session (BgcExchange *self)
{
  gboolean partial = self->session->record.state != BGC_SESSION_WAIT_CLOSE;

  g_info ("%s of session %s%s", bgc_bits_request_type_to_string (self->request.type), self->session->id,
          partial ? ": a partial upload is discarded" : "");
  bgc_session_drop (self->session);
  bgc_exchange_release (self);
}

static void
perform_work (gpointer data, gpointer pool)
{
  BgcExchange *self = data;

  if (self->request.type == BGC_BITS_CREATE_SESSION)
    create (self, g_hash_table_lookup (self->parts->stores, self->directory));
  else if (self->session != NULL)
    end_session (self);
}

static void
perform_done (gpointer data, gpointer pool)
{
  bgc_exchange_answer (data);
}

/* ---- the beginning ---- */

static gboolean
authenticate (BgcExchange *self)
{
  BgcPasswordFile *passwords = g_hash_table_lookup (self->parts->passwords, self->directory);
  GError *error = NULL;

  if (passwords == NULL)
    return TRUE;
  self->user = bgc_password_file_check (passwords, self->authorization, &error);
  if (self->user == NULL)
    {
      g_clear_error (&self->error);
      bgc_exchange_fail (self, error);
    }

  return self->user != NULL;
}

static gboolean
needs_session (const BgcExchange *self)
{
  return self->request.type != BGC_BITS_PING && self->request.type != BGC_BITS_CREATE_SESSION;
}

static BgcSessionWanted
wanted_kind (const BgcExchange *self)
{
  return self->request.type == BGC_BITS_FRAGMENT ? BGC_SESSION_WANTED_BY_FRAGMENT : BGC_SESSION_WANTED_BY_END;
}

static void
lock_work (gpointer data, gpointer pool)
{
  BgcExchange *self = data;
  GError *error = NULL;

  if (!bgc_session_try_lock (self->session, &error))
    {
      if (error != NULL)
        bgc_exchange_fail (self, error);
      else
        bgc_session_announce (self->session, wanted_kind (self));
    }
  else if (strcmp (self->session->record.url, self->url) != 0)
    bgc_exchange_fail (
      self, g_error_new_literal (BGC_ERROR, BGC_ERROR_SESSION_NOT_FOUND, "The session is another URL's"));
  else if (self->request.type == BGC_BITS_FRAGMENT)
    self->body->open (self);
  if (self->error != NULL)
    bgc_exchange_release (self);
}

static void
begin_work (gpointer data, gpointer pool)
{
  BgcExchange *self = data;
  BgcSessionStore *store = g_hash_table_lookup (self->parts->stores, self->directory);
  GError *error = NULL;

  if (!authenticate (self) || self->error != NULL || !needs_session (self))
    return;
  self->session = bgc_session_store_open (store, self->user, self->request.session_id, &error);
  if (self->session == NULL)
    bgc_exchange_fail (self, error);
  else
    lock_work (self, pool);
}

/* One that is to be stored, and which the client sends without being asked to. */
static gboolean
has_large_body (const BgcExchange *self)
{
  return self->body_use == BGC_BODY_STREAMED && self->error == NULL && !self->expects_continue
         && self->request.range.length >= BGC_INTAKE_LEAST;
}

/* From here on the reference that finished() would have dropped is the intake's. */
static void
begin_intake (BgcExchange *self)
{
  g_signal_handlers_disconnect_by_data (self->message, self);
  g_object_set_data (G_OBJECT (self->message), EXCHANGE_KEY, NULL);
  self->paused = FALSE;
  self->intake = bgc_intake_new (self->parts, self->connection, self->message, self->request.range.length);
  bgc_connection_set_deadline (self->connection, self->parts->config->body_timeout);
  self->body->fetch (self);
}

/* Reading goes on: into the file, or to be dropped. */
static void
admit (BgcExchange *self)
{
  self->admitted = TRUE;
  if (self->body_use == BGC_BODY_AWAITED)
    self->body_use = BGC_BODY_DISCARDED;
  if (has_large_body (self))
    begin_intake (self);
  else if (self->expects_continue
           && (self->error != NULL || self->verdict.status != bgc_verdict_success.status))
    bgc_exchange_answer (self);
  else
    bgc_exchange_resume (self);
}

static gboolean
retry (gpointer data)
{
  BgcExchange *self = data;

  self->retry_id = 0;
  try_lock (self);

  return G_SOURCE_REMOVE;
}

static void
begin_done (gpointer data, gpointer pool)
{
  BgcExchange *self = data;
  gboolean waits = self->session != NULL && !self->session->locked;

  if (self->finished)
    {
      /* The lock goes with the last reference. */
      return;
    }
  if (!waits)
    {
      admit (self);
      return;
    }
  if (g_get_monotonic_time () >= self->give_up)
    {
      bgc_exchange_fail (
        self, g_error_new_literal (BGC_ERROR, BGC_ERROR_BUSY, "Another request works on the session"));
      bgc_exchange_release (self);
      admit (self);
      return;
    }
  self->retry_id = g_timeout_add_full (G_PRIORITY_DEFAULT, LOCK_RETRY, retry, bgc_exchange_ref (self),
                                       (GDestroyNotify) bgc_exchange_unref);
  g_source_set_name_by_id (self->retry_id, "session lock");
}

static void
try_lock (BgcExchange *self)
{
  bgc_exchange_run (self, self->parts->disk, lock_work, begin_done);
}

/* ---- the message's signals ---- */

static void
got_chunk (SoupServerMessage *message, GBytes *chunk, gpointer data)
{
  BgcExchange *self = data;

  bgc_connection_set_deadline (self->connection, self->parts->config->body_timeout);
  if (self->body_use == BGC_BODY_STREAMED)
    {
      self->body->take (self, chunk);
      return;
    }
  self->discarded += g_bytes_get_size (chunk);
  if (self->discarded > DISCARD_MAX)
    bgc_connection_abort (self->connection);
}

static void
finished (SoupServerMessage *message, gpointer data)
{
  BgcExchange *self = data;

  self->finished = TRUE;
  g_clear_handle_id (&self->retry_id, g_source_remove);
  g_cancellable_cancel (self->cancellable);
  g_signal_handlers_disconnect_by_data (message, self);
  /* Without threads the server itself is ending: what arrived since the last checkpoint is sent again. */
  if (self->body_use == BGC_BODY_STREAMED && !self->ended && !self->busy && self->parts->disk != NULL)
    self->body->abandon (self);
  g_object_set_data (G_OBJECT (message), EXCHANGE_KEY, NULL);
  bgc_exchange_unref (self);
}

gboolean
bgc_exchange_end_body (SoupServerMessage *message)
{
  BgcExchange *self = g_object_get_data (G_OBJECT (message), EXCHANGE_KEY);

  if (self == NULL)
    return FALSE;

  bgc_exchange_pause (self);
  /* Also one that failed on the way, as what landed counts, and one for a session that has all its bytes but
   * still has to be published. */
  if (self->session != NULL && self->request.type == BGC_BITS_FRAGMENT)
    {
      self->body->end (self);
      return TRUE;
    }
  self->ended = TRUE;
  if (self->error == NULL && self->verdict.status == bgc_verdict_success.status)
    bgc_exchange_run (self, self->parts->disk, perform_work, perform_done);
  else
    bgc_exchange_answer (self);

  return TRUE;
}

void
bgc_exchange_end_intake (BgcExchange *self)
{
  self->finished = TRUE;
  g_cancellable_cancel (self->cancellable);
  g_clear_pointer (&self->intake, bgc_intake_free);
  bgc_exchange_unref (self);
}

void
bgc_exchange_abort (BgcExchange *self)
{
  bgc_connection_abort (self->connection);
  g_cancellable_cancel (self->cancellable);
  if (self->paused && !self->finished && !self->busy)
    {
      self->paused = FALSE;
      soup_server_message_unpause (self->message);
    }
}

static void
poll_work (gpointer data, gpointer pool)
{
  BgcExchange *self = data;

  g_mutex_lock (&self->session_lock);
  self->wanted = self->session != NULL && self->session->locked
                 && (bgc_session_is_wanted (self->session, BGC_SESSION_WANTED_BY_END)
                     || bgc_session_is_wanted (self->session, self->yields_to));
  g_mutex_unlock (&self->session_lock);
}

static void
poll_done (gpointer data, gpointer pool)
{
  BgcExchange *self = data;

  self->polling = FALSE;
  if (self->wanted && !self->finished && (!self->ended || self->notifying))
    {
      g_info ("a newer request takes over from one on %s", self->url);
      bgc_exchange_abort (self);
    }
  bgc_exchange_unref (self);
}

void
bgc_exchange_poll (BgcExchange *self)
{
  if (self->polling || self->finished || !self->admitted || self->request.type != BGC_BITS_FRAGMENT)
    return;
  self->polling = TRUE;
  if (self->intake != NULL && bgc_intake_stop_waiting (self->intake))
    self->body->fetch (self);
  self->yields_to = self->notifying ? BGC_SESSION_WANTED_BY_END : BGC_SESSION_WANTED_BY_FRAGMENT;
  bgc_io_pool_run (self->parts->disk, poll_work, poll_done, bgc_exchange_ref (self));
}

/* ---- the headers ---- */

static void
refuse (BgcExchange *self, BgcErrorCode code, const char *why)
{
  bgc_exchange_fail (self, g_error_new_literal (BGC_ERROR, (int) code, why));
}

static void
check_headers (BgcExchange *self, SoupMessageHeaders *headers)
{
  BgcHeaderReader reader = { get_header, headers };
  GError *error = NULL;
  guint64 length = 0;
  gboolean has_length = bgc_header_get (&reader, "Content-Length") != NULL;

  if (soup_message_headers_get_encoding (headers) == SOUP_ENCODING_CHUNKED)
    refuse (self, BGC_ERROR_INVALID_ARGUMENT, "The body has no Content-Length");
  else if (has_length && !bgc_header_get_number (&reader, "Content-Length", &length))
    refuse (self, BGC_ERROR_INVALID_ARGUMENT, "Content-Length is malformed");
  else if (!bgc_bits_request_parse (&reader, &self->request, &error)
           || !bgc_bits_request_check_length (&self->request, has_length, length, &error))
    bgc_exchange_fail (self, error);
  else if (strlen (self->url) > BGC_BITS_HEADER_MAX)
    refuse (self, BGC_ERROR_INVALID_ARGUMENT, "The URL is too long");
  else if (self->request.type == BGC_BITS_FRAGMENT && length > self->directory->maximum_fragment_size)
    refuse (self, BGC_ERROR_MAXIMUM_SIZE, "The fragment is larger than fragments may be");
}

static BgcExchange *
exchange_new (BgcServerParts *parts, SoupServerMessage *message, const BgcExchangeBody *body)
{
  BgcExchange *self = g_new0 (BgcExchange, 1);
  SoupMessageHeaders *headers = soup_server_message_get_request_headers (message);
  GUri *uri = soup_server_message_get_uri (message);
  const char *query = g_uri_get_query (uri);

  g_ref_count_init (&self->references);
  self->parts = parts;
  self->body = body;
  self->message = g_object_ref (message);
  self->connection = bgc_connection_ref (bgc_connection_of (message));
  self->cancellable = g_cancellable_new ();
  self->verdict = bgc_verdict_success;
  self->give_up = g_get_monotonic_time () + LOCK_PATIENCE;
  self->url = g_strconcat (g_uri_get_path (uri), query != NULL ? "?" : NULL, query, NULL);
  self->origin
    = bgc_forwarding_origin (parts->config, bgc_connection_get_socket (self->connection), headers);
  self->original = self->origin != NULL
                     ? g_strconcat (self->origin, self->url, NULL)
                     : g_uri_to_string_partial (uri, G_URI_HIDE_PASSWORD | G_URI_HIDE_FRAGMENT);
  self->authorization = g_strdup (soup_message_headers_get_one (headers, "Authorization"));
  self->expects_continue = (soup_message_headers_get_expectations (headers) & SOUP_EXPECTATION_CONTINUE) != 0;
  g_mutex_init (&self->session_lock);
  g_hash_table_add (parts->exchanges, self);

  return self;
}

void
bgc_exchange_begin (BgcServerParts *parts, SoupServerMessage *message, const BgcExchangeBody *body)
{
  SoupMessageHeaders *headers = soup_server_message_get_request_headers (message);
  BgcExchange *self = exchange_new (parts, message, body);
  const char *rest;

  /* The reference that finished() drops. */
  g_object_set_data (G_OBJECT (message), EXCHANGE_KEY, self);
  g_signal_connect (message, "got-chunk", G_CALLBACK (got_chunk), self);
  g_signal_connect (message, "finished", G_CALLBACK (finished), self);
  soup_message_body_set_accumulate (soup_server_message_get_request_body (message), FALSE);

  self->directory
    = bgc_server_config_find (parts->config, g_uri_get_path (soup_server_message_get_uri (message)), &rest);
  bgc_exchange_pause (self);
  if (self->directory == NULL)
    refuse (self, BGC_ERROR_NOT_FOUND, "No directory serves this URL");
  else if (!self->directory->upload_enabled)
    refuse (self, BGC_ERROR_NOT_SUPPORTED, "This directory takes no uploads");
  if (self->error != NULL)
    {
      admit (self);
      return;
    }
  check_headers (self, headers);
  bgc_exchange_run (self, parts->disk, begin_work, begin_done);
}
