/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* BITS-Reply-URL: absolute, relative, or relative with backslashes and braces as Windows servers send
 * it; made into a URL that can be asked for. Pure. */

#pragma once

#include <glib.h>

/* @base: the URL the packets of the session went to. Only http and https come out, and never http where @base
 * is https. Owned by the caller. Errors: InvalidServerResponse. */
char *bgc_reply_url_resolve (const char *base, const char *reply, GError **error);
