/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "server/bgc-forwarding.h"

#include <string.h>

gboolean
bgc_forwarding_is_trusted (const BgcServerConfig *config, GSocket *socket)
{
  g_autoptr (GSocketAddress) peer = NULL;
  GInetAddress *address;

  if (g_socket_get_family (socket) == G_SOCKET_FAMILY_UNIX)
    return config->trust_unix;
  peer = g_socket_get_remote_address (socket, NULL);
  if (!G_IS_INET_SOCKET_ADDRESS (peer))
    return FALSE;
  address = g_inet_socket_address_get_address (G_INET_SOCKET_ADDRESS (peer));
  for (guint i = 0; i < config->trusted_proxies->len; i++)
    {
      if (g_inet_address_mask_matches (config->trusted_proxies->pdata[i], address))
        return TRUE;
    }

  return FALSE;
}

char *
bgc_forwarding_origin (const BgcServerConfig *config, GSocket *socket, SoupMessageHeaders *headers)
{
  const char *proto = soup_message_headers_get_one (headers, "X-Forwarded-Proto");
  const char *host = soup_message_headers_get_one (headers, "X-Forwarded-Host");
  g_autoptr (GUri) uri = NULL;
  g_autofree char *origin = NULL;

  if (proto == NULL || (g_ascii_strcasecmp (proto, "https") != 0 && g_ascii_strcasecmp (proto, "http") != 0))
    return NULL;
  if (host == NULL)
    host = soup_message_headers_get_one (headers, "Host");
  if (host == NULL || !bgc_forwarding_is_trusted (config, socket))
    return NULL;

  origin = g_strdup_printf ("%s://%s", g_ascii_strcasecmp (proto, "https") == 0 ? "https" : "http", host);
  uri = g_uri_parse (origin, G_URI_FLAGS_ENCODED, NULL);
  /* A host and nothing else; a list of hosts, as several proxies make it, is none. */
  if (uri == NULL || g_uri_get_host (uri) == NULL || g_uri_get_host (uri)[0] == '\0'
      || g_uri_get_userinfo (uri) != NULL || g_uri_get_path (uri)[0] != '\0' || g_uri_get_query (uri) != NULL
      || g_uri_get_fragment (uri) != NULL || strpbrk (host, ", \t") != NULL)
    return NULL;

  return g_steal_pointer (&origin);
}
