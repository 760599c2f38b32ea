/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* The call of a back end when an upload is complete, by reference or by value, and what becomes of
 * its answer. Blocks for as long as the back end takes; call it from a thread of its own. */

#pragma once

#include <gio/gio.h>

#include "server/bgc-session.h"
#include "server/bgc-verdict.h"

/* @session: locked, complete. @original: the absolute URL of the upload as the client sees it. The session's
 * record is changed and stored: a reply taken, the file published where the back end asks for that. Gives
 * what the client is answered; after success the session waits to be closed. @error: (out) set where this
 * server failed, not the back end. */
BgcVerdict
bgc_notification_send (BgcSession *session, const char *original, GCancellable *cancellable, GError **error);
