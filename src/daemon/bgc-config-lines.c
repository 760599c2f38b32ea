/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "daemon/bgc-config-lines.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "base/bgc-text.h"
#include "daemon/bgc-config-mistakes.h"

#define SHOWN_MAX BGC_CONFIG_LINES_SHOWN_MAX
/* Bytes of a file; all keys with their comments take a hundredth. More is not a configuration. */
#define SIZE_MAX_OF_FILE (1024 * 1024)

void
bgc_config_lines_refuse (BgcConfigLines *self, const char *format, ...)
{
  g_autofree char *text = NULL;
  va_list arguments;

  va_start (arguments, format);
  text = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  bgc_config_mistakes_add (self->mistakes, self->file, self->line, TRUE, "%s", text);
}

/* Behind the last if none is the same as @name. */
static guint
find_key (const BgcConfigGroup *group, const char *name, int (*compare) (const char *, const char *))
{
  guint index = 0;

  while (group->key (index) != NULL && compare (group->key (index), name) != 0)
    index++;
  return index;
}

static void
miss_key (BgcConfigLines *self, const char *name)
{
  g_autofree char *shown = bgc_text_escape (name, SHOWN_MAX);
  const char *meant = self->group->key (find_key (self->group, name, g_ascii_strcasecmp));

  if (meant != NULL)
    bgc_config_mistakes_add (self->mistakes, self->file, self->line, FALSE,
                             "there is no key %s in [%s], it is spelt %s", shown, self->group->name, meant);
  else
    bgc_config_mistakes_add (self->mistakes, self->file, self->line, FALSE, "there is no key %s in [%s]",
                             shown, self->group->name);
}

/* @line is "[…]". */
static void
enter_group (BgcConfigLines *self, const char *line)
{
  g_autofree char *name = g_strndup (line + 1, strlen (line) - 2);
  g_autofree char *shown = NULL;

  self->begun = TRUE;
  self->group = NULL;
  for (guint i = 0; i < self->n_groups; i++)
    if (g_str_equal (self->groups[i].name, name))
      {
        self->group = &self->groups[i];
        return;
      }
  shown = bgc_text_escape (line, SHOWN_MAX);
  bgc_config_mistakes_add (self->mistakes, self->file, self->line, FALSE,
                           "there is no group %s: what stands in it has no effect", shown);
}

static void
read_line (BgcConfigLines *self, char *line)
{
  char *equals;
  guint index;

  g_strstrip (line);
  if (line[0] == '\0' || line[0] == '#' || line[0] == ';')
    return;
  if (line[0] == '[' && g_str_has_suffix (line, "]"))
    {
      enter_group (self, line);
      return;
    }
  equals = strchr (line, '=');
  if (equals == NULL || equals == line || line[0] == '[')
    {
      g_autofree char *shown = bgc_text_escape (line, SHOWN_MAX);

      bgc_config_lines_refuse (self, "neither [Group] nor Key=value: \"%s\"", shown);
      return;
    }
  if (!self->begun)
    bgc_config_lines_refuse (self, "a group such as [%s] must stand before the first key",
                             self->groups[0].name);
  if (self->group == NULL)
    return;
  *equals = '\0';
  g_strchomp (line);
  index = find_key (self->group, line, strcmp);
  if (self->group->key (index) != NULL)
    self->group->assign (self, index, g_strchug (equals + 1), self->group->data);
  else
    miss_key (self, line);
}

/* Looked at first: reading a FIFO would last until somebody writes into it. */
static char *
load (const char *path, gsize *length, GError **error)
{
  struct stat status;
  char *text = NULL;

  *length = 0;
  /* GLib's words have the name again. */
  if (g_stat (path, &status) != 0 || g_access (path, R_OK) != 0)
    {
      int code = errno;

      g_set_error_literal (error, G_FILE_ERROR, (int)g_file_error_from_errno (code), g_strerror (code));
      return NULL;
    }
  if (!S_ISREG (status.st_mode))
    {
      if (S_ISCHR (status.st_mode) && status.st_rdev == makedev (1, 3)) /* /dev/null */
        return g_strdup ("");
      g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "not a regular file");
      return NULL;
    }
  if (!g_file_get_contents (path, &text, length, error))
    return NULL;
  if (*length <= SIZE_MAX_OF_FILE && strlen (text) == *length)
    return text;
  g_free (text);
  g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "not a text file, or too long");
  return NULL;
}

void
bgc_config_lines_read (BgcConfigLines *self, const char *path)
{
  g_autoptr (GError) error = NULL;
  gsize length;
  g_autofree char *text = load (path, &length, &error);
  g_auto (GStrv) lines = NULL;

  self->file = path;
  self->group = NULL;
  self->begun = FALSE;
  if (text == NULL)
    {
      g_autofree char *why = bgc_text_escape (error->message, SHOWN_MAX + strlen (path));

      self->unreadable = TRUE;
      bgc_config_mistakes_add (self->mistakes, path, 0, TRUE, "%s", why);
      return;
    }
  lines = g_strsplit (text, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++)
    {
      self->line = i + 1;
      read_line (self, lines[i]);
    }
}
