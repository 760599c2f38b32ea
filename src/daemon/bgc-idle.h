/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* Notices that there has been nothing to do for a while. */

#pragma once

#include "host/bgc-clock.h"

typedef struct _BgcIdle BgcIdle;

/* TRUE while there is something to stay for. Asked a few times in each period. */
typedef gboolean (*BgcIdleBusyFunc) (gpointer data);
typedef void (*BgcIdleFunc) (gpointer data);

/* Calls @idle once when for @seconds (> 0) nothing was touched and @busy said no each time. */
BgcIdle *bgc_idle_new (BgcClock *clock, guint seconds, BgcIdleBusyFunc busy, BgcIdleFunc idle, gpointer data);
void bgc_idle_free (BgcIdle *self);
/* Something happened. Costs next to nothing. */
void bgc_idle_touch (BgcIdle *self);
/* From the start again, after @idle was called and something came up. */
void bgc_idle_restart (BgcIdle *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BgcIdle, bgc_idle_free)
