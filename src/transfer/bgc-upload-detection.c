/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "transfer/bgc-upload-detection.h"

#include "protocol/bgc-bits-ack.h"
#include "protocol/bgc-bits-request.h"
#include "protocol/bgc-resumable.h"
#include "protocol/bgc-tus.h"

/* Says nothing of what the server speaks: it is busy, or nobody may ask it. */
static gboolean
tells_nothing (guint status)
{
  return status == 401 || status == 407 || status == 408 || status == 429
         || (status >= 502 && status <= 504);
}

/* A server that hangs up at a method it does not know, or answers it with nonsense, may know another. */
static gboolean
is_dislike (const BgcUploadTalk *talk)
{
  return talk->failure != NULL
         && (talk->failure->code == BGC_ERROR_CONNECTION_CLOSED
             || talk->failure->code == BGC_ERROR_INVALID_SERVER_RESPONSE);
}

/* FALSE with @result: it could not be asked. */
static gboolean
ask (BgcUploadTalk *talk, const char *method, void (*write) (const BgcHeaderWriter *headers),
     BgcUploadAnswer *answer, BgcUploadResult *result)
{
  BgcUploadRequest *request = bgc_upload_request_new (method, talk->url, &talk->failure);
  BgcHeaderWriter headers;

  *result = BGC_UPLOAD_RESULT_FAILED;
  if (request != NULL)
    {
      headers = bgc_upload_request_headers (request);
      write (&headers);
    }
  if (!bgc_upload_talk_call (talk, request, answer))
    return FALSE;
  if (!tells_nothing (answer->status))
    return TRUE;
  *result = bgc_upload_talk_refuse (talk, answer);
  return FALSE;
}

static void
write_ping (const BgcHeaderWriter *headers)
{
  const BgcBitsRequest ping = { .type = BGC_BITS_PING };

  bgc_bits_request_write (&ping, headers);
}

static void
write_options (const BgcHeaderWriter *headers)
{
  bgc_tus_write_plain (headers);
  bgc_resumable_write_plain (headers);
}

static gboolean
is_bits (const BgcUploadAnswer *answer)
{
  g_auto (BgcBitsAck) ack = { 0 };

  bgc_bits_ack_parse (&answer->reader, answer->status, &ack);
  return ack.is_ack;
}

static BgcUploadProtocol
read_options (const BgcUploadAnswer *answer)
{
  g_auto (BgcTusAnswer) tus = { 0 };
  g_auto (BgcResumableAnswer) resumable = { 0 };

  bgc_tus_answer_parse (&answer->reader, &tus);
  bgc_resumable_answer_parse (&answer->reader, &resumable);
  if (tus.speaks_tus)
    return BGC_UPLOAD_PROTOCOL_TUS;
  return resumable.has_limits ? BGC_UPLOAD_PROTOCOL_RESUMABLE : BGC_UPLOAD_PROTOCOL_PUT;
}

BgcUploadResult
bgc_upload_detection_run (BgcUploadTalk *talk)
{
  g_auto (BgcUploadAnswer) to_ping = { 0 };
  g_auto (BgcUploadAnswer) to_options = { 0 };
  BgcUploadResult result;

  if (ask (talk, BGC_BITS_METHOD, write_ping, &to_ping, &result))
    {
      if (is_bits (&to_ping))
        {
          talk->session->protocol = BGC_UPLOAD_PROTOCOL_BITS;
          return BGC_UPLOAD_RESULT_DONE;
        }
    }
  else if (!is_dislike (talk))
    return result;
  g_clear_pointer (&talk->failure, bgc_failure_free);
  if (!ask (talk, "OPTIONS", write_options, &to_options, &result))
    return result;
  talk->session->protocol = read_options (&to_options);
  return BGC_UPLOAD_RESULT_DONE;
}
