/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "model/bgc-record.h"

#include <string.h>

void
bgc_record_add_number (GByteArray *to, guint64 number)
{
  g_byte_array_append (to, (const guint8 *)&number, sizeof number);
}

void
bgc_record_add_text (GByteArray *to, const char *text)
{
  gsize length = text == NULL ? 0 : strlen (text);
  gboolean sound = length <= G_MAXUINT32 && g_utf8_validate_len (text == NULL ? "" : text, length, NULL);
  guint32 bytes = sound ? (guint32)length + 1 : 1;

  g_byte_array_append (to, (const guint8 *)&bytes, sizeof bytes);
  g_byte_array_append (to, (const guint8 *)(sound && text != NULL ? text : ""), bytes);
}

GVariant *
bgc_record_end (GByteArray *records)
{
  g_autoptr (GBytes) bytes = g_byte_array_free_to_bytes (records);

  return g_variant_new_from_bytes (G_VARIANT_TYPE_BYTESTRING, bytes, TRUE);
}

void
bgc_record_reader_init (BgcRecordReader *self, GVariant *records)
{
  *self = (BgcRecordReader){ .bytes = g_variant_get_data (records), .length = g_variant_get_size (records) };
}

gboolean
bgc_record_reader_has_more (const BgcRecordReader *self)
{
  return self->length > 0 && !self->broken;
}

/* The next @length bytes; NULL where there are fewer. */
static const guint8 *
take (BgcRecordReader *self, gsize length)
{
  const guint8 *bytes = self->bytes;

  self->broken |= length > self->length;
  if (self->broken)
    return NULL;
  self->bytes += length;
  self->length -= length;
  return bytes;
}

guint64
bgc_record_read_number (BgcRecordReader *self)
{
  const guint8 *bytes = take (self, sizeof (guint64));
  guint64 number = 0;

  if (bytes != NULL)
    memcpy (&number, bytes, sizeof number);
  return number;
}

guint32
bgc_record_read_uint32 (BgcRecordReader *self)
{
  guint64 number = bgc_record_read_number (self);

  self->broken |= number > G_MAXUINT32;
  return self->broken ? 0 : (guint32)number;
}

const char *
bgc_record_read_text (BgcRecordReader *self)
{
  const guint8 *head = take (self, sizeof (guint32));
  const guint8 *text;
  guint32 bytes = 0;

  if (head != NULL)
    memcpy (&bytes, head, sizeof bytes);
  text = take (self, bytes);
  /* Validation finds a zero byte before the last one. */
  self->broken |= text == NULL || bytes == 0 || text[bytes - 1] != '\0'
                  || !g_utf8_validate_len ((const char *)text, bytes - 1, NULL);
  return self->broken ? "" : (const char *)text;
}
