/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "engine/bgc-edit.h"

#include "engine/bgc-leftovers.h"
#include "engine/bgc-run.h"

void
bgc_edit_clear (BgcEdit *self)
{
  g_clear_pointer (&self->requests, g_ptr_array_unref);
  g_clear_error (&self->refusal);
}

void
bgc_edit_reject (BgcEdit *self, const GError *error)
{
  bgc_operation_fail (&self->base, error);
  bgc_operation_free (&self->base);
}

static void
end (BgcEdit *self)
{
  bgc_lanes_end (self->base.engine->lanes, &self->base);
}

void
bgc_edit_succeed (BgcEdit *self)
{
  bgc_operation_succeed (&self->base, self->value);
  end (self);
}

void
bgc_edit_refuse (BgcEdit *self, const GError *error)
{
  bgc_operation_fail (&self->base, error);
  end (self);
}

gboolean
bgc_edit_allow (BgcEdit *self, BgcRequest request)
{
  g_autoptr (GError) error = NULL;

  if (bgc_engine_allows (self->base.entry, request, &error))
    return TRUE;
  bgc_edit_refuse (self, error);
  return FALSE;
}

gboolean
bgc_edit_reserve (BgcEdit *self, guint files, gint64 bytes, GError **error)
{
  BgcQuota quota = { 0, files, (guint64)MAX (bytes, 0) };

  if (!bgc_queue_reserve (self->base.engine->queue, self->base.entry->job->owner, &quota,
                          &self->base.engine->limits, self->administrator, error))
    return FALSE;
  self->quota = quota;
  return TRUE;
}

static void
on_edited (BgcOperation *base, const GError *error)
{
  BgcEdit *self = (BgcEdit *)base;
  BgcEngine *engine = base->engine;
  BgcEntry *entry = base->entry;

  bgc_queue_release (engine->queue, entry->job->owner, &self->quota);
  if (error != NULL)
    {
      bgc_run_recover (engine, entry, error);
      bgc_edit_refuse (self, error);
      return;
    }
  if (bgc_runner_is (entry, BGC_RUNNER_STOPPED))
    bgc_runner_start (engine, entry);
  else if (self->feeds)
    bgc_runner_feed (engine, entry);
  if (self->leaves)
    bgc_leftovers_try_owner (engine->leftovers, entry->job->owner);
  bgc_edit_succeed (self);
}

void
bgc_edit_commit (BgcEdit *self, BgcChange *change)
{
  bgc_lanes_commit (self->base.engine->lanes, &self->base, change, BGC_STORE_NORMAL, on_edited);
}

void
bgc_edit_stop_then (BgcEdit *self, void (*stopped) (gpointer edit))
{
  bgc_runner_stop (self->base.engine, self->base.entry, FALSE, stopped, self);
}

static void
on_refused (BgcOperation *base, const GError *error)
{
  BgcEdit *self = (BgcEdit *)base;

  if (error != NULL)
    bgc_run_recover (base->engine, base->entry, error);
  else if (bgc_runner_is (base->entry, BGC_RUNNER_STOPPED))
    bgc_runner_start (base->engine, base->entry);
  bgc_edit_refuse (self, self->refusal);
}

void
bgc_edit_refuse_stopped (BgcEdit *self, BgcChange *change, const GError *error)
{
  BgcEngine *engine = self->base.engine;
  BgcEntry *entry = self->base.entry;
  g_autoptr (GError) mistake = NULL;

  if (!bgc_runner_is (entry, BGC_RUNNER_STOPPED) && !bgc_runner_is (entry, BGC_RUNNER_DEAD))
    {
      bgc_change_free (change);
      bgc_edit_refuse (self, error);
      return;
    }
  self->refusal = g_error_copy (error);
  if (bgc_runner_is_over (entry, change) && !bgc_runner_conclude (engine, entry, change, &mistake))
    bgc_engine_log (entry, G_LOG_LEVEL_WARNING, "A run cannot end", mistake);
  bgc_lanes_commit (engine->lanes, &self->base, change, BGC_STORE_NORMAL, on_refused);
}
