/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* The caps of the moment: keeps the engine's caps what the timetable says, at each of its edges and when the
 * wall clock is set, and lets go or holds back the jobs that a cap of 0 concerns. */

#pragma once

#include "model/bgc-timetable.h"

/* Microseconds after which at the latest the timetable is looked at again while it has edges: by then the
 * place may have another time zone, or the wall clock may have been led astray little by little. */
#define BGC_BANDWIDTH_LOOK (G_GINT64_CONSTANT (3600) * G_USEC_PER_SEC)

typedef struct _BgcBandwidth BgcBandwidth;
struct _BgcEngine;

/* With a timetable that never caps anything. Sets @engine's caps and shares. */
BgcBandwidth *bgc_bandwidth_new (struct _BgcEngine *engine);
/* Nothing runs any more. */
void bgc_bandwidth_free (BgcBandwidth *self);
/* From now on @timetable (copied) holds. */
void bgc_bandwidth_set (BgcBandwidth *self, const BgcTimetable *timetable);
const BgcTimetable *bgc_bandwidth_timetable (BgcBandwidth *self);
const BgcCaps *bgc_bandwidth_caps (BgcBandwidth *self);
/* When they will be others, in wall time; 0 = they will not. */
gint64 bgc_bandwidth_until (BgcBandwidth *self);
