/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "protocol/bgc-header-table.h"

#include <string.h>

struct _BgcHeaderTable
{
  GHashTable *values; /* (owned) lower-case name → value */
};

BgcHeaderTable *
bgc_header_table_new (void)
{
  BgcHeaderTable *self = g_new0 (BgcHeaderTable, 1);

  self->values = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);

  return self;
}

static void
add_line (BgcHeaderTable *self, const char *line, gsize length)
{
  const char *colon = memchr (line, ':', length);
  g_autofree char *name = NULL;
  g_autofree char *value = NULL;

  if (colon == NULL || colon == line)
    return;

  name = g_strndup (line, (gsize) (colon - line));
  value = g_strndup (colon + 1, length - (gsize) (colon + 1 - line));
  g_strstrip (value);
  bgc_header_table_set (self, name, value);
}

BgcHeaderTable *
bgc_header_table_new_from_text (const char *text, gsize length)
{
  BgcHeaderTable *self = bgc_header_table_new ();
  gsize begin = 0;

  while (begin < length)
    {
      const char *end = memchr (text + begin, '\n', length - begin);
      gsize line = end != NULL ? (gsize) (end - text) - begin : length - begin;

      add_line (self, text + begin, line);
      begin += line + 1;
    }

  return self;
}

void
bgc_header_table_free (BgcHeaderTable *self)
{
  g_hash_table_unref (self->values);
  g_free (self);
}

void
bgc_header_table_set (BgcHeaderTable *self, const char *name, const char *value)
{
  g_hash_table_replace (self->values, g_ascii_strdown (name, -1), g_strdup (value));
}

const char *
bgc_header_table_get (const BgcHeaderTable *self, const char *name)
{
  g_autofree char *lower = g_ascii_strdown (name, -1);

  return g_hash_table_lookup (self->values, lower);
}

static const char *
get_value (gconstpointer headers, const char *name)
{
  return bgc_header_table_get (headers, name);
}

static void
set_value (gpointer headers, const char *name, const char *value)
{
  bgc_header_table_set (headers, name, value);
}

BgcHeaderReader
bgc_header_table_reader (const BgcHeaderTable *self)
{
  return (BgcHeaderReader) { get_value, self };
}

BgcHeaderWriter
bgc_header_table_writer (BgcHeaderTable *self)
{
  return (BgcHeaderWriter) { set_value, self };
}
