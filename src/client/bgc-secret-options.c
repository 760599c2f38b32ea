/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "client/bgc-secret-options.h"

#include <glib/gi18n.h>
#include <string.h>

#include "base/bgc-text.h"
#include "client/bgc-secret-input.h"

void
bgc_secret_options_clear (BgcSecretOptions *self)
{
  g_clear_pointer (&self->user, g_free);
  g_clear_pointer (&self->password_file, g_free);
  g_clear_pointer (&self->proxy_user, g_free);
  g_clear_pointer (&self->proxy_password_file, g_free);
  g_clear_pointer (&self->bearer_file, g_free);
  g_clear_pointer (&self->headers, bgc_text_wipe_all);
  g_clear_pointer (&self->logins, g_ptr_array_unref);
  g_clear_pointer (&self->lines, g_variant_unref);
}

void
bgc_secret_options_add_entries (BgcSecretOptions *self, GArray *entries)
{
  const GOptionEntry mine[] = {
    { "user", 'u', 0, G_OPTION_ARG_STRING, &self->user,
      N_("User name for the server; the password is asked for"), N_("NAME") },
    { "password-file", 0, 0, G_OPTION_ARG_FILENAME, &self->password_file,
      N_("The first line is the password; - = standard input"), N_("FILE") },
    { "proxy-user", 0, 0, G_OPTION_ARG_STRING, &self->proxy_user, N_("User name for the proxy"), N_("NAME") },
    { "proxy-password-file", 0, 0, G_OPTION_ARG_FILENAME, &self->proxy_password_file,
      N_("The first line is the password for the proxy"), N_("FILE") },
    { "bearer-file", 0, 0, G_OPTION_ARG_FILENAME, &self->bearer_file,
      N_("The first line is a token for the server"), N_("FILE") },
    { "header", 'H', 0, G_OPTION_ARG_STRING_ARRAY, &self->headers,
      N_("“Name: value” for each request, or @FILE with such lines"), N_("HEADER") },
  };

  g_array_append_vals (entries, mine, G_N_ELEMENTS (mine));
}

static gboolean
check (const BgcSecretOptions *self, const BgcCommandLine *line, BgcExitCode *exit_code)
{
  const char *const files[] = { self->password_file, self->proxy_password_file, self->bearer_file };
  const char *message = NULL;
  guint n_standard = 0;

  for (gsize i = 0; i < G_N_ELEMENTS (files); i++)
    n_standard += g_strcmp0 (files[i], "-") == 0;
  if (self->password_file != NULL && self->user == NULL)
    message = _("--password-file needs --user");
  else if (self->proxy_password_file != NULL && self->proxy_user == NULL)
    message = _("--proxy-password-file needs --proxy-user");
  else if (n_standard > 1)
    message = _("only one of the files can be standard input");
  if (message != NULL)
    *exit_code = bgc_command_misused (line, message);
  return message == NULL;
}

static void
add_login (BgcSecretOptions *self, const char *target, const char *scheme, const char *user,
           const char *password)
{
  GVariant *login = g_variant_new ("(ssss)", target, scheme, user, password);

  g_ptr_array_add (self->logins, g_variant_ref_sink (login));
}

/* Whichever of the two the server asks for. */
static gboolean
collect_password (BgcSecretOptions *self, const char *target, const char *user, const char *path,
                  const char *prompt, GError **error)
{
  char *password;

  if (user == NULL)
    return TRUE;
  password = path != NULL ? bgc_secret_input_read_line (path, error) : bgc_secret_input_ask (prompt, error);
  if (password == NULL)
    return FALSE;
  if (!g_utf8_validate (password, -1, NULL))
    {
      bgc_text_wipe (password);
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, _("the password is no valid UTF-8"));
      return FALSE;
    }
  add_login (self, target, "basic", user, password);
  add_login (self, target, "digest", user, password);
  bgc_text_wipe (password);
  return TRUE;
}

static gboolean
collect_token (BgcSecretOptions *self, GError **error)
{
  char *token;

  if (self->bearer_file == NULL)
    return TRUE;
  token = bgc_secret_input_read_line (self->bearer_file, error);
  if (token == NULL)
    return FALSE;
  add_login (self, "server", "bearer", "", token);
  bgc_text_wipe (token);
  return TRUE;
}

static gboolean
collect_headers (BgcSecretOptions *self, GError **error)
{
  GVariantBuilder builder;

  if (self->headers == NULL)
    return TRUE;
  g_variant_builder_init (&builder, G_VARIANT_TYPE_STRING_ARRAY);
  for (char **header = self->headers; *header != NULL; header++)
    {
      char **lines;

      if ((*header)[0] != '@')
        {
          g_variant_builder_add (&builder, "s", *header);
          continue;
        }
      lines = bgc_secret_input_read_lines (*header + 1, error);
      if (lines == NULL)
        {
          g_variant_builder_clear (&builder);
          return FALSE;
        }
      for (guint i = 0; lines[i] != NULL; i++)
        g_variant_builder_add (&builder, "s", lines[i]);
      bgc_text_wipe_all (lines);
    }
  self->lines = g_variant_ref_sink (g_variant_new ("(asb)", &builder, TRUE));
  return TRUE;
}

gboolean
bgc_secret_options_collect (BgcSecretOptions *self, const BgcCommandLine *line, BgcExitCode *exit_code)
{
  g_autofree char *prompt = g_strdup_printf (_("Password of %s: "), self->user);
  g_autofree char *proxy_prompt = g_strdup_printf (_("Password of %s for the proxy: "), self->proxy_user);
  g_autoptr (GError) error = NULL;

  if (!check (self, line, exit_code))
    return FALSE;
  self->logins = g_ptr_array_new_with_free_func ((GDestroyNotify) g_variant_unref);
  if (collect_password (self, "server", self->user, self->password_file, prompt, &error)
      && collect_password (self, "proxy", self->proxy_user, self->proxy_password_file, proxy_prompt, &error)
      && collect_token (self, &error) && collect_headers (self, &error))
    return TRUE;
  bgc_command_complain ("%s", error->message);
  *exit_code = BGC_EXIT_CODE_USAGE;
  return FALSE;
}

gboolean
bgc_secret_options_are_given (const BgcSecretOptions *self)
{
  return (self->logins != NULL && self->logins->len > 0) || self->lines != NULL;
}

static gboolean
call (BgcClient *client, const char *path, const char *method, GVariant *arguments, GError **error)
{
  g_autoptr (GVariant) reply = bgc_client_call_job (client, path, method, arguments, "()", error);

  return reply != NULL;
}

gboolean
bgc_secret_options_give (const BgcSecretOptions *self, BgcClient *client, const char *path, GError **error)
{
  for (guint i = 0; i < self->logins->len; i++)
    if (!call (client, path, "SetCredentials", g_ptr_array_index (self->logins, i), error))
      return FALSE;
  return self->lines == NULL || call (client, path, "SetCustomHeaders", self->lines, error);
}
