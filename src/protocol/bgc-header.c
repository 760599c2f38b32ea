/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "protocol/bgc-header.h"

#include <string.h>

#define NUMBER_TEXT_MAX 21u /* bytes: the digits of the largest 64-bit number and a NUL */

const char *
bgc_header_get (const BgcHeaderReader *self, const char *name)
{
  return self->get (self->headers, name);
}

void
bgc_header_set (const BgcHeaderWriter *self, const char *name, const char *value)
{
  self->set (self->headers, name, value);
}

void
bgc_header_set_number (const BgcHeaderWriter *self, const char *name, guint64 value)
{
  char text[NUMBER_TEXT_MAX];

  g_snprintf (text, sizeof text, "%" G_GUINT64_FORMAT, value);
  self->set (self->headers, name, text);
}

gboolean
bgc_header_parse_number (const char *text, guint64 *out)
{
  guint64 value = 0;

  if (text == NULL || *text == '\0')
    return FALSE;

  for (const char *p = text; *p != '\0'; p++)
    {
      if (!g_ascii_isdigit (*p) || !g_uint64_checked_mul (&value, value, 10)
          || !g_uint64_checked_add (&value, value, (guint64) (*p - '0')))
        return FALSE;
    }
  *out = value;

  return TRUE;
}

gboolean
bgc_header_get_number (const BgcHeaderReader *self, const char *name, guint64 *out)
{
  return bgc_header_parse_number (bgc_header_get (self, name), out);
}

gboolean
bgc_header_is_plain (const char *value, gsize max_bytes)
{
  gsize length = value != NULL ? strlen (value) : 0;

  if (length == 0 || length > max_bytes)
    return FALSE;

  for (gsize i = 0; i < length; i++)
    {
      if (!g_ascii_isprint (value[i]))
        return FALSE;
    }

  return value[0] != ' ' && value[length - 1] != ' ';
}
