/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "model/bgc-path.h"

#include <string.h>

#include "base/bgc-limits.h"

#define TEMPORARY_PREFIX ".bgcopy-"
#define TEMPORARY_DIGITS 32u /* 128 bits: nobody guesses one */
#define TEMPORARY_BYTES (sizeof TEMPORARY_PREFIX - 1 + TEMPORARY_DIGITS)
#define COMPONENT_MAX_BYTES 255u /* NAME_MAX of every file system in use */

static gboolean
refuse (GError **error, const char *why)
{
  g_set_error_literal (error, BGC_ERROR, BGC_ERROR_INVALID_PATH, why);
  return FALSE;
}

static gboolean
has_control (const char *path)
{
  for (const char *p = path; *p != '\0'; p = g_utf8_next_char (p))
    {
      if (g_unichar_iscntrl (g_utf8_get_char (p)))
        return TRUE;
    }

  return FALSE;
}

gboolean
bgc_path_check (const char *path, GError **error)
{
  const char *base;

  if (path == NULL || *path != '/')
    return refuse (error, "The local name is not an absolute path");
  if (strlen (path) > BGC_PATH_MAX_BYTES)
    {
      g_set_error (error, BGC_ERROR, BGC_ERROR_STRING_TOO_LONG, "The local name has more than %u bytes",
                   BGC_PATH_MAX_BYTES);
      return FALSE;
    }
  if (!g_utf8_validate (path, -1, NULL))
    return refuse (error, "The local name is not UTF-8");
  if (has_control (path))
    return refuse (error, "The local name has a control character in it");

  base = bgc_path_base (path);
  if (*base == '\0' || strcmp (base, ".") == 0 || strcmp (base, "..") == 0)
    return refuse (error, "The local name is a directory's, not a file's");
  if (strlen (base) > COMPONENT_MAX_BYTES)
    {
      g_set_error (error, BGC_ERROR, BGC_ERROR_STRING_TOO_LONG, "The file name has more than %u bytes",
                   COMPONENT_MAX_BYTES);
      return FALSE;
    }
  /* Nothing stores or opens a longer one. */
  if ((gsize)(base - path) + TEMPORARY_BYTES > BGC_PATH_MAX_BYTES)
    {
      g_set_error (error, BGC_ERROR, BGC_ERROR_STRING_TOO_LONG,
                   "The directory's name leaves no room for a temporary file's: it may have %u bytes",
                   BGC_PATH_MAX_BYTES - (guint)TEMPORARY_BYTES - 1);
      return FALSE;
    }
  if (bgc_path_is_temporary_name (base))
    return refuse (error, "The local name has the form of a temporary file's");

  return TRUE;
}

const char *
bgc_path_base (const char *path)
{
  const char *slash = strrchr (path, '/');

  return slash != NULL ? slash + 1 : path;
}

char *
bgc_path_directory (const char *path)
{
  return g_path_get_dirname (path);
}

char *
bgc_path_temporary_name (GRand *random)
{
  return bgc_path_tagged_name (g_rand_int (random), random);
}

char *
bgc_path_tagged_name (guint32 tag, GRand *random)
{
  guint32 words[TEMPORARY_DIGITS / 8] = { tag };

  for (gsize i = 1; i < G_N_ELEMENTS (words); i++)
    words[i] = g_rand_int (random);

  return g_strdup_printf (TEMPORARY_PREFIX "%08x%08x%08x%08x", words[0], words[1], words[2], words[3]);
}

gboolean
bgc_path_is_temporary_name (const char *name)
{
  const char *digits;

  if (name == NULL || !g_str_has_prefix (name, TEMPORARY_PREFIX))
    return FALSE;

  digits = name + strlen (TEMPORARY_PREFIX);
  return strspn (digits, "0123456789abcdef") == TEMPORARY_DIGITS && digits[TEMPORARY_DIGITS] == '\0';
}

gboolean
bgc_path_has_tag (const char *name, guint32 tag)
{
  char digits[9];

  g_snprintf (digits, sizeof digits, "%08x", tag);
  return bgc_path_is_temporary_name (name) && strncmp (name + strlen (TEMPORARY_PREFIX), digits, 8) == 0;
}
