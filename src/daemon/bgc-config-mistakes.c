/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "daemon/bgc-config-mistakes.h"

#include <stdarg.h>

#include "base/bgc-text.h"

#define FILE_NAME_MAX 4096u /* bytes of an escaped path that are shown: PATH_MAX */

static void
free_mistake (gpointer data)
{
  BgcConfigMistake *mistake = data;

  g_free (mistake->file);
  g_free (mistake->text);
  g_free (mistake);
}

GPtrArray *
bgc_config_mistakes_new (void)
{
  return g_ptr_array_new_with_free_func (free_mistake);
}

void
bgc_config_mistakes_add (GPtrArray *self, const char *file, guint line, gboolean grave, const char *format,
                         ...)
{
  BgcConfigMistake *mistake = g_new0 (BgcConfigMistake, 1);
  va_list arguments;

  mistake->file = bgc_text_escape (file, FILE_NAME_MAX);
  mistake->line = line;
  mistake->grave = grave;
  va_start (arguments, format);
  mistake->text = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  g_ptr_array_add (self, mistake);
}

gboolean
bgc_config_mistakes_any_grave (const GPtrArray *self)
{
  for (guint i = 0; i < self->len; i++)
    if (((const BgcConfigMistake *)g_ptr_array_index (self, i))->grave)
      return TRUE;
  return FALSE;
}

char *
bgc_config_mistakes_line (const BgcConfigMistake *mistake)
{
  if (mistake->line == 0)
    return g_strdup_printf ("%s: %s", mistake->file, mistake->text);
  return g_strdup_printf ("%s:%u: %s", mistake->file, mistake->line, mistake->text);
}
