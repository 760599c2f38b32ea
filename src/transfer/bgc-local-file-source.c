/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "transfer/bgc-local-file-source.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "model/bgc-path.h"
#include "transfer/bgc-local-file-path.h"
#include "transfer/bgc-local-file.h"
#include "transfer/bgc-local-file-error.h"

/* A pipe without a writer must not hold up whoever opens it; a link is not followed, as for targets. */
#define OPEN_FLAGS (O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC)
#define NANOSECONDS G_GINT64_CONSTANT (1000000000)

static gint64
time_of (const struct stat *status)
{
  return (gint64)status->st_mtim.tv_sec * NANOSECONDS + status->st_mtim.tv_nsec;
}

static const char *
kind_of (const struct stat *status)
{
  if (S_ISREG (status->st_mode))
    return "is no file of a disk";
  if (S_ISDIR (status->st_mode))
    return "is a directory";
  if (S_ISLNK (status->st_mode))
    return "is a symbolic link";
  return "is not a regular file";
}

/* The descriptor with @status, or -1 with an errno, 0 where the file is of a kind that cannot be sent. Looks
 * first: to open a device or a pipe may already do something. */
static int
open_source (const char *path, struct stat *status, int *error)
{
  int fd;

  *error = 0;
  if (lstat (path, status) != 0)
    {
      *error = errno;
      return -1;
    }
  if (!S_ISREG (status->st_mode))
    return -1;
  fd = bgc_local_file_path_open (path, OPEN_FLAGS);
  if (fd < 0 || fstat (fd, status) != 0)
    *error = errno;
  if (fd >= 0 && (*error != 0 || !S_ISREG (status->st_mode) || bgc_local_file_is_kernels (fd)))
    {
      close (fd);
      return -1;
    }
  return fd;
}

/* A name that nothing has is no file; one below something that is no directory, likewise. */
static BgcErrorCode
code_of (int number)
{
  return number == ENOENT || number == ENOTDIR ? BGC_ERROR_NOT_FOUND : bgc_local_file_error_code (number);
}

gboolean
bgc_local_file_source_check (const char *path, guint64 *size, GError **error)
{
  struct stat status;
  int number, fd;

  if (!bgc_path_check (path, error))
    return FALSE;
  fd = open_source (path, &status, &number);
  if (fd < 0 && number == 0)
    g_set_error (error, BGC_ERROR, BGC_ERROR_INVALID_PATH, "%s: %s", path, kind_of (&status));
  else if (fd < 0)
    g_set_error (error, BGC_ERROR, (gint)code_of (number), "%s: the file cannot be read: %s", path,
                 g_strerror (number));
  if (fd < 0)
    return FALSE;
  *size = (guint64)status.st_size;
  close (fd);
  return TRUE;
}

/* The file is gone for good where its directory is still there; else that is away, and may come back. */
static gboolean
is_gone (const char *path, int number)
{
  g_autofree char *directory = bgc_path_directory (path);
  struct stat status;

  return number == ENOENT && stat (directory, &status) == 0;
}

BgcFailure *
bgc_local_file_source_open (BgcLocalFileSource *self, const char *path)
{
  struct stat status;
  int number;

  bgc_local_file_source_clear (self);
  self->fd = open_source (path, &status, &number);
  if (self->fd < 0 && number == 0)
    return bgc_failure_new (BGC_CONTEXT_LOCAL_FILE, BGC_ERROR_INVALID_PATH, FALSE, "%s %s", path,
                            kind_of (&status));
  if (self->fd < 0 && is_gone (path, number))
    return bgc_failure_new (BGC_CONTEXT_LOCAL_FILE, BGC_ERROR_NOT_FOUND, FALSE, "%s does not exist any more",
                            path);
  if (self->fd < 0)
    return bgc_local_file_error_failure (number, "Cannot read", path);
  self->path = g_strdup (path);
  self->size = (guint64)status.st_size;
  self->device = (guint64)status.st_dev;
  self->inode = (guint64)status.st_ino;
  self->mtime = time_of (&status);
  /* Only advice. */
  (void)posix_fadvise (self->fd, 0, 0, POSIX_FADV_SEQUENTIAL);
  return NULL;
}

gssize
bgc_local_file_source_read (const BgcLocalFileSource *self, guint64 offset, void *bytes, gsize length)
{
  gssize n;

  do
    n = pread (self->fd, bytes, length, (off_t)offset);
  while (n < 0 && errno == EINTR);
  return n;
}

static gboolean
is_the_same (const BgcLocalFileSource *self, const struct stat *status)
{
  return (guint64)status->st_size == self->size && (guint64)status->st_dev == self->device
         && (guint64)status->st_ino == self->inode && time_of (status) == self->mtime;
}

gboolean
bgc_local_file_source_is_unchanged (const BgcLocalFileSource *self)
{
  struct stat status;

  return fstat (self->fd, &status) == 0 && is_the_same (self, &status) && lstat (self->path, &status) == 0
         && is_the_same (self, &status);
}

void
bgc_local_file_source_clear (BgcLocalFileSource *self)
{
  if (self->fd >= 0)
    close (self->fd);
  g_free (self->path);
  *self = (BgcLocalFileSource)BGC_LOCAL_FILE_SOURCE_NONE;
}
