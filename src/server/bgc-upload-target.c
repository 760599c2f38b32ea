/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "server/bgc-upload-target.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/bgc-error.h"

#define SEGMENTS_MAX 64u /* directories in one URL */

static gboolean
refuse (GError **error, const char *why)
{
  g_set_error_literal (error, BGC_ERROR, BGC_ERROR_INVALID_PATH, why);
  return FALSE;
}

/* One pass: what an escape yields is not looked at again. NULL for a broken escape or a NUL. */
static char *
decode (const char *segment)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for (const char *p = segment; *p != '\0'; p++)
    {
      int value = (guchar) *p;

      if (*p == '%')
        {
          if (!g_ascii_isxdigit (p[1]) || !g_ascii_isxdigit (p[2]))
            return NULL;
          value = g_ascii_xdigit_value (p[1]) << 4 | g_ascii_xdigit_value (p[2]);
          p += 2;
        }
      if (value == '\0')
        return NULL;
      g_string_append_c (text, (char) value);
    }

  return g_string_free (g_steal_pointer (&text), FALSE);
}

static gboolean
is_name (const char *segment)
{
  gsize length = strlen (segment);

  if (length == 0 || length > NAME_MAX || strcmp (segment, ".") == 0 || strcmp (segment, "..") == 0)
    return FALSE;
  for (gsize i = 0; i < length; i++)
    {
      if (segment[i] == '/' || g_ascii_iscntrl (segment[i]))
        return FALSE;
    }

  return g_ascii_strcasecmp (segment, BGC_UPLOAD_TARGET_SESSIONS) != 0;
}

gboolean
bgc_upload_target_parse (const char *path, BgcUploadTarget *out, GError **error)
{
  g_auto (GStrv) segments = NULL;
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);

  while (*path == '/')
    path++;
  segments = g_strsplit (path, "/", SEGMENTS_MAX + 1);
  if (g_strv_length (segments) > SEGMENTS_MAX)
    return refuse (error, "The URL has too many segments");
  for (guint i = 0; segments[i] != NULL; i++)
    {
      char *name = decode (segments[i]);

      if (name != NULL)
        g_ptr_array_add (names, name);
      if (name == NULL || !is_name (name))
        return refuse (error, "The URL names no file");
    }
  if (names->len == 0)
    return refuse (error, "The URL names a directory");
  if (g_ascii_strcasecmp (names->pdata[0], BGC_UPLOAD_TARGET_REPLIES) == 0)
    return refuse (error, "The URL is reserved");

  out->name = g_ptr_array_steal_index (names, names->len - 1);
  g_ptr_array_add (names, NULL);
  out->parent = names->len > 1 ? g_strjoinv ("/", (char **) names->pdata) : g_strdup (".");

  return TRUE;
}

void
bgc_upload_target_clear (BgcUploadTarget *self)
{
  g_clear_pointer (&self->parent, g_free);
  g_clear_pointer (&self->name, g_free);
}

/* For kernels without openat2: one segment after the other. */
static int
open_by_steps (int root, const char *path, int flags)
{
  g_auto (GStrv) segments = g_strsplit (path, "/", -1);
  int at = root;

  for (guint i = 0; segments[i] != NULL; i++)
    {
      int next = openat (at, segments[i], flags | O_NOFOLLOW);
      int saved = errno;

      if (at != root)
        close (at);
      errno = saved;
      if (next < 0)
        return -1;
      at = next;
    }

  return at;
}

int
bgc_upload_target_open_parent (const BgcUploadTarget *self, int root, GError **error)
{
  const int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
  struct open_how how = { .flags = (guint64) flags, .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS };
  int descriptor = (int) syscall (SYS_openat2, root, self->parent, &how, sizeof how);

  if (descriptor < 0 && errno == ENOSYS)
    descriptor = open_by_steps (root, self->parent, flags);
  if (descriptor < 0)
    {
      int saved = errno;
      gboolean denied = saved == EACCES || saved == EPERM;

      g_set_error (error, BGC_ERROR, denied ? BGC_ERROR_ACCESS_DENIED : BGC_ERROR_NOT_FOUND,
                   "No such directory: %s", g_strerror (saved));
    }

  return descriptor;
}

gboolean
bgc_upload_target_exists (const BgcUploadTarget *self, int parent, GError **error)
{
  struct stat status;

  if (fstatat (parent, self->name, &status, AT_SYMLINK_NOFOLLOW) != 0)
    return FALSE;
  if (S_ISDIR (status.st_mode))
    refuse (error, "The URL is a directory");

  return TRUE;
}
