/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* bgcopy-server without its main: everything wired together and running in the main loop. */

#pragma once

#include "server/bgc-server-config.h"
#include "server/bgc-session-store.h"

typedef struct _BgcServer BgcServer;

/* @config: taken over. Opens the upload directories; does not listen yet. */
BgcServer *bgc_server_new (BgcServerConfig *config, BgcRandomSource random, GError **error);
/* Ends all connections; what arrived of their uploads is kept. */
void bgc_server_free (BgcServer *self);
/* On the sockets handed over, from @first_descriptor on, or where there are none on what the configuration
 * says. */
gboolean bgc_server_listen (BgcServer *self, int first_descriptor, guint n_descriptors, GError **error);
/* No new connections; @idle (@data) once no request is in progress, or after 5 s. */
void bgc_server_stop (BgcServer *self, GFunc idle, gpointer data);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BgcServer, bgc_server_free)
