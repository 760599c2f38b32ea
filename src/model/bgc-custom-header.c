/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "model/bgc-custom-header.h"

#include <string.h>

/* RFC 9110, 5.6.2: what a token may have besides letters and digits. */
#define TOKEN_MARKS "!#$%&'*+-.^_`|~"

/* How a request is framed and where it goes (RFC 9112), which part of a file it asks for, and in which form
 * the bytes come: a second word about these would splice files or requests. A login for a proxy would
 * go to the server where there is no proxy. */
static const char *const reserved[]
  = { "Accept-Encoding", "Connection", "Content-Encoding", "Content-Length", "Content-Range",
      "Expect",          "Host",       "If-Match",         "If-None-Match",  "If-Range",
      "If-Unmodified-Since", "If-Modified-Since", "Keep-Alive", "Proxy-Authorization", "Proxy-Connection",
      "Range",           "TE",         "Trailer",          "Transfer-Encoding", "Tus-Resumable",
      "Upgrade",         "Upload-Length", "Upload-Offset", NULL };

/* What the BITS upload protocol calls all of its own. */
#define BITS_PREFIX "BITS-"

static gboolean
refuse (GError **error, const char *message)
{
  g_set_error_literal (error, BGC_ERROR, BGC_ERROR_INVALID_ARGUMENT, message);
  return FALSE;
}

static gboolean
is_token (const char *text, gsize length)
{
  for (gsize i = 0; i < length; i++)
    {
      if (!g_ascii_isalnum (text[i]) && strchr (TOKEN_MARKS, text[i]) == NULL)
        return FALSE;
    }

  return length > 0;
}

static gboolean
is_value (const char *text)
{
  for (const char *at = text; *at != '\0'; at = g_utf8_next_char (at))
    {
      if (*at != '\t' && g_unichar_iscntrl (g_utf8_get_char (at)))
        return FALSE;
    }

  return TRUE;
}

static gboolean
is_reserved (const char *name)
{
  if (g_ascii_strncasecmp (name, BITS_PREFIX, strlen (BITS_PREFIX)) == 0)
    return TRUE;

  for (const char *const *word = reserved; *word != NULL; word++)
    {
      if (g_ascii_strcasecmp (*word, name) == 0)
        return TRUE;
    }

  return FALSE;
}

gboolean
bgc_custom_header_check (const char *line, GError **error)
{
  const char *colon = line != NULL ? strchr (line, ':') : NULL;
  g_autofree char *name = NULL;

  if (colon == NULL || !is_token (line, (gsize) (colon - line)))
    return refuse (error, "A header is not of the form \"Name: value\"");
  if (!g_utf8_validate (colon, -1, NULL) || !is_value (colon + 1))
    return refuse (error, "The value of a header has control characters in it, or is not UTF-8");

  name = g_strndup (line, (gsize) (colon - line));
  if (is_reserved (name))
    {
      g_set_error (error, BGC_ERROR, BGC_ERROR_INVALID_ARGUMENT, "The header %s is the service's own", name);
      return FALSE;
    }

  return TRUE;
}

char *
bgc_custom_header_split (const char *line, const char **value)
{
  const char *colon = strchr (line, ':');

  *value = colon + 1 + strspn (colon + 1, " \t");
  return g_strndup (line, (gsize) (colon - line));
}
