/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* A queue in memory for tests: same contract, and the test decides when a commit ends and how. */

#pragma once

#include "store/bgc-store.h"

#define BGC_TYPE_STORE_FAKE (bgc_store_fake_get_type ())
G_DECLARE_FINAL_TYPE (BgcStoreFake, bgc_store_fake, BGC, STORE_FAKE, GObject)

/* Commits by itself, in an idle of the main loop, until told to hold. */
BgcStoreFake *bgc_store_fake_new (void);
/* While held, commits wait for bgc_store_fake_release(). */
void bgc_store_fake_hold (BgcStoreFake *self);
/* Lets the first @count waiting commits end; runs the main context until their callbacks ran. */
void bgc_store_fake_release (BgcStoreFake *self, guint count);
guint bgc_store_fake_waiting (BgcStoreFake *self);
/* The next @count commits fail with @code. */
void bgc_store_fake_fail (BgcStoreFake *self, guint count, BgcErrorCode code);
/* What is durable: the stored job, or NULL. Owned by the store. */
const BgcJob *bgc_store_fake_job (BgcStoreFake *self, const BgcJobId *id);
guint bgc_store_fake_jobs (BgcStoreFake *self);
guint bgc_store_fake_leftovers (BgcStoreFake *self);
/* A second store that loads what this one holds durably, as after a crash. */
BgcStoreFake *bgc_store_fake_reopen (BgcStoreFake *self);
