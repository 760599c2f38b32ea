/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "protocol/bgc-host-id.h"

#include <string.h>

#include "base/bgc-error.h"

#define URL_FLAGS (G_URI_FLAGS_ENCODED | G_URI_FLAGS_SCHEME_NORMALIZE)

static gboolean
is_name (const char *host)
{
  gboolean label_begins = TRUE;

  for (const char *p = host; *p != '\0'; p++)
    {
      if (*p == '.' && label_begins)
        return FALSE;
      if (!g_ascii_isalnum (*p) && *p != '.' && (*p != '-' || label_begins) && *p != '_')
        return FALSE;
      label_begins = *p == '.';
    }

  return *host != '\0';
}

/* An address of version 6 without its brackets, NULL if @host has none. Owned by the caller. */
static char *
without_brackets (const char *host)
{
  gsize length = strlen (host);

  if (length < 2 || host[0] != '[' || host[length - 1] != ']')
    return NULL;

  return g_strndup (host + 1, length - 2);
}

gboolean
bgc_host_id_is_valid (const char *host_id)
{
  g_autofree char *bare = NULL;

  if (host_id == NULL || *host_id == '\0' || strlen (host_id) > BGC_HOST_ID_MAX)
    return FALSE;

  bare = without_brackets (host_id);
  if (bare != NULL)
    return strchr (bare, ':') != NULL && strchr (bare, '%') == NULL && g_hostname_is_ip_address (bare);
  if (strchr (host_id, ':') != NULL)
    return strchr (host_id, '%') == NULL && g_hostname_is_ip_address (host_id);

  return is_name (host_id);
}

char *
bgc_host_id_apply (const char *host_id, const char *url, GError **error)
{
  g_autoptr (GUri) uri = g_uri_parse (url, URL_FLAGS, NULL);
  g_autofree char *bare = NULL;

  if (uri == NULL || g_uri_get_host (uri) == NULL || !bgc_host_id_is_valid (host_id))
    {
      g_set_error_literal (error, BGC_ERROR, BGC_ERROR_INVALID_URL,
                           "The session's host or its URL is not valid");
      return NULL;
    }
  bare = without_brackets (host_id);

  return g_uri_join (URL_FLAGS, g_uri_get_scheme (uri), NULL, bare != NULL ? bare : host_id,
                     g_uri_get_port (uri), g_uri_get_path (uri), g_uri_get_query (uri), NULL);
}
