/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "transfer/bgc-local-file-path.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <limits.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define LINKS_MAX 40u /* as the kernel */
#define STEP_FLAGS (O_PATH | O_NOFOLLOW | O_CLOEXEC)

/* Where a walk has come to. */
typedef struct
{
  int at;     /* (owned) the directory in which the rest begins */
  char *rest; /* (owned) */
  guint links;
} Walk;

static void
move_to (Walk *self, int fd)
{
  int saved = errno;

  if (self->at >= 0)
    close (self->at);
  self->at = fd;
  errno = saved;
}

static void
clear (Walk *self)
{
  move_to (self, -1);
  g_free (self->rest);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Walk, clear)

/* Takes the first part off the rest; NULL: there is none. */
static char *
next_part (Walk *self)
{
  const char *begin = self->rest + strspn (self->rest, "/");
  gsize length = strcspn (begin, "/");
  char *part = length > 0 ? g_strndup (begin, length) : NULL;
  g_autofree char *old = self->rest;

  self->rest = g_strdup (begin + length);
  return part;
}

/* Puts what @link says before the rest. */
static gboolean
follow (Walk *self, int link, const struct stat *status)
{
  char target[PATH_MAX];
  g_autofree char *old = NULL;
  ssize_t length;

  if (status->st_uid != 0 && status->st_uid != geteuid ())
    errno = EACCES;
  else if (++self->links > LINKS_MAX)
    errno = ELOOP;
  else
    errno = 0;
  if (errno != 0)
    return FALSE;
  length = readlinkat (link, "", target, sizeof target - 1);
  if (length < 0)
    return FALSE;
  target[length] = '\0';
  old = self->rest;
  self->rest = g_strconcat (target, "/", old, NULL);
  if (target[0] == '/')
    move_to (self, open ("/", STEP_FLAGS));
  return self->at >= 0;
}

/* Past @part, a directory or a link. */
static gboolean
step (Walk *self, const char *part)
{
  struct stat status;
  int next = openat (self->at, part, STEP_FLAGS);
  gboolean ok;

  if (next < 0 || fstat (next, &status) != 0)
    ok = FALSE;
  else if (S_ISLNK (status.st_mode))
    ok = follow (self, next, &status);
  else
    {
      move_to (self, g_steal_fd (&next));
      return TRUE;
    }
  if (next >= 0)
    close (next);
  return ok;
}

/* The last part: opened where it is, or stepped over where it is a link. -1 with errno ELOOP: a link. */
static int
open_last (Walk *self, const char *part, int flags)
{
  int fd = openat (self->at, part, flags | O_NOFOLLOW);
  struct stat status;

  /* With O_PATH the link itself is opened, with O_DIRECTORY it is no directory. */
  if (fd < 0 && errno == ENOTDIR && fstatat (self->at, part, &status, AT_SYMLINK_NOFOLLOW) == 0)
    errno = S_ISLNK (status.st_mode) ? ELOOP : ENOTDIR;
  if (fd < 0 || (flags & O_PATH) == 0 || fstat (fd, &status) != 0 || !S_ISLNK (status.st_mode))
    return fd;
  close (fd);
  errno = ELOOP;
  return -1;
}

static int
walk (const char *path, int flags)
{
  g_auto (Walk) self = { .at = open ("/", STEP_FLAGS), .rest = g_strdup (path) };

  while (self.at >= 0)
    {
      g_autofree char *part = next_part (&self);
      gboolean last = self.rest[strspn (self.rest, "/")] == '\0';
      int fd;

      if (part == NULL)
        return openat (self.at, ".", flags);
      fd = last ? open_last (&self, part, flags) : -1;
      if (last && (fd >= 0 || errno != ELOOP || (flags & O_NOFOLLOW) != 0))
        return fd;
      if (!step (&self, part))
        return -1;
    }
  return -1;
}

int
bgc_local_file_path_open (const char *path, int flags)
{
  struct open_how how = { .flags = (guint64)flags, .resolve = RESOLVE_NO_SYMLINKS };
  int fd = (int)syscall (SYS_openat2, AT_FDCWD, path, &how, sizeof how);

  /* Most paths have no link; and where the call is unknown or not let, the walk does as well. */
  if (fd < 0 && (errno == ELOOP || errno == ENOSYS || errno == EPERM))
    fd = walk (path, flags);
  return fd;
}
