/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "transfer/bgc-local-file-temporary.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "model/bgc-path.h"
#include "transfer/bgc-local-file-room.h"

#define CREATE_FLAGS (O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC)
/* O_NONBLOCK: what stands there may have become a pipe, whose opening would wait for a writer. */
#define REOPEN_FLAGS (O_RDWR | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)

gboolean
bgc_local_file_temporary_is_ours (const struct stat *status)
{
  return S_ISREG (status->st_mode) && status->st_uid == geteuid () && status->st_nlink == 1;
}

static gboolean
remove_leftover (int directory, const char *name)
{
  struct stat status;

  return bgc_path_is_temporary_name (name) && fstatat (directory, name, &status, AT_SYMLINK_NOFOLLOW) == 0
         && bgc_local_file_temporary_is_ours (&status) && unlinkat (directory, name, 0) == 0;
}

int
bgc_local_file_temporary_create (int directory, const char *name, int *error)
{
  int fd = openat (directory, name, CREATE_FLAGS, 0600);

  if (fd < 0 && errno == EEXIST)
    {
      if (!remove_leftover (directory, name))
        {
          *error = EEXIST;
          return -1;
        }
      fd = openat (directory, name, CREATE_FLAGS, 0600);
    }
  if (fd < 0)
    *error = errno;
  return fd;
}

static gboolean
is_as_stored (int fd, guint64 device, guint64 inode, guint64 durable)
{
  struct stat status;

  return fstat (fd, &status) == 0 && bgc_local_file_temporary_is_ours (&status) && status.st_dev == device
         && status.st_ino == inode && (guint64)status.st_size >= durable;
}

/* What may not be opened may be somebody else's. */
static gboolean
is_something_else (int directory, const char *name, guint64 device, guint64 inode)
{
  struct stat status;

  return fstatat (directory, name, &status, AT_SYMLINK_NOFOLLOW) == 0
         && (!bgc_local_file_temporary_is_ours (&status) || status.st_dev != device
             || status.st_ino != inode);
}

int
bgc_local_file_temporary_reopen (int directory, const char *name, guint64 device, guint64 inode,
                                 guint64 durable, int *error)
{
  int fd = openat (directory, name, REOPEN_FLAGS);

  if (fd < 0)
    {
      *error = errno;
      if (*error == ENOENT || is_something_else (directory, name, device, inode))
        *error = 0;
      return -1;
    }
  *error = 0;
  if (is_as_stored (fd, device, inode, durable))
    {
      if (ftruncate (fd, (off_t)durable) == 0)
        return fd;
      *error = errno;
    }
  close (fd);
  return -1;
}

int
bgc_local_file_temporary_replace (int directory, const char *name, int old, int *error)
{
  /* While the old one is open its inode number cannot be given out again. */
  int fd = bgc_local_file_temporary_create (directory, name, error);

  if (fd >= 0)
    close (old);
  return fd;
}

int
bgc_local_file_temporary_open_finished (int directory, const char *name, int *error)
{
  int fd = openat (directory, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

  if (fd < 0)
    *error = errno;
  return fd;
}

int
bgc_local_file_temporary_reserve (int fd, guint64 size, guint64 kept, gboolean *reserved)
{
  struct stat status;
  int result;
  int error;

  *reserved = FALSE;
  /* Asked first: a file system fills itself to the last block before it says that this was not enough. */
  if (!bgc_local_file_room_for_size (fd, size, kept))
    return ENOSPC;
  do
    result = fallocate (fd, FALLOC_FL_KEEP_SIZE, 0, (off_t)size);
  while (result != 0 && errno == EINTR);
  *reserved = result == 0;
  if (result == 0 || errno == EOPNOTSUPP || errno == ENOSYS || errno == EINVAL)
    return 0;
  error = errno;
  /* What it got before it failed lies behind the end of the file, where nobody would find it. */
  if (fstat (fd, &status) == 0)
    (void)!ftruncate (fd, status.st_size);
  return error;
}
