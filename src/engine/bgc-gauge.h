/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* What is measured of one job's runs for people to see: its rate, for whom it holds back, and how many bytes
 * were moved, for nothing or not. Fed from reports; stores nothing. What claims to be durable, and what
 * follows from it, counts once the change that holds it is applied. */

#pragma once

#include "engine/bgc-engine.h"
#include "model/bgc-figures.h"
#include "model/bgc-report.h"

typedef struct _BgcGauge BgcGauge;

/* Both borrowed, and outlive it. */
BgcGauge *bgc_gauge_new (BgcEngine *engine, BgcEntry *entry);
/* The run is over. @discard: what it received and did not keep is not wanted any more. */
void bgc_gauge_free (BgcGauge *self, gboolean discard);
/* The run before, if there was one, is over, and another begins. */
void bgc_gauge_begin (BgcGauge *self);
/* Before anything else becomes of @report. */
void bgc_gauge_take (BgcGauge *self, const BgcReport *report);

/* A change begins that holds reports … */
void bgc_gauge_open (BgcGauge *self);
/* … this one among them; durable bytes of its file before and after. */
void bgc_gauge_fold (BgcGauge *self, const BgcFileReport *report, guint64 before, guint64 after);
/* The change is durable. Without this before the next open there was none. */
void bgc_gauge_applied (BgcGauge *self);

/* @self NULL where the job does not run: then the counters alone say something. @entry (nullable). */
BgcFigures bgc_gauge_read (const BgcGauge *self, const BgcEntry *entry);
/* Of the jobs that an owner had, G_MAXUINT32 = everybody. */
BgcCounters bgc_gauge_total (BgcEngine *engine, guint32 owner);
