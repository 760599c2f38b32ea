/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "transfer/bgc-local-file-reply.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "transfer/bgc-local-file-directory.h"
#include "transfer/bgc-local-file-error.h"

/* TRUE if @fd is the file that was stored. */
static gboolean
is_ours (const BgcLocalFileReply *self, int fd)
{
  struct stat status;

  return fstat (fd, &status) == 0 && S_ISREG (status.st_mode) && (guint64)status.st_dev == self->device
         && (guint64)status.st_ino == self->inode && (guint64)status.st_size == self->size;
}

static BgcFailure *
changed (const BgcLocalFileReply *self)
{
  return bgc_failure_new (BGC_CONTEXT_LOCAL_FILE, BGC_ERROR_LOCAL_FILE_CHANGED, FALSE,
                          "%s/%s is not the reply that was stored", self->directory, self->temporary);
}

static GBytes *
read_bytes (int fd, guint64 offset, gsize length, int *error)
{
  g_autofree guint8 *bytes = g_malloc (MAX (length, 1));
  gsize have = 0;

  while (have < length)
    {
      gssize n = pread (fd, bytes + have, length - have, (off_t)(offset + have));

      if (n < 0 && errno != EINTR)
        {
          *error = errno;
          return NULL;
        }
      if (n == 0)
        break;
      if (n > 0)
        have += (gsize)n;
    }
  return g_bytes_new_take (g_steal_pointer (&bytes), have);
}

GBytes *
bgc_local_file_reply_read (const BgcLocalFileReply *self, guint64 offset, gsize length, BgcFailure **failure)
{
  g_autoptr (BgcLocalFileDirectory) directory = NULL;
  guint64 at = MIN (offset, self->size);
  GBytes *bytes = NULL;
  int error = 0, fd = -1;

  directory = bgc_local_file_directory_open (self->directory, &error);
  if (directory != NULL)
    fd = openat (bgc_local_file_directory_fd (directory), self->temporary,
                 O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC);
  if (directory != NULL && fd < 0)
    error = errno;
  if (fd < 0)
    {
      *failure = error == ENOENT || error == ELOOP
                   ? changed (self)
                   : bgc_local_file_error_failure (error, "Cannot read the reply in", self->directory);
      return NULL;
    }
  if (is_ours (self, fd))
    bytes = read_bytes (fd, at, (gsize)MIN (length, self->size - at), &error);
  if (bytes == NULL)
    *failure = error == 0 ? changed (self)
                          : bgc_local_file_error_failure (error, "Cannot read the reply in", self->directory);
  close (fd);
  return bytes;
}
