/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "model/bgc-job-secrets-variant.h"

#include "model/bgc-custom-header.h"

static gboolean
is_text (const char *text)
{
  return text != NULL && g_utf8_validate (text, -1, NULL);
}

static GVariant *
write_logins (const BgcJobSecrets *self)
{
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a(ssss)"));
  for (guint i = 0; i < self->logins->len; i++)
    {
      const BgcLogin *login = g_ptr_array_index (self->logins, i);

      if (is_text (login->user) && is_text (login->password))
        g_variant_builder_add (&builder, "(ssss)", bgc_enums_login_target_to_string (login->target),
                               bgc_enums_login_scheme_to_string (login->scheme), login->user,
                               login->password);
    }
  return g_variant_builder_end (&builder);
}

GVariant *
bgc_job_secrets_variant_new (const BgcJobSecrets *self)
{
  GVariantDict dict;

  g_variant_dict_init (&dict, NULL);
  if (self == NULL)
    return g_variant_dict_end (&dict);
  if (self->logins->len > 0)
    g_variant_dict_insert_value (&dict, "logins", write_logins (self));
  if (self->headers != NULL)
    g_variant_dict_insert (&dict, "headers", "^as", self->headers);
  if (is_text (self->certificate))
    g_variant_dict_insert (&dict, "certificate", "s", self->certificate);
  if (is_text (self->key))
    g_variant_dict_insert (&dict, "key", "s", self->key);
  return g_variant_dict_end (&dict);
}

static void
read_logins (BgcJobSecrets *self, GVariant *dict)
{
  const char *target_word, *scheme_word, *user, *password;
  g_autoptr (GVariantIter) logins = NULL;
  BgcLoginTarget target;
  BgcLoginScheme scheme;

  if (!g_variant_lookup (dict, "logins", "a(ssss)", &logins))
    return;
  while (g_variant_iter_next (logins, "(&s&s&s&s)", &target_word, &scheme_word, &user, &password))
    if (bgc_enums_login_target_from_string (target_word, &target)
        && bgc_enums_login_scheme_from_string (scheme_word, &scheme))
      bgc_job_secrets_set_login (self, bgc_login_new (target, scheme, user, password));
}

static void
read_headers (BgcJobSecrets *self, GVariant *dict)
{
  g_autofree const char **headers = NULL;

  if (!g_variant_lookup (dict, "headers", "^a&s", &headers))
    return;
  for (guint i = 0; headers[i] != NULL; i++)
    if (!bgc_custom_header_check (headers[i], NULL))
      return;
  bgc_job_secrets_set_headers (self, headers, TRUE);
}

BgcJobSecrets *
bgc_job_secrets_variant_read (GVariant *dict)
{
  g_autoptr (BgcJobSecrets) self = bgc_job_secrets_new ();
  const char *certificate = NULL, *key = NULL;

  read_logins (self, dict);
  read_headers (self, dict);
  g_variant_lookup (dict, "certificate", "&s", &certificate);
  g_variant_lookup (dict, "key", "&s", &key);
  bgc_job_secrets_set_certificate (self, certificate, key);
  return bgc_job_secrets_is_empty (self) ? NULL : g_steal_pointer (&self);
}
