/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* Headers held in memory, for callers that have none of an HTTP library. */

#pragma once

#include "protocol/bgc-header.h"

typedef struct _BgcHeaderTable BgcHeaderTable;

BgcHeaderTable *bgc_header_table_new (void);
/* From lines "Name: value", ended by LF or CRLF; lines without a colon are skipped, of a name that
 * comes twice the last one counts. */
BgcHeaderTable *bgc_header_table_new_from_text (const char *text, gsize length);
void bgc_header_table_free (BgcHeaderTable *self);
void bgc_header_table_set (BgcHeaderTable *self, const char *name, const char *value);
/* NULL if absent; owned by the table. */
const char *bgc_header_table_get (const BgcHeaderTable *self, const char *name);
BgcHeaderReader bgc_header_table_reader (const BgcHeaderTable *self);
BgcHeaderWriter bgc_header_table_writer (BgcHeaderTable *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BgcHeaderTable, bgc_header_table_free)
