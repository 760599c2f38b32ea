/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "transfer/bgc-local-file.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "model/bgc-path.h"
#include "transfer/bgc-local-file-error.h"
#include "transfer/bgc-local-file-path.h"

static BgcPathVerdict *
refuse (BgcErrorCode code, const char *message, const char *path)
{
  g_autofree char *whole = g_strdup_printf ("%s: %s", path, message);

  return bgc_path_verdict_new (FALSE, code, whole, NULL);
}

static BgcPathVerdict *
refuse_errno (int number, const char *message, const char *path)
{
  g_autofree char *whole = g_strdup_printf ("%s: %s: %s", path, message, g_strerror (number));

  return bgc_path_verdict_new (FALSE, bgc_local_file_error_code (number), whole, NULL);
}

/* Some would say only that they are away for a while. */
gboolean
bgc_local_file_is_kernels (int fd)
{
  struct statfs statistics;

  if (fstatfs (fd, &statistics) != 0)
    return FALSE;
  switch ((guint32)statistics.f_type)
    {
    case PROC_SUPER_MAGIC:
    case SYSFS_MAGIC:
    case CGROUP_SUPER_MAGIC:
    case CGROUP2_SUPER_MAGIC:
    case DEVPTS_SUPER_MAGIC:
    case DEBUGFS_MAGIC:
    case TRACEFS_MAGIC:
    case SECURITYFS_MAGIC:
    case BPF_FS_MAGIC:
      return TRUE;
    default:
      return FALSE;
    }
}

/* What these lead to is the asking process's: here the worker's. */
static gboolean
is_of_a_process (const char *path)
{
  return g_str_has_prefix (path, "/proc/") || g_str_has_prefix (path, "/dev/fd/");
}

static BgcPathVerdict *
check_target (int directory, const char *path)
{
  struct stat status;

  if (fstatat (directory, bgc_path_base (path), &status, AT_SYMLINK_NOFOLLOW) != 0)
    return errno == ENOENT ? NULL : refuse_errno (errno, "the file cannot be looked at", path);
  if (S_ISDIR (status.st_mode))
    return refuse (BGC_ERROR_INVALID_PATH, "is a directory", path);
  if (S_ISLNK (status.st_mode))
    return refuse (BGC_ERROR_INVALID_PATH, "is a symbolic link", path);
  if (!S_ISREG (status.st_mode))
    return refuse (BGC_ERROR_INVALID_PATH, "is not a regular file", path);
  return NULL;
}

void
bgc_local_file_visit_clear (BgcLocalFileVisit *self)
{
  if (self->directory != NULL && self->opened)
    close (self->fd);
  g_free (self->directory);
  free (self->real);
  *self = (BgcLocalFileVisit) { 0 };
}

/* Takes @directory. */
static void
visit (BgcLocalFileVisit *self, char *directory)
{
  bgc_local_file_visit_clear (self);
  self->directory = directory;
  self->fd = bgc_local_file_path_open (directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
  self->opened = self->fd >= 0;
  self->kernels = self->opened && bgc_local_file_is_kernels (self->fd);
  if (self->kernels)
    return;
  if (!self->opened || faccessat (self->fd, ".", W_OK | X_OK, AT_EACCESS) != 0)
    self->error = errno;
  else
    self->real = realpath (directory, NULL);
}

/* NULL where it is @path itself, or cannot be told on the bus. */
static char *
find_identity (const char *real, const char *path)
{
  g_autofree char *identity = NULL;

  if (real == NULL)
    return NULL;
  identity = g_strconcat (g_str_equal (real, "/") ? "" : real, "/", bgc_path_base (path), NULL);
  if (g_str_equal (identity, path) || !g_utf8_validate (identity, -1, NULL))
    return NULL;
  return g_steal_pointer (&identity);
}

BgcPathVerdict *
bgc_local_file_check (BgcLocalFileVisit *self, const char *path)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *directory = NULL;
  g_autofree char *identity = NULL;
  BgcPathVerdict *verdict;

  if (!bgc_path_check (path, &error))
    return bgc_path_verdict_new (FALSE, bgc_error_code_of (error, BGC_ERROR_INVALID_PATH), error->message,
                                 NULL);
  directory = bgc_path_directory (path);
  if (g_strcmp0 (directory, self->directory) != 0)
    visit (self, g_steal_pointer (&directory));
  if (self->error != 0)
    return self->opened ? refuse_errno (self->error, "the directory cannot be written to", path)
                        : refuse_errno (self->error, "the directory cannot be opened", self->directory);
  if (self->kernels || is_of_a_process (path))
    return refuse (BGC_ERROR_INVALID_PATH, "no files can be made there", self->directory);
  verdict = check_target (self->fd, path);
  if (verdict != NULL)
    return verdict;
  identity = find_identity (self->real, path);
  return bgc_path_verdict_new (TRUE, BGC_ERROR_NOT_FOUND, NULL, identity);
}
