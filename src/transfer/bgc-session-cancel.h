/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* Asks a server once to drop the session of a cancelled upload. */

#pragma once

#include <gio/gio.h>

#include "model/bgc-failure.h"
#include "model/bgc-job-secrets.h"
#include "model/bgc-upload.h"

/* @remote: the upload's URL; @upload, @secrets (nullable) and all else are copied. Ends within 80 s; of a
 * session that is not open, or that its server only lets expire, at once. Main thread. */
void bgc_session_cancel_async (const char *remote, const BgcUpload *upload, const BgcJobSecrets *secrets,
                               const char *user_agent, GAsyncReadyCallback callback, gpointer data);
/* TRUE if there is nothing left to ask for: the server dropped the session, has forgotten it, or answered
 * what another request would not change. @failure (transfer full, nullable): what went wrong, settled or
 * not, with the wait the server asked for. */
gboolean bgc_session_cancel_finish (GAsyncResult *result, BgcFailure **failure);
