/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "store/bgc-secrets-key.h"

#include <errno.h>
#include <fcntl.h>
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/bgc-store-directory.h"
#include "store/bgc-store-error.h"

struct _BgcSecretsKey {
  char *directory; /* (owned) */
  char *path;      /* (owned) */
  gboolean known;  /* bytes are the key */
  guint8 bytes[BGC_SECRETS_KEY_BYTES];
};

static gboolean
refuse (GError **error, const char *path, const char *why)
{
  g_set_error (error, BGC_ERROR, BGC_ERROR_STORE_FAILED, "The key %s %s", path, why);
  return FALSE;
}

/* ---- reading ---------------------------------------------------------------------------------- */

/* @own: it must be ours alone. What the service manager gives it has seen to. */
static gboolean
check (int fd, const char *path, gboolean own, GError **error)
{
  struct stat status;

  if (fstat (fd, &status) != 0)
    return bgc_store_error_set_system ("look at the key", path, error);
  if (!S_ISREG (status.st_mode))
    return refuse (error, path, "is not a regular file");
  if (own && status.st_uid != geteuid ())
    return refuse (error, path, "belongs to another user than the one bgcopyd runs as");
  if (own && (status.st_mode & 0077) != 0)
    return refuse (error, path, "is open to others than its owner: its mode must be 0600");
  if (status.st_size != BGC_SECRETS_KEY_BYTES)
    return refuse (error, path, "is not 32 bytes long");
  return TRUE;
}

static gboolean
read_bytes (BgcSecretsKey *self, int fd, GError **error)
{
  gsize length = 0;

  while (length < sizeof self->bytes)
    {
      ssize_t some = read (fd, self->bytes + length, sizeof self->bytes - length);

      if (some < 0 && errno == EINTR)
        continue;
      if (some < 0)
        return bgc_store_error_set_system ("read the key", self->path, error);
      if (some == 0)
        return refuse (error, self->path, "became shorter while it was read");
      length += (gsize) some;
    }
  self->known = TRUE;
  return TRUE;
}

static gboolean
load (BgcSecretsKey *self, gboolean own, GError **error)
{
  int fd = open (self->path, O_RDONLY | O_CLOEXEC | (own ? O_NOFOLLOW : 0));
  gboolean done;

  if (fd < 0 && errno == ENOENT && own)
    return TRUE;
  if (fd < 0)
    return bgc_store_error_set_system ("open the key", self->path, error);
  done = check (fd, self->path, own, error) && read_bytes (self, fd, error);
  close (fd);
  return done;
}

BgcSecretsKey *
bgc_secrets_key_open (const char *directory, const char *given, GError **error)
{
  g_autoptr (BgcSecretsKey) self = g_new0 (BgcSecretsKey, 1);

  self->directory = g_strdup (directory);
  self->path = given != NULL ? g_strdup (given) : g_build_filename (directory, "secrets.key", NULL);
  if (!load (self, given == NULL, error))
    return NULL;
  return g_steal_pointer (&self);
}

void
bgc_secrets_key_free (BgcSecretsKey *self)
{
  if (self == NULL)
    return;
  explicit_bzero (self->bytes, sizeof self->bytes);
  g_free (self->directory);
  g_free (self->path);
  g_free (self);
}

const guint8 *
bgc_secrets_key_peek (const BgcSecretsKey *self)
{
  return self->known ? self->bytes : NULL;
}

/* ---- making ----------------------------------------------------------------------------------- */

static gboolean
write_bytes (BgcSecretsKey *self, int fd, const char *path, GError **error)
{
  gsize length = 0;

  while (length < sizeof self->bytes)
    {
      ssize_t some = write (fd, self->bytes + length, sizeof self->bytes - length);

      if (some < 0 && errno != EINTR)
        return bgc_store_error_set_system ("write the key", path, error);
      length += some > 0 ? (gsize) some : 0;
    }
  return fsync (fd) == 0 || bgc_store_error_set_system ("sync the key", path, error);
}

/* What stands there is of an attempt that was cut short: the queue's lock keeps others away. */
static gboolean
write_new (BgcSecretsKey *self, const char *path, GError **error)
{
  gboolean done;
  int fd;

  if (unlink (path) != 0 && errno != ENOENT)
    return bgc_store_error_set_system ("replace the key", path, error);
  fd = open (path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0)
    return bgc_store_error_set_system ("create the key", path, error);
  done = write_bytes (self, fd, path, error);
  close (fd);
  return done;
}

/* A key is there whole or not at all, and one that is there is never replaced. */
static gboolean
make (BgcSecretsKey *self, GError **error)
{
  g_autofree char *new = g_strconcat (self->path, ".new", NULL);

  if (gnutls_rnd (GNUTLS_RND_KEY, self->bytes, sizeof self->bytes) < 0)
    return refuse (error, self->path, "cannot be made: there are no random numbers");
  if (!write_new (self, new, error))
    return FALSE;
  if (link (new, self->path) != 0)
    return bgc_store_error_set_system ("create the key", self->path, error);
  if (unlink (new) != 0)
    return bgc_store_error_set_system ("rename the key", new, error);
  return bgc_store_directory_sync (self->directory, error);
}

const guint8 *
bgc_secrets_key_ensure (BgcSecretsKey *self, GError **error)
{
  if (!self->known && !make (self, error))
    {
      explicit_bzero (self->bytes, sizeof self->bytes);
      return NULL;
    }
  self->known = TRUE;
  return self->bytes;
}
