/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "transfer/bgc-local-file-notes.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "model/bgc-path.h"
#include "model/bgc-placement.h"
#include "transfer/bgc-local-file-path.h"

/* Directories remembered; beyond, the oldest half goes: nobody's orphans are worth more. */
#define NOTES_MAX 10000u
/* Files of one list: more than any queue can have lost, and an end to what a hostile directory can cost. */
#define FOUND_MAX 100000u

static struct
{
  GMutex lock;
  char *path;           /* (owned) (nullable) of the file, of a line for each directory, escaped */
  gboolean loaded;
  gboolean torn;        /* its last line has no end: the power went while it was written */
  GPtrArray *noted;     /* (owned) (element-type char) oldest first */
  GHashTable *used;     /* (owned) those of noted that this process has used: never forgotten by it */
  GHashTable *known;    /* (owned) all of noted */
  GPtrArray *found;     /* (owned) (nullable) (element-type BgcPlacement) the list being asked for */
} notes;

void
bgc_local_file_notes_init (const char *folder)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&notes.lock);

  g_free (notes.path);
  notes.path = g_build_filename (folder, "directories", NULL);
  notes.loaded = notes.torn = FALSE;
  g_clear_pointer (&notes.used, g_hash_table_unref);
  g_clear_pointer (&notes.known, g_hash_table_unref);
  g_clear_pointer (&notes.noted, g_ptr_array_unref);
  g_clear_pointer (&notes.found, g_ptr_array_unref);
  notes.noted = g_ptr_array_new_with_free_func (g_free);
  notes.known = g_hash_table_new (g_str_hash, g_str_equal);
  notes.used = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
}

static void
remember (char *directory)
{
  if (directory[0] != '/' || g_hash_table_contains (notes.known, directory))
    {
      g_free (directory);
      return;
    }
  g_ptr_array_add (notes.noted, directory);
  g_hash_table_add (notes.known, directory);
}

/* With the lock, and likewise the next ones. */
static void
load (void)
{
  g_autofree char *text = NULL;
  gsize length = 0;

  if (notes.loaded)
    return;
  notes.loaded = TRUE;
  if (!g_file_get_contents (notes.path, &text, &length, NULL))
    return;
  notes.torn = length > 0 && text[length - 1] != '\n';
  for (char *line = text, *end; (end = strchr (line, '\n')) != NULL; line = end + 1)
    {
      *end = '\0';
      remember (g_strcompress (line));
    }
}

static void
sync_folder (void)
{
  g_autofree char *folder = g_path_get_dirname (notes.path);
  int fd = open (folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

  if (fd < 0)
    return;
  (void)!fsync (fd);
  close (fd);
}

static void
write_line (const char *directory)
{
  g_autofree char *folder = g_path_get_dirname (notes.path);
  g_autofree char *escaped = g_strescape (directory, NULL);
  g_autofree char *line = g_strconcat (notes.torn ? "\n" : "", escaped, "\n", NULL);
  gboolean is_new = access (notes.path, F_OK) != 0;
  int fd;

  if (is_new && g_mkdir_with_parents (folder, 0700) != 0)
    return;
  fd = open (notes.path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (fd < 0)
    return;
  notes.torn = write (fd, line, strlen (line)) != (gssize)strlen (line);
  (void)!fdatasync (fd);
  close (fd);
  if (is_new)
    sync_folder ();
}

/* Writes all that are noted anew, but for those in @forgotten (nullable) and, where there are too many,
 * the oldest; what this process has used stays. */
static void
rewrite (GHashTable *forgotten)
{
  g_autoptr (GPtrArray) before = g_steal_pointer (&notes.noted);
  g_autoptr (GString) text = g_string_new (NULL);
  guint surplus = before->len >= NOTES_MAX ? before->len / 2 : 0;

  notes.noted = g_ptr_array_new_with_free_func (g_free);
  g_hash_table_remove_all (notes.known);
  for (guint i = 0; i < before->len; i++)
    {
      const char *directory = g_ptr_array_index (before, i);
      gboolean unwanted = i < surplus || (forgotten != NULL && g_hash_table_contains (forgotten, directory));
      g_autofree char *escaped = g_strescape (directory, NULL);

      if (unwanted && !g_hash_table_contains (notes.used, directory))
        continue;
      remember (g_strdup (directory));
      g_string_append_printf (text, "%s\n", escaped);
    }
  notes.torn = FALSE;
  (void)g_file_set_contents_full (notes.path, text->str, (gssize)text->len,
                                  G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE, 0600, NULL);
}

void
bgc_local_file_notes_add (const char *directory)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&notes.lock);

  if (notes.path == NULL || g_hash_table_contains (notes.used, directory))
    return;
  load ();
  g_hash_table_add (notes.used, g_strdup (directory));
  if (g_hash_table_contains (notes.known, directory))
    return;
  if (notes.noted->len >= NOTES_MAX)
    rewrite (NULL);
  remember (g_strdup (directory));
  write_line (directory);
}

/* ---- looking ---- */

/* Adds what is ours in @directory to @found. FALSE: it was looked through and nothing is there. */
static gboolean
look_into (const char *directory, guint32 tag, GPtrArray *found)
{
  int fd = bgc_local_file_path_open (directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR *stream = fd >= 0 ? fdopendir (fd) : NULL;
  const struct dirent *entry;
  guint before = found->len;

  if (stream == NULL)
    {
      if (fd >= 0)
        close (fd);
      return TRUE; /* an unmounted disk comes back */
    }
  while (found->len < FOUND_MAX && (entry = readdir (stream)) != NULL)
    {
      struct stat status;

      if (bgc_path_has_tag (entry->d_name, tag)
          && fstatat (fd, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG (status.st_mode)
          && status.st_uid == geteuid () && status.st_nlink == 1)
        g_ptr_array_add (found, bgc_placement_new (found->len, directory, entry->d_name, NULL, status.st_dev,
                                                   status.st_ino, FALSE));
    }
  closedir (stream);
  return found->len > before;
}

static void
copy_noted (GPtrArray *directories)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&notes.lock);

  if (notes.path == NULL)
    return;
  load ();
  for (guint i = 0; i < notes.noted->len; i++)
    g_ptr_array_add (directories, g_strdup (g_ptr_array_index (notes.noted, i)));
}

static void
look (guint32 tag)
{
  g_autoptr (GPtrArray) directories = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GPtrArray) found = g_ptr_array_new_with_free_func ((GDestroyNotify)bgc_placement_free);
  g_autoptr (GHashTable) empty = g_hash_table_new (g_str_hash, g_str_equal);

  copy_noted (directories);
  /* Without the lock: a file system that hangs must not stop transfers elsewhere. */
  for (guint i = 0; i < directories->len; i++)
    if (!look_into (g_ptr_array_index (directories, i), tag, found))
      g_hash_table_add (empty, g_ptr_array_index (directories, i));
  g_mutex_lock (&notes.lock);
  g_clear_pointer (&notes.found, g_ptr_array_unref);
  notes.found = g_steal_pointer (&found);
  if (g_hash_table_size (empty) > 0)
    rewrite (empty);
  g_mutex_unlock (&notes.lock);
}

GPtrArray *
bgc_local_file_notes_find (guint32 tag, guint first, guint limit)
{
  GPtrArray *part = g_ptr_array_new_with_free_func ((GDestroyNotify)bgc_placement_free);
  g_autoptr (GMutexLocker) locker = NULL;

  if (first == 0)
    look (tag);
  locker = g_mutex_locker_new (&notes.lock);
  for (guint i = first; notes.found != NULL && i < notes.found->len && part->len < limit; i++)
    g_ptr_array_add (part, bgc_placement_copy (g_ptr_array_index (notes.found, i)));
  if (part->len == 0)
    g_clear_pointer (&notes.found, g_ptr_array_unref);
  return part;
}
