/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "server/bgc-password-file.h"

#include <crypt.h>
#include <gio/gio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/bgc-error.h"

#define CREDENTIALS_MAX 1024u            /* bytes of an Authorization header's value */
#define USER_MAX 64u                     /* bytes of a user's name; it also names a directory */
#define REMEMBERED_MAX 256u              /* credentials that were right and need no hash again */
#define REMEMBERED_FOR (300 * G_USEC_PER_SEC) /* microseconds */
/* Checked where the user is unknown, so that the time taken does not tell. Of no password. */
#define NOBODY                                                                                               \
  "$6$bgcopyserver$xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"

struct _BgcPasswordFile
{
  char *path;             /* (owned) */
  GMutex lock;            /* over all below */
  struct timespec mtime;  /* of the file when it was read */
  guint64 inode;
  GHashTable *hashes;     /* (owned) user → hash */
  GHashTable *remembered; /* (owned) header value → monotonic time until which it counts, microseconds */
};

BgcPasswordFile *
bgc_password_file_new (const char *path)
{
  BgcPasswordFile *self = g_new0 (BgcPasswordFile, 1);

  self->path = g_strdup (path);
  g_mutex_init (&self->lock);
  self->hashes = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  self->remembered = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);

  return self;
}

void
bgc_password_file_free (BgcPasswordFile *self)
{
  g_hash_table_unref (self->hashes);
  g_hash_table_unref (self->remembered);
  g_mutex_clear (&self->lock);
  g_free (self->path);
  g_free (self);
}

static void
read_lines (BgcPasswordFile *self, const char *contents)
{
  g_auto (GStrv) lines = g_strsplit (contents, "\n", -1);

  for (guint i = 0; lines[i] != NULL; i++)
    {
      char *colon = strchr (g_strstrip (lines[i]), ':');

      if (lines[i][0] == '#' || colon == NULL || colon == lines[i])
        continue;
      *colon = '\0';
      g_hash_table_replace (self->hashes, g_strdup (lines[i]), g_strdup (colon + 1));
    }
}

/* With the lock held. A file that cannot be read lets nobody in. */
static void
refresh (BgcPasswordFile *self)
{
  g_autofree char *contents = NULL;
  struct stat status;

  if (stat (self->path, &status) == 0 && status.st_mtim.tv_sec == self->mtime.tv_sec
      && status.st_mtim.tv_nsec == self->mtime.tv_nsec && status.st_ino == self->inode)
    return;

  g_hash_table_remove_all (self->hashes);
  g_hash_table_remove_all (self->remembered);
  self->inode = 0;
  if (!g_file_get_contents (self->path, &contents, NULL, NULL))
    {
      g_warning ("cannot read %s: nobody is let in", self->path);
      return;
    }
  self->mtime = status.st_mtim;
  self->inode = status.st_ino;
  read_lines (self, contents);
}

/* "Basic BASE64" → user and password. */
static gboolean
parse (const char *authorization, char **user, char **password)
{
  g_autofree guchar *decoded = NULL;
  g_autofree char *text = NULL;
  gsize length = 0;
  char *colon;

  if (authorization == NULL || strlen (authorization) > CREDENTIALS_MAX
      || g_ascii_strncasecmp (authorization, "Basic ", 6) != 0)
    return FALSE;
  decoded = g_base64_decode (authorization + 6, &length);
  if (decoded == NULL || memchr (decoded, '\0', length) != NULL)
    return FALSE;
  text = g_strndup ((const char *) decoded, length);
  colon = strchr (text, ':');
  if (colon == NULL || colon == text || (gsize) (colon - text) > USER_MAX)
    return FALSE;
  *password = g_strdup (colon + 1);
  *colon = '\0';
  *user = g_steal_pointer (&text);

  return TRUE;
}

/* Compares all bytes whatever the first ones are. */
static gboolean
equal_in_constant_time (const char *a, const char *b)
{
  gsize length = strlen (a);
  guint difference = 0;

  if (strlen (b) != length)
    return FALSE;
  for (gsize i = 0; i < length; i++)
    difference |= (guint) ((guchar) a[i] ^ (guchar) b[i]);

  return difference == 0;
}

static gboolean
password_fits (const char *password, const char *hash)
{
  g_autofree struct crypt_data *data = g_new0 (struct crypt_data, 1);
  const char *result = crypt_r (password, hash, data);

  return result != NULL && result[0] != '*' && equal_in_constant_time (result, hash);
}

static gboolean
is_remembered (BgcPasswordFile *self, const char *authorization)
{
  const gint64 *until = g_hash_table_lookup (self->remembered, authorization);

  return until != NULL && *until > g_get_monotonic_time ();
}

static void
remember (BgcPasswordFile *self, const char *authorization)
{
  gint64 until = g_get_monotonic_time () + REMEMBERED_FOR;

  if (g_hash_table_size (self->remembered) >= REMEMBERED_MAX)
    g_hash_table_remove_all (self->remembered);
  g_hash_table_replace (self->remembered, g_strdup (authorization), g_memdup2 (&until, sizeof until));
}

char *
bgc_password_file_check (BgcPasswordFile *self, const char *authorization, GError **error)
{
  g_autofree char *user = NULL;
  g_autofree char *password = NULL;
  g_autofree char *hash = NULL;
  gboolean right = FALSE, known = FALSE;

  if (parse (authorization, &user, &password))
    {
      g_mutex_lock (&self->lock);
      refresh (self);
      hash = g_strdup (g_hash_table_lookup (self->hashes, user));
      known = is_remembered (self, authorization);
      g_mutex_unlock (&self->lock);

      right = known || (password_fits (password, hash != NULL ? hash : NOBODY) && hash != NULL);
    }
  if (!right)
    {
      g_set_error_literal (error, BGC_ERROR, BGC_ERROR_AUTHENTICATION_REQUIRED, "User or password is wrong");
      return NULL;
    }
  if (!known)
    {
      g_mutex_lock (&self->lock);
      remember (self, authorization);
      g_mutex_unlock (&self->lock);
    }

  return g_steal_pointer (&user);
}
