/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* Cancel, step by step: cancelled durably; the transfer stopped, its bytes dropped; the temporary files
 * deleted; the job forgotten, with a list of what could not be deleted. Only then the answer. A job without
 * transfer and temporary files needs one commit for all of it. An upload whose server has a session is not
 * forgotten: the answer comes when the rest is done, and bgc-server-cancel goes on. */

#pragma once

#include "engine/bgc-engine.h"

/* @task (transfer full) gets the BgcOutcome; NULL: the engine's own, as JobInactivityTimeout. Also goes on
 * with a job found cancelled at start. */
void bgc_cancel_push (BgcEngine *engine, BgcEntry *entry, GTask *task);
