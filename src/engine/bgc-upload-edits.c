/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "engine/bgc-upload-edits.h"

#include <string.h>

#include "engine/bgc-admission.h"
#include "engine/bgc-edit.h"
#include "engine/bgc-run.h"
#include "engine/bgc-sourcing.h"

typedef struct
{
  BgcEdit edit;
  char *reply_name; /* (owned) (nullable) ReplyFileName */
  GPtrArray *files; /* (owned) (nullable) (element-type BgcFile) what the worker was asked about */
  char *asked;      /* (owned) (nullable) AddFile: the reply's name that it was asked about */
} Edit;

static void
clear (BgcOperation *base)
{
  Edit *self = (Edit *)base;

  g_clear_pointer (&self->files, g_ptr_array_unref);
  g_free (self->reply_name);
  g_free (self->asked);
  bgc_edit_clear (&self->edit);
}

/* Files, or else a refusal. */
static void
keep_answer (Edit *self, GPtrArray *files, const GError *error)
{
  g_clear_pointer (&self->files, g_ptr_array_unref);
  g_clear_error (&self->edit.refusal);
  if (files != NULL)
    self->files = g_ptr_array_ref (files);
  else
    self->edit.refusal = g_error_copy (error);
}

/* ---- AddFile ---- */

static void
ask_about_file (Edit *self, BgcSourcingFunc function)
{
  g_free (self->asked);
  self->asked = g_strdup (self->edit.base.entry->job->reply_file_name);
  bgc_sourcing_ask (self->edit.base.engine, self->edit.base.entry->job,
                    g_ptr_array_index (self->edit.requests, 0), FALSE, function, self);
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

  if (!bgc_edit_allow (&self->edit, BGC_REQUEST_ADD_FILE))
    return;
  if (g_strcmp0 (self->asked, job->reply_file_name) != 0)
    {
      /* ReplyFileName was set in between. */
      ask_about_file (self, on_file_judged_again);
      return;
    }
  if (self->edit.refusal != NULL)
    {
      bgc_edit_refuse (&self->edit, self->edit.refusal);
      return;
    }
  quota = bgc_admission_quota (self->files);
  if (!bgc_sourcing_check (self->edit.requests, bgc_file_list_length (job->files), &error)
      || !bgc_edit_reserve (&self->edit, quota.files, (gint64)quota.bytes, &error))
    {
      bgc_edit_refuse (&self->edit, error);
      return;
    }
  change = bgc_engine_edit (base->engine, base->entry);
  change->header->next_index = self->files->len;
  for (guint i = 0; i < self->files->len; i++)
    bgc_change_put_file (change, bgc_file_copy (g_ptr_array_index (self->files, i)));
  bgc_edit_commit (&self->edit, g_steal_pointer (&change));
}

static void
on_file_judged (GPtrArray *files, const GError *error, gpointer data)
{
  Edit *self = data;

  keep_answer (self, files, error);
  bgc_lanes_ready (self->edit.base.engine->lanes, &self->edit.base);
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
      bgc_edit_reject (&self->edit, error);
      return;
    }
  self->edit.administrator = administrator;
  self->edit.requests = g_ptr_array_ref (files);
  self->edit.base.waiting = TRUE;
  bgc_lanes_push (engine->lanes, &self->edit.base);
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
  const BgcJob *job = self->edit.base.entry->job;
  const BgcFile *now = bgc_change_peek_file (change, job, BGC_UPLOAD_REPLY);
  gboolean has_source = bgc_file_list_find (job->files, BGC_UPLOAD_FILE) != NULL;
  const BgcFile *reply = has_source && self->files->len > 0 ? g_ptr_array_index (self->files, 0) : NULL;
  gint64 bytes = (gint64)strlen (self->reply_name);

  /* All that may be refused comes before what is changed. */
  if (job->reply_file_name != NULL)
    bytes -= (gint64)strlen (job->reply_file_name);
  if (reply != NULL)
    bytes += (gint64)bgc_file_stored_bytes (reply) - (now != NULL ? (gint64)bgc_file_stored_bytes (now) : 0);
  if (!may_move_reply (now, error) || !bgc_edit_reserve (&self->edit, 0, bytes, error))
    return FALSE;
  bgc_job_set_reply_file_name (change->header, self->reply_name, NULL);
  if (reply == NULL)
    return TRUE;
  bgc_change_put_file (change, bgc_file_copy (reply));
  change->header->next_index = BGC_UPLOAD_REPLY + 1;
  return TRUE;
}

static void
on_reply_stopped (gpointer data)
{
  Edit *self = data;
  BgcEngine *engine = self->edit.base.engine;
  BgcEntry *entry = self->edit.base.entry;
  BgcChange *change = bgc_engine_edit (engine, entry);
  g_autoptr (GError) error = NULL;

  bgc_runner_fold (engine, entry, change);
  if (!move_reply (self, change, &error))
    bgc_edit_refuse_stopped (&self->edit, change, error);
  else
    bgc_edit_commit (&self->edit, change);
}

static void
on_reply_judged (GPtrArray *files, const GError *error, gpointer data)
{
  Edit *self = data;

  keep_answer (self, files, error);
  if (self->edit.refusal != NULL)
    bgc_edit_refuse (&self->edit, self->edit.refusal);
  else
    bgc_edit_stop_then (&self->edit, on_reply_stopped);
}

static void
begin_set_reply_name (BgcOperation *base)
{
  Edit *self = (Edit *)base;
  const BgcFile *source = bgc_file_list_find (base->entry->job->files, BGC_UPLOAD_FILE);
  g_autoptr (BgcFileRequest) request = NULL;
  g_autoptr (BgcJob) draft = NULL;
  g_autoptr (GError) error = NULL;

  if (!bgc_edit_allow (&self->edit, BGC_REQUEST_MODIFY))
    return;
  draft = bgc_job_draft (base->entry->job);
  if (!bgc_job_set_reply_file_name (draft, self->reply_name, &error)
      || !may_move_reply (bgc_job_reply (base->entry->job), &error))
    {
      bgc_edit_refuse (&self->edit, error);
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
  bgc_lanes_push (engine->lanes, &self->edit.base);
}
