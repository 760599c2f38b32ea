/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* Temporary files that a lost or damaged database knows nothing of any more: an owner's worker tells which
 * there are in the directories it has used, and those of no job are deleted. */

#pragma once

#include "engine/bgc-engine.h"

/* Once for each owner in a daemon's life: at the first transfer, when there is a worker anyway, or when the
 * database was damaged. */
void bgc_orphans_search (BgcEngine *engine, guint32 owner);
