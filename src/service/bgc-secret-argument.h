/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* Secrets as a caller gives them, checked. No error repeats any of what was given. Pure. */

#pragma once

#include "base/bgc-error.h"
#include "model/bgc-login.h"

/* Errors: InvalidArgument (no such word), NotSupported (words that do not go together, or not yet). */
gboolean bgc_secret_argument_target (const char *target, const char *scheme, BgcLoginTarget *out_target,
                                     BgcLoginScheme *out_scheme, GError **error);
/* NULL with an error: those above, CredentialsTooLarge, InvalidArgument (what the scheme cannot carry). */
BgcLogin *bgc_secret_argument_login (const char *target, const char *scheme, const char *user,
                                     const char *password, GError **error);
/* Errors: InvalidArgument, StringTooLong. */
gboolean bgc_secret_argument_headers (const char *const *headers, GError **error);
