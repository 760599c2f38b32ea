/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "protocol/bgc-hresult.h"

#include <string.h>

#define DIGITS_MAX 8u /* hexadecimal digits of 32 bits */

static gboolean
parse_hexadecimal (const char *digits, guint32 *out)
{
  gsize length = strlen (digits);
  guint32 value = 0;

  if (length == 0 || length > DIGITS_MAX)
    return FALSE;

  for (gsize i = 0; i < length; i++)
    {
      if (!g_ascii_isxdigit (digits[i]))
        return FALSE;
      value = value << 4 | (guint32) g_ascii_xdigit_value (digits[i]);
    }
  *out = value;

  return TRUE;
}

gboolean
bgc_hresult_parse (const char *text, guint32 *out)
{
  if (text == NULL)
    return FALSE;
  if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X'))
    text += 2;
  else if (text[0] == 'x' || text[0] == 'X')
    text += 1;

  return parse_hexadecimal (text, out);
}

char *
bgc_hresult_format (guint32 value)
{
  return g_strdup_printf ("0x%08X", value);
}

gboolean
bgc_hresult_parse_context (const char *text, BgcErrorContext *out)
{
  guint32 value;

  if (!bgc_hresult_parse (text, &value))
    return FALSE;
  if (value != BGC_CONTEXT_REMOTE_FILE && value != BGC_CONTEXT_REMOTE_APPLICATION)
    return FALSE;
  *out = (BgcErrorContext) value;

  return TRUE;
}

char *
bgc_hresult_format_context (BgcErrorContext context)
{
  return g_strdup_printf ("0x%X", (guint) context);
}

BgcErrorCode
bgc_hresult_to_error (guint32 value, BgcErrorCode fallback)
{
  BgcErrorCode code = fallback;

  switch (value)
    {
    case BGC_HRESULT_DISK_FULL:
    case BGC_HRESULT_WIN32_DISK_FULL:
      return BGC_ERROR_NO_SPACE;
    case BGC_HRESULT_EXECUTE_ENABLED:
      return BGC_ERROR_ACCESS_DENIED;
    default:
      return bgc_error_from_bits_code (value, &code) ? code : fallback;
    }
}
