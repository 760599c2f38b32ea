/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* One client's connection: its socket, and the instant at which it ends unless something happens. */

#pragma once

#include <libsoup/soup.h>

typedef struct _BgcConnection BgcConnection;

BgcConnection *bgc_connection_new (GSocket *socket);
BgcConnection *bgc_connection_ref (BgcConnection *self);
void bgc_connection_unref (BgcConnection *self);
/* Lets messages that come from @address, an object of this connection alone, find it. */
void bgc_connection_attach (BgcConnection *self, GSocketAddress *address);
/* The connection that a message came on. Never NULL. Borrowed from the message. */
BgcConnection *bgc_connection_of (SoupServerMessage *message);
GSocket *bgc_connection_get_socket (BgcConnection *self);
/* What is read and written, TLS or the socket's own; borrowed both ways, valid while the library has it. */
void bgc_connection_set_stream (BgcConnection *self, GIOStream *stream);
GIOStream *bgc_connection_get_stream (BgcConnection *self);
/* The connection ends @seconds from now unless this is called again; 0: never. */
void bgc_connection_set_deadline (BgcConnection *self, guint seconds);
/* Suspends the deadline while it is us who are slow, and sets it again where the client's time goes on. */
gint64 bgc_connection_stop_deadline (BgcConnection *self);
void bgc_connection_restore_deadline (BgcConnection *self, gint64 deadline);
/* @now: monotonic, microseconds. */
gboolean bgc_connection_is_late (const BgcConnection *self, gint64 now);
/* Shuts the socket; the library notices when it next reads or writes. */
void bgc_connection_abort (BgcConnection *self);
