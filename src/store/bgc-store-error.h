/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* SQLite's results, and the system's, as errors of ours. */

#pragma once

#include <glib.h>
#include <sqlite3.h>

#include "base/bgc-error.h"

/* What @result means: NoSpace, Busy or StoreFailed; right after the call, as errno counts too. The text is
 * @connection's, or the result's own where that is NULL. */
void bgc_store_error_set (sqlite3 *connection, int result, const char *doing, GError **error);
/* The same of errno, for "Cannot DOING PATH". FALSE, for who returns it. */
gboolean bgc_store_error_set_system (const char *doing, const char *path, GError **error);
