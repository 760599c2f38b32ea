/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "model/bgc-url.h"

#include <string.h>

#include "base/bgc-limits.h"
#include "base/bgc-text.h"

/* As the HTTP library parses its URLs, so that what passes here means the same there. */
#define PARSE_FLAGS                                                                                        \
  (G_URI_FLAGS_HAS_PASSWORD | G_URI_FLAGS_ENCODED_PATH | G_URI_FLAGS_ENCODED_QUERY                         \
   | G_URI_FLAGS_ENCODED_FRAGMENT | G_URI_FLAGS_SCHEME_NORMALIZE)

/* The parts of a URL that matter here. All owned. */
typedef struct
{
  char *scheme;
  char *userinfo; /* (nullable) */
  char *host;     /* (nullable) */
  int port;       /* -1 = not given */
  char *path;
} UrlParts;

static void
url_parts_clear (UrlParts *parts)
{
  g_free (parts->scheme);
  g_free (parts->userinfo);
  g_free (parts->host);
  g_free (parts->path);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (UrlParts, url_parts_clear)

/* GLib's own error is dropped: it repeats parts of the URL, a mistyped password among them. */
static gboolean
split (const char *url, UrlParts *parts)
{
  if (url == NULL || !g_utf8_validate (url, -1, NULL))
    return FALSE;

  return g_uri_split (url, PARSE_FLAGS, &parts->scheme, &parts->userinfo, &parts->host, &parts->port,
                      &parts->path, NULL, NULL, NULL);
}

static int
default_port (const char *scheme)
{
  if (g_strcmp0 (scheme, "http") == 0)
    return 80;
  if (g_strcmp0 (scheme, "https") == 0)
    return 443;

  return -1;
}

static int
effective_port (const UrlParts *parts)
{
  return parts->port >= 0 ? parts->port : default_port (parts->scheme);
}

static gboolean
refuse (GError **error, const char *why)
{
  g_set_error_literal (error, BGC_ERROR, BGC_ERROR_INVALID_URL, why);
  return FALSE;
}

static gboolean
has_blank (const char *url)
{
  for (const char *p = url; *p != '\0'; p = g_utf8_next_char (p))
    {
      gunichar character = g_utf8_get_char (p);

      if (g_unichar_iscntrl (character) || g_unichar_isspace (character))
        return TRUE;
    }

  return FALSE;
}

/* A name or an address. Escapes were undone by the parser, so that a "%2F" is a slash here: such a
 * name would mean one server to us and another to whoever reads the URL next. */
static gboolean
is_host (const char *host)
{
  if (host == NULL || *host == '\0')
    return FALSE;
  if (strchr (host, ':') != NULL)
    return g_hostname_is_ip_address (host);

  for (const char *p = host; *p != '\0'; p++)
    {
      if (!g_ascii_isalnum (*p) && strchr ("-._~", *p) == NULL)
        return FALSE;
    }

  return TRUE;
}

gboolean
bgc_url_check (const char *url, GError **error)
{
  g_auto (UrlParts) parts = { .port = -1 };

  if (url == NULL)
    return refuse (error, "The URL is missing");
  if (strlen (url) > BGC_URL_MAX_BYTES)
    {
      g_set_error (error, BGC_ERROR, BGC_ERROR_STRING_TOO_LONG, "The URL has more than %u bytes",
                   BGC_URL_MAX_BYTES);
      return FALSE;
    }
  if (!g_utf8_validate (url, -1, NULL))
    return refuse (error, "The URL is not UTF-8");
  if (has_blank (url))
    return refuse (error, "The URL has a space or a control character in it");
  if (!split (url, &parts))
    return refuse (error, "This is not a URL");
  if (default_port (parts.scheme) < 0)
    return refuse (error, "The URL is neither http nor https");
  if (parts.userinfo != NULL)
    return refuse (error, "The URL carries credentials; these are not supported");
  if (!is_host (parts.host))
    return refuse (error, "The URL names no valid host");
  if (parts.port == 0)
    return refuse (error, "The URL's port is not valid");

  return TRUE;
}

char *
bgc_url_for_display (const char *url)
{
  g_auto (UrlParts) parts = { .port = -1 };
  g_autofree char *joined = NULL;

  if (!split (url, &parts) || parts.scheme == NULL || parts.host == NULL || *parts.host == '\0')
    return g_strdup ("(invalid)");

  joined = g_uri_join (PARSE_FLAGS, parts.scheme, NULL, parts.host, parts.port, parts.path, NULL, NULL);

  return bgc_text_escape (joined, BGC_URL_MAX_BYTES);
}

gboolean
bgc_url_same_origin (const char *a, const char *b)
{
  g_auto (UrlParts) first = { .port = -1 };
  g_auto (UrlParts) second = { .port = -1 };

  if (!split (a, &first) || !split (b, &second))
    return FALSE;
  if (default_port (first.scheme) < 0 || !is_host (first.host) || !is_host (second.host))
    return FALSE;

  return g_strcmp0 (first.scheme, second.scheme) == 0 && g_ascii_strcasecmp (first.host, second.host) == 0
         && effective_port (&first) == effective_port (&second);
}
