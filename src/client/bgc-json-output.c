/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "client/bgc-json-output.h"

#include "base/bgc-limits.h"
#include "client/bgc-display.h"

static JsonNode *
from_unsigned (guint64 number)
{
  JsonNode *node = json_node_alloc ();

  if (number == BGC_SIZE_UNKNOWN)
    return json_node_init_null (node);
  if (number <= G_MAXINT64)
    return json_node_init_int (node, number);
  return json_node_init_double (node, number);
}

static JsonNode *
from_array (GVariant *value)
{
  g_autoptr (JsonArray) array = json_array_sized_new (g_variant_n_children (value));
  GVariantIter iter;
  GVariant *child;

  g_variant_iter_init (&iter, value);
  while ((child = g_variant_iter_next_value (&iter)) != NULL)
    {
      json_array_add_element (array, bgc_json_output_node (child));
      g_variant_unref (child);
    }
  return json_node_init_array (json_node_alloc (), array);
}

static JsonNode *
from_dictionary (GVariant *value)
{
  g_autoptr (JsonObject) object = json_object_new ();
  GVariantIter iter;
  GVariant *entry;

  g_variant_iter_init (&iter, value);
  while ((entry = g_variant_iter_next_value (&iter)) != NULL)
    {
      g_autoptr (GVariant) key = g_variant_get_child_value (entry, 0);
      g_autoptr (GVariant) content = g_variant_get_child_value (entry, 1);
      g_autofree char *name = NULL;
      if (g_variant_is_of_type (key, G_VARIANT_TYPE_STRING))
        name = g_variant_dup_string (key, NULL);
      else
        name = g_variant_print (key, FALSE);
      json_object_set_member (object, name, bgc_json_output_node (content));
      g_variant_unref (entry);
    }
  return bgc_json_output_take (g_steal_pointer (&object));
}

JsonNode *
bgc_json_output_node (GVariant *value)
{
  JsonNode *node = NULL;

  switch (g_variant_classify (value))
    {
    case G_VARIANT_CLASS_BOOLEAN:
      return json_node_init_boolean (json_node_alloc (), g_variant_get_boolean (value));
    case G_VARIANT_CLASS_BYTE:
      return json_node_init_int (json_node_alloc (), g_variant_get_byte (value));
    case G_VARIANT_CLASS_INT16:
      return json_node_init_int (json_node_alloc (), g_variant_get_int16 (value));
    case G_VARIANT_CLASS_UINT16:
      return json_node_init_int (json_node_alloc (), g_variant_get_uint16 (value));
    case G_VARIANT_CLASS_INT32:
      return json_node_init_int (json_node_alloc (), g_variant_get_int32 (value));
    case G_VARIANT_CLASS_UINT32:
      return json_node_init_int (json_node_alloc (), g_variant_get_uint32 (value));
    case G_VARIANT_CLASS_INT64:
      return json_node_init_int (json_node_alloc (), g_variant_get_int64 (value));
    case G_VARIANT_CLASS_UINT64:
      return from_unsigned (g_variant_get_uint64 (value));
    case G_VARIANT_CLASS_DOUBLE:
      return json_node_init_double (json_node_alloc (), g_variant_get_double (value));
    case G_VARIANT_CLASS_STRING:
    case G_VARIANT_CLASS_OBJECT_PATH:
    case G_VARIANT_CLASS_SIGNATURE:
      return json_node_init_string (json_node_alloc (), g_variant_get_string (value, NULL));
    case G_VARIANT_CLASS_VARIANT:
      {
        g_autoptr (GVariant) inner = g_variant_get_variant (value);
        return bgc_json_output_node (inner);
      }
    case G_VARIANT_CLASS_ARRAY:
      if (g_variant_type_is_dict_entry (g_variant_type_element (g_variant_get_type (value))))
        return from_dictionary (value);
      return from_array (value);
    case G_VARIANT_CLASS_TUPLE:
      return from_array (value);
    case G_VARIANT_CLASS_HANDLE:
    case G_VARIANT_CLASS_MAYBE:
    case G_VARIANT_CLASS_DICT_ENTRY:
    default:
      node = json_node_alloc ();
      return json_node_init_null (node);
    }
}

void
bgc_json_output_add (JsonObject *object, GVariant *dictionary)
{
  GVariantIter iter;
  const char *key;
  GVariant *value;

  g_variant_iter_init (&iter, dictionary);
  while (g_variant_iter_loop (&iter, "{&sv}", &key, &value))
    json_object_set_member (object, key, bgc_json_output_node (value));
}

JsonNode *
bgc_json_output_take (JsonObject *object)
{
  JsonNode *node = json_node_init_object (json_node_alloc (), object);

  json_object_unref (object);
  return node;
}

JsonNode *
bgc_json_output_job (GVariant *properties, GPtrArray *files)
{
  JsonObject *object = json_object_new ();
  JsonArray *list = json_array_new ();

  bgc_json_output_add (object, properties);
  for (guint i = 0; i < files->len; i++)
    json_array_add_element (list, bgc_json_output_node (g_ptr_array_index (files, i)));
  json_object_set_array_member (object, "Files", list);
  return bgc_json_output_take (object);
}

/* In UTF-16, as JSON has it. */
static void
append_escaped (GString *out, gunichar c)
{
  if (c > 0xffff)
    g_string_append_printf (out, "\\u%04x\\u%04x", 0xd800 + ((c - 0x10000) >> 10),
                            0xdc00 + ((c - 0x10000) & 0x3ff));
  else
    g_string_append_printf (out, "\\u%04x", c);
}

char *
bgc_json_output_text (JsonNode *node, gboolean pretty)
{
  g_autofree char *text = json_to_string (node, pretty);
  GString *safe = g_string_new (NULL);

  /* Outside strings JSON has no character that is escaped here but the newlines of a pretty document. */
  for (const char *p = text; *p != '\0'; p = g_utf8_next_char (p))
    {
      gunichar c = g_utf8_get_char (p);
      if (c != '\n' && bgc_display_is_unsafe (c))
        append_escaped (safe, c);
      else
        g_string_append_unichar (safe, c);
    }
  return g_string_free (safe, FALSE);
}
