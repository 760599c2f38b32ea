/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "engine/bgc-taking.h"

#include <string.h>

#include "engine/bgc-leftovers.h"
#include "engine/bgc-placing.h"
#include "engine/bgc-run.h"
#include "model/bgc-path.h"

typedef struct
{
  BgcOperation base;
  guint32 owner;      /* the new one */
  guint32 former;     /* the old one */
  gboolean administrator;
  BgcQuota quota;     /* reserved for the new owner while the commit is under way */
  GError *refusal;    /* (owned) (nullable) the worker's */
  GHashTable *trusted; /* (owned) (nullable) (element-type utf8) what it was asked about */
} Taking;

static void
clear (BgcOperation *base)
{
  Taking *self = (Taking *)base;

  g_clear_error (&self->refusal);
  g_clear_pointer (&self->trusted, g_hash_table_unref);
}

static void
end (Taking *self)
{
  bgc_lanes_end (self->base.engine->lanes, &self->base);
}

static void
refuse (Taking *self, const GError *error)
{
  bgc_operation_fail (&self->base, error);
  end (self);
}

static void
on_taken (BgcOperation *base, const GError *error)
{
  Taking *self = (Taking *)base;

  bgc_queue_release (base->engine->queue, self->owner, &self->quota);
  if (error != NULL)
    {
      bgc_run_recover (base->engine, base->entry, error);
      refuse (self, error);
      return;
    }
  bgc_leftovers_try_owner (base->engine->leftovers, self->former);
  bgc_operation_succeed (base, 0);
  end (self);
}

/* It begins again where nobody has written before. */
static void
restart_file (Taking *self, BgcChange *change, guint32 index)
{
  BgcEngine *engine = self->base.engine;
  BgcFile *file = bgc_change_edit_file (change, self->base.entry->job, index);
  g_autoptr (GPtrArray) left = g_ptr_array_new_with_free_func ((GDestroyNotify)bgc_placement_free);

  if (bgc_engine_may_hold_temporaries (self->base.entry) || bgc_file_has_temporary (file))
    {
      g_ptr_array_add (left, bgc_placing_of (file, FALSE));
      bgc_placing_leave (engine, change, self->former, left);
    }
  g_free (file->temporary);
  file->temporary = bgc_path_tagged_name (engine->tag, bgc_engine_draw (engine));
  g_clear_pointer (&file->identity, g_free);
  g_clear_pointer (&file->etag, g_free);
  g_clear_pointer (&file->last_modified, g_free);
  file->server_date = 0;
  file->device = file->inode = 0;
  file->bytes_transferred = 0;
  file->bytes_total = file->expected_size;
  file->validated = FALSE;
  if (file->state == BGC_FILE_WHOLE)
    file->state = BGC_FILE_PENDING;
}

static gboolean
is_to_begin_again (const BgcFile *file)
{
  return file->state != BGC_FILE_COMPLETED && !bgc_file_is_source (file);
}

/* Where the new owner's worker would read or write. */
static char *
place_of (const BgcFile *file)
{
  return bgc_file_is_source (file) ? g_strdup (file->local) : bgc_path_directory (file->local);
}

static void
restart_files (Taking *self, BgcChange *change)
{
  BgcFileList *files = self->base.entry->job->files;

  for (guint i = 0; i < bgc_file_list_length (files); i++)
    if (is_to_begin_again (bgc_file_list_at (files, i)))
      restart_file (self, change, bgc_file_list_at (files, i)->index);
}

/* Who ran, or had all files in hand, queues again. */
static gboolean
settle_state (Taking *self, BgcJob *draft, GError **error)
{
  const BgcFileList *files = self->base.entry->job->files;
  gboolean again = draft->state == BGC_JOB_STATE_TRANSFERRED && draft->upload == NULL
                   && bgc_file_list_count (files, BGC_FILE_COMPLETED) < bgc_file_list_length (files);

  if (bgc_job_state_is_running (draft->state) || again)
    return bgc_job_set_state (draft, BGC_JOB_STATE_QUEUED, bgc_engine_wall (self->base.engine), error);
  return TRUE;
}

/* The server has dropped the reply once its session is closed, and the old owner's file is his own. */
static gboolean
allows_reply (const BgcJob *job, GError **error)
{
  if (job->type != BGC_JOB_TYPE_UPLOAD_REPLY || job->upload->stage != BGC_UPLOAD_STAGE_CLOSED)
    return TRUE;
  g_set_error_literal (error, BGC_ERROR, BGC_ERROR_NOT_SUPPORTED,
                       "The reply cannot be had again: let the owner complete the job");
  return FALSE;
}

static gboolean
reserve (Taking *self, GError **error)
{
  BgcEntry *entry = self->base.entry;
  BgcQuota quota = { 1, entry->charged_files, entry->charged_bytes };

  if (!bgc_queue_reserve (self->base.engine->queue, self->owner, &quota, &self->base.engine->limits,
                          self->administrator, error))
    return FALSE;
  self->quota = quota;
  return TRUE;
}

static void
on_stopped (gpointer data)
{
  Taking *self = data;
  BgcEngine *engine = self->base.engine;
  BgcEntry *entry = self->base.entry;
  g_autoptr (BgcChange) change = bgc_engine_edit (engine, entry);
  g_autoptr (GError) error = NULL;

  bgc_runner_fold (engine, entry, change);
  if (allows_reply (change->header, &error) && settle_state (self, change->header, &error))
    {
      restart_files (self, change);
      bgc_job_hand_over (change->header, self->owner);
      bgc_lanes_commit (engine->lanes, &self->base, g_steal_pointer (&change), BGC_STORE_NORMAL, on_taken);
      return;
    }
  bgc_queue_release (engine->queue, self->owner, &self->quota);
  bgc_runner_unfold (entry);
  bgc_run_recover (engine, entry, error);
  refuse (self, error);
}

/* Files may have come since the worker was asked. */
static gboolean
is_all_trusted (Taking *self)
{
  BgcFileList *files = self->base.entry->job->files;

  for (guint i = 0; i < bgc_file_list_length (files); i++)
    {
      const BgcFile *file = bgc_file_list_at (files, i);
      g_autofree char *place = place_of (file);

      if (file->state != BGC_FILE_COMPLETED && !g_hash_table_contains (self->trusted, place))
        return FALSE;
    }
  return TRUE;
}

static void
begin (BgcOperation *base)
{
  Taking *self = (Taking *)base;
  g_autoptr (GError) error = NULL;

  if (!bgc_engine_allows (base->entry, BGC_REQUEST_MODIFY, &error))
    refuse (self, error);
  else if (self->refusal != NULL)
    refuse (self, self->refusal);
  else if (!is_all_trusted (self))
    {
      g_set_error_literal (&error, BGC_ERROR, BGC_ERROR_INVALID_STATE, "The files of the job were changed");
      refuse (self, error);
    }
  else if (!reserve (self, &error))
    refuse (self, error);
  else
    bgc_runner_stop (base->engine, base->entry, FALSE, on_stopped, self);
}

static void
on_checked (GObject *source, GAsyncResult *result, gpointer data)
{
  Taking *self = data;
  g_autoptr (GObject) keeper = self->base.engine->keeper;

  bgc_workers_check_trusted_finish (BGC_WORKERS (source), result, &self->refusal);
  bgc_lanes_ready (self->base.engine->lanes, &self->base);
}

/* The places of all unfinished files, each once; NULL with LimitsExceeded. */
static GHashTable *
gather_places (const BgcJob *job, GError **error)
{
  g_autoptr (GHashTable) places = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  gsize bytes = 0;

  for (guint i = 0; i < bgc_file_list_length (job->files); i++)
    {
      const BgcFile *file = bgc_file_list_at (job->files, i);
      char *place = file->state != BGC_FILE_COMPLETED ? place_of (file) : NULL;

      if (place == NULL)
        continue;
      bytes += g_hash_table_contains (places, place) ? 0 : strlen (place);
      g_hash_table_add (places, place);
      if (g_hash_table_size (places) > BGC_TAKING_DIRECTORIES || bytes > BGC_WORKERS_TRUSTED_BYTES)
        {
          g_set_error_literal (error, BGC_ERROR, BGC_ERROR_LIMITS_EXCEEDED,
                               "The files of the job are in too many directories");
          return NULL;
        }
    }
  return g_steal_pointer (&places);
}

static gboolean
prepare (Taking *self, GError **error)
{
  const BgcJob *job = self->base.entry->job;

  if (!allows_reply (job, error))
    return FALSE;
  self->trusted = gather_places (job, error);
  return self->trusted != NULL;
}

void
bgc_taking_push (BgcEngine *engine, BgcEntry *entry, guint32 owner, gboolean administrator, GTask *task)
{
  Taking *self = bgc_operation_new (sizeof (Taking), "take-ownership", engine, entry, task, begin, clear);
  g_autofree const char **paths = NULL;
  g_autoptr (GError) error = NULL;

  self->owner = owner;
  self->former = entry->job->owner;
  self->administrator = administrator;
  if (owner == self->former)
    bgc_operation_succeed (&self->base, 0);
  else if (!prepare (self, &error))
    bgc_operation_fail (&self->base, error);
  if (self->base.task == NULL)
    {
      bgc_operation_free (&self->base);
      return;
    }
  paths = (const char **)g_hash_table_get_keys_as_array (self->trusted, NULL);
  self->base.waiting = TRUE;
  bgc_lanes_push (engine->lanes, &self->base);
  g_object_ref (engine->keeper);
  bgc_workers_check_trusted_async (engine->workers, owner, paths, on_checked, self);
}
