/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* The public face on the bus: puts the objects there, and lets every call, those for properties included,
 * through one door: who calls → may he → which job → which row. Main thread only. */

#pragma once

#include "engine/bgc-manager.h"
#include "service/bgc-authority.h"
#include "service/bgc-credentials.h"

#define BGC_TYPE_SERVICE (bgc_service_get_type ())
G_DECLARE_FINAL_TYPE (BgcService, bgc_service, BGC, SERVICE, GObject)

/* Signal:
 *   closed ()     the connection to the bus is lost: nobody can reach the service any more
 */

/* All are reffed. */
BgcService *bgc_service_new (GDBusConnection *connection, BgcManager *manager, BgcClock *clock,
                             BgcAuthority *authority, BgcCredentials *credentials);
/* Before the bus name is owned. Fails where an object of ours stands there already, or where the tables
 * and the
 * published interfaces disagree. */
gboolean bgc_service_export (BgcService *self, GError **error);
/* Takes the objects away and drops every call that waits for its turn; those being worked on are still
 * answered. Idempotent; also done when finalized. */
void bgc_service_unexport (BgcService *self);
/* Connections that hear anything: while there are any the daemon stays. */
guint bgc_service_subscribers (BgcService *self);
/* Calls not yet answered. */
guint bgc_service_calls (BgcService *self);
