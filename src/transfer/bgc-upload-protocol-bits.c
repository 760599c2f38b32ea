/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "transfer/bgc-upload-protocol-bits.h"

#include <string.h>

#include "protocol/bgc-bits-ack.h"
#include "protocol/bgc-bits-request.h"
#include "protocol/bgc-host-id.h"
#include "protocol/bgc-hresult.h"
#include "protocol/bgc-reply-url.h"
#include "transfer/bgc-upload-outcome.h"

/* A packet and what came back. */
typedef struct
{
  BgcBitsRequest packet; /* its strings are borrowed */
  const BgcLocalFileSource *source; /* (borrowed) (nullable) of a fragment's bytes */
  char *target;          /* (owned) (nullable) where it went */
  BgcUploadAnswer answer;
  BgcBitsAck ack;
} Exchange;

static void
exchange_clear (Exchange *self)
{
  g_free (self->target);
  bgc_upload_answer_clear (&self->answer);
  bgc_bits_ack_clear (&self->ack);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Exchange, exchange_clear)

/* ---- the host that packets go to ---------------------------------------------------------------- */

static void
forget_host (BgcUpload *session)
{
  g_clear_pointer (&session->host_id, g_free);
  session->host_fallback = -1;
  session->host_silent_since = 0;
}

static void
check_fallback (BgcUpload *session)
{
  gint64 now = g_get_real_time () / G_USEC_PER_SEC;

  if (session->host_id == NULL || session->host_silent_since == 0 || session->host_fallback < 0)
    return;
  if (now - session->host_silent_since >= session->host_fallback)
    {
      g_info ("%s has been silent for %" G_GINT64_FORMAT " s: its session goes back to the first host",
              session->host_id, now - session->host_silent_since);
      forget_host (session);
    }
}

static void
note_contact (BgcUpload *session, gboolean answered)
{
  if (answered)
    session->host_silent_since = 0;
  else if (session->host_id != NULL && session->host_silent_since == 0)
    session->host_silent_since = g_get_real_time () / G_USEC_PER_SEC;
}

static char *
find_target (BgcUploadTalk *talk)
{
  g_autofree char *moved = NULL;

  check_fallback (talk->session);
  if (talk->session->host_id != NULL)
    moved = bgc_host_id_apply (talk->session->host_id, talk->url, NULL);
  return moved != NULL ? g_steal_pointer (&moved) : g_strdup (talk->url);
}

/* ---- packets ------------------------------------------------------------------------------------ */

static BgcUploadRequest *
build (BgcUploadTalk *talk, Exchange *exchange)
{
  BgcUploadRequest *request = bgc_upload_request_new (BGC_BITS_METHOD, exchange->target, &talk->failure);
  const BgcContentRange *range = &exchange->packet.range;
  BgcHeaderWriter headers;

  if (request == NULL)
    return NULL;
  headers = bgc_upload_request_headers (request);
  bgc_bits_request_write (&exchange->packet, &headers);
  if (exchange->packet.type == BGC_BITS_FRAGMENT && range->length > 0)
    bgc_upload_request_set_body (request, exchange->source, range->first, range->length, FALSE);
  if (exchange->packet.type == BGC_BITS_FRAGMENT && range->first + range->length == range->total)
    request->is_last = TRUE;
  if (exchange->packet.type == BGC_BITS_CREATE_SESSION)
    request->opens_session = TRUE;
  return request;
}

/* FALSE: no answer. */
static gboolean
send_packet (BgcUploadTalk *talk, BgcBitsRequestType type, Exchange *exchange)
{
  gboolean answered;

  exchange->packet.type = type;
  exchange->packet.session_id = talk->session->session_id;
  exchange->target = find_target (talk);
  answered = bgc_upload_talk_call (talk, build (talk, exchange), &exchange->answer);
  if (answered || talk->failure != NULL)
    note_contact (talk->session,
                  answered || talk->failure->context == BGC_CONTEXT_LOCAL_FILE);
  if (answered)
    bgc_bits_ack_parse (&exchange->answer.reader, exchange->answer.status, &exchange->ack);
  return answered;
}

static gboolean
is_success (const Exchange *exchange)
{
  return bgc_upload_answer_is_success (&exchange->answer);
}

static gboolean
is_lost (const Exchange *exchange)
{
  return exchange->answer.status >= 400 && exchange->ack.has_error
         && exchange->ack.error_value == BGC_HRESULT_SESSION_NOT_FOUND;
}

/* The error values that a server may speak of; any other would be put into its mouth by us. */
static gboolean
is_telling (BgcErrorCode code)
{
  return code == BGC_ERROR_ACCESS_DENIED || code == BGC_ERROR_INVALID_ARGUMENT || code == BGC_ERROR_TOO_LARGE
         || code == BGC_ERROR_NO_SPACE || code == BGC_ERROR_SESSION_NOT_FOUND;
}

static BgcUploadResult
refuse (BgcUploadTalk *talk, const Exchange *exchange)
{
  const BgcBitsAck *ack = &exchange->ack;
  BgcErrorCode code;

  bgc_upload_talk_refuse (talk, &exchange->answer);
  if (!ack->has_error)
    return BGC_UPLOAD_RESULT_FAILED;
  talk->failure->context = ack->context;
  code = bgc_hresult_to_error (ack->error_value, talk->failure->code);
  /* What the application behind the server says is told by the status alone. */
  if (ack->context == BGC_CONTEXT_REMOTE_APPLICATION || !is_telling (code))
    return BGC_UPLOAD_RESULT_FAILED;
  talk->failure->code = code;
  talk->failure->http_status = 0;
  if (code == BGC_ERROR_TOO_LARGE)
    {
      talk->failure->transient = FALSE;
      talk->failure->wait = BGC_WAIT_NONE;
    }
  return BGC_UPLOAD_RESULT_FAILED;
}

/* A plain web server would otherwise look like a success. */
static BgcUploadResult
expect_ack (BgcUploadTalk *talk, const Exchange *exchange)
{
  const char *session = talk->session->session_id;

  if (!exchange->ack.is_ack)
    return bgc_upload_talk_wonder (talk, "The answer is not that of a BITS server");
  if (exchange->packet.type != BGC_BITS_CREATE_SESSION && exchange->packet.type != BGC_BITS_PING
      && exchange->ack.session_id != NULL && session != NULL
      && g_ascii_strcasecmp (exchange->ack.session_id, session) != 0)
    return bgc_upload_talk_wonder (talk, "The server answered for another session");
  return BGC_UPLOAD_RESULT_DONE;
}

/* ---- the five packets --------------------------------------------------------------------------- */

static BgcUploadResult
ping (BgcUploadTalk *talk)
{
  g_auto (Exchange) exchange = { 0 };
  guint status;

  if (!send_packet (talk, BGC_BITS_PING, &exchange))
    return BGC_UPLOAD_RESULT_FAILED;
  if (is_success (&exchange))
    return expect_ack (talk, &exchange);
  status = exchange.answer.status;
  /* Some servers know everything but Ping. */
  if (!exchange.ack.is_ack && (status == 400 || status == 404 || status == 405 || status == 501))
    return BGC_UPLOAD_RESULT_DONE;
  return refuse (talk, &exchange);
}

static BgcUploadResult
take_session (BgcUploadTalk *talk, Exchange *exchange)
{
  BgcUpload *session = talk->session;
  BgcBitsAck *ack = &exchange->ack;

  if (expect_ack (talk, exchange) != BGC_UPLOAD_RESULT_DONE)
    return BGC_UPLOAD_RESULT_FAILED;
  if (!ack->has_protocol)
    return bgc_upload_talk_fail (talk, bgc_failure_new (BGC_CONTEXT_REMOTE_FILE, BGC_ERROR_PROTOCOL_MISMATCH,
                                                        FALSE, "The server speaks another upload protocol"));
  if (ack->session_id == NULL)
    return bgc_upload_talk_wonder (talk, "The server did not name the session it opened");
  session->session_id = g_steal_pointer (&ack->session_id);
  session->host_id = g_steal_pointer (&ack->host_id);
  session->host_fallback
    = ack->host_id_timeout == BGC_BITS_NEVER_FALL_BACK ? -1 : (gint64)ack->host_id_timeout;
  session->stage = BGC_UPLOAD_STAGE_OPEN;
  talk->offset = 0;
  return BGC_UPLOAD_RESULT_DONE;
}

static BgcUploadResult
begin (BgcUploadTalk *talk)
{
  g_auto (Exchange) exchange = { 0 };

  g_clear_pointer (&talk->session->session_id, g_free);
  forget_host (talk->session);
  if (!send_packet (talk, BGC_BITS_CREATE_SESSION, &exchange))
    return BGC_UPLOAD_RESULT_FAILED;
  if (!is_success (&exchange))
    return refuse (talk, &exchange);
  if (take_session (talk, &exchange) != BGC_UPLOAD_RESULT_DONE)
    return BGC_UPLOAD_RESULT_FAILED;
  return talk->session->host_id != NULL ? ping (talk) : BGC_UPLOAD_RESULT_DONE;
}

static BgcUploadResult
take_all (BgcUploadTalk *talk, const Exchange *exchange)
{
  g_autofree char *reply = NULL;

  if (talk->wants_reply)
    {
      reply = bgc_reply_url_resolve (exchange->target, exchange->ack.reply_url, NULL);
      if (reply == NULL)
        {
          bgc_upload_talk_wonder (
            talk, exchange->ack.reply_url == NULL
                    ? "The server took the file and has no reply: nothing there is set up to answer uploads"
                    : "The server took the file and named no reply that can be fetched");
          /* Asked again it says the same. */
          talk->failure->transient = FALSE;
          talk->failure->wait = BGC_WAIT_NONE;
          return BGC_UPLOAD_RESULT_FAILED;
        }
      g_free (talk->session->reply_url);
      talk->session->reply_url = g_steal_pointer (&reply);
    }
  talk->session->stage = BGC_UPLOAD_STAGE_SENT;
  return BGC_UPLOAD_RESULT_DONE;
}

/* @offset: where the server is, by its own words or ours. */
static BgcUploadResult
take_offset (BgcUploadTalk *talk, const Exchange *exchange, guint64 offset)
{
  if (offset > talk->size)
    return bgc_upload_talk_wonder (talk, "The server claims to have more than the whole file");
  talk->was_odd = FALSE;
  talk->offset = offset;
  /* Also where the answer is a refusal: the one that told of the end was lost. */
  return offset == talk->size ? take_all (talk, exchange) : BGC_UPLOAD_RESULT_DONE;
}

/* Asks for a session to be dropped that nobody will go on with. If that does not get there the server finds
 * out by itself, when the session expires. */
static void
leave_session (BgcUploadTalk *talk)
{
  g_auto (Exchange) exchange = { 0 };

  send_packet (talk, BGC_BITS_CANCEL_SESSION, &exchange);
  g_clear_pointer (&talk->failure, bgc_failure_free);
}

static BgcUploadResult
correct_step (BgcUploadTalk *talk, const Exchange *exchange)
{
  if (exchange->ack.has_received && exchange->ack.received <= talk->size)
    return take_offset (talk, exchange, exchange->ack.received);
  if (talk->was_odd)
    return bgc_upload_talk_wonder (talk, "The server refuses every part of the file and names no other");
  talk->was_odd = TRUE;
  leave_session (talk);
  return BGC_UPLOAD_RESULT_LOST;
}

static BgcUploadResult
append (BgcUploadTalk *talk, const BgcLocalFileSource *source, guint64 length)
{
  g_auto (Exchange) exchange = { 0 };
  const BgcContentRange *range = &exchange.packet.range;
  guint status;

  exchange.source = source;
  exchange.packet.content_name = (char *)talk->name;
  exchange.packet.range = (BgcContentRange){ talk->offset, length, talk->size };
  /* The server has all and its answer to the end was of no use: it gives that again for the last byte. An
   * empty fragment it would refuse. */
  if (length == 0 && talk->size > 0)
    exchange.packet.range = (BgcContentRange){ talk->size - 1, 1, talk->size };
  if (!send_packet (talk, BGC_BITS_FRAGMENT, &exchange))
    return BGC_UPLOAD_RESULT_FAILED;
  status = exchange.answer.status;
  if (is_success (&exchange))
    {
      if (expect_ack (talk, &exchange) != BGC_UPLOAD_RESULT_DONE)
        return BGC_UPLOAD_RESULT_FAILED;
      return take_offset (talk, &exchange, exchange.ack.has_received ? exchange.ack.received
                                                                    : range->first + range->length);
    }
  if (is_lost (&exchange))
    return BGC_UPLOAD_RESULT_LOST;
  /* Mostly of a proxy, which knows nothing of BITS. */
  if (status == 413)
    return BGC_UPLOAD_RESULT_SMALLER;
  if (status == 416)
    return correct_step (talk, &exchange);
  return refuse (talk, &exchange);
}

/* Every byte was taken before: whatever the server thinks of the session now, the file is there. */
static BgcUploadResult
close_session (BgcUploadTalk *talk)
{
  g_auto (Exchange) exchange = { 0 };
  guint status;

  if (!send_packet (talk, BGC_BITS_CLOSE_SESSION, &exchange))
    return BGC_UPLOAD_RESULT_FAILED;
  status = exchange.answer.status;
  if (is_success (&exchange) && expect_ack (talk, &exchange) != BGC_UPLOAD_RESULT_DONE)
    return BGC_UPLOAD_RESULT_FAILED;
  if (!is_success (&exchange) && !is_lost (&exchange))
    {
      gboolean is_final = status >= 400 && status < 500 && status != 401 && status != 407 && status != 408
                          && status != 429;

      if (!is_final)
        return refuse (talk, &exchange);
      g_message ("The server answered %u when the session of a finished upload was closed", status);
    }
  talk->session->stage = BGC_UPLOAD_STAGE_CLOSED;
  return BGC_UPLOAD_RESULT_DONE;
}

static BgcUploadResult
cancel (BgcUploadTalk *talk)
{
  g_auto (Exchange) exchange = { 0 };

  if (!send_packet (talk, BGC_BITS_CANCEL_SESSION, &exchange))
    return BGC_UPLOAD_RESULT_FAILED;
  return bgc_upload_talk_settle (talk, &exchange.answer, is_lost (&exchange));
}

static const BgcUploadProtocolFunctions functions = {
  .name = "bits",
  .begin = begin,
  .resume = ping,
  .append = append,
  .close = close_session,
  .cancel = cancel,
};

const BgcUploadProtocolFunctions *
bgc_upload_protocol_bits (void)
{
  return &functions;
}
