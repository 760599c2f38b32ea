/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "engine/bgc-creation.h"

#include "engine/bgc-sourcing.h"

/* A job on its way into the queue. */
typedef struct
{
  BgcEngine *engine;   /* (borrowed) */
  GObject *keeper;     /* (owned) */
  GTask *task;         /* (owned) */
  BgcJob *job;         /* (owned) what it becomes */
  BgcJob *draft;       /* (owned) (nullable) its header until it is committed */
  GPtrArray *requests; /* (owned) (nullable) */
  BgcQuota quota;      /* reserved */
  gboolean administrator;
  gboolean resume;
  BgcCreationAddedFunc added;
} Creation;

static void
creation_free (Creation *self)
{
  bgc_queue_release (self->engine->queue, self->job != NULL ? self->job->owner : 0, &self->quota);
  bgc_job_free (self->job);
  bgc_job_free (self->draft);
  g_clear_pointer (&self->requests, g_ptr_array_unref);
  g_object_unref (self->task);
  g_object_unref (self->keeper);
  g_free (self);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Creation, creation_free)

static void
on_committed (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (Creation) self = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (BgcChange) change = bgc_store_commit_finish (BGC_STORE (source), result, &error);
  BgcJobId id = self->job->id;
  guint32 owner = self->job->owner;
  BgcEntry *entry;

  if (change == NULL)
    {
      g_task_return_error (self->task, g_steal_pointer (&error));
      return;
    }
  bgc_change_apply (change, self->job);
  /* What was reserved is now counted as the job's. */
  bgc_queue_release (self->engine->queue, owner, &self->quota);
  self->quota = (BgcQuota){ 0 };
  entry = bgc_queue_add (self->engine->queue, g_steal_pointer (&self->job), bgc_engine_boot (self->engine));
  self->added (self->engine, entry);
  g_task_return_pointer (self->task, g_memdup2 (&id, sizeof id), g_free);
}

static gboolean
reserve (Creation *self, const BgcQuota *quota, GError **error)
{
  if (!bgc_queue_reserve (self->engine->queue, self->job->owner, quota, &self->engine->limits,
                          self->administrator, error))
    return FALSE;
  self->quota.jobs += quota->jobs;
  self->quota.files += quota->files;
  self->quota.bytes += quota->bytes;
  return TRUE;
}

/* @files (transfer full) are nullable. */
static void
commit (Creation *self, GPtrArray *files)
{
  BgcChange *change = bgc_change_new (&self->job->id);
  GError *error = NULL;

  change->create = TRUE;
  change->header = g_steal_pointer (&self->draft);
  change->header->sequence = bgc_queue_next_sequence (self->engine->queue);
  if (files != NULL)
    {
      change->header->next_index = files->len;
      g_ptr_array_unref (change->files);
      change->files = files;
    }
  if (self->resume
      && !bgc_job_set_state (change->header, BGC_JOB_STATE_QUEUED, change->header->creation_time, &error))
    {
      g_task_return_error (self->task, error);
      bgc_change_free (change);
      creation_free (self);
      return;
    }
  bgc_store_commit_async (self->engine->store, change, BGC_STORE_NORMAL, on_committed, self);
}

static void
on_judged (GPtrArray *verdicts, const GError *error, gpointer data)
{
  Creation *self = data;
  g_autoptr (GPtrArray) files = NULL;
  g_autoptr (GError) refusal = error != NULL ? g_error_copy (error) : NULL;
  BgcQuota quota;

  if (verdicts != NULL)
    files = bgc_admission_admit (self->requests, verdicts, NULL, 0, self->engine->tag,
                                 bgc_engine_draw (self->engine), &refusal);
  if (files != NULL)
    quota = bgc_admission_quota (files);
  if (files == NULL || !reserve (self, &quota, &refusal))
    {
      g_task_return_error (self->task, g_steal_pointer (&refusal));
      creation_free (self);
      return;
    }
  commit (self, g_steal_pointer (&files));
}

static void
on_sourced (GPtrArray *sourced, const GError *error, gpointer data)
{
  Creation *self = data;
  g_autoptr (GPtrArray) files = g_ptr_array_new_with_free_func ((GDestroyNotify)bgc_file_free);
  g_autoptr (GError) refusal = error != NULL ? g_error_copy (error) : NULL;
  BgcQuota quota = { 0 };

  /* A reply's place alone was only asked about: it becomes a file together with the source. */
  for (guint i = 0; sourced != NULL && self->requests != NULL && i < sourced->len; i++)
    g_ptr_array_add (files, bgc_file_copy (g_ptr_array_index (sourced, i)));
  if (sourced != NULL)
    quota = bgc_admission_quota (files);
  if (sourced == NULL || !reserve (self, &quota, &refusal))
    {
      g_task_return_error (self->task, g_steal_pointer (&refusal));
      creation_free (self);
      return;
    }
  commit (self, g_steal_pointer (&files));
}

static gboolean
check_files (Creation *self, GError **error)
{
  if (self->requests == NULL)
    return TRUE;
  if (self->draft->upload != NULL)
    return bgc_sourcing_check (self->requests, 0, error);
  return bgc_admission_check (self->requests, 0, &self->engine->limits, self->administrator, error);
}

/* What only a worker can tell; then it is committed. */
static void
ask (Creation *self)
{
  BgcEngine *engine = self->engine;
  const BgcJob *draft = self->draft;

  if (self->requests != NULL && draft->upload != NULL)
    bgc_sourcing_ask (engine, draft, g_ptr_array_index (self->requests, 0), self->resume, on_sourced, self);
  else if (self->requests != NULL)
    bgc_admission_ask (engine, draft->owner, self->requests, on_judged, self);
  else if (draft->reply_file_name != NULL)
    bgc_sourcing_ask_reply (engine, draft, NULL, on_sourced, self);
  else
    commit (self, NULL);
}

static gboolean
check (Creation *self, const char *name, BgcCreationModifyFunc modify, gpointer modify_data,
       GError **error)
{
  BgcQuota quota = { 1, 0, 0 };

  if (self->engine->closing)
    {
      g_set_error_literal (error, BGC_ERROR, BGC_ERROR_BUSY, "The service is shutting down");
      return FALSE;
    }
  if (!bgc_job_set_display_name (self->draft, name, error))
    return FALSE;
  if (modify != NULL && !modify (self->draft, modify_data, error))
    return FALSE;
  if (self->resume && self->requests == NULL)
    {
      g_set_error_literal (error, BGC_ERROR, BGC_ERROR_EMPTY, "The job has no files");
      return FALSE;
    }
  if (!check_files (self, error))
    return FALSE;
  quota.bytes = bgc_job_stored_bytes (self->draft);
  return reserve (self, &quota, error);
}

void
bgc_creation_run (BgcEngine *engine, guint32 owner, gboolean administrator, BgcJobType type, const char *name,
                  BgcCreationModifyFunc modify, gpointer modify_data, GPtrArray *files, gboolean resume,
                  BgcCreationAddedFunc added, GTask *task)
{
  g_autoptr (Creation) self = g_new0 (Creation, 1);
  GError *error = NULL;
  BgcJobId id;

  bgc_job_id_random (&id, bgc_engine_draw (engine));
  self->engine = engine;
  self->keeper = g_object_ref (engine->keeper);
  self->task = task;
  self->job = bgc_job_new (&id, type, owner, "", bgc_engine_wall (engine), &engine->limits);
  self->draft = bgc_job_draft (self->job);
  self->requests = files != NULL && files->len > 0 ? g_ptr_array_ref (files) : NULL;
  self->administrator = administrator;
  self->resume = resume;
  self->added = added;
  if (!check (self, name, modify, modify_data, &error))
    {
      g_task_return_error (task, error);
      return;
    }
  ask (g_steal_pointer (&self));
}
