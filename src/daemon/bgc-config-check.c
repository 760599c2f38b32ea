/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "daemon/bgc-config-check.h"

#include <stdlib.h>

#include "base/bgc-text.h"
#include "daemon/bgc-config-files.h"
#include "daemon/bgc-config-mistakes.h"
#include "daemon/bgc-config.h"

#define FILE_NAME_MAX 4096u /* bytes of an escaped path that are shown: PATH_MAX */

static void
list_files (const GPtrArray *files, FILE *out)
{
  for (guint i = 0; i < files->len; i++)
    {
      g_autofree char *shown = bgc_text_escape (g_ptr_array_index (files, i), FILE_NAME_MAX);

      fprintf (out, "%s\n", shown);
    }
  if (files->len == 0)
    fprintf (out, "no file: all settings have their defaults\n");
}

int
bgc_config_check (const char *file, gboolean session, FILE *out, FILE *errors)
{
  g_autoptr (GPtrArray) mistakes = bgc_config_mistakes_new ();
  g_autoptr (GPtrArray) files = NULL;
  g_auto (BgcConfig) config = { 0 };

  if (file != NULL)
    {
      files = g_ptr_array_new_with_free_func (g_free);
      g_ptr_array_add (files, g_strdup (file));
    }
  else
    {
      g_auto (GStrv) directories = bgc_config_files_directories (session);

      files = bgc_config_files_find ((const char *const *)directories, mistakes);
    }
  bgc_config_read (files, NULL, &config, mistakes);
  list_files (files, out);
  fflush (out);
  for (guint i = 0; i < mistakes->len; i++)
    {
      const BgcConfigMistake *mistake = g_ptr_array_index (mistakes, i);
      g_autofree char *line = bgc_config_mistakes_line (mistake);

      fprintf (errors, "%s: %s\n", mistake->grave ? "error" : "warning", line);
    }
  return bgc_config_mistakes_any_grave (mistakes) ? EXIT_FAILURE : EXIT_SUCCESS;
}
