/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "server/bgc-session-store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bgc-error.h"
#include "protocol/bgc-session-id.h"

#define EVERYBODY "anonymous"  /* owner's directory where nobody has to say who he is */
#define USER_PREFIX "u-"       /* of all other owners' directories: no user is called like the one above */
#define LIMIT_LOCK ".limit"    /* held while sessions are counted and one is added */
#define ORPHAN_AGE                                                                                           \
  3600 /* seconds a file without a record is left alone: its session may just be coming to be */
#define ID_LENGTH 32u          /* digits of an id in a file's name */

struct _BgcSessionStore
{
  const BgcServerDirectory *directory; /* (borrowed) */
  BgcRandomSource fill_with_random;
  int root;     /* (owned) descriptor of the upload directory */
  int sessions; /* (owned) descriptor of its session directory */
};

static gboolean
fail (GError **error, const char *what)
{
  int saved = errno;

  if (saved == ENOSPC || saved == EDQUOT)
    g_set_error (error, BGC_ERROR, BGC_ERROR_NO_SPACE, "%s: %s", what, g_strerror (saved));
  else
    g_set_error (error, G_IO_ERROR, g_io_error_from_errno (saved), "%s: %s", what, g_strerror (saved));

  return FALSE;
}

BgcSessionStore *
bgc_session_store_new (const BgcServerDirectory *directory, BgcRandomSource random, GError **error)
{
  g_autoptr (BgcSessionStore) self = g_new0 (BgcSessionStore, 1);

  self->directory = directory;
  self->fill_with_random = random;
  self->sessions = -1;
  self->root = open (directory->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (self->root < 0)
    {
      fail (error, directory->path);
      return NULL;
    }
  if (mkdirat (self->root, BGC_UPLOAD_TARGET_SESSIONS, directory->directory_mode) != 0 && errno != EEXIST)
    {
      fail (error, "Cannot make the session directory");
      return NULL;
    }
  self->sessions
    = openat (self->root, BGC_UPLOAD_TARGET_SESSIONS, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
  if (self->sessions < 0 || fsync (self->root) != 0)
    {
      fail (error, "Cannot open the session directory");
      return NULL;
    }

  return g_steal_pointer (&self);
}

void
bgc_session_store_free (BgcSessionStore *self)
{
  if (self->root >= 0)
    close (self->root);
  if (self->sessions >= 0)
    close (self->sessions);
  g_free (self);
}

const BgcServerDirectory *
bgc_session_store_directory (BgcSessionStore *self)
{
  return self->directory;
}

/* The name of an owner's directory: letters and digits as they are, everything else as =XX. */
static char *
owner_name (const char *user)
{
  GString *name;

  if (user == NULL)
    return g_strdup (EVERYBODY);

  name = g_string_new (USER_PREFIX);
  for (const char *p = user; *p != '\0'; p++)
    {
      if (g_ascii_isalnum (*p) || *p == '_' || *p == '-')
        g_string_append_c (name, *p);
      else
        g_string_append_printf (name, "=%02x", (guint) (guchar) *p);
    }

  return g_string_free (name, FALSE);
}

static int
open_folder (BgcSessionStore *self, const char *owner, gboolean make, GError **error)
{
  int folder;

  if (make && mkdirat (self->sessions, owner, self->directory->directory_mode) == 0)
    fsync (self->sessions);
  folder = openat (self->sessions, owner, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
  if (folder < 0)
    fail (error, "Cannot open the owner's sessions");

  return folder;
}

/* A stream over @folder, which stays open. */
static DIR *
list (int folder)
{
  int copy = openat (folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR *stream = copy >= 0 ? fdopendir (copy) : NULL;

  if (stream == NULL && copy >= 0)
    close (copy);

  return stream;
}

static gboolean
is_session (const char *name)
{
  return strlen (name) == ID_LENGTH + strlen (".session") && g_str_has_suffix (name, ".session");
}

static gboolean
check_count (BgcSessionStore *self, int folder, GError **error)
{
  DIR *stream;
  guint64 n_sessions = 0;

  if (self->directory->session_limit == 0)
    return TRUE;

  stream = list (folder);
  if (stream == NULL)
    return fail (error, "Cannot count the sessions");
  for (struct dirent *entry = readdir (stream); entry != NULL; entry = readdir (stream))
    n_sessions += is_session (entry->d_name) ? 1 : 0;
  closedir (stream);
  if (n_sessions < self->directory->session_limit)
    return TRUE;
  g_set_error_literal (error, BGC_ERROR, BGC_ERROR_LIMITS_EXCEEDED,
                       "This user has as many sessions as he may have");

  return FALSE;
}

/* Bytes that the unfinished uploads of one owner take. */
static guint64
temporary_bytes_of (int folder)
{
  DIR *stream = list (folder);
  guint64 sum = 0;

  if (stream == NULL)
    return 0;
  for (struct dirent *entry = readdir (stream); entry != NULL; entry = readdir (stream))
    {
      struct stat status;

      if (g_str_has_suffix (entry->d_name, ".data")
          && fstatat (folder, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) == 0)
        sum += (guint64) status.st_blocks * 512;
    }
  closedir (stream);

  return sum;
}

static gboolean
check_temporary (BgcSessionStore *self, GError **error)
{
  guint64 sum = 0;
  DIR *stream;

  if (self->directory->temporary_limit == 0)
    return TRUE;

  stream = list (self->sessions);
  for (struct dirent *entry = stream != NULL ? readdir (stream) : NULL; entry != NULL;
       entry = readdir (stream))
    {
      int folder = entry->d_name[0] != '.' ? open_folder (self, entry->d_name, FALSE, NULL) : -1;

      sum += folder >= 0 ? temporary_bytes_of (folder) : 0;
      if (folder >= 0)
        close (folder);
    }
  if (stream != NULL)
    closedir (stream);
  if (sum < self->directory->temporary_limit)
    return TRUE;
  g_set_error_literal (error, BGC_ERROR, BGC_ERROR_NO_SPACE, "Unfinished uploads take as much as they may");

  return FALSE;
}

static gboolean
check_target (BgcSessionStore *self, const char *url, GError **error)
{
  g_auto (BgcUploadTarget) target = { NULL, NULL };
  g_auto (GStrv) parts = g_strsplit (url, "?", 2);
  g_autoptr (GError) local = NULL;
  gboolean exists;
  int parent;

  if (!bgc_upload_target_parse (parts[0] + strlen (self->directory->url), &target, error))
    return FALSE;
  parent = bgc_upload_target_open_parent (&target, self->root, error);
  if (parent < 0)
    return FALSE;
  exists = bgc_upload_target_exists (&target, parent, &local);
  if (local == NULL && faccessat (parent, ".", W_OK, AT_EACCESS) != 0)
    g_set_error_literal (&local, BGC_ERROR, BGC_ERROR_ACCESS_DENIED, "The directory is not writable");
  close (parent);
  if (local == NULL && exists && !self->directory->allow_overwrites)
    g_set_error_literal (&local, BGC_ERROR, BGC_ERROR_FILE_EXISTS, "The file is there already");
  if (local == NULL)
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&local));

  return FALSE;
}

/* Made under a name that is no session, whole, then named. */
static gboolean
make_files (int folder, const char *id, const char *url, GError **error)
{
  g_autofree char *data = g_strconcat (id, ".data", NULL);
  g_autofree char *fresh = g_strconcat (id, ".new", NULL);
  g_autofree char *named = g_strconcat (id, ".session", NULL);
  BgcSessionRecord record = { .url = (char *) url, .active = g_get_real_time () };
  int file = openat (folder, data, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
  gboolean done;

  if (file < 0)
    return fail (error, "Cannot make the session's data file");
  close (file);
  file = openat (folder, fresh, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (file < 0)
    return fail (error, "Cannot make the session's record");

  /* Twice: both slots have their blocks then, and a full disk does not stop a later write. */
  done = bgc_session_record_write (file, &record, error) && bgc_session_record_write (file, &record, error);
  close (file);
  if (done && (renameat (folder, fresh, folder, named) != 0 || fsync (folder) != 0))
    done = fail (error, "Cannot make the session's record");
  if (!done)
    {
      unlinkat (folder, fresh, 0);
      unlinkat (folder, named, 0);
      unlinkat (folder, data, 0);
    }

  return done;
}

/* Holds the owner's limit lock while it counts and adds, so that no two processes pass the limit together. */
static gboolean
add_within_limits (BgcSessionStore *self, int folder, const char *id, const char *url, GError **error)
{
  struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
  int limit = openat (folder, LIMIT_LOCK, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  gboolean done;

  if (limit < 0)
    return fail (error, "Cannot open the lock of the owner's sessions");
  while (fcntl (limit, F_OFD_SETLKW, &lock) != 0)
    {
      if (errno == EINTR)
        continue;
      fail (error, "Cannot lock the owner's sessions");
      close (limit);
      return FALSE;
    }
  done = check_count (self, folder, error) && make_files (folder, id, url, error);
  close (limit);

  return done;
}

char *
bgc_session_store_create (BgcSessionStore *self, const char *user, const char *url, GError **error)
{
  g_autofree char *owner = owner_name (user);
  g_autofree char *name = NULL;
  guint8 id[BGC_SESSION_ID_BYTES];
  gboolean done;
  int folder;

  if (!check_target (self, url, error) || !check_temporary (self, error))
    return NULL;
  if (!self->fill_with_random (id, sizeof id))
    {
      g_set_error_literal (error, BGC_ERROR, BGC_ERROR_STORE_FAILED, "There are no random numbers");
      return NULL;
    }
  folder = open_folder (self, owner, TRUE, error);
  if (folder < 0)
    return NULL;
  name = bgc_session_id_file_name (id);
  done = add_within_limits (self, folder, name, url, error);
  close (folder);

  return done ? bgc_session_id_format (id) : NULL;
}

static BgcSession *
open_named (BgcSessionStore *self, const char *owner, const char *name, GError **error)
{
  g_autofree char *file_name = g_strconcat (name, ".session", NULL);
  int folder = open_folder (self, owner, FALSE, NULL);
  int file = folder >= 0 ? openat (folder, file_name, O_RDWR | O_CLOEXEC | O_NOFOLLOW) : -1;

  if (file < 0)
    {
      if (folder >= 0)
        close (folder);
      g_set_error_literal (error, BGC_ERROR, BGC_ERROR_SESSION_NOT_FOUND, "No such session");
      return NULL;
    }

  return bgc_session_new (self->directory, self->root, folder, file, owner, name);
}

BgcSession *
bgc_session_store_open (BgcSessionStore *self, const char *user, const char *id, GError **error)
{
  g_autofree char *owner = owner_name (user);
  g_autofree char *name = NULL;
  guint8 bytes[BGC_SESSION_ID_BYTES];

  if (!bgc_session_id_parse (id, bytes))
    {
      g_set_error_literal (error, BGC_ERROR, BGC_ERROR_SESSION_NOT_FOUND, "No such session");
      return NULL;
    }
  /* From the bytes, never from what the client sent. */
  name = bgc_session_id_file_name (bytes);

  return open_named (self, owner, name, error);
}

int
bgc_session_store_open_reply (BgcSessionStore *self, const char *user, const char *name, GError **error)
{
  g_autofree char *owner = owner_name (user);
  g_autofree char *reply = g_strconcat (name, ".reply", NULL);
  int folder = open_folder (self, owner, FALSE, NULL);
  int file = folder >= 0 ? openat (folder, reply, O_RDONLY | O_CLOEXEC | O_NOFOLLOW) : -1;
  struct stat status;

  if (folder >= 0)
    close (folder);
  if (file >= 0 && (fstat (file, &status) != 0 || !S_ISREG (status.st_mode)))
    {
      close (file);
      file = -1;
    }
  if (file < 0)
    g_set_error_literal (error, BGC_ERROR, BGC_ERROR_NOT_FOUND, "No such reply");

  return file;
}

/* TRUE if it was removed: nobody works on it, and nobody did for too long. */
static gboolean
sweep_session (BgcSessionStore *self, const char *owner, const char *name)
{
  g_autofree char *id = g_strndup (name, ID_LENGTH);
  g_autoptr (BgcSession) session = open_named (self, owner, id, NULL);
  g_autoptr (GError) error = NULL;
  gint64 deadline;

  if (session == NULL)
    return FALSE;
  if (!bgc_session_try_lock (session, &error))
    {
      /* Marked as gone and its removal cut short, or its record is torn: nobody can use it any more. */
      if (error != NULL && g_error_matches (error, BGC_ERROR, BGC_ERROR_SESSION_NOT_FOUND))
        bgc_session_drop (session);
      return error != NULL;
    }
  deadline = session->record.active / G_USEC_PER_SEC + (gint64) self->directory->session_timeout;
  if (g_get_real_time () / G_USEC_PER_SEC < deadline)
    return FALSE;
  g_message ("session %s timed out", id);
  bgc_session_drop (session);

  return TRUE;
}

static void
sweep_orphan (BgcSessionStore *self, int folder, const char *name)
{
  g_autofree char *id = g_strndup (name, ID_LENGTH);
  g_autofree char *session = g_strconcat (id, ".session", NULL);
  gint64 age = MIN ((gint64) ORPHAN_AGE, (gint64) MIN (self->directory->session_timeout, ORPHAN_AGE));
  struct stat status;

  if (strlen (id) != ID_LENGTH || faccessat (folder, session, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
    return;
  if (fstatat (folder, name, &status, AT_SYMLINK_NOFOLLOW) == 0
      && g_get_real_time () / G_USEC_PER_SEC - (gint64) status.st_mtime >= age)
    unlinkat (folder, name, 0);
}

static guint
sweep_owner (BgcSessionStore *self, const char *owner)
{
  int folder = open_folder (self, owner, FALSE, NULL);
  DIR *stream = folder >= 0 ? list (folder) : NULL;
  guint n_removed = 0;

  for (struct dirent *entry = stream != NULL ? readdir (stream) : NULL; entry != NULL;
       entry = readdir (stream))
    {
      if (is_session (entry->d_name))
        n_removed += sweep_session (self, owner, entry->d_name) ? 1 : 0;
      else if (entry->d_name[0] != '.')
        sweep_orphan (self, folder, entry->d_name);
    }
  if (stream != NULL)
    closedir (stream);
  if (folder >= 0)
    close (folder);

  return n_removed;
}

guint
bgc_session_store_sweep (BgcSessionStore *self)
{
  DIR *stream = list (self->sessions);
  guint n_removed = 0;

  for (struct dirent *entry = stream != NULL ? readdir (stream) : NULL; entry != NULL;
       entry = readdir (stream))
    n_removed += entry->d_name[0] != '.' ? sweep_owner (self, entry->d_name) : 0;
  if (stream != NULL)
    closedir (stream);

  return n_removed;
}
