/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "hand-records.h"

#include "model/bgc-record.h"

static void
add_member (GByteArray *to, GVariant *member, GVariantBuilder *failures)
{
  if (g_variant_is_of_type (member, G_VARIANT_TYPE_STRING))
    bgc_record_add_text (to, g_variant_get_string (member, NULL));
  else if (g_variant_is_of_type (member, G_VARIANT_TYPE_UINT64))
    bgc_record_add_number (to, g_variant_get_uint64 (member));
  else if (g_variant_is_of_type (member, G_VARIANT_TYPE_INT64))
    bgc_record_add_number (to, (guint64)g_variant_get_int64 (member));
  else if (g_variant_is_of_type (member, G_VARIANT_TYPE_UINT32))
    bgc_record_add_number (to, g_variant_get_uint32 (member));
  else if (g_variant_is_of_type (member, G_VARIANT_TYPE_BYTE))
    bgc_record_add_number (to, g_variant_get_byte (member));
  else if (g_variant_is_of_type (member, G_VARIANT_TYPE_BOOLEAN))
    bgc_record_add_number (to, g_variant_get_boolean (member));
  else if (g_variant_n_children (member) > 0)
    g_variant_builder_add_value (failures, member);
}

GVariant *
hand_records (const char *type, const char *text, GVariant **failures)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) list = g_variant_parse (G_VARIANT_TYPE (type), text, NULL, NULL, &error);
  g_auto (GVariantBuilder) dicts = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE ("aa{sv}"));
  GByteArray *records = g_byte_array_new ();

  g_assert_no_error (error);
  for (gsize i = 0; i < g_variant_n_children (list); i++)
    {
      g_autoptr (GVariant) item = g_variant_get_child_value (list, i);

      for (gsize j = 0; j < g_variant_n_children (item); j++)
        {
          g_autoptr (GVariant) member = g_variant_get_child_value (item, j);

          add_member (records, member, &dicts);
        }
    }
  if (failures != NULL)
    *failures = g_variant_builder_end (&dicts);
  return bgc_record_end (records);
}

guint
hand_records_count (GVariant *records, const char *kinds)
{
  BgcRecordReader from;
  guint count = 0;

  bgc_record_reader_init (&from, records);
  for (; bgc_record_reader_has_more (&from); count++)
    for (const char *kind = kinds; *kind != '\0'; kind++)
      if (*kind == 's')
        bgc_record_read_text (&from);
      else
        bgc_record_read_number (&from);
  g_assert_false (from.broken);
  return count;
}
