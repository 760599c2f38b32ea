/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* What an HTTP status means for an upload, and for the request that a server drop one. Pure. */

#pragma once

#include "model/bgc-failure.h"
#include "protocol/bgc-header.h"

/* For every status that is not taken as an answer; redirects are among them, since they would change the
 * method or the server. @headers: of the answer, for Retry-After; @now: seconds since the epoch. Owned by
 * the caller. */
BgcFailure *bgc_upload_outcome_of_status (guint status, const BgcHeaderReader *headers, gint64 now);
/* A request to drop a session was answered so: asking again would change nothing. */
gboolean bgc_upload_outcome_settles_cancel (guint status);
/* The server said what cannot be so; asked again it may do better. Owned by the caller. */
BgcFailure *bgc_upload_outcome_of_nonsense (const char *message);
/* The file, or the least that can be sent at once, is more than the server takes. Owned by the caller. */
BgcFailure *bgc_upload_outcome_of_size (guint status);
