/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "engine/bgc-retry.h"

/* Seconds of the first waits where nobody chose: most troubles are over in a minute. */
static const guint32 first_waits[] = { 5, 15, 60 };

#define JITTER 0.1 /* part of the delay by which it may be longer */

gint64
bgc_retry_jitter (guint32 seconds, GRand *random)
{
  return (gint64)((double)seconds * (1.0 + JITTER * g_rand_double (random)) * G_USEC_PER_SEC);
}

gint64
bgc_retry_delay (const BgcJob *job, guint32 retry_after, GRand *random)
{
  guint32 seconds = job->minimum_retry_delay;

  if (!job->retry_delay_is_set && job->retry_count < G_N_ELEMENTS (first_waits))
    seconds = MIN (seconds, first_waits[job->retry_count]);
  seconds = MAX (seconds, retry_after);
  return bgc_retry_jitter (seconds, random);
}

gboolean
bgc_retry_is_network (const BgcFailure *failure)
{
  switch (failure->code)
    {
    case BGC_ERROR_NETWORK_DISCONNECTED:
    case BGC_ERROR_NAME_RESOLUTION:
    case BGC_ERROR_CONNECT_FAILED:
    case BGC_ERROR_CONNECTION_CLOSED:
    case BGC_ERROR_TIMEOUT:
      return failure->http_status == 0;
    default:
      return FALSE;
    }
}

gboolean
bgc_retry_counts (BgcWaitReason reason, gboolean online)
{
  return online && (reason == BGC_WAIT_RETRY || reason == BGC_WAIT_WORKER_LOST || reason == BGC_WAIT_NONE);
}

gint64
bgc_retry_no_progress_left (const BgcJob *job)
{
  if (job->no_progress_time < 0)
    return G_MAXINT64;
  return MAX ((gint64)job->no_progress_timeout * G_USEC_PER_SEC - job->no_progress_time, 0);
}

void
bgc_retry_elapse (BgcJob *draft, gint64 elapsed)
{
  if (draft->no_progress_time >= 0)
    draft->no_progress_time += MAX (elapsed, 0);
}

static BgcWaitReason
reason_of (const BgcFailure *failure, gboolean network_only, gboolean online)
{
  if (network_only && !online)
    return BGC_WAIT_NETWORK;
  return failure->wait == BGC_WAIT_NONE || failure->wait == BGC_WAIT_NETWORK ? BGC_WAIT_RETRY : failure->wait;
}

BgcFailure *
bgc_retry_no_progress (const BgcJob *job, gint64 wall)
{
  const BgcFailure *last = job->error;
  BgcFailure *failure
    = bgc_failure_new (last != NULL ? last->context : BGC_CONTEXT_TRANSPORT, BGC_ERROR_NO_PROGRESS, FALSE,
                       "No byte came in %u seconds%s%s", job->no_progress_timeout,
                       last != NULL && last->message != NULL ? "; the last error: " : "",
                       last != NULL && last->message != NULL ? last->message : "");

  failure->time = wall;
  if (last != NULL)
    {
      failure->file = last->file;
      failure->http_status = last->code == BGC_ERROR_NO_PROGRESS ? 0 : last->http_status;
      failure->url = g_strdup (last->url);
      failure->protocol = g_strdup (last->protocol);
    }
  return failure;
}

gboolean
bgc_retry_fail (BgcJob *draft, BgcFailure *failure, guint32 retry_after, gboolean network_only,
                gboolean online, gint64 wall, GRand *random, GError **error)
{
  BgcWaitReason reason = reason_of (failure, network_only, online);
  gboolean never = draft->no_progress_timeout == 0
                   || (draft->retry_delay_is_set && draft->minimum_retry_delay > draft->no_progress_timeout);

  /* Being offline is nobody's error, and a home that is away is none either. */
  if (reason != BGC_WAIT_NETWORK && reason != BGC_WAIT_STORAGE)
    draft->error_count++;
  if (!bgc_job_set_state (draft, never ? BGC_JOB_STATE_ERROR : BGC_JOB_STATE_TRANSIENT_ERROR, wall, error))
    {
      bgc_failure_free (failure);
      return FALSE;
    }
  failure->transient = !never;
  /* What could not be reached does not matter then. */
  if (reason == BGC_WAIT_NETWORK)
    failure->code = BGC_ERROR_NETWORK_DISCONNECTED;
  bgc_job_set_error (draft, failure);
  if (never)
    return TRUE;
  draft->wait_reason = reason;
  draft->no_progress_time = MAX (draft->no_progress_time, 0);
  /* Nobody knows when there will be room; that is looked for. */
  draft->next_attempt
    = reason == BGC_WAIT_DISK_FULL ? 0 : wall + bgc_retry_delay (draft, retry_after, random);
  return TRUE;
}
