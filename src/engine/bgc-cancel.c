/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "engine/bgc-cancel.h"

#include "engine/bgc-placing.h"
#include "engine/bgc-runner.h"
#include "engine/bgc-server-cancel.h"

/* As long as a worker may take for an answer; one that used it up while stopping is not asked again. */
#define ANSWER_TIME (G_GINT64_CONSTANT (10) * G_USEC_PER_SEC)

typedef struct
{
  BgcOperation base;
  gint64 stopping; /* boot clock: when the stop was asked for */
  gboolean left;   /* a file could not be deleted */
  gboolean idle;   /* nothing runs and nothing is to be deleted: one commit for all of it */
} Cancel;

static void
end (Cancel *self)
{
  bgc_lanes_end (self->base.engine->lanes, &self->base);
}

static void
push_again (BgcEngine *engine, BgcEntry *entry)
{
  bgc_cancel_push (engine, entry, NULL);
}

static void
on_forgotten (BgcOperation *base, const GError *error)
{
  Cancel *self = (Cancel *)base;

  if (error != NULL)
    /* Cancelled it is, durably, and the files are gone or found again: only the row stays for now. */
    bgc_engine_try_again (base->engine, base->entry, "A cancelled job could not be removed", error,
                          push_again);
  else
    bgc_engine_settled (base->engine, base->entry, push_again);
  if (error == NULL)
    bgc_server_cancel_enter (base->engine, base->entry);
  bgc_operation_succeed (base, self->left ? BGC_OUTCOME_UNABLE_TO_DELETE_FILES : BGC_OUTCOME_OK);
  end (self);
}

/* The last report of an upload may be the first to tell of a session: that one is dropped too. */
static void
ask_server (Cancel *self, BgcChange *change)
{
  BgcJob *draft = change->header;

  bgc_runner_fold (self->base.engine, self->base.entry, change);
  if (!bgc_upload_is_open (draft->upload))
    bgc_server_cancel_settle (draft);
  else if (draft->server_cancel == NULL)
    bgc_server_cancel_plan (self->base.engine, draft);
}

static void
on_deleted (GPtrArray *undone, gpointer data)
{
  Cancel *self = data;
  BgcEngine *engine = self->base.engine;
  BgcEntry *entry = self->base.entry;
  BgcChange *change
    = entry->job->upload != NULL ? bgc_engine_edit (engine, entry) : bgc_engine_change (engine, entry);

  if (change->header != NULL)
    ask_server (self, change);
  change->forget = change->header == NULL || change->header->server_cancel == NULL;
  self->left = undone->len > 0;
  bgc_placing_log (entry, "Cancelled, but a temporary file is left", undone);
  bgc_placing_leave (engine, change, entry->job->owner, undone);
  bgc_lanes_commit (engine->lanes, &self->base, change, BGC_STORE_URGENT, on_forgotten);
}

static void
on_stopped (gpointer data)
{
  Cancel *self = data;
  BgcEngine *engine = self->base.engine;
  BgcFileList *files = self->base.entry->job->files;
  g_autoptr (GPtrArray) placements = g_ptr_array_new_with_free_func ((GDestroyNotify)bgc_placement_free);
  gboolean all = bgc_engine_may_hold_temporaries (self->base.entry);

  for (guint i = 0; all && i < bgc_file_list_length (files); i++)
    {
      const BgcFile *file = bgc_file_list_at (files, i);

      if (file->state != BGC_FILE_COMPLETED && !bgc_file_is_source (file))
        g_ptr_array_add (placements, bgc_placing_of (file, FALSE));
    }
  if (bgc_engine_boot (engine) - self->stopping >= ANSWER_TIME)
    on_deleted (placements, self);
  else
    bgc_placing_delete (engine, self->base.entry->job->owner, g_steal_pointer (&placements), on_deleted,
                        self);
}

static void
stop (Cancel *self)
{
  self->stopping = bgc_engine_boot (self->base.engine);
  /* A download's bytes no longer matter; an upload's last report may. */
  bgc_runner_stop (self->base.engine, self->base.entry, self->base.entry->job->upload == NULL, on_stopped,
                   self);
}

static void
on_cancelled (BgcOperation *base, const GError *error)
{
  Cancel *self = (Cancel *)base;

  if (error != NULL)
    {
      if (base->task == NULL)
        bgc_engine_log (base->entry, G_LOG_LEVEL_WARNING, "The job could not be cancelled", error);
      bgc_operation_fail (base, error);
      end (self);
    }
  else if (self->idle)
    on_forgotten (base, NULL);
  else
    stop (self);
}

static void
begin (BgcOperation *base)
{
  Cancel *self = (Cancel *)base;
  BgcEntry *entry = base->entry;
  g_autoptr (BgcChange) change = NULL;
  g_autoptr (GError) error = NULL;

  if (base->task == NULL && entry->job->state == BGC_JOB_STATE_CANCELLED && !entry->forgotten)
    {
      stop (self);
      return;
    }
  change = bgc_engine_edit (base->engine, entry);
  if (!bgc_engine_allows (entry, BGC_REQUEST_CANCEL, &error)
      || !bgc_job_set_state (change->header, BGC_JOB_STATE_CANCELLED, bgc_engine_wall (base->engine), &error))
    {
      bgc_operation_fail (base, error);
      bgc_engine_settled (base->engine, entry, push_again);
      end (self);
      return;
    }
  change->header->completing = FALSE;
  self->idle = (entry->runner == NULL || bgc_runner_is (entry, BGC_RUNNER_PICKED))
               && !bgc_engine_may_hold_temporaries (entry);
  /* Of one that runs the session may only become known when it has stopped. */
  if (change->header->upload != NULL && (!self->idle || bgc_upload_is_open (change->header->upload)))
    bgc_server_cancel_plan (base->engine, change->header);
  change->forget = self->idle && change->header->server_cancel == NULL;
  bgc_lanes_commit (base->engine->lanes, base, g_steal_pointer (&change), BGC_STORE_URGENT, on_cancelled);
}

void
bgc_cancel_push (BgcEngine *engine, BgcEntry *entry, GTask *task)
{
  bgc_lanes_push_urgent (engine->lanes,
                         bgc_operation_new (sizeof (Cancel), "cancel", engine, entry, task, begin, NULL));
}
