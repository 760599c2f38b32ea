/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* A new job, with its properties and files, running or not: all of it or nothing. */

#pragma once

#include "engine/bgc-admission.h"

typedef gboolean (*BgcCreationModifyFunc) (BgcJob *draft, gpointer data, GError **error);
/* @entry is new in the queue. */
typedef void (*BgcCreationAddedFunc) (BgcEngine *engine, BgcEntry *entry);

/* @task (transfer full) gets the BgcJobId (g_free) or the error; see bgc_manager_create_async(). @files
 * is nullable. */
void bgc_creation_run (BgcEngine *engine, guint32 owner, gboolean administrator, BgcJobType type,
                       const char *name, BgcCreationModifyFunc modify, gpointer modify_data, GPtrArray *files,
                       gboolean resume, BgcCreationAddedFunc added, GTask *task);
