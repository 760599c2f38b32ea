/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* The error values that BITS packets carry, their text form, and what they mean to us. Pure. */

#pragma once

#include "base/bgc-enums.h"
#include "base/bgc-error.h"

#define BGC_HRESULT_NONE 0x00000000u
#define BGC_HRESULT_SESSION_NOT_FOUND 0x8020001Fu
#define BGC_HRESULT_ACCESS_DENIED 0x80070005u
#define BGC_HRESULT_INVALID_ARGUMENT 0x80070057u
#define BGC_HRESULT_TOO_LARGE 0x80200020u
#define BGC_HRESULT_DISK_FULL                                                                                \
  0x80070112u /* as the protocol labels it; also a back end that did not answer in time */
#define BGC_HRESULT_WIN32_DISK_FULL 0x80070070u /* the value Windows itself has for it */
#define BGC_HRESULT_EXECUTE_ENABLED 0x80200023u

/* Takes "0x80070057", "x80070057", "80070057" in any case: all occur. FALSE for anything else. */
gboolean bgc_hresult_parse (const char *text, guint32 *out);
/* "0x" and eight upper-case digits: some clients search for that very text. Owned by the caller. */
char *bgc_hresult_format (guint32 value);
/* Only the two contexts that a server reports: remote file (5) and remote application (7). */
gboolean bgc_hresult_parse_context (const char *text, BgcErrorContext *out);
char *bgc_hresult_format_context (BgcErrorContext context);
/* The error of ours that @value stands for, @fallback where it stands for none. */
BgcErrorCode bgc_hresult_to_error (guint32 value, BgcErrorCode fallback);
