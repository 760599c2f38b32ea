/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* TakeOwnership: a job becomes another user's, and what was its old owner's alone stays behind. */

#pragma once

#include "engine/bgc-engine.h"

/* Directories of one job that the new owner's worker is asked about; a job of more is not taken. */
#define BGC_TAKING_DIRECTORIES 1000u

/* Makes the job @owner's. Files that do not stand in their places yet begin again, in temporary files of the
 * new owner; the old owner's are his worker's to delete. Nothing where it is @owner's already. Errors:
 * AccessDenied (somebody else could change the way to a file), InvalidState, NotSupported (upload-reply),
 * LimitsExceeded, TooManyJobs, WorkerLost, OwnerUnknown. @administrator: as in bgc_manager_create_async(). */
void bgc_taking_push (BgcEngine *engine, BgcEntry *entry, guint32 owner, gboolean administrator, GTask *task);
