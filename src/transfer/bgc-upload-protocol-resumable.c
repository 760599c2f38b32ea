/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "transfer/bgc-upload-protocol-resumable.h"

#include "protocol/bgc-resumable.h"
#include "transfer/bgc-upload-outcome.h"

/* A request and what came back. */
typedef struct
{
  BgcUploadAnswer answer;
  BgcResumableAnswer said;
} Exchange;

static void
exchange_clear (Exchange *self)
{
  bgc_upload_answer_clear (&self->answer);
  bgc_resumable_answer_clear (&self->said);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Exchange, exchange_clear)

static void
take_limits (BgcUploadTalk *talk, const BgcResumableAnswer *said)
{
  if (!said->has_limits)
    return;
  talk->piece_min = said->limits.min_append_size;
  talk->piece_max = MAX (said->limits.max_append_size, 1);
}

/* FALSE: no answer. @request transfer full, nullable. */
static gboolean
call (BgcUploadTalk *talk, BgcUploadRequest *request, Exchange *exchange)
{
  if (!bgc_upload_talk_call (talk, request, &exchange->answer))
    return FALSE;
  bgc_resumable_answer_parse (&exchange->answer.reader, &exchange->said);
  take_limits (talk, &exchange->said);
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
  bgc_resumable_write_plain (&headers);
  return request;
}

static BgcUploadResult
finish (BgcUploadTalk *talk)
{
  talk->offset = talk->size;
  talk->session->stage = BGC_UPLOAD_STAGE_CLOSED;
  return BGC_UPLOAD_RESULT_DONE;
}

static BgcUploadResult
check_limits (BgcUploadTalk *talk, const BgcResumableAnswer *said)
{
  if (said->has_limits && (talk->size > said->limits.max_size || talk->size < said->limits.min_size))
    return bgc_upload_talk_fail (talk, bgc_upload_outcome_of_size (0));
  return BGC_UPLOAD_RESULT_DONE;
}

static BgcUploadResult
take_resource (BgcUploadTalk *talk, const Exchange *exchange)
{
  if (exchange->said.completion != BGC_RESUMABLE_INCOMPLETE)
    return bgc_upload_talk_fail (
      talk, bgc_failure_new (BGC_CONTEXT_REMOTE_FILE, BGC_ERROR_PROTOCOL_MISMATCH, FALSE,
                             "The server does not know this version of resumable uploads"));
  if (!bgc_upload_talk_open_at (talk, exchange->said.location))
    return BGC_UPLOAD_RESULT_FAILED;
  return check_limits (talk, &exchange->said);
}

static BgcUploadResult
begin (BgcUploadTalk *talk)
{
  g_auto (Exchange) exchange = { 0 };
  BgcUploadRequest *request = bgc_upload_request_new ("POST", talk->url, &talk->failure);
  BgcHeaderWriter headers;

  if (request != NULL)
    {
      headers = bgc_upload_request_headers (request);
      bgc_resumable_write_creation (&headers, talk->size);
      request->opens_session = TRUE;
    }
  if (!call (talk, request, &exchange))
    return BGC_UPLOAD_RESULT_FAILED;
  if (exchange.answer.status == 413)
    return bgc_upload_talk_fail (talk, bgc_upload_outcome_of_size (exchange.answer.status));
  if (!bgc_upload_answer_is_success (&exchange.answer))
    return bgc_upload_talk_refuse (talk, &exchange.answer);
  /* An empty file was sent with it. */
  return talk->size == 0 ? finish (talk) : take_resource (talk, &exchange);
}

static BgcUploadResult
take_offset (BgcUploadTalk *talk, const BgcResumableAnswer *said, guint64 fallback)
{
  guint64 offset = said->has_offset ? said->offset : fallback;

  if (offset > talk->size)
    return bgc_upload_talk_wonder (talk, "The server did not say how much of the file it has");
  talk->offset = offset;
  return BGC_UPLOAD_RESULT_DONE;
}

static BgcUploadResult
resume (BgcUploadTalk *talk)
{
  g_auto (Exchange) exchange = { 0 };

  if (!call (talk, plain_request (talk, "HEAD", talk->session->resource), &exchange))
    return BGC_UPLOAD_RESULT_FAILED;
  if (bgc_upload_answer_is_gone (&exchange.answer))
    return BGC_UPLOAD_RESULT_LOST;
  if (!bgc_upload_answer_is_success (&exchange.answer))
    return bgc_upload_talk_refuse (talk, &exchange.answer);
  if (exchange.said.completion == BGC_RESUMABLE_COMPLETE)
    return finish (talk);
  /* Another upload stands there now. */
  if (exchange.said.has_length && exchange.said.length != talk->size)
    return BGC_UPLOAD_RESULT_LOST;
  return take_offset (talk, &exchange.said, G_MAXUINT64);
}

static BgcUploadResult
judge_append (BgcUploadTalk *talk, const Exchange *exchange, guint64 end)
{
  gboolean success = bgc_upload_answer_is_success (&exchange->answer);
  guint status = exchange->answer.status;

  if (success && exchange->said.completion == BGC_RESUMABLE_COMPLETE)
    return end == talk->size ? finish (talk)
                             : bgc_upload_talk_wonder (talk, "The server wants no more of the file");
  /* The application's own answer: this upload is over, and only another could end better. */
  if (exchange->said.completion == BGC_RESUMABLE_COMPLETE)
    {
      bgc_upload_restart (talk->session);
      return bgc_upload_talk_refuse (talk, &exchange->answer);
    }
  /* Of a last part only its own words tell that it was the last for the server too. */
  if (success && end == talk->size)
    return BGC_UPLOAD_RESULT_OUT_OF_STEP;
  if (success && exchange->said.completion == BGC_RESUMABLE_UNTOLD)
    return bgc_upload_talk_wonder (talk, "The answer is not that of a resumable upload");
  if (success)
    return take_offset (talk, &exchange->said, end);
  if (bgc_upload_answer_is_gone (&exchange->answer))
    return BGC_UPLOAD_RESULT_LOST;
  if (status == 413)
    return BGC_UPLOAD_RESULT_SMALLER;
  if (status == 409)
    return exchange->said.has_offset ? take_offset (talk, &exchange->said, G_MAXUINT64)
                                     : BGC_UPLOAD_RESULT_OUT_OF_STEP;
  return bgc_upload_talk_refuse (talk, &exchange->answer);
}

static BgcUploadResult
append (BgcUploadTalk *talk, const BgcLocalFileSource *source, guint64 length)
{
  g_auto (Exchange) exchange = { 0 };
  BgcUploadRequest *request = bgc_upload_request_new ("PATCH", talk->session->resource, &talk->failure);
  guint64 end = talk->offset + length;
  BgcHeaderWriter headers;

  if (request != NULL)
    {
      headers = bgc_upload_request_headers (request);
      bgc_resumable_write_append (&headers, talk->offset, length, end == talk->size);
      if (length > 0)
        bgc_upload_request_set_body (request, source, talk->offset, length, FALSE);
      if (end == talk->size)
        request->is_last = TRUE;
    }
  if (!call (talk, request, &exchange))
    return BGC_UPLOAD_RESULT_FAILED;
  return judge_append (talk, &exchange, end);
}

static BgcUploadResult
cancel (BgcUploadTalk *talk)
{
  g_auto (Exchange) exchange = { 0 };

  if (!call (talk, plain_request (talk, "DELETE", talk->session->resource), &exchange))
    return BGC_UPLOAD_RESULT_FAILED;
  return bgc_upload_talk_settle (talk, &exchange.answer, bgc_upload_answer_is_gone (&exchange.answer));
}

static const BgcUploadProtocolFunctions functions = {
  .name = "resumable",
  .begin = begin,
  .resume = resume,
  .append = append,
  .cancel = cancel,
};

const BgcUploadProtocolFunctions *
bgc_upload_protocol_resumable (void)
{
  return &functions;
}
