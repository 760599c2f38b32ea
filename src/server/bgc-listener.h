/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* Accepts connections and hands them to the HTTP server, as many at once as allowed, each with a
 * deadline: the library itself waits for ever. */

#pragma once

#include <libsoup/soup.h>

#include "server/bgc-connection.h"
#include "server/bgc-server-config.h"

typedef struct _BgcListener BgcListener;

/* @certificate: (nullable) with it all but unix sockets speak TLS. @config: borrowed, outlives it. */
BgcListener *
bgc_listener_new (SoupServer *server, const BgcServerConfig *config, GTlsCertificate *certificate,
                  GError **error);
/* Closes all sockets, those of connections too. */
void bgc_listener_free (BgcListener *self);
/* See bgc_listen_address_parse(). */
gboolean bgc_listener_add_address (BgcListener *self, const char *address, GError **error);
/* A listening socket that somebody else made; taken over. */
gboolean bgc_listener_add_descriptor (BgcListener *self, int descriptor, GError **error);
/* No new connections from here on. */
void bgc_listener_stop (BgcListener *self);
/* Ends connections whose deadline has passed; @now: monotonic, microseconds. Call it twice a second. */
void bgc_listener_tick (BgcListener *self, gint64 now);
/* A connection that was taken from the HTTP server, between two requests; @stream is what it came with. */
void bgc_listener_give_back (BgcListener *self, BgcConnection *connection, GIOStream *stream);
guint bgc_listener_count (const BgcListener *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BgcListener, bgc_listener_free)
