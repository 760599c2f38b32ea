/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* What callers ask of an upload alone: its one file, and the place of its reply. @task is transfer full. */

#pragma once

#include "engine/bgc-engine.h"
#include "engine/bgc-file-request.h"

/* AddFile, AddFiles; @task gets the index, 0. */
void bgc_upload_edits_add_file (BgcEngine *engine, BgcEntry *entry, gboolean administrator, GPtrArray *files,
                                GTask *task);
/* ReplyFileName; "" = a name of ours. Until the server has told where the reply is. */
void bgc_upload_edits_set_reply_name (BgcEngine *engine, BgcEntry *entry, const char *path, GTask *task);
