/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "client/bgc-target-name.h"

#include <glib/gi18n.h>
#include <string.h>

#include "base/bgc-error.h"
#include "client/bgc-display.h"

#define FALLBACK_NAME  "download"
#define NAME_MAX_BYTES 255u /* NAME_MAX of Linux file systems */

/* The bytes between the last '/' of the path and whatever follows the path. */
static char *
last_segment (const char *url)
{
  const char *authority = strstr (url, "://");
  const char *path, *end, *start;

  if (authority == NULL)
    return g_strdup ("");
  authority += strlen ("://");
  end = authority + strcspn (authority, "?#");
  path = memchr (authority, '/', end - authority);
  if (path == NULL)
    return g_strdup ("");
  start = end;
  while (start[-1] != '/')
    start--;
  return g_strndup (start, end - start);
}

static char *
percent_decode (const char *text)
{
  GString *out = g_string_new (NULL);

  for (const char *p = text; *p != '\0'; p++)
    if (*p == '%' && g_ascii_isxdigit (p[1]) && g_ascii_isxdigit (p[2]))
      {
        int byte = g_ascii_xdigit_value (p[1]) * 16 + g_ascii_xdigit_value (p[2]);
        /* A NUL would end the name early; it becomes what other unfit characters become. */
        g_string_append_c (out, byte == 0 ? '_' : (char) byte);
        p += 2;
      }
    else
      g_string_append_c (out, *p);
  return g_string_free (out, FALSE);
}

static char *
make_harmless (const char *name)
{
  GString *out = g_string_new (NULL);
  const char *p = name;

  while (*p != '\0')
    {
      gunichar c = g_utf8_get_char_validated (p, -1);
      gboolean valid = c != (gunichar) -1 && c != (gunichar) -2;
      gsize length = valid ? (gsize) g_unichar_to_utf8 (c, NULL) : 1;
      gboolean fit = valid && c != '/' && !bgc_display_is_unsafe (c);
      if (out->len + (fit ? length : 1) > NAME_MAX_BYTES)
        break;
      if (fit)
        g_string_append_len (out, p, length);
      else
        g_string_append_c (out, '_');
      p += length;
    }
  return g_string_free (out, FALSE);
}

char *
bgc_target_name_from_url (const char *url)
{
  g_autofree char *segment = last_segment (url);
  g_autofree char *decoded = percent_decode (segment);
  char *name = make_harmless (decoded);

  if (strspn (name, ". ") == strlen (name))
    {
      g_free (name);
      return g_strdup (FALLBACK_NAME);
    }
  /* A name from a server shall not make a hidden file. */
  if (name[0] == '.')
    name[0] = '_';
  return name;
}

char *
bgc_target_name_absolute (const char *path, const char *directory, GError **error)
{
  g_autofree char *absolute = NULL;

  if (path[0] == '\0')
    {
      g_set_error_literal (error, BGC_ERROR, BGC_ERROR_INVALID_PATH, _("the path is empty"));
      return NULL;
    }
  /* ".." stays: taking it out by name is wrong where a directory is a symbolic link. */
  while (g_str_has_prefix (path, "./") && path[2] != '\0' && path[2] != '/')
    path += 2;
  absolute = g_path_is_absolute (path) ? g_strdup (path) : g_build_filename (directory, path, NULL);
  if (!g_utf8_validate (absolute, -1, NULL))
    {
      g_set_error_literal (error, BGC_ERROR, BGC_ERROR_INVALID_PATH, _("the path is not valid UTF-8"));
      return NULL;
    }
  return g_steal_pointer (&absolute);
}

char *
bgc_target_name_resolve (const char *url, const char *path, const char *directory, GError **error)
{
  g_autofree char *name = bgc_target_name_from_url (url);
  g_autofree char *absolute = NULL;

  if (path == NULL || g_str_equal (path, "."))
    path = directory;
  absolute = bgc_target_name_absolute (path, directory, error);
  if (absolute == NULL)
    return NULL;
  if (g_str_has_suffix (absolute, "/") || g_file_test (absolute, G_FILE_TEST_IS_DIR))
    return g_build_filename (absolute, name, NULL);
  return g_steal_pointer (&absolute);
}

char *
bgc_target_name_remote (const char *url, const char *source)
{
  gsize end = strcspn (url, "?#");
  g_autofree char *base = g_path_get_basename (source);
  g_autofree char *escaped = g_uri_escape_string (base, NULL, FALSE);
  GString *remote;

  if (end == 0 || url[end - 1] != '/')
    return g_strdup (url);
  remote = g_string_new (url);
  g_string_insert (remote, (gssize) end, escaped);
  return g_string_free (remote, FALSE);
}
