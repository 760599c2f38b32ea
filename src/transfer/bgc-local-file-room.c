/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "transfer/bgc-local-file-room.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "model/bgc-path.h"
#include "transfer/bgc-local-file-directory.h"
#include "transfer/bgc-local-file-error.h"

/* Where the reserve is large for a file system such a part of it is kept: a stick stays of use. */
#define KEPT_PART 10u
/* What st_blocks counts, on any file system. */
#define BLOCK 512u

static BgcLocalFileRoomFunc look_at = fstatvfs;

void
bgc_local_file_room_set_look (BgcLocalFileRoomFunc look)
{
  look_at = look != NULL ? look : fstatvfs;
}

guint64
bgc_local_file_room_kept (const struct statvfs *statistics, guint64 reserve)
{
  guint64 part = (guint64)statistics->f_blocks / KEPT_PART;

  return statistics->f_frsize == 0 || reserve / statistics->f_frsize < part
           ? reserve
           : part * statistics->f_frsize;
}

gboolean
bgc_local_file_room_suffices (const struct statvfs *statistics, guint64 wanted, guint64 reserve)
{
  guint64 kept = bgc_local_file_room_kept (statistics, reserve);

  if (wanted == 0 || statistics->f_blocks == 0 || statistics->f_frsize == 0)
    return TRUE;
  if (wanted > G_MAXINT64 || kept > G_MAXINT64)
    return FALSE;
  return (wanted + kept - 1) / statistics->f_frsize < statistics->f_bavail;
}

gboolean
bgc_local_file_room_for_bytes (int fd, guint64 wanted, guint64 reserve)
{
  struct statvfs statistics;

  return look_at (fd, &statistics) != 0 || bgc_local_file_room_suffices (&statistics, wanted, reserve);
}

static guint64
lacking (const struct stat *status, guint64 size)
{
  guint64 held = (guint64)status->st_blocks * BLOCK;

  return size > held ? size - held : 0;
}

gboolean
bgc_local_file_room_for_size (int fd, guint64 size, guint64 reserve)
{
  struct stat status;

  return fstat (fd, &status) != 0 || bgc_local_file_room_for_bytes (fd, lacking (&status, size), reserve);
}

/* In @directory. */
static guint64
wanted_by (const BgcFile *file, int directory, const struct statvfs *statistics)
{
  guint64 size = file->bytes_total != BGC_SIZE_UNKNOWN ? file->bytes_total : file->expected_size;
  struct stat status = { 0 };

  /* Nobody knows how much will come: as much as is written between two looks, and on a small file system
   * what seems worth a try. */
  if (size == BGC_SIZE_UNKNOWN)
    return MIN (BGC_LOCAL_FILE_ROOM_PORTION,
                MAX ((guint64)statistics->f_blocks / KEPT_PART, 1) * statistics->f_frsize);
  if (file->temporary == NULL
      || fstatat (directory, file->temporary, &status, AT_SYMLINK_NOFOLLOW) != 0
      || (guint64)status.st_ino != file->inode)
    return size;
  return lacking (&status, size);
}

gboolean
bgc_local_file_room_check (const BgcFile *file, guint64 reserve, GError **error)
{
  g_autofree char *path = bgc_path_directory (file->local);
  g_autoptr (BgcLocalFileDirectory) directory = NULL;
  struct statvfs statistics;
  int number = 0, fd;

  directory = bgc_local_file_directory_open (path, &number);
  if (directory == NULL)
    {
      g_set_error (error, BGC_ERROR, bgc_local_file_error_code (number), "Cannot open the directory %s: %s",
                   path, g_strerror (number));
      return FALSE;
    }
  fd = bgc_local_file_directory_fd (directory);
  if (look_at (fd, &statistics) != 0
      || bgc_local_file_room_suffices (&statistics, wanted_by (file, fd, &statistics), reserve))
    return TRUE;
  g_set_error (error, BGC_ERROR, BGC_ERROR_NO_SPACE, "There is no room in %s", path);
  return FALSE;
}
