/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "transfer/bgc-temporary-file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "model/bgc-path.h"
#include "transfer/bgc-local-file-error.h"
#include "transfer/bgc-local-file-room.h"
#include "transfer/bgc-local-file-temporary.h"

/* Writeback is begun after so many bytes, so that the fdatasync() of a checkpoint finds little to do. */
#define WRITEBACK_BYTES (8u * 1024u * 1024u)
/* Bytes read at a time when a checksum catches up with what is held already. */
#define CATCH_UP_BYTES (256u * 1024u)
/* Between two looks at the free space while a file without reserved space grows, where few bytes come: others
 * write too, and within a second of there being none left nothing more is to be written. */
#define LOOK_TIME (250 * G_TIME_SPAN_MILLISECOND)

void
bgc_temporary_file_init (BgcTemporaryFile *self, const BgcFile *file, BgcLocalFileDirectoryCache *directories,
                         const gint *stop)
{
  *self = (BgcTemporaryFile){ .fd = -1 };
  self->directories = directories;
  self->directory_path = bgc_path_directory (file->local);
  self->name = g_strdup (file->temporary);
  self->stored_device = file->device;
  self->stored_inode = file->inode;
  self->stored_bytes = file->bytes_transferred;
  self->stop = stop;
  if (file->checksum != NULL)
    self->checksum = bgc_checksum_new (file->checksum);
}

void
bgc_temporary_file_keep_free (BgcTemporaryFile *self, guint64 bytes)
{
  self->kept = bytes;
}

void
bgc_temporary_file_clear (BgcTemporaryFile *self)
{
  g_free (self->directory_path);
  g_free (self->name);
  bgc_local_file_directory_unref (self->directory);
  bgc_checksum_free (self->checksum);
}

static BgcFailure *
failure_of (BgcTemporaryFile *self, int error, const char *doing)
{
  return bgc_local_file_error_failure (error, doing, self->directory_path);
}

static BgcFailure *
no_room (BgcTemporaryFile *self, const char *doing)
{
  BgcFailure *failure = failure_of (self, ENOSPC, doing);

  if (self->kept > 0)
    {
      g_free (failure->message);
      failure->message
        = g_strdup_printf ("%s %s: no space left, of which %" G_GUINT64_FORMAT " bytes stay free", doing,
                           self->directory_path, self->kept);
    }
  return failure;
}

/* What stands in the way is left alone: there are other names. */
static BgcFailure *
creation_failure (BgcTemporaryFile *self, int error)
{
  if (error == EEXIST)
    return bgc_failure_new (BGC_CONTEXT_LOCAL_FILE, BGC_ERROR_LOCAL_FILE_CHANGED, TRUE,
                            "Something else stands at the name of a temporary file: %s/%s",
                            self->directory_path, self->name);
  return failure_of (self, error, "Cannot create a temporary file in");
}

static BgcFailure *
ensure_directory (BgcTemporaryFile *self)
{
  int error = 0;

  if (self->directory == NULL)
    self->directory = bgc_local_file_directory_cache_get (self->directories, self->directory_path, &error);
  return self->directory != NULL ? NULL : failure_of (self, error, "Cannot open the directory");
}

static BgcFailure *
note_identity (BgcTemporaryFile *self)
{
  struct stat status;

  if (fstat (self->fd, &status) != 0)
    return failure_of (self, errno, "Cannot look at a temporary file in");
  self->device = status.st_dev;
  self->inode = status.st_ino;
  return NULL;
}

static BgcFailure *
ensure_file (BgcTemporaryFile *self)
{
  BgcFailure *failure;
  int error = 0;

  if (self->fd >= 0)
    return NULL;
  failure = ensure_directory (self);
  if (failure != NULL)
    return failure;
  self->fd
    = bgc_local_file_temporary_create (bgc_local_file_directory_fd (self->directory), self->name, &error);
  if (self->fd < 0)
    return creation_failure (self, error);
  return note_identity (self);
}

BgcFailure *
bgc_temporary_file_reopen (BgcTemporaryFile *self)
{
  BgcFailure *failure = ensure_directory (self);
  int error = 0;

  if (failure != NULL)
    return failure;
  self->fd
    = bgc_local_file_temporary_reopen (bgc_local_file_directory_fd (self->directory), self->name,
                                       self->stored_device, self->stored_inode, self->stored_bytes, &error);
  if (self->fd < 0)
    return error != 0 ? failure_of (self, error, "Cannot open a temporary file in") : NULL;
  self->device = self->stored_device;
  self->inode = self->stored_inode;
  self->held = self->written = self->flushed = self->stored_bytes;
  self->named = TRUE;
  return NULL;
}

BgcFailure *
bgc_temporary_file_restart (BgcTemporaryFile *self)
{
  int error = 0;
  int fd;

  self->written = self->flushed = self->hashed = 0;
  self->reserved = 0;
  self->looked_time = 0;
  self->named = FALSE;
  if (self->checksum != NULL)
    bgc_checksum_reset (self->checksum);
  if (self->fd < 0)
    return NULL;
  fd = bgc_local_file_temporary_replace (bgc_local_file_directory_fd (self->directory), self->name, self->fd,
                                         &error);
  if (fd < 0)
    return creation_failure (self, error);
  self->fd = fd;
  return note_identity (self);
}

BgcFailure *
bgc_temporary_file_reserve (BgcTemporaryFile *self, guint64 size)
{
  BgcFailure *failure = ensure_file (self);
  gboolean reserved = FALSE;
  int error;

  if (failure != NULL)
    return failure;
  error = bgc_local_file_temporary_reserve (self->fd, size, self->kept, &reserved);
  if (reserved)
    self->reserved = size;
  if (error == ENOSPC)
    return no_room (self, "Cannot reserve space in");
  return error != 0 ? failure_of (self, error, "Cannot reserve space in") : NULL;
}

/* For what has no space reserved: a file of unknown or of small size, and where reserving is not known. */
static BgcFailure *
look_for_room (BgcTemporaryFile *self, gsize length)
{
  gint64 now;

  if (self->written + length <= self->reserved)
    return NULL;
  now = g_get_monotonic_time ();
  if (self->looked_time != 0 && self->written - self->looked < BGC_LOCAL_FILE_ROOM_PORTION
      && now - self->looked_time < LOOK_TIME)
    return NULL;
  self->looked = self->written;
  self->looked_time = now;
  return bgc_local_file_room_for_bytes (self->fd, length, self->kept)
           ? NULL
           : no_room (self, "Cannot write to a temporary file in");
}

/* @done: bytes read, fewer than @length only at the end of the file or on a failure. */
static BgcFailure *
read_at (BgcTemporaryFile *self, guint8 *bytes, gsize length, guint64 offset, gsize *done)
{
  *done = 0;
  while (*done < length)
    {
      gssize n = pread (self->fd, bytes + *done, length - *done, (off_t)(offset + *done));

      if (n < 0 && errno == EINTR)
        continue;
      if (n < 0)
        return failure_of (self, errno, "Cannot read a temporary file in");
      if (n == 0)
        break;
      *done += (gsize)n;
    }
  return NULL;
}

BgcFailure *
bgc_temporary_file_read (BgcTemporaryFile *self, guint64 offset, gsize length, GBytes **out)
{
  g_autofree guint8 *bytes = g_malloc (length);
  gsize done = 0;
  BgcFailure *failure = read_at (self, bytes, length, offset, &done);

  if (failure == NULL)
    *out = g_bytes_new_take (g_steal_pointer (&bytes), done);
  return failure;
}

/* What was held before this run has to go through the checksum again. */
static BgcFailure *
catch_up (BgcTemporaryFile *self)
{
  g_autofree guint8 *bytes = NULL;

  if (self->checksum != NULL && self->hashed < self->written)
    bytes = g_malloc (CATCH_UP_BYTES);
  while (bytes != NULL && self->hashed < self->written && g_atomic_int_get (self->stop) == 0)
    {
      gsize length = (gsize)MIN (CATCH_UP_BYTES, self->written - self->hashed);
      BgcFailure *failure = read_at (self, bytes, length, self->hashed, &length);

      if (failure != NULL)
        return failure;
      if (length == 0) /* somebody cut it */
        return failure_of (self, EIO, "Cannot read a temporary file in");
      bgc_checksum_update (self->checksum, bytes, length);
      self->hashed += length;
    }
  return NULL;
}

static void
begin_writeback (BgcTemporaryFile *self)
{
  if (self->written - self->flushed < WRITEBACK_BYTES)
    return;
  (void)sync_file_range (self->fd, (off_t)self->flushed, (off_t)(self->written - self->flushed),
                         SYNC_FILE_RANGE_WRITE);
  self->flushed = self->written;
}

BgcFailure *
bgc_temporary_file_append (BgcTemporaryFile *self, const guint8 *bytes, gsize length)
{
  BgcFailure *failure = ensure_file (self);
  gsize done = 0;

  if (failure == NULL)
    failure = look_for_room (self, length);
  if (failure == NULL)
    failure = catch_up (self);
  if (failure != NULL)
    return failure;
  if (self->checksum != NULL) /* while the bytes are in the processor's cache */
    {
      bgc_checksum_update (self->checksum, bytes, length);
      self->hashed += length;
    }
  while (done < length)
    {
      gssize n = pwrite (self->fd, bytes + done, length - done, (off_t)self->written);

      if (n < 0 && errno != EINTR)
        return failure_of (self, errno, "Cannot write to a temporary file in");
      done += n > 0 ? (gsize)n : 0;
      self->written += n > 0 ? (guint64)n : 0;
    }
  begin_writeback (self);
  return NULL;
}

BgcFailure *
bgc_temporary_file_finish (BgcTemporaryFile *self, gint64 modified)
{
  BgcFailure *failure = ensure_file (self);

  if (failure == NULL)
    failure = catch_up (self);
  if (failure != NULL)
    return failure;
  if (self->checksum != NULL && !bgc_checksum_verify (self->checksum))
    return bgc_failure_new (BGC_CONTEXT_REMOTE_FILE, BGC_ERROR_CHECKSUM_MISMATCH, FALSE,
                            "The file is not the one of the checksum given");
  if (modified > 0)
    {
      struct timespec times[2] = { { .tv_nsec = UTIME_OMIT }, { .tv_sec = modified } };

      /* Some file systems cannot, and the file is right all the same. */
      (void)futimens (self->fd, times);
    }
  return NULL;
}

int
bgc_temporary_file_duplicate (BgcTemporaryFile *self, int *error)
{
  int fd = self->fd >= 0 ? fcntl (self->fd, F_DUPFD_CLOEXEC, 0) : -1;

  if (fd < 0)
    *error = self->fd >= 0 ? errno : EBADF;
  return fd;
}
