/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* What went wrong with a job or one of its files: the record behind the Error property. Plain data. */

#pragma once

#include "base/bgc-enums.h"
#include "base/bgc-error.h"

#define BGC_FAILURE_NO_FILE G_MAXUINT32
/* Seconds: what a server asks for is held between these. Sooner would press it, later look like never. */
#define BGC_FAILURE_MIN_RETRY_AFTER 30u
#define BGC_FAILURE_MAX_RETRY_AFTER 86400u

typedef struct {
  BgcErrorContext context;
  BgcErrorCode code;
  guint http_status;      /* 0 where no HTTP answer is behind it */
  guint32 file;           /* index, or BGC_FAILURE_NO_FILE */
  char *url;              /* (owned) (nullable) without userinfo and fragment */
  char *protocol;         /* (owned) (nullable) "http" or "https" */
  char *message;          /* (owned) (nullable) one sentence, UTF-8 */
  gint64 time;            /* wall clock, microseconds since the epoch */
  gboolean transient;     /* goes away by itself: the job retries */
  /* what a transient one waits for: BGC_WAIT_RETRY, _DISK_FULL, _STORAGE, _NETWORK, _WORKER_LOST */
  BgcWaitReason wait;
  /* seconds the server asked for (429, 503), 0 = it did not */
  guint32 retry_after;
} BgcFailure;

BgcFailure *bgc_failure_new (BgcErrorContext context, BgcErrorCode code, gboolean transient,
                             const char *format, ...) G_GNUC_PRINTF (4, 5);
BgcFailure *bgc_failure_copy (const BgcFailure *self); /* NULL gives NULL */
void bgc_failure_free (BgcFailure *self);
/* The BITS code: that of the HTTP status where there is one, else that of the error code. */
guint32 bgc_failure_bits_code (const BgcFailure *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BgcFailure, bgc_failure_free)
