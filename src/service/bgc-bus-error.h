/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* What a GError is called on the bus. */

#pragma once

#include <gio/gio.h>

#include "base/bgc-error.h"

/* Answers @invocation (transfer full) with @error: our domain and GDBus' own under their names, anything else
 * as org.freedesktop.DBus.Error.Failed. */
void bgc_bus_error_return (GDBusMethodInvocation *invocation, const GError *error);
/* The same, to the call of that @serial that @destination made. */
void bgc_bus_error_send (GDBusConnection *connection, const char *destination, guint32 serial,
                         const GError *error);
/* The name that bgc_bus_error_return() uses. Owned by the caller. */
char *bgc_bus_error_name (const GError *error);
