/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "transfer/bgc-upload-protocol-tus.h"

#include "protocol/bgc-tus.h"
#include "transfer/bgc-upload-outcome.h"

/* A request and what came back. */
typedef struct
{
  BgcUploadAnswer answer;
  BgcTusAnswer tus;
} Exchange;

static void
exchange_clear (Exchange *self)
{
  bgc_upload_answer_clear (&self->answer);
  bgc_tus_answer_clear (&self->tus);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Exchange, exchange_clear)

/* FALSE: no answer. @request transfer full, nullable. */
static gboolean
call (BgcUploadTalk *talk, BgcUploadRequest *request, Exchange *exchange)
{
  if (!bgc_upload_talk_call (talk, request, &exchange->answer))
    return FALSE;
  bgc_tus_answer_parse (&exchange->answer.reader, &exchange->tus);
  return TRUE;
}

static BgcUploadRequest *
plain_request (BgcUploadTalk *talk, const char *method, const char *url)
{
  BgcUploadRequest *request = bgc_upload_request_new (method, url, &talk->failure);
  BgcHeaderWriter headers;

  if (request == NULL)
    return NULL;
  headers = bgc_upload_request_headers (request);
  bgc_tus_write_plain (&headers);
  return request;
}

/* As the general table, but that a lock, which the server holds for the request before, passes. */
static BgcUploadResult
refuse (BgcUploadTalk *talk, const Exchange *exchange)
{
  bgc_upload_talk_refuse (talk, &exchange->answer);
  if (exchange->answer.status == 423)
    {
      talk->failure->transient = TRUE;
      talk->failure->wait = BGC_WAIT_RETRY;
    }
  return BGC_UPLOAD_RESULT_FAILED;
}

/* What the server can do; one that does not tell is taken to do everything. */
static BgcUploadResult
ask_abilities (BgcUploadTalk *talk)
{
  g_auto (Exchange) exchange = { 0 };

  if (!call (talk, plain_request (talk, "OPTIONS", talk->url), &exchange))
    return BGC_UPLOAD_RESULT_FAILED;
  talk->session->can_terminate = TRUE;
  if (!bgc_upload_answer_is_success (&exchange.answer) || !exchange.tus.speaks_tus)
    return BGC_UPLOAD_RESULT_DONE;
  talk->session->can_terminate = (exchange.tus.extensions & BGC_TUS_TERMINATION) != 0;
  if (exchange.tus.has_max_size && talk->size > exchange.tus.max_size)
    return bgc_upload_talk_fail (talk, bgc_upload_outcome_of_size (0));
  return BGC_UPLOAD_RESULT_DONE;
}

static BgcUploadResult
take_resource (BgcUploadTalk *talk, const Exchange *exchange)
{
  if (!exchange->tus.speaks_tus)
    return bgc_upload_talk_fail (talk, bgc_failure_new (BGC_CONTEXT_REMOTE_FILE, BGC_ERROR_PROTOCOL_MISMATCH,
                                                        FALSE, "The server does not speak tus 1.0.0"));
  if (!bgc_upload_talk_open_at (talk, exchange->tus.location))
    return BGC_UPLOAD_RESULT_FAILED;
  if (talk->size == 0)
    talk->session->stage = BGC_UPLOAD_STAGE_CLOSED;
  return BGC_UPLOAD_RESULT_DONE;
}

static BgcUploadResult
begin (BgcUploadTalk *talk)
{
  g_auto (Exchange) exchange = { 0 };
  BgcUploadRequest *request;
  BgcHeaderWriter headers;

  if (ask_abilities (talk) != BGC_UPLOAD_RESULT_DONE)
    return BGC_UPLOAD_RESULT_FAILED;
  request = bgc_upload_request_new ("POST", talk->url, &talk->failure);
  if (request != NULL)
    {
      headers = bgc_upload_request_headers (request);
      bgc_tus_write_creation (&headers, talk->size, talk->name);
      request->opens_session = TRUE;
    }
  if (!call (talk, request, &exchange))
    return BGC_UPLOAD_RESULT_FAILED;
  if (exchange.answer.status == 413)
    return bgc_upload_talk_fail (talk, bgc_upload_outcome_of_size (exchange.answer.status));
  return bgc_upload_answer_is_success (&exchange.answer) ? take_resource (talk, &exchange)
                                                         : refuse (talk, &exchange);
}

static BgcUploadResult
take_offset (BgcUploadTalk *talk, const Exchange *exchange)
{
  if (!exchange->tus.has_offset || exchange->tus.offset > talk->size)
    return bgc_upload_talk_wonder (talk, "The server did not say how much of the file it has");
  talk->offset = exchange->tus.offset;
  if (talk->offset == talk->size)
    talk->session->stage = BGC_UPLOAD_STAGE_CLOSED;
  return BGC_UPLOAD_RESULT_DONE;
}

static BgcUploadResult
resume (BgcUploadTalk *talk)
{
  g_auto (Exchange) exchange = { 0 };

  if (!call (talk, plain_request (talk, "HEAD", talk->session->resource), &exchange))
    return BGC_UPLOAD_RESULT_FAILED;
  if (bgc_upload_answer_is_gone (&exchange.answer) || exchange.answer.status == 403)
    return BGC_UPLOAD_RESULT_LOST;
  if (!bgc_upload_answer_is_success (&exchange.answer))
    return refuse (talk, &exchange);
  /* Another upload stands there now. */
  if (exchange.tus.has_length && exchange.tus.length != talk->size)
    return BGC_UPLOAD_RESULT_LOST;
  return take_offset (talk, &exchange);
}

static BgcUploadResult
append (BgcUploadTalk *talk, const BgcLocalFileSource *source, guint64 length)
{
  g_auto (Exchange) exchange = { 0 };
  BgcUploadRequest *request = bgc_upload_request_new ("PATCH", talk->session->resource, &talk->failure);
  BgcHeaderWriter headers;

  if (request != NULL)
    {
      headers = bgc_upload_request_headers (request);
      bgc_tus_write_append (&headers, talk->offset, length);
      bgc_upload_request_set_body (request, source, talk->offset, length, FALSE);
      if (talk->offset + length == talk->size)
        request->is_last = TRUE;
    }
  if (!call (talk, request, &exchange))
    return BGC_UPLOAD_RESULT_FAILED;
  if (bgc_upload_answer_is_success (&exchange.answer))
    return take_offset (talk, &exchange);
  if (bgc_upload_answer_is_gone (&exchange.answer))
    return BGC_UPLOAD_RESULT_LOST;
  if (exchange.answer.status == 413)
    return BGC_UPLOAD_RESULT_SMALLER;
  if (exchange.answer.status == 409)
    return BGC_UPLOAD_RESULT_OUT_OF_STEP;
  return refuse (talk, &exchange);
}

static BgcUploadResult
cancel (BgcUploadTalk *talk)
{
  g_auto (Exchange) exchange = { 0 };

  if (!talk->session->can_terminate)
    {
      g_message ("The server of a cancelled upload has no way to be told: it lets the upload expire");
      return BGC_UPLOAD_RESULT_DONE;
    }
  if (!call (talk, plain_request (talk, "DELETE", talk->session->resource), &exchange))
    return BGC_UPLOAD_RESULT_FAILED;
  return bgc_upload_talk_settle (talk, &exchange.answer, bgc_upload_answer_is_gone (&exchange.answer));
}

static const BgcUploadProtocolFunctions functions = {
  .name = "tus",
  .begin = begin,
  .resume = resume,
  .append = append,
  .cancel = cancel,
};

const BgcUploadProtocolFunctions *
bgc_upload_protocol_tus (void)
{
  return &functions;
}
