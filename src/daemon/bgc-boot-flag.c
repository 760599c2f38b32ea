/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "daemon/bgc-boot-flag.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/bgc-error.h"

/* Named in bgcopyd.timer too. */
#define NAME "start-at-boot"

static int
open_directory (const char *path)
{
  return open (path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static gboolean
make_durably (const char *directory)
{
  int folder = open_directory (directory);
  int file = folder < 0 ? -1 : openat (folder, NAME, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  gboolean done = file >= 0 && fsync (file) == 0 && fsync (folder) == 0;
  int saved = errno;

  if (file >= 0)
    close (file);
  if (folder >= 0)
    close (folder);
  errno = saved;
  return done;
}

gboolean
bgc_boot_flag_raise (const char *state_directory, GError **error)
{
  if (make_durably (state_directory))
    return TRUE;
  g_set_error (error, BGC_ERROR, BGC_ERROR_STORE_FAILED, "Cannot write %s/" NAME ": %s", state_directory,
               g_strerror (errno));
  return FALSE;
}

void
bgc_boot_flag_lower (const char *state_directory)
{
  int folder = open_directory (state_directory);

  if (folder < 0)
    return;
  if (unlinkat (folder, NAME, 0) != 0 && errno != ENOENT)
    g_warning ("Cannot remove %s/" NAME ": %s", state_directory, g_strerror (errno));
  close (folder);
}
