/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "engine/bgc-completion.h"

#include "engine/bgc-placing.h"
#include "engine/bgc-run.h"

/* Calls to the worker under way at once: while it renames for one, the other is on its way, and what came
 * of those before is being stored. */
#define CALLS 2u

typedef struct
{
  BgcOperation base;
  gboolean automatic;
  guint32 next;        /* index of the first file that no call was made for */
  guint calls;         /* to the worker, under way */
  gboolean storing;    /* a commit of what was placed is under way */
  gboolean refused;    /* some of results are failures */
  GPtrArray *results;  /* (owned) (nullable) (element-type BgcPlacementResult) answered, not stored */
  GError *error;       /* (owned) (nullable) why it cannot go on, once nothing is under way */
  BgcFailure *failure; /* (owned) (nullable) the rename that failed */
  gboolean left;       /* a temporary file could not be deleted */
  gboolean lost;       /* a temporary file is not what was whole any more: it has to be fetched again */
} Completion;

static void
clear (BgcOperation *base)
{
  Completion *self = (Completion *)base;

  g_clear_pointer (&self->failure, bgc_failure_free);
  g_clear_pointer (&self->results, g_ptr_array_unref);
  g_clear_error (&self->error);
}

static void
end (Completion *self)
{
  bgc_lanes_end (self->base.engine->lanes, &self->base);
}

static void
commit (Completion *self, BgcChange *change, BgcCommittedFunc committed)
{
  bgc_lanes_commit (self->base.engine->lanes, &self->base, change, BGC_STORE_NORMAL, committed);
}

/* As it was meant: on with a Complete that is durable, forgetting one that was kept, or AutoComplete. */
static void
push_again (BgcEngine *engine, BgcEntry *entry)
{
  if (entry->job->completing || entry->job->state == BGC_JOB_STATE_ACKNOWLEDGED)
    bgc_completion_push (engine, entry, NULL);
  else
    bgc_completion_push_automatic (engine, entry);
}

/* What only a caller wants, and is told of, is his to ask for again. */
static void
interrupted (Completion *self, const GError *error)
{
  gboolean ours = self->base.task == NULL || self->base.entry->job->completing;

  bgc_operation_fail (&self->base, error);
  if (ours)
    bgc_engine_try_again (self->base.engine, self->base.entry, "Complete could not go on", error, push_again);
  end (self);
}

static void
settled (Completion *self)
{
  bgc_engine_settled (self->base.engine, self->base.entry, push_again);
}

static gboolean
is_missing (const BgcFile *file)
{
  return file->state == BGC_FILE_PENDING || file->state == BGC_FILE_FAILED;
}

static guint
missing (const BgcJob *job)
{
  return bgc_file_list_count (job->files, BGC_FILE_PENDING)
         + bgc_file_list_count (job->files, BGC_FILE_FAILED);
}

/* Files that are to be renamed. The source of an upload stays where it is. */
static guint
to_place (const BgcJob *job)
{
  const BgcFile *source = job->upload != NULL ? bgc_file_list_find (job->files, BGC_UPLOAD_FILE) : NULL;
  guint sources = source != NULL && source->state == BGC_FILE_WHOLE ? 1 : 0;

  return bgc_file_list_count (job->files, BGC_FILE_WHOLE) - sources;
}

static gboolean
is_to_place (const BgcFile *file)
{
  return file->state == BGC_FILE_WHOLE && !bgc_file_is_source (file);
}

/* ---- the last step ---- */

static void
on_acknowledged (BgcOperation *base, const GError *error)
{
  Completion *self = (Completion *)base;
  BgcOutcome outcome = BGC_OUTCOME_OK;

  if (error != NULL)
    {
      interrupted (self, error);
      return;
    }
  /* That files are missing matters more than what they left behind. */
  if (missing (base->entry->job) > 0)
    outcome = BGC_OUTCOME_PARTIAL;
  else if (self->left)
    outcome = BGC_OUTCOME_UNABLE_TO_DELETE_FILES;
  settled (self);
  bgc_operation_succeed (base, outcome);
  end (self);
}

static gboolean
acknowledge (Completion *self, BgcChange *change, GError **error)
{
  change->header->completing = FALSE;
  change->forget = !self->automatic;
  return bgc_job_set_state (change->header, BGC_JOB_STATE_ACKNOWLEDGED, bgc_engine_wall (self->base.engine),
                            error);
}

static void
on_deleted (GPtrArray *undone, gpointer data)
{
  Completion *self = data;
  g_autoptr (BgcChange) change = bgc_engine_edit (self->base.engine, self->base.entry);
  g_autoptr (GError) error = NULL;

  self->left = undone->len > 0;
  bgc_placing_log (self->base.entry, "Completed, but a temporary file is left", undone);
  bgc_placing_leave (self->base.engine, change, self->base.entry->job->owner, undone);
  if (!acknowledge (self, change, &error))
    interrupted (self, error);
  else
    commit (self, g_steal_pointer (&change), on_acknowledged);
}

static void
delete_missing (Completion *self)
{
  BgcFileList *files = self->base.entry->job->files;
  GPtrArray *placements = g_ptr_array_new_with_free_func ((GDestroyNotify)bgc_placement_free);
  gboolean may_hold = bgc_engine_may_hold_temporaries (self->base.entry);

  for (guint i = 0; may_hold && i < bgc_file_list_length (files); i++)
    if (is_missing (bgc_file_list_at (files, i)) && !bgc_file_is_source (bgc_file_list_at (files, i)))
      g_ptr_array_add (placements, bgc_placing_of (bgc_file_list_at (files, i), FALSE));
  bgc_placing_delete (self->base.engine, self->base.entry->job->owner, placements, on_deleted, self);
}

/* ---- a rename failed ---- */

static void
on_given_up (BgcOperation *base, const GError *error)
{
  Completion *self = (Completion *)base;
  g_autoptr (GError) why = NULL;

  if (error != NULL)
    {
      interrupted (self, error);
      return;
    }
  why = g_error_new (BGC_ERROR, (gint)self->failure->code, "%s",
                     self->failure->message != NULL ? self->failure->message
                                                    : bgc_error_description (self->failure->code));
  settled (self);
  if (base->task == NULL)
    bgc_engine_log (base->entry, G_LOG_LEVEL_WARNING, "The job could not be completed", why);
  bgc_operation_fail (base, why);
  end (self);
}

static void
give_up (Completion *self, BgcChange *change)
{
  BgcJob *draft = change->header;
  gint64 wall = bgc_engine_wall (self->base.engine);

  draft->completing = FALSE;
  if (self->automatic)
    {
      BgcFailure *failure = bgc_failure_copy (self->failure);

      failure->time = wall;
      failure->transient = FALSE;
      bgc_job_set_state (draft, BGC_JOB_STATE_ERROR, wall, NULL);
      bgc_job_set_error (draft, failure);
      draft->error_count++;
    }
  else if (missing (self->base.entry->job) == 0 && !self->lost && draft->state != BGC_JOB_STATE_TRANSFERRED)
    bgc_job_set_state (draft, BGC_JOB_STATE_TRANSFERRED, wall, NULL);
  else if (self->lost && draft->state != BGC_JOB_STATE_SUSPENDED
           && bgc_progress_tally (change, self->base.entry->job).states[BGC_FILE_PENDING] == 0)
    bgc_progress_settle (change, self->base.entry->job, wall, NULL);
  commit (self, change, on_given_up);
}

/* ---- renaming, portion after portion ---- */

static void
go_on (Completion *self);

static void
on_placed_stored (BgcOperation *base, const GError *error)
{
  Completion *self = (Completion *)base;

  self->storing = FALSE;
  if (error != NULL && self->error == NULL)
    self->error = g_error_copy (error);
  go_on (self);
}

/* Resume fetches it again. */
static void
lose (Completion *self, BgcChange *change, const BgcPlacementResult *result)
{
  BgcFile *file = bgc_change_edit_file (change, self->base.entry->job, result->index);

  if (file == NULL || file->state != BGC_FILE_WHOLE)
    return;
  bgc_file_restart (file);
  file->state = BGC_FILE_FAILED;
  bgc_failure_free (file->failure);
  file->failure = bgc_failure_copy (result->failure);
  file->failure->file = file->index;
  file->failure->time = bgc_engine_wall (self->base.engine);
  self->lost = TRUE;
}

static void
take_results (Completion *self, BgcChange *change, GPtrArray *results)
{
  for (guint i = 0; i < results->len; i++)
    {
      const BgcPlacementResult *result = g_ptr_array_index (results, i);
      BgcFile *file;

      if (result->done)
        {
          file = bgc_change_edit_file (change, self->base.entry->job, result->index);
          if (file != NULL && file->state == BGC_FILE_WHOLE)
            file->state = BGC_FILE_COMPLETED;
        }
      else
        {
          if (result->failure != NULL && result->failure->code == BGC_ERROR_LOCAL_FILE_CHANGED)
            lose (self, change, result);
          if (self->failure != NULL)
            continue;
          self->failure
            = result->failure != NULL
                ? bgc_failure_copy (result->failure)
                : bgc_failure_new (BGC_CONTEXT_LOCAL_FILE, BGC_ERROR_ACCESS_DENIED, FALSE, "Not renamed");
          self->failure->file = result->index;
        }
    }
}

/* Nothing is left to do but to say so. */
static gboolean
is_last (Completion *self, const BgcChange *change)
{
  return change->files->len == to_place (self->base.entry->job) && missing (self->base.entry->job) == 0;
}

/* Something was not placed, and nothing is under way any more. What was placed goes into @change (transfer
 * full) too: a file that was lost must not be stored while the job would still go on completing. */
static void
conclude_failed (Completion *self, BgcChange *change)
{
  g_autoptr (GError) error = NULL;

  if (!self->failure->transient || !self->automatic)
    {
      give_up (self, change);
      return;
    }
  /* A home that is away comes back; what is placed already is found in its place then. */
  error = g_error_new (BGC_ERROR, (gint)self->failure->code, "%s", self->failure->message);
  bgc_change_free (change);
  interrupted (self, error);
}

/* All that is known by now. */
static void
store_results (Completion *self)
{
  g_autoptr (GPtrArray) results = g_steal_pointer (&self->results);
  g_autoptr (BgcChange) change = bgc_engine_edit (self->base.engine, self->base.entry);
  g_autoptr (GError) refusal = NULL;

  if (results != NULL)
    take_results (self, change, results);
  /* An answer about other files than those asked about would go round for ever. */
  if (change->files->len == 0 && self->failure == NULL)
    self->failure = bgc_failure_new (BGC_CONTEXT_QUEUE_MANAGER, BGC_ERROR_WORKER_LOST, FALSE,
                                     "The worker placed nothing");
  if (self->failure != NULL)
    conclude_failed (self, g_steal_pointer (&change));
  else if (!is_last (self, change))
    {
      self->storing = TRUE;
      commit (self, g_steal_pointer (&change), on_placed_stored);
    }
  else if (!acknowledge (self, change, &refusal))
    interrupted (self, refusal);
  else
    commit (self, g_steal_pointer (&change), on_acknowledged);
}

static void
on_placed (GPtrArray *results, const GError *error, gpointer data)
{
  Completion *self = data;

  self->calls--;
  if (results != NULL)
    {
      if (self->results == NULL)
        self->results = g_ptr_array_new_with_free_func ((GDestroyNotify)bgc_placement_result_free);
      for (guint i = 0; i < results->len; i++)
        {
          const BgcPlacementResult *result = g_ptr_array_index (results, i);
          BgcPlacementResult *copy
            = bgc_placement_result_new (result->index, bgc_failure_copy (result->failure));

          copy->done = result->done;
          self->refused = self->refused || !result->done;
          g_ptr_array_add (self->results, copy);
        }
    }
  else if (self->automatic && self->error == NULL)
    /* Nobody waits for an answer and nothing is wrong with the files: it stays completing. */
    self->error = g_error_copy (error);
  else if (self->failure == NULL)
    self->failure
      = bgc_failure_new (BGC_CONTEXT_QUEUE_MANAGER, bgc_error_code_of (error, BGC_ERROR_WORKER_LOST), FALSE,
                         "%s", error->message);
  go_on (self);
}

/* FALSE if there is no further one. */
static gboolean
place_portion (Completion *self)
{
  BgcFileList *files = self->base.entry->job->files;
  g_autoptr (GPtrArray) placements = g_ptr_array_new_with_free_func ((GDestroyNotify)bgc_placement_free);
  guint i = bgc_file_list_position (files, self->next);

  for (; i < bgc_file_list_length (files) && placements->len < BGC_PLACING_RENAMES; i++)
    {
      const BgcFile *file = bgc_file_list_at (files, i);

      self->next = file->index + 1;
      if (is_to_place (file))
        g_ptr_array_add (placements, bgc_placing_of (file, TRUE));
    }
  if (placements->len == 0)
    return FALSE;
  self->calls++;
  bgc_placing_place (self->base.engine, self->base.entry->job->owner, placements, on_placed, self);
  return TRUE;
}

/* Whatever can be done now: calls, a commit, or the end. */
static void
go_on (Completion *self)
{
  gboolean broken = self->refused || self->error != NULL || self->failure != NULL;

  while (!broken && self->calls < CALLS && place_portion (self))
    continue;
  if (self->storing || (self->calls > 0 && (broken || self->results == NULL)))
    return;
  if (self->error != NULL)
    interrupted (self, self->error);
  else if (self->results != NULL || self->failure != NULL || to_place (self->base.entry->job) > 0)
    store_results (self);
  else
    delete_missing (self);
}

/* ---- the beginning ---- */

static void
on_completing (BgcOperation *base, const GError *error)
{
  Completion *self = (Completion *)base;

  if (error == NULL)
    {
      go_on (self);
      return;
    }
  bgc_run_recover (base->engine, base->entry, error);
  if (self->automatic)
    bgc_engine_try_again (base->engine, base->entry, "AutoComplete could not be stored", error, push_again);
  bgc_operation_fail (base, error);
  end (self);
}

static void
on_stopped (gpointer data)
{
  Completion *self = data;
  BgcEntry *entry = self->base.entry;
  BgcChange *change = bgc_engine_edit (self->base.engine, entry);

  bgc_runner_fold (self->base.engine, entry, change);
  if (bgc_job_state_is_running (change->header->state))
    bgc_job_set_state (change->header, BGC_JOB_STATE_QUEUED, bgc_engine_wall (self->base.engine), NULL);
  if (bgc_file_list_length (entry->job->files) == 0)
    {
      bgc_job_set_state (change->header, BGC_JOB_STATE_ACKNOWLEDGED, bgc_engine_wall (self->base.engine),
                         NULL);
      change->forget = TRUE;
      commit (self, change, on_acknowledged);
      return;
    }
  change->header->completing = TRUE;
  commit (self, change, on_completing);
}

/* Kept after AutoComplete, and now its owner knows. */
static void
forget_kept (Completion *self)
{
  BgcChange *change = bgc_engine_change (self->base.engine, self->base.entry);

  change->forget = TRUE;
  commit (self, change, on_acknowledged);
}

/* TRUE if an automatic one has nothing (more) to do. */
static gboolean
is_moot (BgcEntry *entry)
{
  const BgcJob *job = entry->job;

  return job->completing || job->state != BGC_JOB_STATE_TRANSFERRED || !job->auto_complete
         || missing (job) > 0;
}

static void
begin (BgcOperation *base)
{
  Completion *self = (Completion *)base;
  BgcEntry *entry = base->entry;
  g_autoptr (GError) error = NULL;

  if (self->automatic && is_moot (entry))
    {
      settled (self);
      end (self);
    }
  else if (entry->job->state == BGC_JOB_STATE_ACKNOWLEDGED && entry->listed)
    forget_kept (self);
  else if (!bgc_engine_allows (entry, BGC_REQUEST_COMPLETE, &error))
    {
      bgc_operation_fail (base, error);
      settled (self);
      end (self);
    }
  else if (entry->job->completing)
    {
      /* One that was interrupted goes on as it was meant; with a caller it is the caller's. */
      self->automatic
        = base->task == NULL && entry->job->auto_complete && entry->job->state == BGC_JOB_STATE_TRANSFERRED;
      go_on (self);
    }
  else if (base->task == NULL && !self->automatic)
    {
      settled (self);
      end (self);
    }
  else
    bgc_runner_stop (base->engine, entry, FALSE, on_stopped, self);
}

static void
push (BgcEngine *engine, BgcEntry *entry, GTask *task, gboolean automatic)
{
  Completion *self = bgc_operation_new (sizeof (Completion), "complete", engine, entry, task, begin, clear);

  self->automatic = automatic;
  bgc_lanes_push (engine->lanes, &self->base);
}

void
bgc_completion_push (BgcEngine *engine, BgcEntry *entry, GTask *task)
{
  push (engine, entry, task, FALSE);
}

void
bgc_completion_push_automatic (BgcEngine *engine, BgcEntry *entry)
{
  push (engine, entry, NULL, TRUE);
}
