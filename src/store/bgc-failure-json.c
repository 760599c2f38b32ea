/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "store/bgc-failure-json.h"

#include <json-glib/json-glib.h>

/* Bytes; no record comes near it (a URL of 8 KiB escaped sixfold, and a sentence), and the parser
 * never sees what a broken database may hold instead. */
#define TEXT_MAX (128 * 1024)

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

static void
add_text (JsonBuilder *builder, const char *name, const char *text)
{
  if (text == NULL)
    return;
  json_builder_set_member_name (builder, name);
  json_builder_add_string_value (builder, text);
}

static void
add_number (JsonBuilder *builder, const char *name, gint64 number)
{
  json_builder_set_member_name (builder, name);
  json_builder_add_int_value (builder, number);
}

char *
bgc_failure_json_write (const BgcFailure *self)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_autoptr (JsonNode) root = NULL;

  json_builder_begin_object (builder);
  add_text (builder, "context", bgc_enums_context_to_string (self->context));
  add_text (builder, "code", bgc_error_name (self->code));
  add_number (builder, "http-status", self->http_status);
  if (self->file != BGC_FAILURE_NO_FILE)
    add_number (builder, "file", self->file);
  add_text (builder, "url", self->url);
  add_text (builder, "protocol", self->protocol);
  add_text (builder, "message", self->message);
  add_number (builder, "time", self->time);
  json_builder_set_member_name (builder, "transient");
  json_builder_add_boolean_value (builder, self->transient);
  add_text (builder, "wait", bgc_enums_wait_reason_to_string (self->wait));
  add_number (builder, "retry-after", self->retry_after);
  json_builder_end_object (builder);
  root = json_builder_get_root (builder);
  return json_to_string (root, FALSE);
}

/* The value of @name if it is there and of @type, else NULL. */
static JsonNode *
find (JsonObject *object, const char *name, GType type)
{
  JsonNode *node = json_object_get_member (object, name);

  if (node == NULL || !JSON_NODE_HOLDS_VALUE (node) || json_node_get_value_type (node) != type)
    return NULL;
  return node;
}

static char *
read_text (JsonObject *object, const char *name)
{
  JsonNode *node = find (object, name, G_TYPE_STRING);

  return node != NULL ? json_node_dup_string (node) : NULL;
}

static gboolean
read_number (JsonObject *object, const char *name, gint64 least, gint64 most, gint64 *out)
{
  JsonNode *node = find (object, name, G_TYPE_INT64);

  if (node == NULL)
    return FALSE;
  *out = json_node_get_int (node);
  return *out >= least && *out <= most;
}

static gboolean
read_words (JsonObject *object, BgcFailure *self)
{
  g_autofree char *context = read_text (object, "context");
  g_autofree char *code = read_text (object, "code");
  g_autofree char *wait = read_text (object, "wait");

  return context != NULL && bgc_enums_context_from_string (context, &self->context)
         && code != NULL && bgc_error_from_name (code, &self->code)
         && wait != NULL && bgc_enums_wait_reason_from_string (wait, &self->wait);
}

static gboolean
read_numbers (JsonObject *object, BgcFailure *self)
{
  gint64 status = 0, file = BGC_FAILURE_NO_FILE, time = 0, retry_after = 0;
  JsonNode *transient = find (object, "transient", G_TYPE_BOOLEAN);

  if (transient == NULL || !read_number (object, "http-status", 0, G_MAXUINT32, &status)
      || !read_number (object, "time", G_MININT64, G_MAXINT64, &time)
      || !read_number (object, "retry-after", 0, G_MAXUINT32, &retry_after))
    return FALSE;
  if (json_object_has_member (object, "file") && !read_number (object, "file", 0, G_MAXUINT32, &file))
    return FALSE;
  self->transient = json_node_get_boolean (transient);
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
  g_autoptr (JsonParser) parser = json_parser_new ();
  g_autoptr (BgcFailure) self = NULL;
  JsonNode *root;
  JsonObject *object;

  *reason = "not JSON";
  if (length > TEXT_MAX || !g_utf8_validate (text, (gssize) length, NULL)
      || !json_parser_load_from_data (parser, text, (gssize) length, NULL))
    return NULL;
  *reason = "not an error record";
  root = json_parser_get_root (parser);
  if (root == NULL || !JSON_NODE_HOLDS_OBJECT (root))
    return NULL;
  object = json_node_get_object (root);
  self = bgc_failure_new (BGC_CONTEXT_UNKNOWN, BGC_ERROR_STORE_FAILED, FALSE, "%s", "");
  replace (&self->url, read_text (object, "url"));
  replace (&self->protocol, read_text (object, "protocol"));
  replace (&self->message, read_text (object, "message"));
  if (!read_words (object, self) || !read_numbers (object, self))
    return NULL;
  *reason = NULL;
  return g_steal_pointer (&self);
}
