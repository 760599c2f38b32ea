/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "transfer/bgc-upload-protocol-put.h"

#include "transfer/bgc-upload-outcome.h"

static BgcUploadResult
begin (BgcUploadTalk *talk)
{
  talk->offset = 0;
  return BGC_UPLOAD_RESULT_DONE;
}

static BgcUploadResult
append (BgcUploadTalk *talk, const BgcLocalFileSource *source, guint64 length)
{
  g_auto (BgcUploadAnswer) answer = { 0 };
  BgcUploadRequest *request = bgc_upload_request_new ("PUT", talk->url, &talk->failure);

  if (request != NULL && length == 0)
    {
      BgcHeaderWriter headers = bgc_upload_request_headers (request);

      bgc_header_set_number (&headers, "Content-Length", 0);
    }
  else if (request != NULL)
    bgc_upload_request_set_body (request, source, 0, length, TRUE);
  if (request != NULL)
    request->is_last = request->all_or_nothing = TRUE;
  if (!bgc_upload_talk_call (talk, request, &answer))
    return BGC_UPLOAD_RESULT_FAILED;
  if (answer.status == 413)
    return bgc_upload_talk_fail (talk, bgc_upload_outcome_of_size (answer.status));
  if (!bgc_upload_answer_is_success (&answer))
    return bgc_upload_talk_refuse (talk, &answer);
  talk->offset = length;
  talk->session->stage = BGC_UPLOAD_STAGE_CLOSED;
  return BGC_UPLOAD_RESULT_DONE;
}

static BgcUploadResult
cancel (BgcUploadTalk *talk)
{
  return BGC_UPLOAD_RESULT_DONE;
}

static const BgcUploadProtocolFunctions functions = {
  .name = "put",
  .is_whole_file = TRUE,
  .begin = begin,
  .resume = begin,
  .append = append,
  .cancel = cancel,
};

const BgcUploadProtocolFunctions *
bgc_upload_protocol_put (void)
{
  return &functions;
}
