/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "model/bgc-job-state.h"

#define BIT(state) (1u << BGC_JOB_STATE_##state)
/* Complete and Cancel end every job that has not ended. */
#define FINAL (BIT (ACKNOWLEDGED) | BIT (CANCELLED))

/* The states that may follow each. Beyond the table of BITS: a job whose last missing file is removed,
 * or that was suspended when it had all of them, is transferred without running again. */
static const guint successors[] = {
  [BGC_JOB_STATE_QUEUED]
  = BIT (CONNECTING) | BIT (SUSPENDED) | BIT (TRANSIENT_ERROR) | BIT (ERROR) | BIT (TRANSFERRED) | FINAL,
  [BGC_JOB_STATE_CONNECTING] = BIT (TRANSFERRING) | BIT (QUEUED) | BIT (SUSPENDED) | BIT (TRANSIENT_ERROR)
                               | BIT (ERROR) | BIT (TRANSFERRED) | FINAL,
  [BGC_JOB_STATE_TRANSFERRING]
  = BIT (QUEUED) | BIT (SUSPENDED) | BIT (TRANSIENT_ERROR) | BIT (ERROR) | BIT (TRANSFERRED) | FINAL,
  [BGC_JOB_STATE_SUSPENDED] = BIT (QUEUED) | BIT (TRANSFERRED) | FINAL,
  [BGC_JOB_STATE_ERROR] = BIT (QUEUED) | BIT (SUSPENDED) | BIT (TRANSFERRED) | FINAL,
  [BGC_JOB_STATE_TRANSIENT_ERROR]
  = BIT (QUEUED) | BIT (SUSPENDED) | BIT (ERROR) | BIT (TRANSFERRED) | FINAL,
  [BGC_JOB_STATE_TRANSFERRED] = BIT (QUEUED) | BIT (SUSPENDED) | BIT (ERROR) | FINAL,
  [BGC_JOB_STATE_ACKNOWLEDGED] = 0,
  [BGC_JOB_STATE_CANCELLED] = 0,
};
G_STATIC_ASSERT (G_N_ELEMENTS (successors) == BGC_N_JOB_STATES);

gboolean
bgc_job_state_may_follow (BgcJobState from, BgcJobState to)
{
  if ((guint) from >= BGC_N_JOB_STATES || (guint) to >= BGC_N_JOB_STATES)
    return FALSE;

  return (successors[from] & (1u << to)) != 0;
}

gboolean
bgc_job_state_is_final (BgcJobState state)
{
  return state == BGC_JOB_STATE_ACKNOWLEDGED || state == BGC_JOB_STATE_CANCELLED;
}

gboolean
bgc_job_state_is_runnable (BgcJobState state)
{
  return state == BGC_JOB_STATE_QUEUED || bgc_job_state_is_running (state);
}

gboolean
bgc_job_state_is_running (BgcJobState state)
{
  return state == BGC_JOB_STATE_CONNECTING || state == BGC_JOB_STATE_TRANSFERRING;
}

gboolean
bgc_job_state_allows (BgcJobType type, BgcJobState state, BgcRequest request, GError **error)
{
  gboolean allowed = !bgc_job_state_is_final (state);

  /* An upload cannot be had in part. */
  if (request == BGC_REQUEST_COMPLETE && type != BGC_JOB_TYPE_DOWNLOAD)
    allowed = state == BGC_JOB_STATE_TRANSFERRED;
  if (allowed)
    return TRUE;

  g_set_error (error, BGC_ERROR, BGC_ERROR_INVALID_STATE, "The job is %s",
               bgc_enums_job_state_to_string (state));
  return FALSE;
}
