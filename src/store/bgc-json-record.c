/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "store/bgc-json-record.h"

JsonObject *
bgc_json_record_parse (const char *text, gsize length, const char **reason)
{
  g_autoptr (JsonParser) parser = json_parser_new ();
  JsonNode *root;

  *reason = "not JSON";
  if (length > BGC_JSON_RECORD_MAX || !g_utf8_validate (text, (gssize) length, NULL)
      || !json_parser_load_from_data (parser, text, (gssize) length, NULL))
    return NULL;
  *reason = "not a record";
  root = json_parser_get_root (parser);
  if (root == NULL || !JSON_NODE_HOLDS_OBJECT (root))
    return NULL;
  *reason = NULL;
  return json_object_ref (json_node_get_object (root));
}

/* The value of @name if it is there and of @type, else NULL. */
static JsonNode *
find (JsonObject *self, const char *name, GType type)
{
  JsonNode *node = json_object_get_member (self, name);

  if (node == NULL || !JSON_NODE_HOLDS_VALUE (node) || json_node_get_value_type (node) != type)
    return NULL;
  return node;
}

char *
bgc_json_record_text (JsonObject *self, const char *name)
{
  JsonNode *node = find (self, name, G_TYPE_STRING);

  return node != NULL ? json_node_dup_string (node) : NULL;
}

gboolean
bgc_json_record_number (JsonObject *self, const char *name, gint64 least, gint64 most, gint64 *out)
{
  JsonNode *node = find (self, name, G_TYPE_INT64);

  if (node == NULL)
    return FALSE;
  *out = json_node_get_int (node);
  return *out >= least && *out <= most;
}

gboolean
bgc_json_record_boolean (JsonObject *self, const char *name, gboolean *out)
{
  JsonNode *node = find (self, name, G_TYPE_BOOLEAN);

  if (node == NULL)
    return FALSE;
  *out = json_node_get_boolean (node);
  return TRUE;
}

void
bgc_json_record_add_text (JsonBuilder *builder, const char *name, const char *text)
{
  if (text == NULL)
    return;
  json_builder_set_member_name (builder, name);
  json_builder_add_string_value (builder, text);
}

void
bgc_json_record_add_number (JsonBuilder *builder, const char *name, gint64 number)
{
  json_builder_set_member_name (builder, name);
  json_builder_add_int_value (builder, number);
}

void
bgc_json_record_add_boolean (JsonBuilder *builder, const char *name, gboolean value)
{
  json_builder_set_member_name (builder, name);
  json_builder_add_boolean_value (builder, value);
}

char *
bgc_json_record_end (JsonBuilder *builder)
{
  g_autoptr (JsonNode) root = json_builder_get_root (builder);

  return json_to_string (root, FALSE);
}
