/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* The life of jobs in the log: each event once, when it is durable. */

#pragma once

#include "base/bgc-event.h"
#include "engine/bgc-engine.h"

/* What a job was before a change. */
typedef struct {
  BgcJobState state;
  guint32 owner;
} BgcChronicleBefore;

BgcChronicleBefore bgc_chronicle_before (BgcEntry *entry);
/* A change is durable and applied. */
void bgc_chronicle_change (BgcEntry *entry, const BgcChronicleBefore *before);
void bgc_chronicle_created (BgcEntry *entry);
/* An event of the job's with a sentence, which may be others' words. */
void bgc_chronicle_event (BgcEntry *entry, BgcEvent event, GLogLevelFlags level, const char *what);
