/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "engine/bgc-run.h"

#include "engine/bgc-orphans.h"
#include "engine/bgc-retry.h"

static void
push (BgcEngine *engine, BgcEntry *entry, const char *name, BgcOperationFunc begin)
{
  bgc_lanes_push (engine->lanes,
                  bgc_operation_new (sizeof (BgcOperation), name, engine, entry, NULL, begin, NULL));
}

static void
end (BgcOperation *self)
{
  bgc_lanes_end (self->engine->lanes, self);
}

static void
commit (BgcOperation *self, BgcChange *change, BgcCommittedFunc committed)
{
  bgc_lanes_commit (self->engine->lanes, self, change, BGC_STORE_NORMAL, committed);
}

/* ---- the end of a run, whatever the reason ---- */

static void
recover (BgcEngine *engine, BgcEntry *entry);

static void
on_concluded (BgcOperation *self, const GError *error)
{
  if (error != NULL)
    bgc_engine_try_again (self->engine, self->entry, "The end of a transfer could not be stored", error,
                          recover);
  else
    bgc_engine_settled (self->engine, self->entry, recover);
  end (self);
}

/* The worker does not run it, and its state says that it does. */
static gboolean
is_stranded (BgcEntry *entry)
{
  return (bgc_runner_is (entry, BGC_RUNNER_STOPPED) || bgc_runner_is (entry, BGC_RUNNER_DEAD))
         && bgc_job_state_is_running (entry->job->state);
}

static void
begin_conclude (BgcOperation *self)
{
  g_autoptr (BgcChange) change = NULL;
  g_autoptr (GError) error = NULL;

  if (!is_stranded (self->entry))
    {
      bgc_engine_settled (self->engine, self->entry, recover);
      end (self);
      return;
    }
  change = bgc_engine_edit (self->engine, self->entry);
  bgc_runner_fold (self->engine, self->entry, change);
  if (!bgc_runner_conclude (self->engine, self->entry, change, &error))
    {
      /* The table has a way out of every running state, so this is a mistake of ours: say so, go on. */
      bgc_engine_log (self->entry, G_LOG_LEVEL_WARNING, "A run cannot end", error);
      bgc_runner_unfold (self->entry);
      bgc_engine_settled (self->engine, self->entry, recover);
      end (self);
      return;
    }
  commit (self, g_steal_pointer (&change), on_concluded);
}

static void
recover (BgcEngine *engine, BgcEntry *entry)
{
  push (engine, entry, "recover", begin_conclude);
}

void
bgc_run_recover (BgcEngine *engine, BgcEntry *entry, const GError *error)
{
  if (is_stranded (entry))
    bgc_engine_try_again (engine, entry, "A change could not be stored and the transfer is held", error,
                          recover);
}

static void
on_death (BgcEngine *engine, BgcEntry *entry)
{
  push (engine, entry, "lost", begin_conclude);
}

void
bgc_run_lost (BgcEngine *engine, guint32 owner, const char *why)
{
  g_autoptr (GList) entries = g_hash_table_get_keys (engine->runners);

  for (GList *link = entries; link != NULL; link = link->next)
    {
      BgcEntry *entry = link->data;

      if (entry->job->owner == owner)
        bgc_runner_lost (engine, entry, BGC_ERROR_WORKER_LOST, why);
    }
}

/* ---- the beginning ---- */

/* Where the store takes no start, it takes none of another job either: everybody waits, told once. */
static void
put_back (BgcOperation *self, const GError *error)
{
  BgcEngine *engine = self->engine;

  if (engine->pause == 0)
    bgc_engine_log (self->entry, G_LOG_LEVEL_WARNING, "The start of a transfer could not be stored", error);
  engine->pause = bgc_engine_longer (engine->pause);
  bgc_scheduler_pause (engine->scheduler, bgc_engine_boot (engine) + engine->pause);
  bgc_runner_drop (engine, self->entry);
}

static void
on_nothing_to_do (BgcOperation *self, const GError *error)
{
  if (error != NULL)
    put_back (self, error);
  else
    bgc_runner_drop (self->engine, self->entry);
  end (self);
}

static void
on_begun (BgcOperation *self, const GError *error)
{
  if (error == NULL)
    {
      self->engine->pause = 0;
      bgc_runner_start (self->engine, self->entry);
      bgc_orphans_search (self->engine, self->entry->job->owner);
    }
  else
    put_back (self, error);
  end (self);
}

/* Without what its owner gave it the server would turn it away, or hand out what is meant for everybody. */
static gboolean
refuse_without_secrets (BgcEngine *engine, BgcChange *change)
{
  BgcFailure *failure;

  if (change->header->lost_secrets == 0
      || !bgc_job_set_state (change->header, BGC_JOB_STATE_ERROR, bgc_engine_wall (engine), NULL))
    return FALSE;
  failure = bgc_failure_new (BGC_CONTEXT_QUEUE_MANAGER, BGC_ERROR_ACCESS_DENIED, FALSE,
                             "Credentials or headers of the job cannot be decrypted: set them again");
  failure->time = bgc_engine_wall (engine);
  bgc_job_set_error (change->header, failure);
  change->header->error_count++;
  return TRUE;
}

static void
begin_start (BgcOperation *self)
{
  BgcEngine *engine = self->engine;
  BgcEntry *entry = self->entry;
  BgcChange *change;

  if (!bgc_runner_is (entry, BGC_RUNNER_PICKED) || entry->job->state != BGC_JOB_STATE_QUEUED
      || entry->job->completing || engine->closing || entry->obstacle != BGC_WAIT_NONE)
    {
      if (bgc_runner_is (entry, BGC_RUNNER_PICKED))
        bgc_runner_drop (engine, entry);
      end (self);
      return;
    }
  change = bgc_engine_edit (engine, entry);
  if (bgc_progress_is_through (change, entry->job))
    {
      bgc_progress_settle (change, entry->job, bgc_engine_wall (engine), NULL);
      commit (self, change, on_nothing_to_do);
      return;
    }
  if (refuse_without_secrets (engine, change))
    {
      commit (self, change, on_nothing_to_do);
      return;
    }
  bgc_job_set_state (change->header, BGC_JOB_STATE_CONNECTING, bgc_engine_wall (engine), NULL);
  /* Never 0 again: from now on there may be temporary files that no report has named. */
  change->header->active_time = MAX (change->header->active_time, 1);
  commit (self, change, on_begun);
}

void
bgc_run_begin (BgcEngine *engine, BgcEntry *entry, guint files_at_once)
{
  bgc_runner_new (engine, entry, files_at_once, on_death);
  push (engine, entry, "start", begin_start);
}

/* ---- reports ---- */

typedef struct
{
  BgcOperation base;
  GError *error; /* (owned) (nullable) why it could not be stored */
} Report;

static void
clear_report (BgcOperation *self)
{
  g_clear_error (&((Report *)self)->error);
}

static void
on_report_stopped (gpointer data)
{
  BgcOperation *self = data;
  Report *report = data;

  if (report->error != NULL)
    bgc_run_recover (self->engine, self->entry, report->error);
  end (self);
}

static void
on_reported (BgcOperation *self, const GError *error)
{
  if (error == NULL && bgc_job_state_is_running (self->entry->job->state))
    {
      bgc_runner_advance (self->engine, self->entry);
      end (self);
      return;
    }
  if (error != NULL)
    ((Report *)self)->error = g_error_copy (error);
  bgc_runner_stop (self->engine, self->entry, FALSE, on_report_stopped, self);
}

static void
begin_report (BgcOperation *self)
{
  g_autoptr (BgcChange) change = NULL;
  g_autoptr (GError) error = NULL;

  if (!bgc_runner_is (self->entry, BGC_RUNNER_ACTIVE) || !bgc_job_state_is_running (self->entry->job->state))
    {
      end (self);
      return;
    }
  change = bgc_engine_edit (self->engine, self->entry);
  bgc_runner_fold (self->engine, self->entry, change);
  if (bgc_runner_is_over (self->entry, change)
      && !bgc_runner_conclude (self->engine, self->entry, change, &error))
    bgc_engine_log (self->entry, G_LOG_LEVEL_WARNING, "A run cannot end", error);
  commit (self, g_steal_pointer (&change), on_reported);
}

void
bgc_run_report (BgcEngine *engine, const BgcReport *report)
{
  BgcEntry *entry = bgc_queue_find (engine->queue, &report->id);

  if (entry != NULL && bgc_runner_take (engine, entry, report))
    bgc_lanes_push (engine->lanes, bgc_operation_new (sizeof (Report), "report", engine, entry, NULL,
                                                      begin_report, clear_report));
}

/* ---- stopping before the end ---- */

static void
on_requeue_stopped (gpointer data)
{
  begin_conclude (data);
}

static void
begin_requeue (BgcOperation *self)
{
  if (bgc_runner_is (self->entry, BGC_RUNNER_ACTIVE) && bgc_job_state_is_running (self->entry->job->state))
    bgc_runner_stop (self->engine, self->entry, FALSE, on_requeue_stopped, self);
  else
    begin_conclude (self);
}

void
bgc_run_requeue (BgcEngine *engine, BgcEntry *entry)
{
  push (engine, entry, "requeue", begin_requeue);
}

/* What @draft's clocks say; NULL while there is time left. */
static BgcFailure *
overdue (const BgcJob *draft, gint64 wall)
{
  if (draft->maximum_download_time > 0
      && draft->active_time >= (gint64)draft->maximum_download_time * G_USEC_PER_SEC)
    {
      BgcFailure *failure
        = bgc_failure_new (BGC_CONTEXT_QUEUE_MANAGER, BGC_ERROR_MAXIMUM_DOWNLOAD_TIME, FALSE,
                           "The transfer took longer than %u seconds", draft->maximum_download_time);

      failure->time = wall;
      return failure;
    }
  return bgc_retry_no_progress_left (draft) == 0 ? bgc_retry_no_progress (draft, wall) : NULL;
}

static void
on_expired_stopped (gpointer data)
{
  BgcOperation *self = data;
  gint64 wall = bgc_engine_wall (self->engine);
  g_autoptr (BgcChange) change = NULL;
  BgcFailure *failure;

  if (!is_stranded (self->entry))
    {
      end (self);
      return;
    }
  change = bgc_engine_edit (self->engine, self->entry);
  bgc_runner_fold (self->engine, self->entry, change);
  failure = overdue (change->header, wall);
  if (failure == NULL || bgc_runner_is_over (self->entry, change))
    {
      /* The last report brought the rest, or bytes at last. */
      g_clear_pointer (&failure, bgc_failure_free);
      bgc_runner_unfold (self->entry);
      begin_conclude (self);
      return;
    }
  bgc_job_set_state (change->header, BGC_JOB_STATE_ERROR, wall, NULL);
  bgc_job_set_error (change->header, failure);
  change->header->error_count++;
  commit (self, g_steal_pointer (&change), on_concluded);
}

static void
begin_expire (BgcOperation *self)
{
  if (!bgc_runner_is (self->entry, BGC_RUNNER_ACTIVE) || !bgc_job_state_is_running (self->entry->job->state))
    end (self);
  else
    bgc_runner_stop (self->engine, self->entry, FALSE, on_expired_stopped, self);
}

void
bgc_run_expire (BgcEngine *engine, BgcEntry *entry)
{
  push (engine, entry, "expire", begin_expire);
}
