/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "transfer/bgc-local-file-directory.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "transfer/bgc-local-file-notes.h"
#include "transfer/bgc-local-file-path.h"

#ifndef XFS_SUPER_MAGIC
#define XFS_SUPER_MAGIC 0x58465342 /* "XFSB"; in no header of the kernel's */
#endif

/* Directories kept open for the next file: a job's files are in few places. */
#define KEPT_OPEN 4u

struct _BgcLocalFileDirectory
{
  gatomicrefcount references;
  char *path; /* (owned) */
  int fd;
  guint64 device;
  guint64 inode;
  gboolean group_sync;
};

struct _BgcLocalFileDirectoryCache
{
  GMutex lock;
  BgcLocalFileDirectory *kept[KEPT_OPEN]; /* (owned) (nullable) */
  guint next;                             /* the place to be taken next */
};

/* syncfs() reports write errors since Linux 5.8; before, nothing durable could be told from it. */
static gboolean
kernel_reports_sync_errors (void)
{
  static gsize answer = 0; /* 0 not asked, 1 no, 2 yes */

  if (g_once_init_enter (&answer))
    {
      struct utsname name;
      gboolean reports = FALSE;

      if (uname (&name) == 0)
        {
          char *end = NULL;
          guint64 major = g_ascii_strtoull (name.release, &end, 10);
          guint64 minor = *end == '.' ? g_ascii_strtoull (end + 1, NULL, 10) : 0;

          reports = major > 5 || (major == 5 && minor >= 8);
        }
      g_once_init_leave (&answer, reports ? 2 : 1);
    }
  return answer == 2;
}

/* Only file systems whose syncfs() is known to reach the disk; FUSE's for one does not. */
static gboolean
supports_group_sync (int fd)
{
  struct statfs statistics;

  if (!kernel_reports_sync_errors () || fstatfs (fd, &statistics) != 0)
    return FALSE;
  switch ((guint32)statistics.f_type)
    {
    case EXT4_SUPER_MAGIC: /* and ext2, ext3 */
    case XFS_SUPER_MAGIC:
    case BTRFS_SUPER_MAGIC:
    case F2FS_SUPER_MAGIC:
    case TMPFS_MAGIC:
      return TRUE;
    default:
      return FALSE;
    }
}

BgcLocalFileDirectory *
bgc_local_file_directory_open (const char *path, int *error)
{
  BgcLocalFileDirectory *self;
  struct stat status;
  int fd = bgc_local_file_path_open (path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

  if (fd < 0 || fstat (fd, &status) != 0)
    {
      *error = errno;
      if (fd >= 0)
        close (fd);
      return NULL;
    }
  self = g_new0 (BgcLocalFileDirectory, 1);
  g_atomic_ref_count_init (&self->references);
  self->path = g_strdup (path);
  self->fd = fd;
  self->device = status.st_dev;
  self->inode = status.st_ino;
  self->group_sync = supports_group_sync (fd);
  return self;
}

BgcLocalFileDirectory *
bgc_local_file_directory_ref (BgcLocalFileDirectory *self)
{
  g_atomic_ref_count_inc (&self->references);
  return self;
}

void
bgc_local_file_directory_unref (BgcLocalFileDirectory *self)
{
  if (self == NULL || !g_atomic_ref_count_dec (&self->references))
    return;
  close (self->fd);
  g_free (self->path);
  g_free (self);
}

int
bgc_local_file_directory_fd (BgcLocalFileDirectory *self)
{
  return self->fd;
}

guint64
bgc_local_file_directory_device (BgcLocalFileDirectory *self)
{
  return self->device;
}

gboolean
bgc_local_file_directory_has_group_sync (BgcLocalFileDirectory *self)
{
  return self->group_sync;
}

int
bgc_local_file_directory_sync (BgcLocalFileDirectory *self)
{
  if (fsync (self->fd) == 0)
    return 0;
  /* Some network file systems have no such call for directories and need none. */
  return errno == EINVAL || errno == ENOSYS ? 0 : errno;
}

int
bgc_local_file_directory_sync_all (BgcLocalFileDirectory *self)
{
  return syncfs (self->fd) == 0 ? 0 : errno;
}

BgcLocalFileDirectoryCache *
bgc_local_file_directory_cache_new (void)
{
  BgcLocalFileDirectoryCache *self = g_new0 (BgcLocalFileDirectoryCache, 1);

  g_mutex_init (&self->lock);
  return self;
}

void
bgc_local_file_directory_cache_free (BgcLocalFileDirectoryCache *self)
{
  if (self == NULL)
    return;
  for (guint i = 0; i < KEPT_OPEN; i++)
    bgc_local_file_directory_unref (self->kept[i]);
  g_mutex_clear (&self->lock);
  g_free (self);
}

static BgcLocalFileDirectory *
find (BgcLocalFileDirectoryCache *self, const char *path)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  for (guint i = 0; i < KEPT_OPEN; i++)
    if (self->kept[i] != NULL && g_str_equal (self->kept[i]->path, path))
      return bgc_local_file_directory_ref (self->kept[i]);
  return NULL;
}

/* Takes the place of an older one of the same path, if there is one. */
static void
keep (BgcLocalFileDirectoryCache *self, BgcLocalFileDirectory *directory)
{
  g_autoptr (BgcLocalFileDirectory) old = NULL;
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  guint place = self->next;

  for (guint i = 0; i < KEPT_OPEN; i++)
    if (self->kept[i] != NULL && g_str_equal (self->kept[i]->path, directory->path))
      place = i;
  if (place == self->next)
    self->next = (self->next + 1) % KEPT_OPEN;
  old = self->kept[place];
  self->kept[place] = bgc_local_file_directory_ref (directory);
}

BgcLocalFileDirectory *
bgc_local_file_directory_cache_get (BgcLocalFileDirectoryCache *self, const char *path, int *error)
{
  g_autoptr (BgcLocalFileDirectory) directory = find (self, path);
  struct stat status;

  if (directory != NULL)
    {
      if (stat (path, &status) != 0)
        {
          *error = errno;
          return NULL;
        }
      if (status.st_dev == directory->device && status.st_ino == directory->inode)
        return g_steal_pointer (&directory);
      g_clear_pointer (&directory, bgc_local_file_directory_unref);
    }
  directory = bgc_local_file_directory_open (path, error);
  if (directory != NULL)
    {
      bgc_local_file_notes_add (path);
      keep (self, directory);
    }
  return g_steal_pointer (&directory);
}
