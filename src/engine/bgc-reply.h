/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* GetReplyData. */

#pragma once

#include "engine/bgc-engine.h"

/* @task (transfer full) gets the GBytes. Errors: NotSupported (not an upload-reply job), InvalidState (not
 * transferred), TooLarge, LocalFileChanged, WorkerLost. */
void bgc_reply_read (BgcEngine *engine, BgcEntry *entry, GTask *task);
