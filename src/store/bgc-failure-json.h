/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* An error record as JSON text, for the few rows that have one. Enumerations are words, so that a
 * number that moves between versions does no harm. */

#pragma once

#include "model/bgc-failure.h"

/* TRUE if all of @self can be written and read back. @reason, where FALSE: static. */
gboolean bgc_failure_json_check (const BgcFailure *self, const char **reason);
/* Owned by the caller. @self must have passed the check. */
char *bgc_failure_json_write (const BgcFailure *self);
/* NULL, with @reason (static), if it is no record. @length in bytes. */
BgcFailure *bgc_failure_json_read (const char *text, gsize length, const char **reason);
