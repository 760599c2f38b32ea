/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "model/bgc-job-secrets.h"

#include <string.h>

#include "base/bgc-text.h"

BgcJobSecrets *
bgc_job_secrets_new (void)
{
  BgcJobSecrets *self = g_new0 (BgcJobSecrets, 1);

  self->logins = g_ptr_array_new_with_free_func ((GDestroyNotify) bgc_login_free);

  return self;
}

BgcJobSecrets *
bgc_job_secrets_copy (const BgcJobSecrets *self)
{
  BgcJobSecrets *copy;

  if (self == NULL)
    return NULL;

  copy = bgc_job_secrets_new ();
  for (guint i = 0; i < self->logins->len; i++)
    g_ptr_array_add (copy->logins, bgc_login_copy (g_ptr_array_index (self->logins, i)));
  bgc_job_secrets_set_headers (copy, (const char *const *) self->headers, self->write_only);
  bgc_job_secrets_set_certificate (copy, self->certificate, self->key);

  return copy;
}

void
bgc_job_secrets_free (BgcJobSecrets *self)
{
  if (self == NULL)
    return;

  g_ptr_array_unref (self->logins);
  bgc_text_wipe_all (self->headers);
  bgc_text_wipe (self->certificate);
  bgc_text_wipe (self->key);
  g_free (self);
}

gboolean
bgc_job_secrets_is_empty (const BgcJobSecrets *self)
{
  return self == NULL || (self->logins->len == 0 && self->headers == NULL && self->certificate == NULL);
}

static gboolean
find (const BgcJobSecrets *self, BgcLoginTarget target, BgcLoginScheme scheme, guint *index)
{
  for (guint i = 0; self != NULL && i < self->logins->len; i++)
    {
      const BgcLogin *login = g_ptr_array_index (self->logins, i);

      if (login->target == target && login->scheme == scheme)
        {
          *index = i;
          return TRUE;
        }
    }

  return FALSE;
}

void
bgc_job_secrets_set_login (BgcJobSecrets *self, BgcLogin *login)
{
  bgc_job_secrets_remove_login (self, login->target, login->scheme);
  g_ptr_array_add (self->logins, login);
}

gboolean
bgc_job_secrets_remove_login (BgcJobSecrets *self, BgcLoginTarget target, BgcLoginScheme scheme)
{
  guint index;

  if (!find (self, target, scheme, &index))
    return FALSE;

  g_ptr_array_remove_index (self->logins, index);
  return TRUE;
}

const BgcLogin *
bgc_job_secrets_get_login (const BgcJobSecrets *self, BgcLoginTarget target, BgcLoginScheme scheme)
{
  guint index;

  return find (self, target, scheme, &index) ? g_ptr_array_index (self->logins, index) : NULL;
}

void
bgc_job_secrets_set_headers (BgcJobSecrets *self, const char *const *headers, gboolean write_only)
{
  char **copy = headers != NULL && *headers != NULL ? g_strdupv ((char **) headers) : NULL;

  bgc_text_wipe_all (self->headers);
  self->headers = copy;
  self->write_only = copy != NULL && write_only;
}

void
bgc_job_secrets_set_certificate (BgcJobSecrets *self, const char *certificate, const char *key)
{
  char *new_certificate = g_strdup (certificate);
  char *new_key = certificate != NULL ? g_strdup (key) : NULL;

  bgc_text_wipe (self->certificate);
  bgc_text_wipe (self->key);
  self->certificate = new_certificate;
  self->key = new_key;
}

guint
bgc_job_secrets_login_field (BgcLoginTarget target, BgcLoginScheme scheme)
{
  return (guint) target * BGC_N_LOGIN_SCHEMES + (guint) scheme;
}

static gsize
length_of (const char *text)
{
  return text != NULL ? strlen (text) : 0;
}

gsize
bgc_job_secrets_bytes (const BgcJobSecrets *self)
{
  gsize bytes = 0;

  if (self == NULL)
    return 0;

  for (guint i = 0; i < self->logins->len; i++)
    {
      const BgcLogin *login = g_ptr_array_index (self->logins, i);

      bytes += strlen (login->user) + strlen (login->password);
    }
  for (guint i = 0; self->headers != NULL && self->headers[i] != NULL; i++)
    bytes += strlen (self->headers[i]);

  return bytes + length_of (self->certificate) + length_of (self->key);
}
