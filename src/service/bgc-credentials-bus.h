/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* Asks the bus itself, which knows it from the kernel. */

#pragma once

#include "service/bgc-credentials.h"

#define BGC_TYPE_CREDENTIALS_BUS (bgc_credentials_bus_get_type ())
G_DECLARE_FINAL_TYPE (BgcCredentialsBus, bgc_credentials_bus, BGC, CREDENTIALS_BUS, GObject)

/* @connection, reffed, is one to a message bus. */
BgcCredentials *bgc_credentials_bus_new (GDBusConnection *connection);
