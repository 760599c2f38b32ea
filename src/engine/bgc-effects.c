/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "engine/bgc-effects.h"

#include "engine/bgc-cancel.h"
#include "engine/bgc-chronicle.h"
#include "engine/bgc-completion.h"
#include "engine/bgc-conditions.h"
#include "engine/bgc-leftovers.h"
#include "engine/bgc-reaper.h"
#include "engine/bgc-runner.h"
#include "engine/bgc-server-cancel.h"
#include "engine/bgc-shares.h"
#include "engine/bgc-waits.h"

static gboolean
is_kept (const BgcEntry *entry)
{
  return entry->job->state == BGC_JOB_STATE_ACKNOWLEDGED && !entry->forgotten;
}

/* Final, and listed all the same. */
static gboolean
is_shown (const BgcEntry *entry)
{
  return is_kept (entry) || (entry->job->server_cancel != NULL && !entry->forgotten);
}

/* Files that become whole with @change, seen before it is applied. */
static GArray *
news_of_files (BgcEntry *entry, const BgcChange *change)
{
  GArray *whole = g_array_new (FALSE, FALSE, sizeof (guint32));

  for (guint i = 0; i < change->files->len; i++)
    {
      const BgcFile *file = g_ptr_array_index (change->files, i);
      const BgcFile *before = bgc_file_list_find (entry->job->files, file->index);

      if (bgc_progress_shown_index (entry->job, file->index) == BGC_FAILURE_NO_FILE)
        continue;
      if (file->state == BGC_FILE_WHOLE && before != NULL && before->state == BGC_FILE_PENDING)
        g_array_append_val (whole, file->index);
    }
  return whole;
}

static void
take_leftovers (BgcEngine *engine, BgcChange *change)
{
  while (change->leftovers->len > 0)
    bgc_leftovers_add (engine->leftovers, g_ptr_array_steal_index (change->leftovers, 0));
}

void
bgc_effects_follow (BgcEngine *engine, BgcEntry *entry)
{
  const BgcJob *job = entry->job;

  bgc_conditions_judge (engine->conditions, entry);
  bgc_runner_applied (engine, entry);
  bgc_shares_reconsider (engine->shares, entry);
  bgc_scheduler_reconsider (engine->scheduler, entry);
  bgc_engine_offer (engine, entry);
  if (job->state == BGC_JOB_STATE_TRANSIENT_ERROR && engine->started)
    bgc_waits_enter (engine, entry);
  else
    bgc_waits_leave (engine, entry);
  if (job->state == BGC_JOB_STATE_TRANSFERRED && job->auto_complete && !job->completing && engine->started
      && !engine->closing)
    bgc_completion_push_automatic (engine, entry);
  if (job->server_cancel == NULL || entry->forgotten)
    bgc_server_cancel_leave (engine, entry);
  if (entry->forgotten)
    bgc_reaper_bid_farewell (engine->reaper, entry);
  else if (is_kept (entry) && entry->farewell == NULL)
    bgc_reaper_keep (engine->reaper, entry);
}

void
bgc_effects_apply (BgcEntry *entry, BgcChange *change, gpointer data)
{
  BgcEngine *engine = data;
  BgcChronicleBefore before = bgc_chronicle_before (entry);
  g_autoptr (GArray) whole = NULL;
  guint32 former = entry->job->owner;
  BgcNews news = { 0 };

  if (change == NULL)
    {
      bgc_runner_unfold (entry);
      return;
    }
  news.whole = whole = news_of_files (entry, change);
  take_leftovers (engine, change);
  bgc_change_apply (change, entry->job);
  entry->forgotten = entry->forgotten || change->forget;
  entry->touched = bgc_engine_boot (engine);
  bgc_queue_charge (engine->queue, entry);
  if (entry->job->owner != former)
    {
      news.taken = TRUE;
      news.former = former;
      /* Its place and its turn were the old owner's. */
      if (bgc_runner_is (entry, BGC_RUNNER_PICKED))
        bgc_runner_drop (engine, entry);
      bgc_scheduler_withdraw (engine->scheduler, entry);
      bgc_scheduler_release (engine->scheduler, entry);
      bgc_queue_move (engine->queue, entry);
    }
  if (entry->listed && bgc_job_state_is_final (entry->job->state) && !is_shown (entry))
    {
      bgc_queue_unlist (engine->queue, entry);
      news.left = TRUE;
    }
  news.state_changed = entry->job->state != before.state;
  bgc_chronicle_change (entry, &before);
  bgc_effects_follow (engine, entry);
  engine->hooks->told (engine, entry, &news);
}

BgcEntry *
bgc_effects_load (BgcEngine *engine, BgcJob *job)
{
  gint64 boot = bgc_engine_boot (engine);
  gint64 age = bgc_engine_wall (engine) - job->modification_time;
  gint64 timeout = (gint64)engine->limits.job_inactivity_timeout * G_USEC_PER_SEC;
  BgcEntry *entry;

  /* No worker runs it now. Not stored: after the next crash it is the same again. */
  if (bgc_job_state_is_running (job->state))
    bgc_job_set_state (job, BGC_JOB_STATE_QUEUED, job->modification_time, NULL);
  entry = bgc_queue_add (engine->queue, job, boot);
  /* Even one long overdue gets an hour: the clock may not be set yet, and its owner not logged in. */
  entry->touched = boot - CLAMP (age, 0, MAX (timeout - BGC_REAPER_SWEEP, 0));
  if (job->state == BGC_JOB_STATE_CANCELLED && job->server_cancel == NULL)
    bgc_queue_unlist (engine->queue, entry);
  return entry;
}

void
bgc_effects_resume (BgcEngine *engine, BgcEntry *entry)
{
  if (entry->job->state == BGC_JOB_STATE_CANCELLED)
    bgc_cancel_push (engine, entry, NULL);
  else if (entry->job->completing)
    bgc_completion_push (engine, entry, NULL);
  else
    bgc_effects_follow (engine, entry);
}
