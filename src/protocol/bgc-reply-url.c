/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "protocol/bgc-reply-url.h"

#include <string.h>

#include "base/bgc-error.h"
#include "protocol/bgc-bits-ack.h"
#include "protocol/bgc-host-id.h"

#define URL_FLAGS (G_URI_FLAGS_ENCODED | G_URI_FLAGS_SCHEME_NORMALIZE)

/* What may stand in a URL as it is, besides letters and digits; brackets only in a host. */
#define LEGAL_MARKS "-._~:/?#@!$&'()*+,;=%[]"

/* "\" becomes "/", what no URL may hold becomes %XX. NULL for control characters. */
static char *
make_legal (const char *reply)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for (const char *p = reply; *p != '\0'; p++)
    {
      if (g_ascii_iscntrl (*p))
        return NULL;
      if (*p == '\\')
        g_string_append_c (text, '/');
      else if (g_ascii_isalnum (*p) || strchr (LEGAL_MARKS, *p) != NULL)
        g_string_append_c (text, *p);
      else
        g_string_append_printf (text, "%%%02X", (guint) (guchar) *p);
    }

  return g_string_free (g_steal_pointer (&text), FALSE);
}

static gboolean
is_allowed (GUri *base, GUri *resolved)
{
  const char *scheme = g_uri_get_scheme (resolved);
  const char *host = g_uri_get_host (resolved);

  /* The parser undid escapes in the host: a space or a slash may stand there now. */
  if (!bgc_host_id_is_valid (host) || g_uri_get_userinfo (resolved) != NULL)
    return FALSE;
  if (strcmp (scheme, "https") == 0)
    return TRUE;

  return strcmp (scheme, "http") == 0 && strcmp (g_uri_get_scheme (base), "https") != 0;
}

char *
bgc_reply_url_resolve (const char *base, const char *reply, GError **error)
{
  g_autoptr (GUri) from = base != NULL ? g_uri_parse (base, URL_FLAGS, NULL) : NULL;
  g_autoptr (GUri) to = NULL;
  g_autofree char *legal = NULL;
  g_autofree char *text = NULL;

  if (reply != NULL && *reply != '\0' && strlen (reply) <= BGC_BITS_REPLY_URL_MAX)
    legal = make_legal (reply);
  if (from != NULL && legal != NULL)
    to = g_uri_parse_relative (from, legal, URL_FLAGS, NULL);
  if (to == NULL || !is_allowed (from, to))
    {
      g_set_error_literal (error, BGC_ERROR, BGC_ERROR_INVALID_SERVER_RESPONSE,
                           "The server's reply URL is not valid");
      return NULL;
    }
  text = g_uri_to_string_partial (to, G_URI_HIDE_FRAGMENT);

  return g_steal_pointer (&text);
}
