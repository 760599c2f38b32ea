/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "client/bgc-rate-option.h"

#include <string.h>

static const char suffixes[] = "KMG";

gboolean
bgc_rate_option_parse (const char *text, guint64 *rate)
{
  g_autofree char *digits = g_strdup (text);
  gsize length = strlen (digits);
  const char *suffix = length > 0 ? strchr (suffixes, g_ascii_toupper (digits[length - 1])) : NULL;
  guint shift = 0;

  if (suffix != NULL)
    {
      digits[length - 1] = '\0';
      shift = 10 * (guint)(suffix - suffixes + 1);
    }
  if (!g_ascii_string_to_unsigned (digits, 10, 0, G_MAXINT64 >> shift, rate, NULL))
    return FALSE;
  *rate <<= shift;
  return TRUE;
}
