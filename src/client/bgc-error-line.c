/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "client/bgc-error-line.h"

#include <gio/gio.h>
#include <glib/gi18n.h>
#include <string.h>

#include "base/bgc-error.h"
#include "client/bgc-client.h"
#include "client/bgc-display.h"

/* Words with which two sentences begin alike that say the same, one in more detail. */
#define SAME_WORDS 3u

static gboolean
begin_alike (const char *one, const char *other)
{
  guint words = 0;

  while (words < SAME_WORDS && *one != '\0' && g_ascii_tolower (*one) == g_ascii_tolower (*other))
    {
      if (*one == ' ')
        words++;
      one++;
      other++;
    }
  return words == SAME_WORDS;
}

/* What of a message only repeats the sentence adds nothing. */
static char *
join (const char *sentence, const char *untranslated, const char *message)
{
  g_autofree char *safe = bgc_display_text (message);
  gsize length = strlen (untranslated);
  const char *detail = safe;

  if (g_ascii_strncasecmp (safe, untranslated, length) == 0 && g_str_has_prefix (safe + length, ": "))
    detail = safe + length + 2;
  if (detail[0] == '\0' || g_ascii_strcasecmp (detail, untranslated) == 0)
    return g_strdup (sentence);
  if (g_str_equal (sentence, untranslated) && begin_alike (detail, untranslated))
    return g_strdup (detail);
  return g_strdup_printf ("%s: %s", sentence, detail);
}

static char *
for_code (BgcErrorCode code, const char *message)
{
  const char *untranslated = bgc_error_description (code);

  return join (_(untranslated), untranslated, message);
}

char *
bgc_error_line_for_error (const GError *error)
{
  if (error->domain == BGC_ERROR)
    return for_code (error->code, error->message);
  if (g_error_matches (error, G_DBUS_ERROR, G_DBUS_ERROR_UNKNOWN_OBJECT))
    return g_strdup (_("no such job"));
  if (g_error_matches (error, G_DBUS_ERROR, G_DBUS_ERROR_SERVICE_UNKNOWN)
      || g_error_matches (error, G_DBUS_ERROR, G_DBUS_ERROR_NAME_HAS_NO_OWNER))
    return g_strdup_printf (
      _("the service %s is not on this bus; is bgcopyd running? (see --session and --system)"),
      BGC_CLIENT_BUS_NAME);
  if (g_error_matches (error, G_DBUS_ERROR, G_DBUS_ERROR_NO_REPLY)
      || g_error_matches (error, G_DBUS_ERROR, G_DBUS_ERROR_DISCONNECTED)
      || g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CLOSED))
    return g_strdup (_("the service went away before it answered"));
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT))
    return g_strdup (_("the service did not answer in time"));
  return bgc_display_text (error->message);
}

/* Whether it was about a server, or the way there. */
static gboolean
is_remote (GVariant *error)
{
  static const char *const contexts[]
    = { "remote-file", "remote-application", "server-certificate", "transport", NULL };
  const char *context = "";

  g_variant_lookup (error, "context", "&s", &context);
  return g_strv_contains (contexts, context);
}

char *
bgc_error_line_url (GVariant *error)
{
  const char *url = "";

  if (!g_variant_is_of_type (error, G_VARIANT_TYPE_VARDICT) || !is_remote (error))
    return NULL;
  g_variant_lookup (error, "url", "&s", &url);
  return url[0] != '\0' ? bgc_display_text (url) : NULL;
}

/* The sentences are about what the service was asked; some have to say something else about a file. */
static char *
for_file (GVariant *error, BgcErrorCode code, const char *message)
{
  if (code == BGC_ERROR_NOT_FOUND)
    return join (_("The file does not exist"), "The file does not exist", message);
  if (code == BGC_ERROR_ACCESS_DENIED && is_remote (error))
    return join (_("The server refused the file"), "The server refused the file", message);
  /* The message is as general where there is nothing better to say. */
  if (code == BGC_ERROR_INVALID_SERVER_RESPONSE && message[0] != '\0')
    return bgc_display_text (message);
  return for_code (code, message);
}

char *
bgc_error_line_for_job (GVariant *error)
{
  const char *name = NULL;
  const char *message = "";
  guint32 status = 0;
  BgcErrorCode code;
  g_autofree char *line = NULL;
  g_autofree char *number = NULL;

  if (!g_variant_is_of_type (error, G_VARIANT_TYPE_VARDICT) || !g_variant_lookup (error, "name", "&s", &name))
    return NULL;
  g_variant_lookup (error, "message", "&s", &message);
  g_variant_lookup (error, "http-status", "u", &status);
  if (bgc_error_from_name (name, &code))
    line = for_file (error, code, message);
  else
    {
      g_autofree char *safe = bgc_display_text (name);
      line = join (safe, safe, message);
    }
  number = g_strdup_printf ("%u", status);
  /* Often the message has it already. */
  if (status != 0 && strstr (line, number) == NULL)
    return g_strdup_printf (_("%s (HTTP status %u)"), line, status);
  return g_steal_pointer (&line);
}
