/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "protocol/bgc-session-id.h"

#include <string.h>

#include "protocol/bgc-header.h"

#define TEXT_LENGTH 38u /* 32 digits, four dashes, two braces */

/* TRUE where a dash stands before byte @index. */
static gboolean
dash_before (guint index)
{
  return index == 4 || index == 6 || index == 8 || index == 10;
}

char *
bgc_session_id_format (const guint8 bytes[BGC_SESSION_ID_BYTES])
{
  GString *text = g_string_sized_new (TEXT_LENGTH + 1);

  g_string_append_c (text, '{');
  for (guint i = 0; i < BGC_SESSION_ID_BYTES; i++)
    g_string_append_printf (text, "%s%02X", dash_before (i) ? "-" : "", bytes[i]);
  g_string_append_c (text, '}');

  return g_string_free (text, FALSE);
}

char *
bgc_session_id_file_name (const guint8 bytes[BGC_SESSION_ID_BYTES])
{
  GString *text = g_string_sized_new (2 * BGC_SESSION_ID_BYTES + 1);

  for (guint i = 0; i < BGC_SESSION_ID_BYTES; i++)
    g_string_append_printf (text, "%02x", bytes[i]);

  return g_string_free (text, FALSE);
}

gboolean
bgc_session_id_parse (const char *text, guint8 bytes[BGC_SESSION_ID_BYTES])
{
  const char *p;

  if (text == NULL || strlen (text) != TEXT_LENGTH || text[0] != '{' || text[TEXT_LENGTH - 1] != '}')
    return FALSE;

  p = text + 1;
  for (guint i = 0; i < BGC_SESSION_ID_BYTES; i++)
    {
      if (dash_before (i) && *p++ != '-')
        return FALSE;
      if (!g_ascii_isxdigit (p[0]) || !g_ascii_isxdigit (p[1]))
        return FALSE;
      bytes[i] = (guint8) (g_ascii_xdigit_value (p[0]) << 4 | g_ascii_xdigit_value (p[1]));
      p += 2;
    }

  return TRUE;
}

gboolean
bgc_session_id_is_acceptable (const char *text)
{
  return bgc_header_is_plain (text, BGC_SESSION_ID_MAX_TEXT);
}
