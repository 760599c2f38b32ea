/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* The one error domain. Every code has a bus name below BGC_ERROR_PREFIX, a line of text, and a
 * BITS code where BITS has one. Knows no type of any floor above. */

#pragma once

#include <glib.h>

#define BGC_ERROR_PREFIX "org.example.BackgroundCopy.Error."
#define BGC_ERROR (bgc_error_quark ())

typedef enum {
  BGC_ERROR_NOT_FOUND = 0,
  BGC_ERROR_INVALID_STATE,
  BGC_ERROR_EMPTY,
  BGC_ERROR_ACCESS_DENIED,
  BGC_ERROR_INVALID_ARGUMENT,
  BGC_ERROR_INVALID_URL,
  BGC_ERROR_INVALID_PATH,
  BGC_ERROR_STRING_TOO_LONG,
  BGC_ERROR_TOO_MANY_JOBS,
  BGC_ERROR_TOO_MANY_FILES,
  BGC_ERROR_TOO_MANY_RANGES,
  BGC_ERROR_OVERLAPPING_RANGES,
  BGC_ERROR_INVALID_RANGE,
  BGC_ERROR_NOT_SUPPORTED,
  BGC_ERROR_READ_ONLY,
  BGC_ERROR_FILE_EXISTS,
  BGC_ERROR_LOCAL_FILE_CHANGED,
  BGC_ERROR_REMOTE_FILE_CHANGED,
  BGC_ERROR_NO_SPACE,
  BGC_ERROR_BUSY,
  BGC_ERROR_VALIDATION_FAILED,
  BGC_ERROR_CHECKSUM_MISMATCH,
  BGC_ERROR_MAXIMUM_DOWNLOAD_TIME,
  BGC_ERROR_MAXIMUM_SIZE,
  BGC_ERROR_NETWORK_DISCONNECTED,
  BGC_ERROR_NAME_RESOLUTION,
  BGC_ERROR_CONNECT_FAILED,
  BGC_ERROR_CONNECTION_CLOSED,
  BGC_ERROR_TIMEOUT,
  BGC_ERROR_TLS,
  BGC_ERROR_HTTP_STATUS,
  BGC_ERROR_INVALID_SERVER_RESPONSE,
  BGC_ERROR_RANGE_NOT_SUPPORTED,
  BGC_ERROR_MISSING_FILE_SIZE,
  BGC_ERROR_AUTHENTICATION_REQUIRED,
  BGC_ERROR_PROXY_AUTHENTICATION_REQUIRED,
  BGC_ERROR_SESSION_NOT_FOUND,
  BGC_ERROR_PROTOCOL_MISMATCH,
  BGC_ERROR_TOO_LARGE,
  BGC_ERROR_NO_PROGRESS,
  BGC_ERROR_BLOCKED_BY_POLICY,
  BGC_ERROR_CREDENTIALS_TOO_LARGE,
  BGC_ERROR_STORE_FAILED,
  BGC_ERROR_WORKER_LOST,
  BGC_ERROR_OWNER_UNKNOWN,
  BGC_ERROR_LIMITS_EXCEEDED,
  BGC_N_ERRORS
} BgcErrorCode;

GQuark bgc_error_quark (void);

/* "NotFound": the last word of the bus name, also what is stored and what the private bus carries.
 * @code outside the enumeration: "Unknown". */
const char *bgc_error_name (BgcErrorCode code);
/* TRUE and @out for such a word; also takes the whole bus name. */
gboolean bgc_error_from_name (const char *name, BgcErrorCode *out);
/* The whole bus name, static. */
const char *bgc_error_bus_name (BgcErrorCode code);
/* 0x80200001 …, or the Windows code that BITS passes on (0x80070005), or 0 where there is none.
 * An HTTP status has 0x80190000 + status instead, see bgc_error_bits_code_for_status(). */
guint32 bgc_error_bits_code (BgcErrorCode code);
guint32 bgc_error_bits_code_for_status (guint http_status);
/* Also takes codes that are finer than ours, and those of HTTP statuses (AuthenticationRequired,
 * ProxyAuthenticationRequired, else HttpStatus). FALSE for a BITS code that names no error of ours. */
gboolean bgc_error_from_bits_code (guint32 bits_code, BgcErrorCode *out);
/* One untranslated sentence without a full stop; marked for translation. */
const char *bgc_error_description (BgcErrorCode code);
/* The code of @error if it is ours, else @fallback. */
BgcErrorCode bgc_error_code_of (const GError *error, BgcErrorCode fallback);
