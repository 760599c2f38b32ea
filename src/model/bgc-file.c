/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "model/bgc-file.h"

#include <string.h>

#include "model/bgc-path.h"

BgcFile *
bgc_file_new (guint32 index, const char *remote, const char *local, const char *temporary)
{
  BgcFile *self = g_new0 (BgcFile, 1);

  self->index = index;
  self->state = BGC_FILE_PENDING;
  self->overwrite = TRUE;
  self->remote = g_strdup (remote);
  self->local = g_strdup (local);
  self->temporary = g_strdup (temporary);
  self->expected_size = BGC_SIZE_UNKNOWN;
  self->bytes_total = BGC_SIZE_UNKNOWN;

  return self;
}

BgcFile *
bgc_file_copy (const BgcFile *self)
{
  BgcFile *copy = g_new (BgcFile, 1);

  *copy = *self;
  copy->remote = g_strdup (self->remote);
  copy->local = g_strdup (self->local);
  copy->identity = g_strdup (self->identity);
  copy->temporary = g_strdup (self->temporary);
  copy->checksum = g_strdup (self->checksum);
  copy->etag = g_strdup (self->etag);
  copy->last_modified = g_strdup (self->last_modified);
  copy->failure = bgc_failure_copy (self->failure);

  return copy;
}

void
bgc_file_free (BgcFile *self)
{
  if (self == NULL)
    return;

  g_free (self->remote);
  g_free (self->local);
  g_free (self->identity);
  g_free (self->temporary);
  g_free (self->checksum);
  g_free (self->etag);
  g_free (self->last_modified);
  bgc_failure_free (self->failure);
  g_free (self);
}

gboolean
bgc_file_is_source (const BgcFile *self)
{
  return self->temporary[0] == '\0';
}

gboolean
bgc_file_has_temporary (const BgcFile *self)
{
  if (self->state == BGC_FILE_COMPLETED || bgc_file_is_source (self))
    return FALSE;

  return self->device != 0 || self->inode != 0 || self->attempts > 0 || self->bytes_transferred > 0;
}

void
bgc_file_restart (BgcFile *self)
{
  /* Device and inode stay: the temporary file is still there and must be found to be deleted. */
  self->state = BGC_FILE_PENDING;
  self->validated = FALSE;
  self->bytes_transferred = 0;
  self->bytes_total = self->expected_size;
  g_clear_pointer (&self->etag, g_free);
  g_clear_pointer (&self->last_modified, g_free);
  self->server_date = 0;
  self->restarts++;
}

void
bgc_file_renew (BgcFile *self, guint32 tag, GRand *random)
{
  bgc_file_restart (self);
  self->device = self->inode = 0;
  g_free (self->temporary);
  self->temporary = bgc_path_tagged_name (tag, random);
}

static gsize
text_bytes (const char *text)
{
  return text != NULL ? strlen (text) : 0;
}

gsize
bgc_file_stored_bytes (const BgcFile *self)
{
  return text_bytes (self->remote) + text_bytes (self->local) + text_bytes (self->identity)
         + text_bytes (self->temporary) + text_bytes (self->checksum);
}

gboolean
bgc_file_checksum_check (const char *checksum, GError **error)
{
  static const struct
  {
    const char *prefix;
    gsize digits;
  } kinds[] = { { "sha256:", 64 }, { "sha512:", 128 } };

  for (gsize i = 0; checksum != NULL && i < G_N_ELEMENTS (kinds); i++)
    {
      gsize prefix_length = strlen (kinds[i].prefix);
      const char *digits;

      if (g_ascii_strncasecmp (checksum, kinds[i].prefix, prefix_length) != 0)
        continue;

      digits = checksum + prefix_length;
      if (strspn (digits, "0123456789abcdefABCDEF") == kinds[i].digits && digits[kinds[i].digits] == '\0')
        return TRUE;
    }

  g_set_error_literal (error, BGC_ERROR, BGC_ERROR_INVALID_ARGUMENT,
                       "A checksum is sha256: and 64 hex digits, or sha512: and 128");
  return FALSE;
}
