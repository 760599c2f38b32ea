/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* [Bandwidth]: caps, and the timetable of others. */

#pragma once

#include "daemon/bgc-config-lines.h"
#include "model/bgc-timetable.h"

/* Caps and lists of windows. */
#define BGC_CONFIG_BANDWIDTH_KEYS 8u

typedef struct {
  BgcTimetable *timetable; /* (borrowed) made of the lines */
  gboolean refused[BGC_CONFIG_BANDWIDTH_KEYS]; /* the last value of this key, or one of its list */
} BgcConfigBandwidth;

/* The group; its data is a BgcConfigBandwidth. */
void bgc_config_bandwidth_group (BgcConfigBandwidth *self, BgcConfigGroup *group);
/* What was refused, or all if @all, is as in @running. */
void bgc_config_bandwidth_keep (BgcConfigBandwidth *self, const BgcTimetable *running, gboolean all);
/* The names of the keys from 0 on; NULL behind the last. */
const char *bgc_config_bandwidth_key (guint index);
