/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "transfer/bgc-upload-talk.h"

#include "protocol/bgc-reply-url.h"
#include "transfer/bgc-upload-outcome.h"

void
bgc_upload_talk_init (BgcUploadTalk *self, BgcUploadChannel *channel, const char *url, BgcUpload *session)
{
  *self = (BgcUploadTalk){ .channel = channel, .url = url, .session = session, .piece_max = G_MAXUINT64 };
}

void
bgc_upload_talk_clear (BgcUploadTalk *self)
{
  g_clear_pointer (&self->failure, bgc_failure_free);
}

BgcUploadResult
bgc_upload_talk_fail (BgcUploadTalk *self, BgcFailure *failure)
{
  bgc_failure_free (self->failure);
  self->failure = failure;
  return BGC_UPLOAD_RESULT_FAILED;
}

gboolean
bgc_upload_talk_call (BgcUploadTalk *self, BgcUploadRequest *request, BgcUploadAnswer *out)
{
  *out = (BgcUploadAnswer){ 0 };
  if (request == NULL)
    return FALSE;
  bgc_upload_channel_call (self->channel, request, out);
  if (out->status != 0)
    return TRUE;
  bgc_upload_talk_fail (self, g_steal_pointer (&out->failure));
  return FALSE;
}

BgcUploadResult
bgc_upload_talk_refuse (BgcUploadTalk *self, const BgcUploadAnswer *answer)
{
  return bgc_upload_talk_fail (self, bgc_upload_outcome_of_status (answer->status, &answer->reader,
                                                                   g_get_real_time () / G_USEC_PER_SEC));
}

BgcUploadResult
bgc_upload_talk_wonder (BgcUploadTalk *self, const char *message)
{
  return bgc_upload_talk_fail (self, bgc_upload_outcome_of_nonsense (message));
}

gboolean
bgc_upload_talk_open_at (BgcUploadTalk *self, const char *location)
{
  g_autofree char *resource = bgc_reply_url_resolve (self->url, location, NULL);

  if (resource == NULL)
    {
      bgc_upload_talk_wonder (self, "The server did not say where the upload goes");
      return FALSE;
    }
  g_free (self->session->resource);
  self->session->resource = g_steal_pointer (&resource);
  self->session->stage = BGC_UPLOAD_STAGE_OPEN;
  self->offset = 0;
  return TRUE;
}

BgcUploadResult
bgc_upload_talk_settle (BgcUploadTalk *self, const BgcUploadAnswer *answer, gboolean gone)
{
  if (gone || bgc_upload_answer_is_success (answer))
    return BGC_UPLOAD_RESULT_DONE;
  bgc_upload_talk_refuse (self, answer);
  if (bgc_upload_channel_answers (self->channel, answer->status))
    return BGC_UPLOAD_RESULT_FAILED;
  return bgc_upload_outcome_settles_cancel (answer->status) ? BGC_UPLOAD_RESULT_DONE
                                                            : BGC_UPLOAD_RESULT_FAILED;
}
