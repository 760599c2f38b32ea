/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* The operations that nobody asks for: a job's run from the scheduler's choice to the state it ends in.
 * What cannot be stored stops the transfer and is tried again; no report is lost meanwhile. */

#pragma once

#include "engine/bgc-runner.h"

/* The scheduler chose it. */
void bgc_run_begin (BgcEngine *engine, BgcEntry *entry, guint files_at_once);
/* It is to give its place back and queue: the scheduler, or the end of the daemon. */
void bgc_run_requeue (BgcEngine *engine, BgcEntry *entry);
/* It has used up MaximumDownloadTime or NoProgressTimeout. */
void bgc_run_expire (BgcEngine *engine, BgcEntry *entry);
/* What the workers' port says. */
void bgc_run_report (BgcEngine *engine, const BgcReport *report);
void bgc_run_lost (BgcEngine *engine, guint32 owner, const char *why);
/* An operation stopped the job and then could not store what it wanted: brings state and worker together
 * again, later. */
void bgc_run_recover (BgcEngine *engine, BgcEntry *entry, const GError *error);
