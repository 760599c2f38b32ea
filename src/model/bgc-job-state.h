/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* The state table: which state may follow which, and what a caller may ask in which state. Pure. */

#pragma once

#include "base/bgc-enums.h"
#include "base/bgc-error.h"

/* What a caller asks of a job. */
typedef enum {
  BGC_REQUEST_ADD_FILE,
  BGC_REQUEST_REMOVE_FILE,
  BGC_REQUEST_MODIFY,   /* properties, remote names */
  BGC_REQUEST_SUSPEND,
  BGC_REQUEST_RESUME,
  BGC_REQUEST_CANCEL,
  BGC_REQUEST_COMPLETE,
  BGC_N_REQUESTS
} BgcRequest;

gboolean bgc_job_state_may_follow (BgcJobState from, BgcJobState to);
gboolean bgc_job_state_is_final (BgcJobState state);
/* Waiting for the scheduler, or at it: queued, connecting, transferring. */
gboolean bgc_job_state_is_runnable (BgcJobState state);
/* A transfer is going on: connecting, transferring. */
gboolean bgc_job_state_is_running (BgcJobState state);
/* May a job of @type in @state be asked this? Error: InvalidState, naming the state. */
gboolean bgc_job_state_allows (BgcJobType type, BgcJobState state, BgcRequest request, GError **error);
