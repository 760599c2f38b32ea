/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* Which caps hold when: those that always hold, those of windows of the week, and those of maintenance,
 * which go before both. What the local clock shows counts: a window that lies in the hour which a change of
 * the clocks leaves out is left out too, and one in the hour that comes twice comes twice. */

#pragma once

#include "model/bgc-timetable-window.h"

/* Windows of a kind: each is looked at for each edge, and nobody writes more by hand. */
#define BGC_TIMETABLE_WINDOWS_MAX 256u
#define BGC_TIMETABLE_NEVER G_MAXINT64

typedef struct {
  BgcCaps base;
  /* (owned) (element-type BgcTimetableWindow) of several at a time the first holds; likewise the next */
  GArray *windows;
  GArray *maintenance;
} BgcTimetable;

/* Nothing is ever capped. */
void bgc_timetable_init (BgcTimetable *self);
void bgc_timetable_clear (BgcTimetable *self);
/* @self is cleared first. */
void bgc_timetable_copy (BgcTimetable *self, const BgcTimetable *other);
/* Can the caps ever be others than those of the base? */
gboolean bgc_timetable_varies (const BgcTimetable *self);
/* The caps at @wall (microseconds since the epoch) and, in microseconds too, when they are others:
 * BGC_TIMETABLE_NEVER if they are not within any week. */
gint64 bgc_timetable_at (const BgcTimetable *self, GTimeZone *zone, gint64 wall, BgcCaps *caps);
/* The first moment from @wall on at which jobs of @priority may move, or BGC_TIMETABLE_NEVER. */
gint64 bgc_timetable_opens (const BgcTimetable *self, GTimeZone *zone, gint64 wall, BgcPriority priority);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (BgcTimetable, bgc_timetable_clear)
