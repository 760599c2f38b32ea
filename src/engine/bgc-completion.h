/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* Complete, step by step: the transfer stopped, its bytes kept, and `completing` durable; whole files
 * renamed into place in the order of their indexes, each portion durable before the next; temporary files
 * of the others deleted; the job acknowledged. A rename that fails ends it: the job is transferred if it
 * has all its files, else what it was (queued, if it ran), and may be completed again. */

#pragma once

#include "engine/bgc-engine.h"

/* @task (transfer full) gets the BgcOutcome. NULL: what was begun before the daemon ended. */
void bgc_completion_push (BgcEngine *engine, BgcEntry *entry, GTask *task);
/* AutoComplete: nothing unless the job is transferred. It stays listed, acknowledged; a rename that fails
 * makes it an error. */
void bgc_completion_push_automatic (BgcEngine *engine, BgcEntry *entry);
