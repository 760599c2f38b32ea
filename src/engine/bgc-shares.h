/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* Keeps what runs within engine->caps and the jobs' own limits: gives each its rate when it starts, and
 * another when others come or go, when caps or limits change, and each second while a cap is shared, as some
 * do not use what they may. Nothing is done while nothing is capped. */

#pragma once

#include "engine/bgc-engine.h"

typedef struct _BgcShares BgcShares;

/* @engine borrowed. */
BgcShares *bgc_shares_new (BgcEngine *engine);
/* Nothing runs any more. */
void bgc_shares_free (BgcShares *self);
/* @entry is about to run: the rate to start with. */
guint64 bgc_shares_join (BgcShares *self, BgcEntry *entry);
/* It runs no more. Nothing if it does not. */
void bgc_shares_leave (BgcShares *self, BgcEntry *entry);
/* Its job may have changed. */
void bgc_shares_reconsider (BgcShares *self, BgcEntry *entry);
/* It has moved @bytes in this run, both ways together. */
void bgc_shares_moved (BgcShares *self, BgcEntry *entry, guint64 bytes);
/* engine->caps has changed. */
void bgc_shares_update (BgcShares *self);
/* What it may move, bytes a second; BGC_CAP_NONE: as much as it can, also if it does not run. */
guint64 bgc_shares_rate (const BgcEntry *entry);
