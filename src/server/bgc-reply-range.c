/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "server/bgc-reply-range.h"

#include <string.h>

#include "protocol/bgc-header.h"

#define VALUE_MAX 128u /* bytes; one range needs less */

BgcReplyRange
bgc_reply_range_parse (const char *value, guint64 size, guint64 *first, guint64 *length)
{
  g_auto (GStrv) ends = NULL;
  guint64 begin, last = G_MAXUINT64;

  *first = 0;
  *length = size;
  if (value == NULL || strlen (value) > VALUE_MAX || g_ascii_strncasecmp (value, "bytes=", 6) != 0)
    return BGC_REPLY_RANGE_ALL;

  ends = g_strsplit (value + 6, "-", 2);
  if (g_strv_length (ends) != 2)
    return BGC_REPLY_RANGE_ALL;
  if (*ends[0] == '\0')
    {
      if (!bgc_header_parse_number (ends[1], &last))
        return BGC_REPLY_RANGE_ALL;
      if (last == 0 || size == 0)
        return BGC_REPLY_RANGE_UNSATISFIABLE;
      begin = size - MIN (last, size);
      last = size - 1;
    }
  else if (!bgc_header_parse_number (ends[0], &begin)
           || (*ends[1] != '\0' && (!bgc_header_parse_number (ends[1], &last) || last < begin)))
    return BGC_REPLY_RANGE_ALL;
  if (begin >= size)
    return BGC_REPLY_RANGE_UNSATISFIABLE;
  *first = begin;
  *length = MIN (last, size - 1) - begin + 1;

  return BGC_REPLY_RANGE_PART;
}
