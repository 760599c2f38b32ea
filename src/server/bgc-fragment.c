/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "server/bgc-fragment.h"

#include "base/bgc-error.h"
#include "server/bgc-notification.h"

#define CHUNK_MAX 8192u   /* bytes the library hands over at once */
/* Bytes; with one chunk more it is what a byte array takes for it, a power of two. Two blocks a request keep
 * a hundred uploads below 13 MiB. */
#define BLOCK_SIZE (65536u - CHUNK_MAX)
/* Bytes after which an offset becomes durable within one fragment; so much is sent again after a power cut.
 */
#define CHECKPOINT_SIZE (16u * 1024 * 1024)
/* Bytes that a thread reads and writes at once; one such buffer each thread. */
#define INTAKE_SIZE (256u * 1024)
/* Bytes after which a thread lets others have their turn. */
#define TURN_SIZE (4u * 1024 * 1024)
#define REPLY_PATH "/" BGC_UPLOAD_TARGET_REPLIES "/Replies/" /* see bgc-reply-download.h */

static void
note_offset (BgcExchange *exchange)
{
  exchange->ack.has_received = TRUE;
  exchange->ack.received = exchange->session->record.received;
}

/* A session that is done answers every fragment alike. */
static void
note_reply (BgcExchange *exchange)
{
  const BgcSession *session = exchange->session;
  const char *base = exchange->directory->reply_base;

  /* Without either a path, which the client takes for one on the host it knows. */
  if (base == NULL)
    base = exchange->origin != NULL ? exchange->origin : "";
  g_clear_pointer (&exchange->ack.reply_url, g_free);
  if (session->record.static_reply != NULL)
    exchange->ack.reply_url = g_strdup (session->record.static_reply);
  else if (session->record.has_reply)
    exchange->ack.reply_url
      = g_strconcat (base, exchange->directory->url, REPLY_PATH, session->id, "/reply", NULL);
}

static void
open_body (BgcExchange *exchange)
{
  BgcSession *session = exchange->session;
  const BgcContentRange *range = &exchange->request.range;
  GError *error = NULL;

  exchange->body_use = BGC_BODY_DISCARDED;
  note_offset (exchange);
  if (!bgc_session_set_total (session, range->total, &error))
    bgc_exchange_fail (exchange, error);
  else if (session->record.state == BGC_SESSION_RECEIVING && range->first > session->record.received)
    exchange->verdict = bgc_verdict_out_of_step ();
  else if (session->record.state == BGC_SESSION_RECEIVING)
    exchange->body_use = BGC_BODY_STREAMED;
  exchange->offset = range->first;
  /* Out of step or malformed: nothing more happens to the session. */
  if (exchange->error != NULL || exchange->verdict.status != bgc_verdict_success.status)
    bgc_exchange_release (exchange);
}

/* (work) A block that was written or, after an error, dropped: the rest is still read, for the answer. */
static void
write_bytes (BgcExchange *exchange, const guint8 *bytes, gsize length)
{
  GError *error = NULL;

  if (exchange->error == NULL
      && !bgc_session_write (exchange->session, exchange->offset, bytes, length, &error))
    bgc_exchange_fail (exchange, error);
  exchange->offset += length;
}

/* (work) */
static void
write_block (BgcExchange *exchange)
{
  GByteArray *block = exchange->flushing;

  if (block == NULL || block->len == 0)
    return;
  write_bytes (exchange, block->data, block->len);
  g_byte_array_set_size (block, 0);
}

/* (work) */
static void
checkpoint_when_due (BgcExchange *exchange)
{
  GError *error = NULL;

  if (exchange->error == NULL && exchange->session->unsynced >= CHECKPOINT_SIZE
      && !bgc_session_checkpoint (exchange->session, &error))
    bgc_exchange_fail (exchange, error);
}

static void
flush_work (gpointer data, gpointer pool)
{
  BgcExchange *exchange = data;

  write_block (exchange);
  checkpoint_when_due (exchange);
}

static void finish (BgcExchange *exchange);
static void abandon_body (BgcExchange *exchange);

static void flush_done (gpointer data, gpointer pool);

/* The full block goes to a thread, the empty one is filled next. */
static void
flush (BgcExchange *exchange)
{
  GByteArray *full = exchange->filling;

  exchange->filling
    = exchange->flushing != NULL ? exchange->flushing : g_byte_array_sized_new (BLOCK_SIZE + CHUNK_MAX);
  exchange->flushing = full;
  bgc_exchange_run (exchange, exchange->parts->disk, flush_work, flush_done);
}

static gboolean
is_full (const BgcExchange *exchange)
{
  return exchange->filling != NULL && exchange->filling->len >= BLOCK_SIZE;
}

static void
flush_done (gpointer data, gpointer pool)
{
  BgcExchange *exchange = data;

  if (exchange->finished)
    abandon_body (exchange);
  else if (exchange->ended)
    finish (exchange);
  else
    {
      if (is_full (exchange))
        flush (exchange);
      bgc_exchange_resume (exchange);
    }
}

static void
take_body (BgcExchange *exchange, GBytes *chunk)
{
  gsize length;
  const guint8 *bytes = g_bytes_get_data (chunk, &length);

  if (exchange->filling == NULL)
    exchange->filling = g_byte_array_sized_new (BLOCK_SIZE + CHUNK_MAX);
  g_byte_array_append (exchange->filling, bytes, (guint) length);
  if (!is_full (exchange))
    return;
  if (exchange->busy)
    bgc_exchange_pause (exchange);
  else
    flush (exchange);
}

/* (work) */
static void
write_last_block (BgcExchange *exchange)
{
  if (exchange->filling != NULL)
    {
      GByteArray *last = exchange->filling;

      exchange->filling = exchange->flushing;
      exchange->flushing = last;
      write_block (exchange);
    }
}

/* (work) */
static void
store (BgcExchange *exchange)
{
  BgcSession *session = exchange->session;
  GError *error = NULL;

  write_last_block (exchange);
  /* Also after a full disk: what landed counts. */
  if (session->record.state == BGC_SESSION_RECEIVING ? !bgc_session_checkpoint (session, &error)
                                                     : !bgc_session_save (session, &error))
    bgc_exchange_fail (exchange, error);
  note_offset (exchange);
}

static void
finish_work (gpointer data, gpointer pool)
{
  BgcExchange *exchange = data;
  BgcSession *session = exchange->session;
  GError *error = NULL;

  store (exchange);
  if (exchange->error != NULL)
    {
      bgc_exchange_release (exchange);
      return;
    }
  if (session->record.state == BGC_SESSION_COMPLETE
      && exchange->directory->notification_type != BGC_NOTIFICATION_NONE)
    {
      exchange->to_notify = TRUE;
      return;
    }
  if (session->record.state == BGC_SESSION_COMPLETE && !bgc_session_publish (session, &error))
    bgc_exchange_fail (exchange, error);
  if (exchange->error == NULL)
    note_reply (exchange);
  bgc_exchange_release (exchange);
}

static void
notify_work (gpointer data, gpointer pool)
{
  BgcExchange *exchange = data;
  GError *error = NULL;

  exchange->verdict
    = bgc_notification_send (exchange->session, exchange->original, exchange->cancellable, &error);
  if (error != NULL)
    bgc_exchange_fail (exchange, error);
  else if (exchange->verdict.status == bgc_verdict_success.status)
    note_reply (exchange);
  bgc_exchange_release (exchange);
}

static void
notify_done (gpointer data, gpointer pool)
{
  BgcExchange *exchange = data;

  exchange->notifying = FALSE;
  bgc_exchange_answer (exchange);
}

static void
finish_done (gpointer data, gpointer pool)
{
  BgcExchange *exchange = data;

  exchange->notifying = exchange->to_notify;
  if (exchange->notifying)
    bgc_exchange_run (exchange, exchange->parts->backs, notify_work, notify_done);
  else
    bgc_exchange_answer (exchange);
}

static void
finish (BgcExchange *exchange)
{
  bgc_exchange_run (exchange, exchange->parts->disk, finish_work, finish_done);
}

static void
end_body (BgcExchange *exchange)
{
  exchange->ended = TRUE;
  if (!exchange->busy)
    finish (exchange);
}

static void
abandon_work (gpointer data, gpointer pool)
{
  BgcExchange *exchange = data;

  store (exchange);
  bgc_exchange_release (exchange);
}

static void
abandon_done (gpointer data, gpointer pool)
{
  BgcExchange *exchange = data;

  g_info ("a fragment broke off; %" G_GUINT64_FORMAT " bytes are kept", exchange->ack.received);
}

static void
abandon_body (BgcExchange *exchange)
{
  bgc_exchange_run (exchange, exchange->parts->disk, abandon_work, abandon_done);
}

/* ---- a large one ---- */

static GPrivate intake_buffer = G_PRIVATE_INIT (g_free);

/* (work) */
static guint8 *
get_buffer (void)
{
  guint8 *buffer = g_private_get (&intake_buffer);

  if (buffer == NULL)
    {
      buffer = g_malloc (INTAKE_SIZE);
      g_private_set (&intake_buffer, buffer);
    }

  return buffer;
}

static void
fetch_work (gpointer data, gpointer pool)
{
  BgcExchange *exchange = data;
  BgcIntake *intake = exchange->intake;
  guint8 *buffer = get_buffer ();
  gsize n, taken = 0;

  do
    {
      n = bgc_intake_read (intake, buffer, INTAKE_SIZE);
      if (n > 0)
        write_bytes (exchange, buffer, n);
      checkpoint_when_due (exchange);
      taken += n;
    }
  while (n > 0 && bgc_intake_left (intake) > 0 && taken < TURN_SIZE);
  exchange->fetched = taken > 0;

  if (bgc_intake_left (intake) == 0)
    finish_work (exchange, pool);
  else if (bgc_intake_is_broken (intake))
    abandon_work (exchange, pool);
}

static void fetch_body (BgcExchange *exchange);

static void
fetch_ready (gpointer data)
{
  fetch_body (data);
}

static void
fetch_done (gpointer data, gpointer pool)
{
  BgcExchange *exchange = data;
  BgcIntake *intake = exchange->intake;

  if (bgc_intake_left (intake) == 0)
    {
      exchange->ended = TRUE;
      finish_done (exchange, pool);
      return;
    }
  if (bgc_intake_is_broken (intake))
    {
      abandon_done (exchange, pool);
      bgc_exchange_end_intake (exchange);
      return;
    }
  if (exchange->fetched)
    bgc_connection_set_deadline (exchange->connection, exchange->parts->config->body_timeout);
  else
    bgc_connection_restore_deadline (exchange->connection, exchange->deadline);
  bgc_intake_wait (intake, fetch_ready, exchange);
}

static void
fetch_body (BgcExchange *exchange)
{
  exchange->deadline = bgc_connection_stop_deadline (exchange->connection);
  bgc_exchange_run (exchange, exchange->parts->disk, fetch_work, fetch_done);
}

const BgcExchangeBody bgc_fragment_body = { open_body, take_body, fetch_body, end_body, abandon_body };
