/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* Reads the whole queue, and sets aside what makes no sense: such a row goes to the table of damaged
 * ones, as text and with a reason. A job that lost a file this way is in error, so that it is not
 * called finished without it. */

#pragma once

#include "store/bgc-store-database.h"

/* Appends to @jobs (element-type BgcJob, oldest first) and @leftovers (element-type BgcLeftover).
 * @corrupt is set where SQLite calls the database corrupt; nothing is changed then. Errors: StoreFailed. */
gboolean bgc_store_loader_load (BgcStoreDatabase *database, GPtrArray *jobs, GPtrArray *leftovers,
                                gboolean *corrupt, GError **error);
/* Puts the job in error for @n_lost files that could not be read; final ones stay what they are. */
void bgc_store_loader_mark_lost (BgcJob *job, guint n_lost);
