/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "transfer/bgc-upload-answer.h"

static const char *
get_header (gconstpointer headers, const char *name)
{
  return soup_message_headers_get_one ((gpointer)headers, name);
}

void
bgc_upload_answer_take (BgcUploadAnswer *self, SoupMessage *message)
{
  self->status = soup_message_get_status (message);
  self->headers = soup_message_headers_ref (soup_message_get_response_headers (message));
  self->reader = (BgcHeaderReader){ .get = get_header, .headers = self->headers };
}

void
bgc_upload_answer_clear (BgcUploadAnswer *self)
{
  g_clear_pointer (&self->headers, soup_message_headers_unref);
  g_clear_pointer (&self->failure, bgc_failure_free);
  *self = (BgcUploadAnswer){ 0 };
}

gboolean
bgc_upload_answer_is_success (const BgcUploadAnswer *self)
{
  return self->status >= 200 && self->status < 300;
}

gboolean
bgc_upload_answer_is_gone (const BgcUploadAnswer *self)
{
  return self->status == 404 || self->status == 410;
}
