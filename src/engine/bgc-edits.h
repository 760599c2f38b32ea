/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* What callers ask of a job, but for its end: one operation each. @task is transfer full. */

#pragma once

#include "engine/bgc-admission.h"

typedef gboolean (*BgcEditsModifyFunc) (BgcJob *draft, gpointer data, GError **error);

/* @task gets the index of the first of @files. */
void bgc_edits_add_files (BgcEngine *engine, BgcEntry *entry, gboolean administrator, GPtrArray *files,
                          GTask *task);
void bgc_edits_remove_file (BgcEngine *engine, BgcEntry *entry, guint32 index, GTask *task);
void bgc_edits_set_remote (BgcEngine *engine, BgcEntry *entry, guint32 index, const char *remote,
                           GTask *task);
void bgc_edits_modify (BgcEngine *engine, BgcEntry *entry, BgcEditsModifyFunc modify, gpointer data,
                       GDestroyNotify destroy, GTask *task);
void bgc_edits_suspend (BgcEngine *engine, BgcEntry *entry, GTask *task);
void bgc_edits_resume (BgcEngine *engine, BgcEntry *entry, GTask *task);
