/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "transfer/bgc-http-range.h"

#include <string.h>

/* Digits only: no sign, no space, no overflow. */
static gboolean
take_number (const char **cursor, guint64 *out)
{
  guint64 value = 0;
  const char *at = *cursor;

  if (!g_ascii_isdigit (*at))
    return FALSE;
  for (; g_ascii_isdigit (*at); at++)
    {
      guint64 digit = (guint64)(*at - '0');

      if (value > (G_MAXINT64 - digit) / 10)
        return FALSE;
      value = value * 10 + digit;
    }
  *cursor = at;
  *out = value;
  return TRUE;
}

static gboolean
take_character (const char **cursor, char character)
{
  if (**cursor != character)
    return FALSE;
  (*cursor)++;
  return TRUE;
}

static gboolean
take_total (const char **cursor, guint64 *out)
{
  if (take_character (cursor, '*'))
    {
      *out = BGC_SIZE_UNKNOWN;
      return TRUE;
    }
  return take_number (cursor, out);
}

gboolean
bgc_http_range_parse (const char *content_range, BgcHttpRange *out)
{
  const char *cursor = content_range;
  BgcHttpRange range = { 0 };

  if (cursor == NULL || g_ascii_strncasecmp (cursor, "bytes", 5) != 0)
    return FALSE;
  cursor += 5;
  if (*cursor != ' ' && *cursor != '\t')
    return FALSE;
  cursor += strspn (cursor, " \t");

  range.unsatisfied = take_character (&cursor, '*');
  if (!range.unsatisfied
      && (!take_number (&cursor, &range.first) || !take_character (&cursor, '-')
          || !take_number (&cursor, &range.last)))
    return FALSE;
  if (!take_character (&cursor, '/') || !take_total (&cursor, &range.total))
    return FALSE;
  cursor += strspn (cursor, " \t");
  if (*cursor != '\0')
    return FALSE;
  if (range.unsatisfied ? range.total == BGC_SIZE_UNKNOWN
                        : range.last < range.first || range.last >= range.total)
    return FALSE;
  *out = range;
  return TRUE;
}
