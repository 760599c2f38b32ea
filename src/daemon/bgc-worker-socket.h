/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* The socket in the daemon's runtime directory where workers call in. */

#pragma once

#include <gio/gio.h>

/* Listens at @path, which every user may connect to; what stands there from earlier is replaced. */
GSocket *bgc_worker_socket_listen (const char *path, GError **error);
