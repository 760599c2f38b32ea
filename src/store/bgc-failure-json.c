/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "store/bgc-failure-json.h"

#include "store/bgc-json-record.h"

static gboolean
is_text (const char *text)
{
  return text == NULL || g_utf8_validate (text, -1, NULL);
}

gboolean
bgc_failure_json_check (const BgcFailure *self, const char **reason)
{
  *reason = NULL;
  if ((guint) self->context >= BGC_N_CONTEXTS)
    *reason = "an error context that does not exist";
  else if ((guint) self->code >= BGC_N_ERRORS)
    *reason = "an error code that does not exist";
  else if ((guint) self->wait >= BGC_N_WAIT_REASONS)
    *reason = "a wait reason that does not exist";
  else if (!is_text (self->url) || !is_text (self->protocol) || !is_text (self->message))
    *reason = "an error record that is not UTF-8";
  return *reason == NULL;
}

char *
bgc_failure_json_write (const BgcFailure *self)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();

  json_builder_begin_object (builder);
  bgc_json_record_add_text (builder, "context", bgc_enums_context_to_string (self->context));
  bgc_json_record_add_text (builder, "code", bgc_error_name (self->code));
  bgc_json_record_add_number (builder, "http-status", self->http_status);
  if (self->file != BGC_FAILURE_NO_FILE)
    bgc_json_record_add_number (builder, "file", self->file);
  bgc_json_record_add_text (builder, "url", self->url);
  bgc_json_record_add_text (builder, "protocol", self->protocol);
  bgc_json_record_add_text (builder, "message", self->message);
  bgc_json_record_add_number (builder, "time", self->time);
  bgc_json_record_add_boolean (builder, "transient", self->transient);
  bgc_json_record_add_text (builder, "wait", bgc_enums_wait_reason_to_string (self->wait));
  bgc_json_record_add_number (builder, "retry-after", self->retry_after);
  json_builder_end_object (builder);
  return bgc_json_record_end (builder);
}

static gboolean
read_words (JsonObject *object, BgcFailure *self)
{
  g_autofree char *context = bgc_json_record_text (object, "context");
  g_autofree char *code = bgc_json_record_text (object, "code");
  g_autofree char *wait = bgc_json_record_text (object, "wait");

  return context != NULL && bgc_enums_context_from_string (context, &self->context)
         && code != NULL && bgc_error_from_name (code, &self->code)
         && wait != NULL && bgc_enums_wait_reason_from_string (wait, &self->wait);
}

static gboolean
read_numbers (JsonObject *object, BgcFailure *self)
{
  gint64 status = 0, file = BGC_FAILURE_NO_FILE, time = 0, retry_after = 0;

  if (!bgc_json_record_boolean (object, "transient", &self->transient)
      || !bgc_json_record_number (object, "http-status", 0, G_MAXUINT32, &status)
      || !bgc_json_record_number (object, "time", G_MININT64, G_MAXINT64, &time)
      || !bgc_json_record_number (object, "retry-after", 0, G_MAXUINT32, &retry_after))
    return FALSE;
  if (json_object_has_member (object, "file")
      && !bgc_json_record_number (object, "file", 0, G_MAXUINT32, &file))
    return FALSE;
  self->http_status = (guint) status;
  self->file = (guint32) file;
  self->time = time;
  self->retry_after = (guint32) retry_after;
  return TRUE;
}

static void
replace (char **field, char *text)
{
  g_free (*field);
  *field = text;
}

BgcFailure *
bgc_failure_json_read (const char *text, gsize length, const char **reason)
{
  g_autoptr (JsonObject) object = bgc_json_record_parse (text, length, reason);
  g_autoptr (BgcFailure) self = NULL;

  if (object == NULL)
    return NULL;
  *reason = "not an error record";
  self = bgc_failure_new (BGC_CONTEXT_UNKNOWN, BGC_ERROR_STORE_FAILED, FALSE, "%s", "");
  replace (&self->url, bgc_json_record_text (object, "url"));
  replace (&self->protocol, bgc_json_record_text (object, "protocol"));
  replace (&self->message, bgc_json_record_text (object, "message"));
  if (!read_words (object, self) || !read_numbers (object, self))
    return NULL;
  *reason = NULL;
  return g_steal_pointer (&self);
}
