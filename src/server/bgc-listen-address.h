/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* Where the server listens, as its configuration says it. */

#pragma once

#include <gio/gio.h>

/* "unix:/path", "address:port", "[address]:port". NULL with @error for what is none of them. */
GSocketAddress *bgc_listen_address_parse (const char *text, GError **error);
