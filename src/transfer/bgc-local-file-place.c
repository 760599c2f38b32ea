/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "transfer/bgc-local-file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "model/bgc-path.h"
#include "transfer/bgc-local-file-directory.h"
#include "transfer/bgc-local-file-error.h"
#include "transfer/bgc-local-file-temporary.h"

/* What a new file of the owner's may be: everything less umask 022. */
#define NEW_FILE_MODE 0644
/* From so many renames on one syncfs() is cheaper than an fsync() of each file. */
#define GROUP_MIN 8u
/* Directories that one call keeps open; one more and the oldest is synced and closed. */
#define OPEN_DIRECTORIES_MAX 64u

/* One call. */
typedef struct
{
  GHashTable *directories; /* (owned) path → (owned) BgcLocalFileDirectory */
  GQueue order;            /* (borrowed keys of directories) oldest first */
  GHashTable *broken;      /* (owned) path → errno of the directory's sync */
  GHashTable *synced;      /* (owned) devices whose file modes are durable already */
  gboolean grouped;        /* many renames: modes are set and synced for all before the first rename */
} Round;

static BgcFailure *
fail (const BgcPlacement *placement, BgcErrorCode code, const char *message)
{
  BgcFailure *failure
    = bgc_failure_new (BGC_CONTEXT_LOCAL_FILE, code, FALSE, "%s/%s: %s", placement->directory,
                       placement->target != NULL ? placement->target : placement->temporary, message);

  failure->file = placement->index;
  return failure;
}

static BgcFailure *
fail_errno (const BgcPlacement *placement, int number, const char *doing)
{
  g_autofree char *path = g_build_filename (
    placement->directory, placement->target != NULL ? placement->target : placement->temporary, NULL);
  BgcFailure *failure = bgc_local_file_error_failure (number, doing, path);

  failure->file = placement->index;
  return failure;
}

static gboolean
is_stored_inode (const BgcPlacement *placement, const struct stat *status)
{
  return status->st_dev == placement->device && status->st_ino == placement->inode;
}

/* Ours, whole, and the one that was stored where one was: only that may become the owner's file. A file
 * made after another was deleted may have got its inode. */
static gboolean
is_stored_file (const BgcPlacement *placement, const struct stat *status)
{
  gboolean known = placement->device != 0 || placement->inode != 0;

  return bgc_local_file_temporary_is_ours (status) && (!known || is_stored_inode (placement, status))
         && (placement->size == BGC_SIZE_UNKNOWN || (guint64)status->st_size == placement->size);
}

static void
close_directory (Round *round, const char *path)
{
  BgcLocalFileDirectory *directory = g_hash_table_lookup (round->directories, path);
  int error = bgc_local_file_directory_sync (directory);

  if (error != 0)
    g_hash_table_insert (round->broken, g_strdup (path), GINT_TO_POINTER (error));
  g_hash_table_remove (round->directories, path);
}

/* Borrowed; NULL with @error. */
static BgcLocalFileDirectory *
get_directory (Round *round, const char *path, int *error)
{
  BgcLocalFileDirectory *directory = g_hash_table_lookup (round->directories, path);
  char *key;

  if (directory != NULL)
    return directory;
  if (g_hash_table_size (round->directories) >= OPEN_DIRECTORIES_MAX)
    close_directory (round, g_queue_pop_head (&round->order));
  directory = bgc_local_file_directory_open (path, error);
  if (directory == NULL)
    return NULL;
  key = g_strdup (path);
  g_hash_table_insert (round->directories, key, directory);
  g_queue_push_tail (&round->order, key);
  return directory;
}

/* The file system that its file was created in, not the empty directory where that was mounted. */
static gboolean
is_there (BgcLocalFileDirectory *directory, const BgcPlacement *placement)
{
  return (placement->device == 0 && placement->inode == 0)
         || bgc_local_file_directory_device (directory) == placement->device;
}

static BgcFailure *
delete_one (Round *round, const BgcPlacement *placement)
{
  BgcLocalFileDirectory *directory;
  struct stat status;
  int error = 0;

  if (!bgc_path_is_temporary_name (placement->temporary))
    return fail (placement, BGC_ERROR_INVALID_PATH, "is no temporary file of ours");
  directory = get_directory (round, placement->directory, &error);
  /* Without its directory it is not gone: a home that is away comes back, and brings it along. Not where a
   * file stands. */
  if (directory == NULL)
    return error == ENOTDIR ? NULL : fail_errno (placement, error, "Cannot delete");
  if (fstatat (bgc_local_file_directory_fd (directory), placement->temporary, &status, AT_SYMLINK_NOFOLLOW)
      != 0)
    return errno == ENOENT && is_there (directory, placement)
             ? NULL
             : fail_errno (placement, errno, "Cannot delete");
  /* A file that began again has another inode before that is stored; its name is nobody else's. */
  if (!bgc_local_file_temporary_is_ours (&status))
    return fail (placement, BGC_ERROR_LOCAL_FILE_CHANGED, "is not the temporary file that was created");
  if (unlinkat (bgc_local_file_directory_fd (directory), placement->temporary, 0) != 0 && errno != ENOENT)
    return fail_errno (placement, errno, "Cannot delete");
  return NULL;
}

/* Whether something may be replaced, and which mode it had. */
static BgcFailure *
look_at_target (int directory, const BgcPlacement *placement, mode_t *mode, gboolean *placed)
{
  struct stat status;

  *mode = NEW_FILE_MODE;
  *placed = FALSE;
  if (fstatat (directory, placement->target, &status, AT_SYMLINK_NOFOLLOW) != 0)
    return errno == ENOENT ? NULL : fail_errno (placement, errno, "Cannot look at");
  if (S_ISLNK (status.st_mode))
    return fail (placement, BGC_ERROR_INVALID_PATH, "is a symbolic link");
  if (S_ISDIR (status.st_mode))
    return fail (placement, BGC_ERROR_INVALID_PATH, "is a directory");
  if (!S_ISREG (status.st_mode))
    return fail (placement, BGC_ERROR_INVALID_PATH, "is not a regular file");
  *mode = status.st_mode & 0777;
  *placed = placement->inode != 0 && is_stored_inode (placement, &status);
  if (!*placed && !placement->overwrite)
    return fail (placement, BGC_ERROR_FILE_EXISTS, "exists");
  return NULL;
}

static int
set_mode (int fd, const struct stat *status, mode_t mode, gboolean sync)
{
  if ((status->st_mode & 07777) != mode && fchmod (fd, mode) != 0)
    return errno;
  return sync && fsync (fd) != 0 ? errno : 0;
}

/* Gone, or no longer what was made durable: then it has to be fetched again. */
static BgcFailure *
look_at_temporary (int directory, const BgcPlacement *placement)
{
  struct stat status;

  if (fstatat (directory, placement->temporary, &status, AT_SYMLINK_NOFOLLOW) != 0)
    return errno == ENOENT ? fail (placement, BGC_ERROR_LOCAL_FILE_CHANGED, "its temporary file is gone")
                           : fail_errno (placement, errno, "Cannot look at the temporary file of");
  if (!is_stored_file (placement, &status))
    return fail (placement, BGC_ERROR_LOCAL_FILE_CHANGED,
                 "its temporary file is not the one that was created");
  return NULL;
}

/* Makes the temporary file fit to be renamed. @placed: there is nothing to rename any more. */
static BgcFailure *
prepare_one (Round *round, const BgcPlacement *placement, gboolean *placed)
{
  BgcLocalFileDirectory *directory;
  BgcFailure *failure;
  struct stat status;
  mode_t mode = NEW_FILE_MODE;
  int error = 0;
  int fd;

  directory = get_directory (round, placement->directory, &error);
  if (directory == NULL)
    return fail_errno (placement, error, "Cannot put into place");
  failure = look_at_target (bgc_local_file_directory_fd (directory), placement, &mode, placed);
  if (failure != NULL || *placed)
    return failure;
  fd = bgc_local_file_temporary_open_finished (bgc_local_file_directory_fd (directory), placement->temporary,
                                               &error);
  if (fd < 0)
    {
      /* What cannot be opened may be something else by now: that comes first. */
      failure = look_at_temporary (bgc_local_file_directory_fd (directory), placement);
      return failure != NULL ? failure : fail_errno (placement, error, "Cannot put into place");
    }
  if (fstat (fd, &status) != 0 || !is_stored_file (placement, &status))
    failure
      = fail (placement, BGC_ERROR_LOCAL_FILE_CHANGED, "its temporary file is not the one that was created");
  else if ((error = set_mode (fd, &status, mode, !round->grouped)) != 0)
    failure = fail_errno (placement, error, "Cannot put into place");
  close (fd);
  return failure;
}

/* Without RENAME_NOREPLACE a second link says whether the name is free. */
static int
rename_by_link (int directory, const BgcPlacement *placement)
{
  if (linkat (directory, placement->temporary, directory, placement->target, 0) != 0)
    return errno;
  return unlinkat (directory, placement->temporary, 0) != 0 ? errno : 0;
}

static int
rename_file (int directory, const BgcPlacement *placement)
{
  unsigned int flags = placement->overwrite ? 0 : RENAME_NOREPLACE;

  if (renameat2 (directory, placement->temporary, directory, placement->target, flags) == 0)
    return 0;
  if (!placement->overwrite && (errno == EINVAL || errno == ENOSYS))
    return rename_by_link (directory, placement);
  return errno;
}

/* The mode must be durable before the name is; one syncfs() serves all of a file system. */
static int
sync_modes (Round *round, BgcLocalFileDirectory *directory)
{
  guint64 device = bgc_local_file_directory_device (directory);
  int error;

  if (!round->grouped || g_hash_table_contains (round->synced, &device))
    return 0;
  error = bgc_local_file_directory_sync_all (directory);
  if (error == 0)
    g_hash_table_add (round->synced, g_memdup2 (&device, sizeof device));
  return error;
}

static BgcFailure *
place_one (Round *round, const BgcPlacement *placement)
{
  BgcLocalFileDirectory *directory;
  BgcFailure *failure;
  int error = 0;

  directory = get_directory (round, placement->directory, &error);
  if (directory == NULL || (error = sync_modes (round, directory)) != 0)
    return fail_errno (placement, error, "Cannot put into place");
  /* What was prepared a moment ago may have been replaced since. */
  failure = look_at_temporary (bgc_local_file_directory_fd (directory), placement);
  if (failure != NULL)
    return failure;
  error = rename_file (bgc_local_file_directory_fd (directory), placement);
  if (error == EEXIST)
    return fail (placement, BGC_ERROR_FILE_EXISTS, "exists");
  return error != 0 ? fail_errno (placement, error, "Cannot put into place") : NULL;
}

/* A rename without RENAME_NOREPLACE may have been cut short between its two steps. */
static void
remove_second_link (Round *round, const BgcPlacement *placement)
{
  BgcLocalFileDirectory *directory = g_hash_table_lookup (round->directories, placement->directory);
  struct stat status;

  if (directory != NULL && bgc_path_is_temporary_name (placement->temporary)
      && fstatat (bgc_local_file_directory_fd (directory), placement->temporary, &status, AT_SYMLINK_NOFOLLOW)
           == 0
      && is_stored_inode (placement, &status))
    (void)unlinkat (bgc_local_file_directory_fd (directory), placement->temporary, 0);
}

/* All renames are on file systems where one call makes the modes of all durable. */
static gboolean
may_group (Round *round, GPtrArray *placements)
{
  guint renames = 0;

  for (guint i = 0; i < placements->len; i++)
    {
      const BgcPlacement *placement = g_ptr_array_index (placements, i);
      BgcLocalFileDirectory *directory;
      int error = 0;

      if (placement->target == NULL)
        continue;
      renames++;
      directory = get_directory (round, placement->directory, &error);
      if (directory != NULL && !bgc_local_file_directory_has_group_sync (directory))
        return FALSE;
    }
  return renames >= GROUP_MIN;
}

static BgcFailure *
finish_one (Round *round, const BgcPlacement *placement, BgcFailure *prepared, gboolean placed)
{
  if (placement->target == NULL)
    return delete_one (round, placement);
  if (prepared != NULL)
    return prepared;
  if (placed)
    {
      remove_second_link (round, placement);
      return NULL;
    }
  return place_one (round, placement);
}

static void
sync_directories (Round *round, GPtrArray *placements, GPtrArray *results)
{
  while (!g_queue_is_empty (&round->order))
    close_directory (round, g_queue_pop_head (&round->order));
  if (g_hash_table_size (round->broken) == 0)
    return;
  for (guint i = 0; i < placements->len; i++)
    {
      const BgcPlacement *placement = g_ptr_array_index (placements, i);
      BgcPlacementResult *result = g_ptr_array_index (results, i);
      int error = GPOINTER_TO_INT (g_hash_table_lookup (round->broken, placement->directory));

      if (error == 0 || !result->done)
        continue;
      result->done = FALSE;
      result->failure = fail_errno (placement, error, "Cannot make durable");
    }
}

GPtrArray *
bgc_local_file_place (GPtrArray *placements)
{
  GPtrArray *results = g_ptr_array_new_full (placements->len, (GDestroyNotify)bgc_placement_result_free);
  g_autofree BgcFailure **prepared = g_new0 (BgcFailure *, placements->len + 1);
  g_autofree gboolean *placed = g_new0 (gboolean, placements->len + 1);
  Round round = { 0 };

  round.directories
    = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify)bgc_local_file_directory_unref);
  round.broken = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  round.synced = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
  g_queue_init (&round.order);
  round.grouped = may_group (&round, placements);

  for (guint i = 0; round.grouped && i < placements->len; i++)
    {
      const BgcPlacement *placement = g_ptr_array_index (placements, i);

      if (placement->target != NULL)
        prepared[i] = prepare_one (&round, placement, &placed[i]);
    }
  for (guint i = 0; i < placements->len; i++)
    {
      const BgcPlacement *placement = g_ptr_array_index (placements, i);

      if (!round.grouped && placement->target != NULL)
        prepared[i] = prepare_one (&round, placement, &placed[i]);
      g_ptr_array_add (results, bgc_placement_result_new (
                                  placement->index, finish_one (&round, placement, prepared[i], placed[i])));
    }
  sync_directories (&round, placements, results);

  g_hash_table_unref (round.directories);
  g_hash_table_unref (round.broken);
  g_hash_table_unref (round.synced);
  return results;
}
