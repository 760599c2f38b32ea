/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "server/bgc-session.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/bgc-error.h"
#include "server/bgc-upload-target.h"

/* Bytes after which the disk begins to write what arrived, so that a checkpoint has less to wait for. */
#define WRITEBACK_SIZE (1024 * 1024)
#define HOLDER_BYTE 0 /* of the record file, under the lock of whoever works on the session */

BgcSession *
bgc_session_new (const BgcServerDirectory *directory, int root, int folder, int file, const char *owner,
                 const char *id)
{
  BgcSession *self = g_new0 (BgcSession, 1);

  self->directory = directory;
  self->root = root;
  self->folder = folder;
  self->file = file;
  self->data = -1;
  self->owner = g_strdup (owner);
  self->id = g_strdup (id);

  return self;
}

void
bgc_session_free (BgcSession *self)
{
  if (self->data >= 0)
    close (self->data);
  close (self->file);
  close (self->folder);
  bgc_session_record_clear (&self->record);
  bgc_upload_target_clear (&self->target);
  g_free (self->owner);
  g_free (self->id);
  g_free (self);
}

static gboolean
fail (GError **error, const char *what)
{
  int saved = errno;

  if (saved == ENOSPC || saved == EDQUOT)
    g_set_error (error, BGC_ERROR, BGC_ERROR_NO_SPACE, "%s: %s", what, g_strerror (saved));
  else if (saved == EACCES || saved == EPERM || saved == EROFS)
    g_set_error (error, BGC_ERROR, BGC_ERROR_ACCESS_DENIED, "%s: %s", what, g_strerror (saved));
  else if (saved == EEXIST)
    g_set_error (error, BGC_ERROR, BGC_ERROR_FILE_EXISTS, "%s: %s", what, g_strerror (saved));
  else if (saved == EISDIR || saved == ENOTEMPTY)
    g_set_error (error, BGC_ERROR, BGC_ERROR_INVALID_PATH, "%s: %s", what, g_strerror (saved));
  else
    g_set_error (error, G_IO_ERROR, g_io_error_from_errno (saved), "%s: %s", what, g_strerror (saved));

  return FALSE;
}

static char *
name_of (const BgcSession *self, const char *suffix)
{
  return g_strconcat (self->id, suffix, NULL);
}

char *
bgc_session_reply_name (const BgcSession *self)
{
  return name_of (self, ".reply");
}

static char *
path_of (const BgcSession *self, const char *suffix)
{
  g_autofree char *name = name_of (self, suffix);

  return g_build_filename (self->directory->path, BGC_UPLOAD_TARGET_SESSIONS, self->owner, name, NULL);
}

char *
bgc_session_data_path (const BgcSession *self)
{
  return path_of (self, ".data");
}

char *
bgc_session_reply_path (const BgcSession *self)
{
  return path_of (self, ".reply");
}

static gboolean
set_lock (int file, off_t byte)
{
  struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = byte, .l_len = 1 };

  return fcntl (file, F_OFD_SETLK, &lock) == 0;
}

void
bgc_session_announce (BgcSession *self, BgcSessionWanted kind)
{
  /* Another that waits the same way has it already: then that one is noticed. */
  set_lock (self->file, kind);
}

gboolean
bgc_session_is_wanted (const BgcSession *self, BgcSessionWanted kind)
{
  struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = kind, .l_len = 1 };

  return fcntl (self->file, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

static void
stop_announcing (BgcSession *self)
{
  struct flock lock
    = { .l_type = F_UNLCK, .l_whence = SEEK_SET, .l_start = BGC_SESSION_WANTED_BY_FRAGMENT, .l_len = 2 };

  fcntl (self->file, F_OFD_SETLK, &lock);
}

static gboolean
not_found (GError **error)
{
  g_set_error_literal (error, BGC_ERROR, BGC_ERROR_SESSION_NOT_FOUND, "No such session");
  return FALSE;
}

static gboolean
remove_file (const BgcSession *self, const char *suffix)
{
  g_autofree char *name = name_of (self, suffix);

  return unlinkat (self->folder, name, 0) == 0 || errno == ENOENT;
}

/* Makes a move durable that happened before a crash. A parent that is gone since then needs none. */
static gboolean
sync_move (BgcSession *self, GError **error)
{
  int parent = bgc_upload_target_open_parent (&self->target, self->root, NULL);
  gboolean done = parent < 0 || fsync (parent) == 0;

  done = fsync (self->folder) == 0 && done;
  if (!done)
    fail (error, "Cannot make the upload's name durable");
  if (parent >= 0)
    close (parent);

  return done;
}

/* A crash came between the word that the data is about to move and the word that it has. */
static gboolean
recover_publishing (BgcSession *self, GError **error)
{
  g_autofree char *name = name_of (self, ".data");
  struct stat status;

  if (fstatat (self->folder, name, &status, AT_SYMLINK_NOFOLLOW) == 0)
    {
      if (status.st_nlink < 2)
        {
          self->record.state = BGC_SESSION_COMPLETE;
          return TRUE;
        }
      /* It was linked to its destination, and not yet unlinked here. */
      remove_file (self, ".data");
    }
  else if (errno != ENOENT)
    return fail (error, "Cannot look at the upload");
  if (!sync_move (self, error))
    return FALSE;
  self->record.state = BGC_SESSION_WAIT_CLOSE;

  return bgc_session_record_write (self->file, &self->record, error);
}

static gboolean
open_data (BgcSession *self, GError **error)
{
  g_autofree char *name = name_of (self, ".data");
  struct stat status;

  self->data = openat (self->folder, name, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
  if (self->data < 0 && errno == ENOENT)
    return not_found (error);
  if (self->data < 0 || fstat (self->data, &status) != 0)
    return fail (error, "Cannot open the upload");
  if (self->record.state == BGC_SESSION_RECEIVING)
    self->record.received = MIN (self->record.received, (guint64) status.st_size);
  self->written = self->handed = self->record.received;

  return TRUE;
}

static gboolean
recover (BgcSession *self, GError **error)
{
  g_auto (GStrv) parts = g_strsplit (self->record.url, "?", 2);
  const char *path = parts[0] != NULL ? parts[0] : "";

  if (self->record.state == BGC_SESSION_GONE || !g_str_has_prefix (path, self->directory->url))
    return not_found (error);
  if (!bgc_upload_target_parse (path + strlen (self->directory->url), &self->target, error))
    return FALSE;
  if (self->record.state == BGC_SESSION_PUBLISHING && !recover_publishing (self, error))
    return FALSE;
  if (self->record.state == BGC_SESSION_RECEIVING || self->record.state == BGC_SESSION_COMPLETE)
    return open_data (self, error);
  self->written = self->record.received;

  return TRUE;
}

gboolean
bgc_session_try_lock (BgcSession *self, GError **error)
{
  struct stat status;

  if (!set_lock (self->file, HOLDER_BYTE))
    return errno == EAGAIN || errno == EACCES ? FALSE : fail (error, "Cannot lock the session");

  stop_announcing (self);
  if (fstat (self->file, &status) != 0 || status.st_nlink == 0)
    return not_found (error);
  if (!bgc_session_record_read (self->file, &self->record, error) || !recover (self, error))
    return FALSE;
  self->locked = TRUE;

  return TRUE;
}

gboolean
bgc_session_save (BgcSession *self, GError **error)
{
  self->record.active = g_get_real_time ();

  return bgc_session_record_write (self->file, &self->record, error);
}

gboolean
bgc_session_set_total (BgcSession *self, guint64 total, GError **error)
{
  if (self->record.has_total && self->record.total != total)
    {
      g_set_error_literal (error, BGC_ERROR, BGC_ERROR_INVALID_ARGUMENT, "The size of the file has changed");
      return FALSE;
    }
  if (self->directory->maximum_upload_size != 0 && total > self->directory->maximum_upload_size)
    {
      g_set_error_literal (error, BGC_ERROR, BGC_ERROR_TOO_LARGE, "The file is larger than uploads may be");
      return FALSE;
    }
  if (total > G_MAXINT64)
    {
      g_set_error_literal (error, BGC_ERROR, BGC_ERROR_TOO_LARGE, "No file is that large");
      return FALSE;
    }
  self->record.has_total = TRUE;
  self->record.total = total;

  return TRUE;
}

static gboolean
check_space (const BgcSession *self, gsize length, GError **error)
{
  struct statvfs status;

  if (fstatvfs (self->data, &status) != 0
      || (guint64) status.f_bavail * status.f_frsize >= length + self->directory->reserve)
    return TRUE;
  g_set_error_literal (error, BGC_ERROR, BGC_ERROR_NO_SPACE,
                       "The file system is full up to what must stay free");

  return FALSE;
}

/* Promises nothing: what is durable is the checkpoint's business. */
static void
begin_writeback (BgcSession *self)
{
  if (self->written - self->handed < WRITEBACK_SIZE)
    return;
  sync_file_range (self->data, (off_t) self->handed, (off_t)(self->written - self->handed),
                   SYNC_FILE_RANGE_WRITE);
  self->handed = self->written;
}

gboolean
bgc_session_write (BgcSession *self, guint64 offset, const guint8 *bytes, gsize length, GError **error)
{
  /* Never over what is held: only the unseen tail. */
  guint64 known = self->written > offset ? MIN (self->written - offset, length) : 0;

  bytes += known;
  offset += known;
  length -= (gsize) known;
  if (length > 0 && !check_space (self, length, error))
    return FALSE;
  while (length > 0)
    {
      ssize_t n = pwrite (self->data, bytes, length, (off_t) offset);

      if (n < 0 && errno == EINTR)
        continue;
      if (n < 0)
        return fail (error, "Cannot write the upload");
      bytes += n;
      offset += (guint64) n;
      length -= (gsize) n;
      self->written = offset;
      self->unsynced += (guint64) n;
    }
  begin_writeback (self);

  return TRUE;
}

/* Two flushes. Nothing but a record that was written after the data is durable tells how much of it is: a
 * file's length may be ahead of its content. The second flush is of one block that is there already; without
 * it fragments of 1 MiB were 5 % faster. */
gboolean
bgc_session_checkpoint (BgcSession *self, GError **error)
{
  if (self->unsynced > 0 && fdatasync (self->data) != 0)
    return fail (error, "Cannot make the upload durable");
  self->unsynced = 0;
  self->handed = self->written;
  self->record.received = self->written;
  if (self->record.state == BGC_SESSION_RECEIVING && self->record.has_total
      && self->written == self->record.total)
    self->record.state = BGC_SESSION_COMPLETE;

  return bgc_session_save (self, error);
}

/* renameat2 where it exists; a link and an unlink where the file system cannot do that (NFS). */
static gboolean
move_without_replacing (const BgcSession *self, const char *from, int parent, GError **error)
{
  if (renameat2 (self->folder, from, parent, self->target.name, RENAME_NOREPLACE) == 0)
    return TRUE;
  if (errno != EINVAL && errno != ENOSYS)
    return fail (error, "Cannot publish the upload");
  if (linkat (self->folder, from, parent, self->target.name, 0) != 0)
    return fail (error, "Cannot publish the upload");
  unlinkat (self->folder, from, 0);

  return TRUE;
}

static gboolean
move_to_target (BgcSession *self, int parent, GError **error)
{
  g_autofree char *from = name_of (self, ".data");
  gboolean moved;

  if (self->directory->allow_overwrites)
    {
      moved = renameat (self->folder, from, parent, self->target.name) == 0;
      if (!moved)
        fail (error, "Cannot publish the upload");
    }
  else
    moved = move_without_replacing (self, from, parent, error);
  if (!moved)
    {
      /* Nothing moved: as before, whatever the record says next. */
      self->record.state = BGC_SESSION_COMPLETE;
      bgc_session_record_write (self->file, &self->record, NULL);
      return FALSE;
    }

  return (fsync (parent) == 0 && fsync (self->folder) == 0)
         || fail (error, "Cannot make the upload's name durable");
}

gboolean
bgc_session_publish (BgcSession *self, GError **error)
{
  int parent;
  gboolean done;

  if (self->record.state == BGC_SESSION_WAIT_CLOSE)
    return TRUE;
  parent = bgc_upload_target_open_parent (&self->target, self->root, error);
  if (parent < 0)
    return FALSE;

  self->record.state = BGC_SESSION_PUBLISHING;
  if (fchmod (self->data, self->directory->file_mode) != 0 || fsync (self->data) != 0)
    done = fail (error, "Cannot make the upload durable");
  else
    done
      = bgc_session_record_write (self->file, &self->record, error) && move_to_target (self, parent, error);
  close (parent);
  if (!done)
    return FALSE;
  self->record.state = BGC_SESSION_WAIT_CLOSE;

  return bgc_session_save (self, error);
}

gboolean
bgc_session_keep_nothing (BgcSession *self, GError **error)
{
  self->record.state = BGC_SESSION_WAIT_CLOSE;
  if (!bgc_session_save (self, error))
    return FALSE;
  remove_file (self, ".data");

  return TRUE;
}

void
bgc_session_drop (BgcSession *self)
{
  self->record.state = BGC_SESSION_GONE;
  /* For those who wait for the lock on this very file; what a crash leaves behind from here on is swept. */
  if (self->record.url != NULL && !bgc_session_record_write (self->file, &self->record, NULL))
    g_warning ("cannot mark session %s as gone", self->id);
  remove_file (self, ".session");
  remove_file (self, ".data");
  remove_file (self, ".reply");
  remove_file (self, ".reply.new");
  if (fsync (self->folder) != 0)
    g_warning ("cannot make the end of session %s durable", self->id);
}
