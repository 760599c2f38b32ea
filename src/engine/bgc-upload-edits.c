/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "engine/bgc-upload-edits.h"

#include <string.h>

#include "engine/bgc-admission.h"
#include "engine/bgc-run.h"
#include "engine/bgc-sourcing.h"

typedef struct
{
  BgcOperation base;
  BgcQuota quota;      /* reserved while the commit is under way */
  gboolean administrator;
  GPtrArray *requests; /* (owned) (nullable) AddFile: one BgcFileRequest */
  char *reply_name;    /* (owned) (nullable) ReplyFileName */
  GPtrArray *files;    /* (owned) (nullable) (element-type BgcFile) what the worker was asked about */
  char *asked;         /* (owned) (nullable) AddFile: the reply's name that it was asked about */
  GError *refusal;     /* (owned) (nullable) instead of files */
} Edit;

static void
clear (BgcOperation *base)
{
  Edit *self = (Edit *)base;

  g_clear_pointer (&self->requests, g_ptr_array_unref);
  g_clear_pointer (&self->files, g_ptr_array_unref);
  g_free (self->reply_name);
  g_free (self->asked);
  g_clear_error (&self->refusal);
}

static void
end (Edit *self)
{
  bgc_lanes_end (self->base.engine->lanes, &self->base);
}

static void
refuse (Edit *self, const GError *error)
{
  bgc_operation_fail (&self->base, error);
  end (self);
}

static void
on_edited (BgcOperation *base, const GError *error)
{
  Edit *self = (Edit *)base;

  bgc_queue_release (base->engine->queue, base->entry->job->owner, &self->quota);
  if (error != NULL)
    {
      bgc_run_recover (base->engine, base->entry, error);
      refuse (self, error);
      return;
    }
  if (bgc_runner_is (base->entry, BGC_RUNNER_STOPPED))
    bgc_runner_start (base->engine, base->entry);
  bgc_operation_succeed (base, 0);
  end (self);
}

static gboolean
reserve (Edit *self, guint files, gint64 bytes, GError **error)
{
  BgcQuota quota = { 0, files, (guint64)MAX (bytes, 0) };

  if (!bgc_queue_reserve (self->base.engine->queue, self->base.entry->job->owner, &quota,
                          &self->base.engine->limits, self->administrator, error))
    return FALSE;
  self->quota = quota;
  return TRUE;
}

static gboolean
allow (Edit *self, BgcRequest request)
{
  g_autoptr (GError) error = NULL;

  if (bgc_engine_allows (self->base.entry, request, &error))
    return TRUE;
  refuse (self, error);
  return FALSE;
}

static void
keep_answer (Edit *self, GPtrArray *files, const GError *error)
{
  g_clear_pointer (&self->files, g_ptr_array_unref);
  g_clear_error (&self->refusal);
  if (files != NULL)
    self->files = g_ptr_array_ref (files);
  else
    self->refusal = g_error_copy (error);
}

/* ---- AddFile ---- */

static void
ask_about_file (Edit *self, BgcSourcingFunc function)
{
  g_free (self->asked);
  self->asked = g_strdup (self->base.entry->job->reply_file_name);
  bgc_sourcing_ask (self->base.engine, self->base.entry->job, g_ptr_array_index (self->requests, 0), FALSE,
                    function, self);
}

static void
begin_add_file (BgcOperation *base);

static void
on_file_judged_again (GPtrArray *files, const GError *error, gpointer data)
{
  keep_answer (data, files, error);
  begin_add_file (data);
}

static void
begin_add_file (BgcOperation *base)
{
  Edit *self = (Edit *)base;
  const BgcJob *job = base->entry->job;
  g_autoptr (BgcChange) change = NULL;
  g_autoptr (GError) error = NULL;
  BgcQuota quota;

  if (!allow (self, BGC_REQUEST_ADD_FILE))
    return;
  if (g_strcmp0 (self->asked, job->reply_file_name) != 0)
    {
      /* ReplyFileName was set in between. */
      ask_about_file (self, on_file_judged_again);
      return;
    }
  if (self->refusal != NULL)
    {
      refuse (self, self->refusal);
      return;
    }
  quota = bgc_admission_quota (self->files);
  if (!bgc_sourcing_check (self->requests, bgc_file_list_length (job->files), &error)
      || !reserve (self, quota.files, (gint64)quota.bytes, &error))
    {
      refuse (self, error);
      return;
    }
  change = bgc_engine_edit (base->engine, base->entry);
  change->header->next_index = self->files->len;
  for (guint i = 0; i < self->files->len; i++)
    bgc_change_put_file (change, bgc_file_copy (g_ptr_array_index (self->files, i)));
  bgc_lanes_commit (base->engine->lanes, base, g_steal_pointer (&change), BGC_STORE_NORMAL, on_edited);
}

static void
on_file_judged (GPtrArray *files, const GError *error, gpointer data)
{
  Edit *self = data;

  keep_answer (self, files, error);
  bgc_lanes_ready (self->base.engine->lanes, &self->base);
}

void
bgc_upload_edits_add_file (BgcEngine *engine, BgcEntry *entry, gboolean administrator, GPtrArray *files,
                           GTask *task)
{
  Edit *self
    = bgc_operation_new (sizeof (Edit), "add-source", engine, entry, task, begin_add_file, clear);
  g_autoptr (GError) error = NULL;

  if (files->len == 0)
    g_set_error_literal (&error, BGC_ERROR, BGC_ERROR_INVALID_ARGUMENT, "There are no files to add");
  else
    bgc_sourcing_check (files, bgc_file_list_length (entry->job->files), &error);
  if (error != NULL)
    {
      bgc_operation_fail (&self->base, error);
      bgc_operation_free (&self->base);
      return;
    }
  self->administrator = administrator;
  self->requests = g_ptr_array_ref (files);
  self->base.waiting = TRUE;
  bgc_lanes_push (engine->lanes, &self->base);
  ask_about_file (self, on_file_judged);
}

/* ---- ReplyFileName ---- */

static gboolean
may_move_reply (const BgcFile *reply, GError **error)
{
  if (reply == NULL || (reply->state == BGC_FILE_PENDING && reply->remote[0] == '\0'))
    return TRUE;
  g_set_error_literal (error, BGC_ERROR, BGC_ERROR_INVALID_STATE,
                       "The reply is there, or on its way: its name stays");
  return FALSE;
}

/* The reply at its new place, in @change. */
static gboolean
move_reply (Edit *self, BgcChange *change, GError **error)
{
  const BgcJob *job = self->base.entry->job;
  const BgcFile *now = bgc_change_peek_file (change, job, BGC_UPLOAD_REPLY);
  gboolean has_source = bgc_file_list_find (job->files, BGC_UPLOAD_FILE) != NULL;
  const BgcFile *reply = has_source && self->files->len > 0 ? g_ptr_array_index (self->files, 0) : NULL;
  gint64 bytes = (gint64)strlen (self->reply_name);

  /* All that may be refused comes before what is changed. */
  if (job->reply_file_name != NULL)
    bytes -= (gint64)strlen (job->reply_file_name);
  if (reply != NULL)
    bytes += (gint64)bgc_file_stored_bytes (reply) - (now != NULL ? (gint64)bgc_file_stored_bytes (now) : 0);
  if (!may_move_reply (now, error) || !reserve (self, 0, bytes, error))
    return FALSE;
  bgc_job_set_reply_file_name (change->header, self->reply_name, NULL);
  if (reply == NULL)
    return TRUE;
  bgc_change_put_file (change, bgc_file_copy (reply));
  change->header->next_index = BGC_UPLOAD_REPLY + 1;
  return TRUE;
}

static void
on_refused (BgcOperation *base, const GError *error)
{
  if (error != NULL)
    bgc_run_recover (base->engine, base->entry, error);
  else if (bgc_runner_is (base->entry, BGC_RUNNER_STOPPED))
    bgc_runner_start (base->engine, base->entry);
  refuse ((Edit *)base, ((Edit *)base)->refusal);
}

/* The job goes on; @change (transfer full) has what the worker said last. */
static void
refuse_stopped (Edit *self, BgcChange *change, const GError *error)
{
  BgcEngine *engine = self->base.engine;
  BgcEntry *entry = self->base.entry;
  g_autoptr (GError) mistake = NULL;

  if (!bgc_runner_is (entry, BGC_RUNNER_STOPPED) && !bgc_runner_is (entry, BGC_RUNNER_DEAD))
    {
      bgc_change_free (change);
      refuse (self, error);
      return;
    }
  self->refusal = g_error_copy (error);
  if (bgc_runner_is_over (entry, change) && !bgc_runner_conclude (engine, entry, change, &mistake))
    bgc_engine_log (entry, G_LOG_LEVEL_WARNING, "A run cannot end", mistake);
  bgc_lanes_commit (engine->lanes, &self->base, change, BGC_STORE_NORMAL, on_refused);
}

static void
on_reply_stopped (gpointer data)
{
  Edit *self = data;
  BgcEngine *engine = self->base.engine;
  BgcEntry *entry = self->base.entry;
  BgcChange *change = bgc_engine_edit (engine, entry);
  g_autoptr (GError) error = NULL;

  bgc_runner_fold (engine, entry, change);
  if (!move_reply (self, change, &error))
    refuse_stopped (self, change, error);
  else
    bgc_lanes_commit (engine->lanes, &self->base, change, BGC_STORE_NORMAL, on_edited);
}

static void
on_reply_judged (GPtrArray *files, const GError *error, gpointer data)
{
  Edit *self = data;

  keep_answer (self, files, error);
  if (self->refusal != NULL)
    refuse (self, self->refusal);
  else
    bgc_runner_stop (self->base.engine, self->base.entry, FALSE, on_reply_stopped, self);
}

static void
begin_set_reply_name (BgcOperation *base)
{
  Edit *self = (Edit *)base;
  const BgcFile *source = bgc_file_list_find (base->entry->job->files, BGC_UPLOAD_FILE);
  g_autoptr (BgcFileRequest) request = NULL;
  g_autoptr (BgcJob) draft = NULL;
  g_autoptr (GError) error = NULL;

  if (!allow (self, BGC_REQUEST_MODIFY))
    return;
  draft = bgc_job_draft (base->entry->job);
  if (!bgc_job_set_reply_file_name (draft, self->reply_name, &error)
      || !may_move_reply (bgc_job_reply (base->entry->job), &error))
    {
      refuse (self, error);
      return;
    }
  if (source != NULL)
    request = bgc_file_request_new (source->remote, source->local);
  bgc_sourcing_ask_reply (base->engine, draft, request, on_reply_judged, self);
}

void
bgc_upload_edits_set_reply_name (BgcEngine *engine, BgcEntry *entry, const char *path, GTask *task)
{
  Edit *self = bgc_operation_new (sizeof (Edit), "set-reply-name", engine, entry, task, begin_set_reply_name,
                                  clear);

  self->reply_name = g_strdup (path);
  bgc_lanes_push (engine->lanes, &self->base);
}
