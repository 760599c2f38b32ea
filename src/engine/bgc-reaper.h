/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* What time alone brings: final jobs are forgotten, jobs completed by AutoComplete are not kept for ever,
 * and jobs that nothing has happened to are cancelled. At most three alarms, however many jobs. */

#pragma once

#include "engine/bgc-engine.h"

/* A final job's object still answers. */
#define BGC_REAPER_FAREWELL (G_GINT64_CONSTANT (60) * G_USEC_PER_SEC)
/* But no more bytes of them than this: they are on nobody's quota, and can be made and cancelled fast. */
#define BGC_REAPER_FAREWELL_BYTES (16u * 1024u * 1024u)
/* A job completed by AutoComplete is still listed. */
#define BGC_REAPER_KEEP (G_GINT64_CONSTANT (604800) * G_USEC_PER_SEC)
/* At least between two looks at all jobs, and what one that is overdue is given at a start. */
#define BGC_REAPER_SWEEP (G_GINT64_CONSTANT (3600) * G_USEC_PER_SEC)

typedef struct _BgcReaper BgcReaper;

typedef struct {
  BgcEngineEntryFunc cancel;  /* JobInactivityTimeout is over */
  BgcEngineEntryFunc unkeep;  /* it has been kept for long enough */
  BgcEngineEntryFunc forget;  /* its object goes; frees the entry */
} BgcReaperActions;

/* @actions is borrowed, static. */
BgcReaper *bgc_reaper_new (BgcEngine *engine, const BgcReaperActions *actions);
void bgc_reaper_free (BgcReaper *self);
/* A final job has left store and list: its time begins to run. */
void bgc_reaper_bid_farewell (BgcReaper *self, BgcEntry *entry);
/* A job was completed by AutoComplete, now or, as its completion_time says, before the daemon started. */
void bgc_reaper_keep (BgcReaper *self, BgcEntry *entry);
/* @entry goes: nothing of it stays here. */
void bgc_reaper_release (BgcReaper *self, BgcEntry *entry);
/* TRUE if a job may be found inactive within the time between two looks. */
gboolean bgc_reaper_is_near (BgcReaper *self);
/* There are jobs, or JobInactivityTimeout is another one: sets the alarm if need be. */
void bgc_reaper_watch (BgcReaper *self, gboolean anew);
