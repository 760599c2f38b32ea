/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* Which remote names a job may have, and how a URL may be shown. Pure. */

#pragma once

#include "base/bgc-error.h"

/* TRUE for an absolute http or https URL with a host, at most BGC_URL_MAX_BYTES long, without
 * credentials, without control characters or spaces, with a port of 1 to 65535 if any. Errors:
 * InvalidUrl, StringTooLong; the message
 * never repeats credentials. */
gboolean bgc_url_check (const char *url, GError **error);
/* @url without userinfo, query and fragment: what a log line, an error record or a message may
 * show. "(invalid)" for what is no URL. Owned by the caller. */
char *bgc_url_for_display (const char *url);
/* Scheme, host and port are the same: credentials may travel from one to the other. */
gboolean bgc_url_same_origin (const char *a, const char *b);
