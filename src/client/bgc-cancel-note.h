/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* What a cancelled upload still has open: its server has not said yet that it dropped what it held. */

#pragma once

#include "client/bgc-client.h"
#include "client/bgc-job-view.h"

/* "the server is told to drop the upload until …, next in 0:12"; NULL where nothing is open. @now in
 * microseconds since the epoch. Owned by the caller. */
char *bgc_cancel_note_text (const BgcJobView *view, gint64 now);
/* Most servers answer at once: gives those of the jobs at @paths a moment, then reads what is still open.
 * As long as @paths, a{sv}, NULL where nothing is. (transfer full) */
GPtrArray *bgc_cancel_note_read (BgcClient *client, const char *const *paths);
/* The same for one job, on standard error. */
void bgc_cancel_note_tell (BgcClient *client, const char *path);
