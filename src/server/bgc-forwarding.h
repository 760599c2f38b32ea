/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* What a web server in front of this one says about the client's own request: X-Forwarded-Proto and
 * X-Forwarded-Host, believed only of those whom TrustedProxies names. */

#pragma once

#include <libsoup/soup.h>

#include "server/bgc-server-config.h"

/* Whether the peer of @socket may speak for a client. */
gboolean bgc_forwarding_is_trusted (const BgcServerConfig *config, GSocket *socket);
/* "https://host:port" as the client called it; NULL where the peer is not trusted or does not say: then
 * nobody knows whether the Host that arrived is the client's. Owned by the caller. */
char *bgc_forwarding_origin (const BgcServerConfig *config, GSocket *socket, SoupMessageHeaders *headers);
