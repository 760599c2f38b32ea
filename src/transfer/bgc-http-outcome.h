/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* What an HTTP status or a transport error means for a file: goes away by itself, or does not. Pure. */

#pragma once

#include <gio/gio.h>

#include "model/bgc-failure.h"

/* @value: Retry-After, in seconds or as a date; @now: seconds since the epoch. Held between the bounds
 * above; 0 where there is none or it cannot be read. */
guint32 bgc_http_outcome_retry_after (const char *value, gint64 now);
/* For every status that is not taken as an answer. Owned by the caller. */
BgcFailure *bgc_http_outcome_of_status (guint status, const char *retry_after, gint64 now);
/* For an error of libsoup, GIO or the TLS library. Owned by the caller. */
BgcFailure *bgc_http_outcome_of_error (const GError *error);
/* The server said what cannot be so. Owned by the caller. */
BgcFailure *bgc_http_outcome_of_nonsense (const char *message);
