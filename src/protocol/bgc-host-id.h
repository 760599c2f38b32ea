/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* BITS-Host-Id: the one machine of many to which the packets of a session go. A server says it, so
 * nothing but a bare host is taken. Pure. */

#pragma once

#include <glib.h>

#define BGC_HOST_ID_MAX 300u /* bytes, as documented */

/* A host name or an IP address (version 6 with or without brackets); no scheme, port or path. */
gboolean bgc_host_id_is_valid (const char *host_id);
/* @url with its host replaced; scheme, port, path and query stay. Owned by the caller. Errors: InvalidUrl. */
char *bgc_host_id_apply (const char *host_id, const char *url, GError **error);
