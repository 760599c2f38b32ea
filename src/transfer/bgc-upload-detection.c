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

/* FALSE: it does not speak that; @disliked if it did not even answer. */
static gboolean
ask_for_bits (BgcUploadTalk *talk, gboolean *disliked, BgcUploadResult *result)
{
  g_auto (BgcUploadAnswer) answer = { 0 };

  *disliked = FALSE;
  if (ask (talk, BGC_BITS_METHOD, write_ping, &answer, result))
    {
      if (!is_bits (&answer))
        return FALSE;
      talk->session->protocol = BGC_UPLOAD_PROTOCOL_BITS;
      *result = BGC_UPLOAD_RESULT_DONE;
      return TRUE;
    }
  *disliked = is_dislike (talk);
  if (!*disliked)
    return TRUE;
  g_clear_pointer (&talk->failure, bgc_failure_free);
  return FALSE;
}

BgcUploadResult
bgc_upload_detection_run (BgcUploadTalk *talk)
{
  g_auto (BgcUploadAnswer) answer = { 0 };
  BgcUploadProtocol found;
  BgcUploadResult result;
  gboolean disliked;

  if (ask_for_bits (talk, &disliked, &result))
    return result;
  if (!ask (talk, "OPTIONS", write_options, &answer, &result))
    return result;
  found = read_options (&answer);
  /* It may also have been restarted just then; what is found out here is kept for good. */
  if (found == BGC_UPLOAD_PROTOCOL_PUT && disliked && ask_for_bits (talk, &disliked, &result))
    return result;
  talk->session->protocol = found;
  return BGC_UPLOAD_RESULT_DONE;
}
