/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "protocol/bgc-content-range.h"

#include <string.h>

#include "base/bgc-error.h"
#include "protocol/bgc-header.h"

#define VALUE_MAX 80u /* bytes: unit, three numbers of 20 digits and what stands between them */

/* Splits @text at the first @mark, which it overwrites. NULL if there is none. */
static char *
cut_at (char *text, char mark)
{
  char *found = strchr (text, mark);

  if (found == NULL)
    return NULL;
  *found = '\0';

  return found + 1;
}

static gboolean
parse_parts (char *text, BgcContentRange *out)
{
  char *range = cut_at (text, ' ');
  char *total = range != NULL ? cut_at (range, '/') : NULL;
  char *end;
  guint64 last;

  if (total == NULL || g_ascii_strcasecmp (text, "bytes") != 0
      || !bgc_header_parse_number (total, &out->total))
    return FALSE;
  if (strcmp (range, "*") == 0)
    return out->total == 0;

  end = cut_at (range, '-');
  if (end == NULL || !bgc_header_parse_number (range, &out->first) || !bgc_header_parse_number (end, &last))
    return FALSE;
  if (out->first > last || last >= out->total)
    return FALSE;
  /* Cannot overflow: last is below total. */
  out->length = last - out->first + 1;

  return TRUE;
}

gboolean
bgc_content_range_parse (const char *value, BgcContentRange *out, GError **error)
{
  BgcContentRange range = { 0, 0, 0 };
  g_autofree char *text = NULL;

  if (value != NULL && strlen (value) <= VALUE_MAX)
    text = g_strdup (value);
  if (text == NULL || !parse_parts (text, &range))
    {
      g_set_error_literal (error, BGC_ERROR, BGC_ERROR_INVALID_ARGUMENT,
                           "Content-Range is missing or malformed");
      return FALSE;
    }
  *out = range;

  return TRUE;
}

char *
bgc_content_range_format (const BgcContentRange *self)
{
  if (self->length == 0)
    return g_strdup ("bytes */0");

  return g_strdup_printf ("bytes %" G_GUINT64_FORMAT "-%" G_GUINT64_FORMAT "/%" G_GUINT64_FORMAT, self->first,
                          self->first + self->length - 1, self->total);
}
