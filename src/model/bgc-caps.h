/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* The most bytes a second that transfers may move, both ways together: what the timetable says for a
 * moment, and what bandwidth is allotted by. Plain data. */

#pragma once

#include "base/bgc-enums.h"

/* No cap, or no limit of a job. */
#define BGC_CAP_NONE G_MAXUINT64

/* Bytes a second each; 0 = nothing runs. */
typedef struct {
  guint64 all;                          /* all transfers of the machine together */
  guint64 priorities[BGC_N_PRIORITIES]; /* those of a priority together */
  guint64 owner;                        /* those of any one owner together */
} BgcCaps;

/* All none. */
void bgc_caps_init (BgcCaps *self);
gboolean bgc_caps_equal (const BgcCaps *self, const BgcCaps *other);
/* May jobs of @priority move at all? */
gboolean bgc_caps_allow (const BgcCaps *self, BgcPriority priority);
/* Is anything capped? */
gboolean bgc_caps_any (const BgcCaps *self);
