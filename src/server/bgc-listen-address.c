/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "server/bgc-listen-address.h"

#include <gio/gunixsocketaddress.h>
#include <string.h>

#include "base/bgc-error.h"
#include "protocol/bgc-header.h"

GSocketAddress *
bgc_listen_address_parse (const char *text, GError **error)
{
  const char *colon = strrchr (text, ':');
  g_autofree char *host = NULL;
  GSocketAddress *address = NULL;
  guint64 port;

  if (g_str_has_prefix (text, "unix:/"))
    return g_unix_socket_address_new (text + strlen ("unix:"));
  if (colon != NULL && bgc_header_parse_number (colon + 1, &port) && port <= G_MAXUINT16)
    {
      gboolean bracketed = text[0] == '[' && colon > text + 1 && colon[-1] == ']';

      host = bracketed ? g_strndup (text + 1, (gsize)(colon - text) - 2)
                       : g_strndup (text, (gsize)(colon - text));
      address = g_inet_socket_address_new_from_string (host, (guint) port);
    }
  if (address == NULL)
    g_set_error (error, BGC_ERROR, BGC_ERROR_INVALID_ARGUMENT, "Listen: \"%s\" is no address", text);

  return address;
}
