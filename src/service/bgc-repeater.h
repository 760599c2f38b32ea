/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* Tells a connection that begins to listen of the jobs of its user that have transferred or failed
 * already: a few at a time, so that thousands of them do not hold up everybody's calls. */

#pragma once

#include "host/bgc-clock.h"
#include "model/bgc-job.h"

/* Signals in one go. */
#define BGC_REPEATER_PORTION 100u
/* Pause between two goes, microseconds: half of the loop is left to others. */
#define BGC_REPEATER_PAUSE 5000

typedef struct _BgcRepeater BgcRepeater;
/* Tells @connection about the job, if it is there still and has anything to repeat. */
typedef void (*BgcRepeaterFunc) (const char *connection, const BgcJobId *id, gpointer data);

/* @clock is reffed, @data borrowed. */
BgcRepeater *bgc_repeater_new (BgcClock *clock, BgcRepeaterFunc function, gpointer data);
void bgc_repeater_free (BgcRepeater *self);
/* Begins with @ids (transfer full) (element-type BgcJobId), the first portion at once; what an earlier
 * start for that connection has left is dropped. */
void bgc_repeater_start (BgcRepeater *self, const char *connection, GArray *ids);
void bgc_repeater_stop (BgcRepeater *self, const char *connection);
/* Connections that are not told everything yet. */
guint bgc_repeater_pending (BgcRepeater *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BgcRepeater, bgc_repeater_free)
