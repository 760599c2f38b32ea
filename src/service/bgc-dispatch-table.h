/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* Finds the row for a member, and compares the rows with the interfaces as published: a member without a
 * row, or a row without a member, is found before anybody calls. */

#pragma once

#include "service/bgc-call.h"

typedef struct _BgcDispatchTable BgcDispatchTable;

/* Knows @rows, which are static. */
BgcDispatchTable *bgc_dispatch_table_new (const BgcCallRow *rows, guint n_rows);
void bgc_dispatch_table_free (BgcDispatchTable *self);
const BgcCallRow *bgc_dispatch_table_find (BgcDispatchTable *self, const char *interface, const char *member);
/* Do @rows have every method of @interface, and no other of it, each with a rule? Error: InvalidArgument. */
gboolean bgc_dispatch_table_check_methods (const BgcCallRow *rows, guint n_rows,
                                           const GDBusInterfaceInfo *interface, GError **error);
/* Is the table of job properties that of @interface: names, types, access? Error: InvalidArgument. */
gboolean bgc_dispatch_table_check_properties (const GDBusInterfaceInfo *interface, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BgcDispatchTable, bgc_dispatch_table_free)
