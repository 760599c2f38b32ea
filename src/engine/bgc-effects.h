/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* What follows when a change is durable: the model, the quotas, and everything that acts by itself, the
 * scheduler, the retry clocks, AutoComplete, the reaper. The one place that knows them all. */

#pragma once

#include "engine/bgc-engine.h"

/* Applies @change to @entry's job and lets everything follow; of BgcLanesApplyFunc, @data is the engine. */
void bgc_effects_apply (BgcEntry *entry, BgcChange *change, gpointer data);
/* The same for a job that is new, or was loaded, as it is. */
void bgc_effects_follow (BgcEngine *engine, BgcEntry *entry);
/* A job as it was stored: what ran is queued again. Takes @job (transfer full) into the queue. */
BgcEntry *bgc_effects_load (BgcEngine *engine, BgcJob *job);
/* Goes on with what a loaded job was in the middle of. */
void bgc_effects_resume (BgcEngine *engine, BgcEntry *entry);
