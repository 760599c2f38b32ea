/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "transfer/bgc-local-file-trust.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "model/bgc-path.h"

/* One part at a time, each looked at before the next is opened: what RESOLVE_NO_SYMLINKS refuses is refused
 * here too, the links of /proc among it, since a link is opened as what it is. */
#define OPEN_FLAGS (O_PATH | O_NOFOLLOW | O_CLOEXEC)

static gboolean
refuse (const char *path, const char *why, GError **error)
{
  g_set_error (error, BGC_ERROR, BGC_ERROR_ACCESS_DENIED, "%s: %s", path, why);
  return FALSE;
}

/* With an access control list the bits of the group say what the list gives at most. */
static gboolean
is_ours_alone (int fd, struct stat *status, const char *path, GError **error)
{
  if (fd < 0 || fstat (fd, status) != 0)
    return refuse (path, g_strerror (errno), error);
  if (S_ISLNK (status->st_mode))
    return refuse (path, "a symbolic link is on the way", error);
  if (status->st_uid != 0 && status->st_uid != geteuid ())
    return refuse (path, "a part of it belongs to another user", error);
  if ((status->st_mode & (S_IWGRP | S_IWOTH)) != 0)
    return refuse (path, "others may write to a part of it", error);
  return TRUE;
}

static gboolean
is_usable (const struct stat *status, const char *path, GError **error)
{
  int mode = S_ISDIR (status->st_mode) ? W_OK | X_OK : R_OK;

  if (!S_ISDIR (status->st_mode) && !S_ISREG (status->st_mode))
    return refuse (path, "it is neither a directory nor a file", error);
  if (faccessat (AT_FDCWD, path, mode, AT_EACCESS) != 0)
    return refuse (path, g_strerror (errno), error);
  return TRUE;
}

gboolean
bgc_local_file_trust_check (const char *path, GError **error)
{
  g_auto (GStrv) parts = NULL;
  struct stat status;
  gboolean ok;
  int fd;

  if (!bgc_path_check (path, error))
    return FALSE;
  parts = g_strsplit (path, "/", -1);
  fd = open ("/", OPEN_FLAGS);
  ok = is_ours_alone (fd, &status, path, error);
  for (guint i = 0; ok && parts[i] != NULL; i++)
    {
      int next;

      if (parts[i][0] == '\0')
        continue;
      next = openat (fd, parts[i], OPEN_FLAGS);
      ok = is_ours_alone (next, &status, path, error);
      close (fd);
      fd = next;
    }
  if (fd >= 0)
    close (fd);
  return ok && is_usable (&status, path, error);
}
