/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "model/bgc-upload.h"

BgcUpload *
bgc_upload_new (void)
{
  BgcUpload *self = g_new0 (BgcUpload, 1);

  self->host_fallback = -1;
  self->can_terminate = TRUE;

  return self;
}

BgcUpload *
bgc_upload_copy (const BgcUpload *self)
{
  BgcUpload *copy;

  if (self == NULL)
    return NULL;

  copy = g_new (BgcUpload, 1);
  *copy = *self;
  copy->session_id = g_strdup (self->session_id);
  copy->resource = g_strdup (self->resource);
  copy->host_id = g_strdup (self->host_id);
  copy->reply_url = g_strdup (self->reply_url);

  return copy;
}

static void
clear_names (BgcUpload *self)
{
  g_clear_pointer (&self->session_id, g_free);
  g_clear_pointer (&self->resource, g_free);
  g_clear_pointer (&self->host_id, g_free);
  g_clear_pointer (&self->reply_url, g_free);
}

void
bgc_upload_free (BgcUpload *self)
{
  if (self == NULL)
    return;

  clear_names (self);
  g_free (self);
}

gboolean
bgc_upload_is_open (const BgcUpload *self)
{
  return (self->stage == BGC_UPLOAD_STAGE_OPEN || self->stage == BGC_UPLOAD_STAGE_SENT)
         && (self->session_id != NULL || self->resource != NULL);
}

void
bgc_upload_restart (BgcUpload *self)
{
  BgcUploadProtocol protocol = self->protocol;

  clear_names (self);
  *self = (BgcUpload){ .protocol = protocol, .host_fallback = -1, .can_terminate = TRUE };
}
