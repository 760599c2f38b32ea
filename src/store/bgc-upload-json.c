/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "store/bgc-upload-json.h"

#include <string.h>

#include "base/bgc-limits.h"
#include "store/bgc-json-record.h"

static const char *const stages[] = {
  [BGC_UPLOAD_STAGE_NONE] = "none",
  [BGC_UPLOAD_STAGE_OPEN] = "open",
  [BGC_UPLOAD_STAGE_SENT] = "sent",
  [BGC_UPLOAD_STAGE_CLOSED] = "closed",
};
G_STATIC_ASSERT (G_N_ELEMENTS (stages) == BGC_N_UPLOAD_STAGES);

static gboolean
is_text (const char *text)
{
  return text == NULL || (strlen (text) <= BGC_URL_MAX_BYTES && g_utf8_validate (text, -1, NULL));
}

gboolean
bgc_upload_json_check (const BgcUpload *self, const char **reason)
{
  *reason = NULL;
  if ((guint) self->protocol >= BGC_N_UPLOAD_PROTOCOLS)
    *reason = "an upload protocol that does not exist";
  else if ((guint) self->stage >= BGC_N_UPLOAD_STAGES)
    *reason = "a stage of an upload that does not exist";
  else if (!is_text (self->session_id) || !is_text (self->resource) || !is_text (self->host_id)
           || !is_text (self->reply_url))
    *reason = "a name in an upload's session is no text";
  return *reason == NULL;
}

char *
bgc_upload_json_write (const BgcUpload *self)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();

  json_builder_begin_object (builder);
  bgc_json_record_add_text (builder, "protocol", bgc_enums_upload_protocol_to_string (self->protocol));
  bgc_json_record_add_text (builder, "stage", stages[self->stage]);
  bgc_json_record_add_text (builder, "session-id", self->session_id);
  bgc_json_record_add_text (builder, "resource", self->resource);
  bgc_json_record_add_text (builder, "host-id", self->host_id);
  bgc_json_record_add_text (builder, "reply-url", self->reply_url);
  bgc_json_record_add_number (builder, "host-fallback", self->host_fallback);
  bgc_json_record_add_number (builder, "host-silent-since", self->host_silent_since);
  bgc_json_record_add_number (builder, "fragment", (gint64) self->fragment);
  bgc_json_record_add_boolean (builder, "can-terminate", self->can_terminate);
  bgc_json_record_add_number (builder, "source-size", (gint64) self->source_size);
  bgc_json_record_add_number (builder, "source-device", (gint64) self->source_device);
  bgc_json_record_add_number (builder, "source-inode", (gint64) self->source_inode);
  bgc_json_record_add_number (builder, "source-mtime", self->source_mtime);
  json_builder_end_object (builder);
  return bgc_json_record_end (builder);
}

static gboolean
read_words (JsonObject *object, BgcUpload *self)
{
  g_autofree char *protocol = bgc_json_record_text (object, "protocol");
  g_autofree char *stage = bgc_json_record_text (object, "stage");

  if (protocol == NULL || !bgc_enums_upload_protocol_from_string (protocol, &self->protocol))
    return FALSE;
  for (guint i = 0; stage != NULL && i < BGC_N_UPLOAD_STAGES; i++)
    if (strcmp (stage, stages[i]) == 0)
      {
        self->stage = (BgcUploadStage) i;
        return TRUE;
      }
  return FALSE;
}

/* 64 bits without a sign, held in a number with one. */
static gboolean
read_size (JsonObject *object, const char *name, guint64 *out)
{
  gint64 number = 0;
  gboolean good = bgc_json_record_number (object, name, G_MININT64, G_MAXINT64, &number);

  *out = (guint64) number;
  return good;
}

static gboolean
read_numbers (JsonObject *object, BgcUpload *self)
{
  return bgc_json_record_number (object, "host-fallback", -1, G_MAXINT64, &self->host_fallback)
         && bgc_json_record_number (object, "host-silent-since", G_MININT64, G_MAXINT64,
                                    &self->host_silent_since)
         && read_size (object, "fragment", &self->fragment)
         && bgc_json_record_boolean (object, "can-terminate", &self->can_terminate)
         && read_size (object, "source-size", &self->source_size)
         && read_size (object, "source-device", &self->source_device)
         && read_size (object, "source-inode", &self->source_inode)
         && bgc_json_record_number (object, "source-mtime", G_MININT64, G_MAXINT64, &self->source_mtime);
}

BgcUpload *
bgc_upload_json_read (const char *text, gsize length, const char **reason)
{
  g_autoptr (JsonObject) object = bgc_json_record_parse (text, length, reason);
  g_autoptr (BgcUpload) self = NULL;

  if (object == NULL)
    return NULL;
  self = bgc_upload_new ();
  self->session_id = bgc_json_record_text (object, "session-id");
  self->resource = bgc_json_record_text (object, "resource");
  self->host_id = bgc_json_record_text (object, "host-id");
  self->reply_url = bgc_json_record_text (object, "reply-url");
  *reason = "not an upload's session";
  if (!read_words (object, self) || !read_numbers (object, self) || !bgc_upload_json_check (self, reason))
    return NULL;
  *reason = NULL;
  return g_steal_pointer (&self);
}
