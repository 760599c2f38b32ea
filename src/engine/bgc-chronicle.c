/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "engine/bgc-chronicle.h"

#include "base/bgc-log.h"
#include "base/bgc-text.h"
#include "engine/bgc-progress.h"
#include "model/bgc-url.h"

/* Bytes of a name or message of somebody else's in a line; escaped, so that no line looks like two. */
#define WORDS_MAX 512u

static void
tell (BgcEntry *entry, BgcEvent event, GLogLevelFlags level, const BgcFailure *failure, const char *text)
{
  char id[BGC_JOB_ID_HEX_LENGTH + 1];
  g_autofree char *url = failure != NULL && failure->url != NULL ? bgc_url_for_display (failure->url) : NULL;
  BgcLogEvent record = { event, level, id, entry->job->owner, BGC_LOG_NO_FILE, NULL, url };

  bgc_job_id_to_hex (&entry->job->id, id);
  if (failure != NULL)
    {
      record.error = bgc_error_name (failure->code);
      if (failure->file != BGC_FAILURE_NO_FILE)
        record.file = bgc_progress_shown_index (entry->job, failure->file);
    }
  bgc_log_event (&record, "%s", text);
}

void
bgc_chronicle_event (BgcEntry *entry, BgcEvent event, GLogLevelFlags level, const char *what)
{
  g_autofree char *text = bgc_text_escape (what, WORDS_MAX);

  tell (entry, event, level, NULL, text);
}

static void
tell_failure (BgcEntry *entry, BgcEvent event, GLogLevelFlags level, const char *what)
{
  const BgcFailure *failure = entry->job->error;
  g_autofree char *words = NULL;
  g_autofree char *text = NULL;

  if (failure == NULL)
    {
      tell (entry, event, level, NULL, what);
      return;
    }
  words = bgc_text_escape (
    failure->message != NULL ? failure->message : bgc_error_description (failure->code), WORDS_MAX);
  text = g_strdup_printf ("%s: %s", what, words);
  tell (entry, event, level, failure, text);
}

void
bgc_chronicle_created (BgcEntry *entry)
{
  const BgcJob *job = entry->job;
  g_autofree char *name = bgc_text_escape (job->display_name, WORDS_MAX);
  g_autofree char *text
    = g_strdup_printf ("Created: %s \"%s\"", bgc_enums_job_type_to_string (job->type), name);

  tell (entry, BGC_EVENT_JOB_CREATED, G_LOG_LEVEL_MESSAGE, NULL, text);
}

static void
tell_state (BgcEntry *entry, BgcJobState before)
{
  const BgcJob *job = entry->job;

  switch (job->state)
    {
    case BGC_JOB_STATE_QUEUED:
      if (before == BGC_JOB_STATE_SUSPENDED || before == BGC_JOB_STATE_ERROR)
        tell (entry, BGC_EVENT_JOB_RESUMED, G_LOG_LEVEL_MESSAGE, NULL, "Resumed");
      break;
    case BGC_JOB_STATE_SUSPENDED:
      tell (entry, BGC_EVENT_JOB_SUSPENDED, G_LOG_LEVEL_MESSAGE, NULL, "Suspended");
      break;
    case BGC_JOB_STATE_TRANSFERRED:
      tell (entry, BGC_EVENT_JOB_TRANSFERRED, G_LOG_LEVEL_MESSAGE, NULL, "Transferred");
      break;
    case BGC_JOB_STATE_ERROR:
      tell_failure (entry, BGC_EVENT_JOB_FAILED, G_LOG_LEVEL_MESSAGE, "Failed");
      break;
    case BGC_JOB_STATE_TRANSIENT_ERROR:
      tell_failure (entry, BGC_EVENT_JOB_INTERRUPTED,
                    job->retry_count == 0 ? G_LOG_LEVEL_MESSAGE : G_LOG_LEVEL_DEBUG, "Interrupted");
      break;
    case BGC_JOB_STATE_CANCELLED:
      tell (entry, BGC_EVENT_JOB_CANCELLED, G_LOG_LEVEL_MESSAGE, NULL, "Cancelled");
      break;
    case BGC_JOB_STATE_ACKNOWLEDGED:
      tell (entry, BGC_EVENT_JOB_COMPLETED, G_LOG_LEVEL_MESSAGE, NULL, "Completed");
      break;
    default:
      break;
    }
}

BgcChronicleBefore
bgc_chronicle_before (BgcEntry *entry)
{
  return (BgcChronicleBefore) { entry->job->state, entry->job->owner };
}

void
bgc_chronicle_change (BgcEntry *entry, const BgcChronicleBefore *before)
{
  if (entry->job->owner != before->owner)
    {
      g_autofree char *text = g_strdup_printf ("User %u has taken it from user %u", entry->job->owner,
                                               before->owner);

      tell (entry, BGC_EVENT_JOB_OWNER_CHANGED, G_LOG_LEVEL_MESSAGE, NULL, text);
    }
  if (entry->job->state != before->state)
    tell_state (entry, before->state);
}
