/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* Jobs in transient-error: each waits for its next attempt, for the network, and for NoProgressTimeout. */

#pragma once

#include "engine/bgc-engine.h"

/* @entry's job is in transient-error, anew or as loaded: sets its alarm. */
void bgc_waits_enter (BgcEngine *engine, BgcEntry *entry);
/* It is not, any more. */
void bgc_waits_leave (BgcEngine *engine, BgcEntry *entry);
/* Its obstacle is another: the no-progress clock of a job that waits starts or stands still. */
void bgc_waits_recount (BgcEntry *entry);
/* The network came or went: likewise for all. */
void bgc_waits_network_changed (BgcEngine *engine);
/* Everybody tries again now, the oldest job first. */
void bgc_waits_network_came_up (BgcEngine *engine);
/* For an operation that takes the job out of its wait: the time that went by, into @draft. */
void bgc_waits_account (BgcEngine *engine, BgcEntry *entry, BgcJob *draft);
