/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* The owner, root, and whom polkit authorizes: actions org.example.BackgroundCopy.list-all, .modify-others
 * and
 * .take-ownership. */

#pragma once

#include "host/bgc-clock.h"
#include "service/bgc-authority.h"

/* Microseconds for which a denial is remembered, where nobody could authenticate: who asks without end does
 * not have polkit work without end. It ends sooner when polkit says that something has changed. */
#define BGC_AUTHORITY_POLKIT_MEMORY (G_GINT64_CONSTANT (2) * G_USEC_PER_SEC)

#define BGC_TYPE_AUTHORITY_POLKIT (bgc_authority_polkit_get_type ())
G_DECLARE_FINAL_TYPE (BgcAuthorityPolkit, bgc_authority_polkit, BGC, AUTHORITY_POLKIT, GObject)

/* @connection is of the system bus. Both are reffed. */
BgcAuthority *bgc_authority_polkit_new (GDBusConnection *connection, BgcClock *clock);
