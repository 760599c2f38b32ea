/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "store/bgc-store-directory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/bgc-store-error.h"

/* What SQLite may have put beside a database, and what stays valid only together with it. */
static const char *const companions[] = { "-wal", "-journal", "-shm" };

/* Higher numbers of files moved aside are refused: somebody should look before the disk fills. */
#define CORRUPT_MAX 1000u

gboolean
bgc_store_directory_sync (const char *path, GError **error)
{
  int fd = open (path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

  if (fd < 0)
    return bgc_store_error_set_system ("open", path, error);
  if (fsync (fd) != 0)
    {
      bgc_store_error_set_system ("sync", path, error);
      close (fd);
      return FALSE;
    }
  close (fd);
  return TRUE;
}

/* Like mkdir -p, but each new name is durable and each new mode independent of the umask. */
static gboolean
make_directory (const char *path, GError **error)
{
  g_autofree char *parent = NULL;

  if (g_file_test (path, G_FILE_TEST_IS_DIR))
    return TRUE;
  parent = g_path_get_dirname (path);
  if (g_strcmp0 (parent, path) != 0 && !make_directory (parent, error))
    return FALSE;
  if (mkdir (path, 0700) != 0)
    return (errno == EEXIST && g_file_test (path, G_FILE_TEST_IS_DIR))
           || bgc_store_error_set_system ("create", path, error);
  if (chmod (path, 0700) != 0)
    return bgc_store_error_set_system ("set the mode of", path, error);
  return bgc_store_directory_sync (parent, error);
}

/* Makes an empty file with mode 0600, or gives an existing one that mode. SQLite gives its companions
 * the same. Must not be called while SQLite has the file open: closing drops the process's locks. */
static gboolean
make_file (const char *path, GError **error)
{
  struct stat status;
  gboolean done;
  int fd = open (path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

  if (fd < 0)
    return bgc_store_error_set_system ("open", path, error);
  done = fstat (fd, &status) == 0 && S_ISREG (status.st_mode);
  if (!done)
    g_set_error (error, BGC_ERROR, BGC_ERROR_STORE_FAILED, "%s is not a regular file", path);
  else if ((status.st_mode & 07777) != 0600 && fchmod (fd, 0600) != 0)
    done = bgc_store_error_set_system ("set the mode of", path, error);
  close (fd);
  return done;
}

static gboolean
lock_directory (BgcStoreDirectory *self, GError **error)
{
  g_autofree char *path = g_build_filename (self->path, "queue.lock", NULL);

  self->lock = open (path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (self->lock < 0)
    return bgc_store_error_set_system ("open", path, error);
  if (flock (self->lock, LOCK_EX | LOCK_NB) == 0)
    return TRUE;
  if (errno != EWOULDBLOCK)
    return bgc_store_error_set_system ("lock", path, error);
  g_set_error (error, BGC_ERROR, BGC_ERROR_BUSY, "Another daemon uses the queue in %s", self->path);
  return FALSE;
}

BgcStoreDirectory *
bgc_store_directory_open (const char *path, GError **error)
{
  g_autoptr (BgcStoreDirectory) self = g_new0 (BgcStoreDirectory, 1);

  self->lock = -1;
  self->path = g_strdup (path);
  self->database = g_build_filename (path, "queue.db", NULL);
  self->salvage = g_build_filename (path, "queue.db.salvage", NULL);
  if (!make_directory (path, error) || !lock_directory (self, error))
    return NULL;
  return g_steal_pointer (&self);
}

void
bgc_store_directory_free (BgcStoreDirectory *self)
{
  if (self->lock >= 0)
    close (self->lock);
  g_free (self->path);
  g_free (self->database);
  g_free (self->salvage);
  g_free (self);
}

static gboolean
exists (const char *path)
{
  struct stat status;

  return lstat (path, &status) == 0;
}

/* A file that is not there is as good as removed. */
static gboolean
remove_file (const char *path, GError **error)
{
  return unlink (path) == 0 || errno == ENOENT || bgc_store_error_set_system ("remove", path, error);
}

static gboolean
remove_with_companions (const char *path, GError **error)
{
  for (guint i = 0; i < G_N_ELEMENTS (companions); i++)
    {
      g_autofree char *companion = g_strconcat (path, companions[i], NULL);

      if (!remove_file (companion, error))
        return FALSE;
    }
  return remove_file (path, error);
}

static gboolean
rename_if_there (const char *from, const char *to, GError **error)
{
  return rename (from, to) == 0 || errno == ENOENT || bgc_store_error_set_system ("rename", from, error);
}

/* The salvage takes the place of a database that is aside. Anything still beside the old name belongs
 * to the old database, and would spoil the new one. */
static gboolean
finish_salvage (BgcStoreDirectory *self, const char *aside, GError **error)
{
  for (guint i = 0; i < G_N_ELEMENTS (companions); i++)
    {
      g_autofree char *from = g_strconcat (self->database, companions[i], NULL);
      g_autofree char *to = g_strconcat (aside, companions[i], NULL);

      if (!rename_if_there (from, to, error))
        return FALSE;
    }
  if (!bgc_store_directory_sync (self->path, error))
    return FALSE;
  if (rename (self->salvage, self->database) != 0)
    return bgc_store_error_set_system ("rename", self->salvage, error);
  return bgc_store_directory_sync (self->path, error);
}

/* A free name for the corrupt database, or with @last the newest one in use. */
static char *
aside_name (BgcStoreDirectory *self, gboolean last, GError **error)
{
  g_autofree char *previous = NULL;

  for (guint n = 1; n <= CORRUPT_MAX; n++)
    {
      g_autofree char *name = g_strdup_printf ("%s.corrupt-%u", self->database, n);

      if (!exists (name))
        return last && previous != NULL ? g_steal_pointer (&previous) : g_steal_pointer (&name);
      g_free (previous);
      previous = g_steal_pointer (&name);
    }
  g_set_error (error, BGC_ERROR, BGC_ERROR_STORE_FAILED, "%s holds %u corrupt databases already",
               self->path, CORRUPT_MAX);
  return NULL;
}

gboolean
bgc_store_directory_prepare (BgcStoreDirectory *self, GError **error)
{
  g_autofree char *aside = NULL;

  /* A salvage is whole when the corrupt database has been renamed, and not before. */
  if (!exists (self->database) && exists (self->salvage))
    {
      aside = aside_name (self, TRUE, error);
      return aside != NULL && finish_salvage (self, aside, error);
    }
  if (exists (self->salvage) && !remove_with_companions (self->salvage, error))
    return FALSE;
  return make_file (self->database, error) && bgc_store_directory_sync (self->path, error);
}

gboolean
bgc_store_directory_prepare_salvage (BgcStoreDirectory *self, GError **error)
{
  return remove_with_companions (self->salvage, error) && make_file (self->salvage, error)
         && bgc_store_directory_sync (self->path, error);
}

char *
bgc_store_directory_adopt_salvage (BgcStoreDirectory *self, GError **error)
{
  g_autofree char *aside = aside_name (self, FALSE, error);

  if (aside == NULL)
    return NULL;
  if (rename (self->database, aside) != 0)
    {
      bgc_store_error_set_system ("rename", self->database, error);
      return NULL;
    }
  if (!bgc_store_directory_sync (self->path, error) || !finish_salvage (self, aside, error))
    return NULL;
  return g_steal_pointer (&aside);
}
