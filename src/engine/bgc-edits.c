/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "engine/bgc-edits.h"

#include <string.h>

#include "engine/bgc-conditions.h"
#include "engine/bgc-edit.h"
#include "engine/bgc-placing.h"
#include "engine/bgc-run.h"
#include "engine/bgc-upload-edits.h"
#include "model/bgc-url.h"

/* One kind for all: what differs is small. */
typedef struct
{
  BgcEdit edit;
  guint32 index;             /* remove_file, set_remote */
  char *remote;              /* (owned) (nullable) set_remote */
  BgcEditsModifyFunc modify; /* (nullable) */
  gpointer data;             /* (nullable) of modify */
  GDestroyNotify destroy;    /* (nullable) */
  GPtrArray *verdicts;       /* (owned) (nullable) add_files; else there is a refusal */
} Edit;

static void
clear (BgcOperation *base)
{
  Edit *self = (Edit *)base;

  g_free (self->remote);
  if (self->destroy != NULL)
    self->destroy (self->data);
  g_clear_pointer (&self->verdicts, g_ptr_array_unref);
  bgc_edit_clear (&self->edit);
}

static Edit *
edit_new (const char *name, BgcEngine *engine, BgcEntry *entry, GTask *task, BgcOperationFunc begin)
{
  return bgc_operation_new (sizeof (Edit), name, engine, entry, task, begin, clear);
}

/* ---- AddFile, AddFiles ---- */

static void
begin_add_files (BgcOperation *base)
{
  Edit *self = (Edit *)base;
  BgcEngine *engine = base->engine;
  BgcJob *job = base->entry->job;
  g_autoptr (BgcChange) change = NULL;
  g_autoptr (GPtrArray) files = NULL;
  g_autoptr (GError) error = NULL;
  BgcQuota quota = { 0 };

  if (!bgc_edit_allow (&self->edit, BGC_REQUEST_ADD_FILE))
    return;
  if (self->edit.refusal != NULL)
    {
      bgc_edit_refuse (&self->edit, self->edit.refusal);
      return;
    }
  if (bgc_admission_check (self->edit.requests, bgc_file_list_length (job->files), &engine->limits,
                           self->edit.administrator, &error))
    files = bgc_admission_admit (self->edit.requests, self->verdicts, job, job->next_index, engine->tag,
                                 bgc_engine_draw (engine), &error);
  if (files != NULL)
    quota = bgc_admission_quota (files);
  if (files == NULL || !bgc_edit_reserve (&self->edit, quota.files, (gint64)quota.bytes, &error))
    {
      bgc_edit_refuse (&self->edit, error);
      return;
    }
  change = bgc_engine_edit (engine, base->entry);
  /* Whoever adds to a job that runs cannot know that its last file has ended just now: it goes on. */
  if (job->state == BGC_JOB_STATE_TRANSFERRED
      && !bgc_job_set_state (change->header, BGC_JOB_STATE_QUEUED, bgc_engine_wall (engine), &error))
    {
      bgc_queue_release (engine->queue, job->owner, &quota);
      bgc_edit_refuse (&self->edit, error);
      return;
    }
  self->edit.value = job->next_index;
  change->header->next_index += files->len;
  g_ptr_array_unref (change->files);
  change->files = g_steal_pointer (&files);
  bgc_edit_commit (&self->edit, g_steal_pointer (&change));
}

static void
on_judged (GPtrArray *verdicts, const GError *error, gpointer data)
{
  Edit *self = data;

  if (verdicts != NULL)
    self->verdicts = g_ptr_array_ref (verdicts);
  else
    self->edit.refusal = g_error_copy (error);
  bgc_lanes_ready (self->edit.base.engine->lanes, &self->edit.base);
}

void
bgc_edits_add_files (BgcEngine *engine, BgcEntry *entry, gboolean administrator, GPtrArray *files,
                     GTask *task)
{
  g_autoptr (GError) error = NULL;
  Edit *self;

  if (entry->job->upload != NULL)
    {
      bgc_upload_edits_add_file (engine, entry, administrator, files, task);
      return;
    }
  self = edit_new ("add-files", engine, entry, task, begin_add_files);
  if (files->len == 0)
    g_set_error_literal (&error, BGC_ERROR, BGC_ERROR_INVALID_ARGUMENT, "There are no files to add");
  else
    bgc_admission_check (files, bgc_file_list_length (entry->job->files), &engine->limits, administrator,
                         &error);
  if (error != NULL)
    {
      bgc_edit_reject (&self->edit, error);
      return;
    }
  self->edit.administrator = administrator;
  self->edit.requests = g_ptr_array_ref (files);
  self->edit.feeds = TRUE;
  self->edit.base.waiting = TRUE;
  bgc_lanes_push (engine->lanes, &self->edit.base);
  bgc_admission_ask (engine, entry->job->owner, files, on_judged, self);
}

/* ---- RemoveFile ---- */

/* The source of an upload, as long as nobody knows of it. */
static gboolean
may_withdraw (const BgcJob *draft, guint32 index, GError **error)
{
  if (draft->upload == NULL)
    return TRUE;
  if (index != BGC_UPLOAD_FILE)
    g_set_error (error, BGC_ERROR, BGC_ERROR_NOT_FOUND, "The job has no file %u", index);
  else if (bgc_upload_is_open (draft->upload))
    g_set_error_literal (error, BGC_ERROR, BGC_ERROR_INVALID_STATE,
                         "The server has a part of the file: the job can be cancelled");
  else
    return TRUE;
  return FALSE;
}

/* With the source goes the reply, which is not begun. */
static void
withdraw_reply (BgcChange *change, const BgcJob *job)
{
  const guint32 reply = BGC_UPLOAD_REPLY;

  if (bgc_job_reply (job) != NULL)
    g_array_append_val (change->removed_files, reply);
}

/* And what was found out about the server. */
static void
forget_server (BgcJob *draft)
{
  if (draft->upload == NULL)
    return;
  bgc_upload_restart (draft->upload);
  draft->upload->protocol = BGC_UPLOAD_PROTOCOL_AUTO;
}

static gboolean
may_alter (const BgcFile *file, guint32 index, GError **error)
{
  if (file == NULL)
    g_set_error (error, BGC_ERROR, BGC_ERROR_NOT_FOUND, "The job has no file %u", index);
  else if (file->state == BGC_FILE_WHOLE || file->state == BGC_FILE_COMPLETED)
    g_set_error (error, BGC_ERROR, BGC_ERROR_INVALID_STATE, "File %u is transferred already", index);
  else
    return TRUE;
  return FALSE;
}

/* Its temporary file goes onto the list of leftovers with the same commit, so that a crash does not lose it.
 */
static void
leave_temporary (Edit *self, BgcChange *change, const BgcFile *file)
{
  g_autoptr (GPtrArray) undone = g_ptr_array_new_with_free_func ((GDestroyNotify)bgc_placement_free);

  if (!bgc_engine_may_hold_temporaries (self->edit.base.entry) && !bgc_file_has_temporary (file))
    return;
  g_ptr_array_add (undone, bgc_placing_of (file, FALSE));
  bgc_placing_leave (self->edit.base.engine, change, self->edit.base.entry->job->owner, undone);
  self->edit.leaves = TRUE;
}

/* Without pending files a job that wanted to run has nothing to run for. */
static gboolean
settle (Edit *self, BgcChange *change, GError **error)
{
  BgcTally tally = bgc_progress_tally (change, self->edit.base.entry->job);
  BgcJobState state = change->header->state;

  if (tally.states[BGC_FILE_PENDING] > 0 || state == BGC_JOB_STATE_SUSPENDED || state == BGC_JOB_STATE_ERROR)
    return TRUE;
  return bgc_progress_settle (change, self->edit.base.entry->job, bgc_engine_wall (self->edit.base.engine),
                              error);
}

static void
on_remove_stopped (gpointer data)
{
  Edit *self = data;
  BgcEntry *entry = self->edit.base.entry;
  BgcChange *change = bgc_engine_edit (self->edit.base.engine, entry);
  g_autoptr (GError) error = NULL;
  const BgcFile *file;

  bgc_runner_fold (self->edit.base.engine, entry, change);
  file = bgc_change_peek_file (change, entry->job, self->index);
  if (may_withdraw (change->header, self->index, &error) && may_alter (file, self->index, &error))
    {
      leave_temporary (self, change, file);
      g_array_append_val (change->removed_files, self->index);
      for (guint i = 0; i < change->files->len; i++)
        if (entry->job->upload != NULL
            || ((BgcFile *)g_ptr_array_index (change->files, i))->index == self->index)
          g_ptr_array_remove_index (change->files, i--);
      withdraw_reply (change, entry->job);
      if (settle (self, change, &error))
        {
          forget_server (change->header);
          bgc_edit_commit (&self->edit, change);
          return;
        }
      g_array_set_size (change->removed_files, 0);
      g_ptr_array_set_size (change->leftovers, 0);
    }
  bgc_edit_refuse_stopped (&self->edit, change, error);
}

static void
begin_remove_file (BgcOperation *base)
{
  Edit *self = (Edit *)base;
  g_autoptr (GError) error = NULL;

  if (!bgc_edit_allow (&self->edit, BGC_REQUEST_REMOVE_FILE))
    return;
  if (!may_withdraw (base->entry->job, self->index, &error)
      || !may_alter (bgc_file_list_find (base->entry->job->files, self->index), self->index, &error))
    bgc_edit_refuse (&self->edit, error);
  else
    bgc_edit_stop_then (&self->edit, on_remove_stopped);
}

void
bgc_edits_remove_file (BgcEngine *engine, BgcEntry *entry, guint32 index, GTask *task)
{
  Edit *self = edit_new ("remove-file", engine, entry, task, begin_remove_file);

  self->index = index;
  bgc_lanes_push (engine->lanes, &self->edit.base);
}

/* ---- SetRemoteName ---- */

static void
on_set_remote_stopped (gpointer data)
{
  Edit *self = data;
  BgcEntry *entry = self->edit.base.entry;
  BgcChange *change = bgc_engine_edit (self->edit.base.engine, entry);
  g_autoptr (GError) error = NULL;
  BgcFile *file;

  bgc_runner_fold (self->edit.base.engine, entry, change);
  file = bgc_change_edit_file (change, entry->job, self->index);
  if (!may_alter (file, self->index, &error)
      || !bgc_edit_reserve (&self->edit, 0, (gint64)strlen (self->remote) - (gint64)strlen (file->remote),
                            &error)
      || !settle (self, change, &error))
    {
      bgc_queue_release (self->edit.base.engine->queue, entry->job->owner, &self->edit.quota);
      bgc_edit_refuse_stopped (&self->edit, change, error);
      return;
    }
  g_free (file->remote);
  file->remote = g_steal_pointer (&self->remote);
  bgc_edit_commit (&self->edit, change);
}

static void
begin_set_remote (BgcOperation *base)
{
  Edit *self = (Edit *)base;
  g_autoptr (GError) error = NULL;

  if (!bgc_edit_allow (&self->edit, BGC_REQUEST_MODIFY))
    return;
  if (!may_alter (bgc_file_list_find (base->entry->job->files, self->index), self->index, &error))
    bgc_edit_refuse (&self->edit, error);
  else
    bgc_edit_stop_then (&self->edit, on_set_remote_stopped);
}

void
bgc_edits_set_remote (BgcEngine *engine, BgcEntry *entry, guint32 index, const char *remote, GTask *task)
{
  Edit *self = edit_new ("set-remote", engine, entry, task, begin_set_remote);
  g_autoptr (GError) error = NULL;

  if (entry->job->upload != NULL)
    g_set_error_literal (&error, BGC_ERROR, BGC_ERROR_NOT_SUPPORTED, "An upload keeps its remote name");
  if (error != NULL || !bgc_url_check (remote, &error))
    {
      bgc_edit_reject (&self->edit, error);
      return;
    }
  self->index = index;
  self->remote = g_strdup (remote);
  bgc_lanes_push (engine->lanes, &self->edit.base);
}

/* ---- Properties.Set ---- */

/* Requests are to show other secrets: the transfer goes on in a new run. */
static void
on_modify_stopped (gpointer data)
{
  Edit *self = data;
  BgcOperation *base = &self->edit.base;
  BgcChange *change = bgc_engine_edit (base->engine, base->entry);
  g_autoptr (GError) error = NULL;

  bgc_runner_fold (base->engine, base->entry, change);
  if (settle (self, change, &error) && self->modify (change->header, self->data, &error))
    {
      bgc_edit_commit (&self->edit, change);
      return;
    }
  bgc_queue_release (base->engine->queue, base->entry->job->owner, &self->edit.quota);
  bgc_edit_refuse_stopped (&self->edit, change, error);
}

static void
begin_modify (BgcOperation *base)
{
  Edit *self = (Edit *)base;
  const BgcJob *job = base->entry->job;
  g_autoptr (BgcChange) change = NULL;
  g_autoptr (GError) error = NULL;

  if (!bgc_edit_allow (&self->edit, BGC_REQUEST_MODIFY))
    return;
  change = bgc_engine_edit (base->engine, base->entry);
  if (!self->modify (change->header, self->data, &error)
      || !bgc_edit_reserve (&self->edit, 0,
                            (gint64)bgc_job_stored_bytes (change->header)
                              - (gint64)bgc_job_stored_bytes (job),
                            &error))
    bgc_edit_refuse (&self->edit, error);
  else if (change->header->secrets_changed && bgc_runner_is (base->entry, BGC_RUNNER_ACTIVE))
    bgc_edit_stop_then (&self->edit, on_modify_stopped);
  else
    bgc_edit_commit (&self->edit, g_steal_pointer (&change));
}

void
bgc_edits_modify (BgcEngine *engine, BgcEntry *entry, BgcEditsModifyFunc modify, gpointer data,
                  GDestroyNotify destroy, GTask *task)
{
  Edit *self = edit_new ("modify", engine, entry, task, begin_modify);

  self->modify = modify;
  self->data = data;
  self->destroy = destroy;
  bgc_lanes_push (engine->lanes, &self->edit.base);
}

/* ---- Suspend ---- */

static void
on_suspend_stopped (gpointer data)
{
  Edit *self = data;
  BgcChange *change = bgc_engine_edit (self->edit.base.engine, self->edit.base.entry);
  g_autoptr (GError) error = NULL;

  bgc_runner_fold (self->edit.base.engine, self->edit.base.entry, change);
  if (bgc_job_set_state (change->header, BGC_JOB_STATE_SUSPENDED, bgc_engine_wall (self->edit.base.engine),
                         &error))
    bgc_edit_commit (&self->edit, change);
  else
    bgc_edit_refuse_stopped (&self->edit, change, error);
}

static void
begin_suspend (BgcOperation *base)
{
  Edit *self = (Edit *)base;

  if (!bgc_edit_allow (&self->edit, BGC_REQUEST_SUSPEND))
    return;
  if (base->entry->job->state == BGC_JOB_STATE_SUSPENDED)
    bgc_edit_succeed (&self->edit);
  else
    bgc_edit_stop_then (&self->edit, on_suspend_stopped);
}

void
bgc_edits_suspend (BgcEngine *engine, BgcEntry *entry, GTask *task)
{
  bgc_lanes_push (engine->lanes,
                  bgc_operation_new (sizeof (Edit), "suspend", engine, entry, task, begin_suspend, clear));
}

/* ---- Resume ---- */

/* Files that failed for good get another chance. */
static void
revive_files (BgcChange *change, const BgcJob *job)
{
  guint length = bgc_file_list_length (job->files);

  if (bgc_file_list_count (job->files, BGC_FILE_FAILED) == 0)
    return;
  for (guint i = 0; i < length; i++)
    if (bgc_file_list_at (job->files, i)->state == BGC_FILE_FAILED)
      bgc_change_edit_file (change, job, bgc_file_list_at (job->files, i)->index)->state = BGC_FILE_PENDING;
}

static void
begin_resume (BgcOperation *base)
{
  Edit *self = (Edit *)base;
  const BgcJob *job = base->entry->job;
  g_autoptr (BgcChange) change = NULL;
  g_autoptr (GError) error = NULL;
  BgcJobState state;

  if (!bgc_edit_allow (&self->edit, BGC_REQUEST_RESUME))
    return;
  if (bgc_file_list_length (job->files) == 0)
    {
      g_set_error_literal (&error, BGC_ERROR, BGC_ERROR_EMPTY, "The job has no files");
      bgc_edit_refuse (&self->edit, error);
      return;
    }
  if (job->type == BGC_JOB_TYPE_UPLOAD_REPLY && bgc_job_reply (job) == NULL)
    {
      g_set_error_literal (&error, BGC_ERROR, BGC_ERROR_INVALID_PATH,
                           "The reply cannot stand beside the uploaded file: ReplyFileName is to be set");
      bgc_edit_refuse (&self->edit, error);
      return;
    }
  change = bgc_engine_edit (base->engine, base->entry);
  revive_files (change, job);
  state = bgc_progress_is_through (change, job) ? BGC_JOB_STATE_TRANSFERRED : BGC_JOB_STATE_QUEUED;
  if (bgc_job_state_is_runnable (job->state) || state == job->state)
    {
      bgc_conditions_insist (base->engine->conditions, base->entry);
      bgc_edit_succeed (&self->edit);
      return;
    }
  if (!bgc_job_set_state (change->header, state, bgc_engine_wall (base->engine), &error))
    {
      bgc_edit_refuse (&self->edit, error);
      return;
    }
  /* Not 0 where it has run: see bgc_engine_may_hold_temporaries(). */
  change->header->active_time = MIN (change->header->active_time, 1);
  change->header->retry_count = 0;
  change->header->no_progress_time = -1;
  bgc_edit_commit (&self->edit, g_steal_pointer (&change));
}

void
bgc_edits_resume (BgcEngine *engine, BgcEntry *entry, GTask *task)
{
  bgc_lanes_push (engine->lanes,
                  bgc_operation_new (sizeof (Edit), "resume", engine, entry, task, begin_resume, clear));
}
