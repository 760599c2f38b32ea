/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "engine/bgc-closing.h"

#include "engine/bgc-run.h"
#include "engine/bgc-server-cancel.h"
#include "engine/bgc-waits.h"

/* Longer than a worker may take for one answer. What is not done then, a Complete of many files on a slow
 * disk, ends with its worker and goes on after the next start. */
#define CLOSING_TIME (G_GINT64_CONSTANT (15) * G_USEC_PER_SEC)

static void
finish (BgcEngine *engine)
{
  g_autoptr (GTask) task = g_steal_pointer (&engine->closer);

  bgc_clock_clear_alarm (engine->clock, &engine->closing_alarm);
  bgc_store_close (engine->store);
  g_task_return_boolean (task, TRUE);
}

static void
on_workers_gone (GObject *source, GAsyncResult *result, gpointer data)
{
  BgcEngine *engine = data;
  g_autoptr (GObject) keeper = engine->keeper;
  g_autoptr (GError) error = NULL;

  if (!bgc_workers_shut_down_finish (BGC_WORKERS (source), result, &error))
    g_info ("The workers did not end well: %s", error->message);
  engine->workers_gone = TRUE;
  bgc_closing_check (engine);
}

static void
end_workers (BgcEngine *engine)
{
  if (engine->workers_ending)
    return;
  engine->workers_ending = TRUE;
  g_object_ref (engine->keeper);
  bgc_workers_shut_down_async (engine->workers, on_workers_gone, engine);
}

static void
on_late (gpointer data)
{
  BgcEngine *engine = data;

  engine->closing_alarm = 0;
  g_message ("Some operations take long and are broken off");
  end_workers (engine);
}

void
bgc_closing_check (BgcEngine *engine)
{
  if (engine->closer == NULL || bgc_lanes_busy (engine->lanes) > 0)
    return;
  if (engine->workers_gone)
    finish (engine);
  else
    end_workers (engine);
}

static void
quieten (BgcEntry *entry, gpointer data)
{
  bgc_waits_leave (data, entry);
  bgc_server_cancel_leave (data, entry);
  bgc_engine_settle_all (data, entry);
}

void
bgc_closing_begin (BgcEngine *engine, GTask *task)
{
  g_autoptr (GList) running = g_hash_table_get_keys (engine->runners);

  if (engine->closing)
    {
      g_task_return_new_error (task, BGC_ERROR, BGC_ERROR_INVALID_STATE, "The engine is shut down already");
      g_object_unref (task);
      return;
    }
  engine->closing = TRUE;
  bgc_scheduler_set_enabled (engine->scheduler, FALSE);
  bgc_queue_foreach (engine->queue, quieten, engine);
  for (GList *link = running; link != NULL; link = link->next)
    bgc_run_requeue (engine, link->data);
  engine->closer = task;
  engine->closing_alarm = bgc_clock_set_alarm (engine->clock, bgc_engine_boot (engine) + CLOSING_TIME,
                                               "closing", on_late, engine);
  bgc_closing_check (engine);
}
