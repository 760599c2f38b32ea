/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* Cancelled uploads whose session the server still has: it is asked to drop it, again and again, until it
 * has answered or the deadline has come. Then the job goes. */

#pragma once

#include "engine/bgc-engine.h"

/* Microseconds that a server is asked at most; a shorter NoProgressTimeout is the limit instead. */
#define BGC_SERVER_CANCEL_LONGEST (G_GINT64_CONSTANT (86400) * G_USEC_PER_SEC)
/* Microseconds after which what is left is written down anew, for the case of a reboot. */
#define BGC_SERVER_CANCEL_REFRESH (G_GINT64_CONSTANT (3600) * G_USEC_PER_SEC)

/* Into the header of an upload that becomes cancelled: from now on its server is to be asked. */
void bgc_server_cancel_plan (BgcEngine *engine, BgcJob *draft);
/* Into the header of a cancelled upload: there is nothing (more) to ask for. */
void bgc_server_cancel_settle (BgcJob *draft);
/* @entry's job is durably cancelled, with a deadline, and nothing of it runs: asks at once. */
void bgc_server_cancel_enter (BgcEngine *engine, BgcEntry *entry);
/* It ends, or is only put aside because the daemon ends. */
void bgc_server_cancel_leave (BgcEngine *engine, BgcEntry *entry);
/* All are asked again now, but for those that told when to come back. */
void bgc_server_cancel_network_came_up (BgcEngine *engine);
