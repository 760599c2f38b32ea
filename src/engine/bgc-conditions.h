/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* What lets jobs run and what does not: the network, its price, the power supply, who is logged in, caps of
 * 0. A job that may not run stays queued, out of the scheduler's lines, and its wait reason says why, its
 * next attempt until when if that is known; one that runs is stopped and queues. Nothing of it is stored:
 * after a restart the world is asked again. */

#pragma once

#include "engine/bgc-engine.h"
#include "host/bgc-logins.h"
#include "host/bgc-metering.h"
#include "host/bgc-power.h"

/* Microseconds that the network is away before anybody believes it: roaming between two access points, or a
 * cable put into another socket, is nothing that concerns a transfer. */
#define BGC_CONDITIONS_BLIP (G_GINT64_CONSTANT (2) * G_USEC_PER_SEC)

typedef struct _BgcConditions BgcConditions;

/* Follows @engine's network, and sets its online. */
BgcConditions *bgc_conditions_new (BgcEngine *engine);
void bgc_conditions_free (BgcConditions *self);
/* And these, each nullable, reffed. Once. */
void bgc_conditions_follow (BgcConditions *self, BgcPower *power, BgcMetering *metering, BgcLogins *logins);
/* The limits or the caps are others. */
void bgc_conditions_update (BgcConditions *self);
/* @entry's job is another than it was: may it run? To be called before it is offered to the scheduler. */
void bgc_conditions_judge (BgcConditions *self, BgcEntry *entry);
/* Its owner wants it to run all the same: what is only meant well, sparing the battery, holds it no longer
 * until it is over. */
void bgc_conditions_insist (BgcConditions *self, BgcEntry *entry);
