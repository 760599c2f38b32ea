/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "engine/bgc-closing.h"

#include "engine/bgc-run.h"
#include "engine/bgc-waits.h"

/* Who waits for the end. */
typedef struct
{
  BgcStore *store; /* (borrowed) the task's source keeps it */
  GTask *task;     /* (owned) */
} Closing;

static void
on_workers_gone (GObject *source, GAsyncResult *result, gpointer data)
{
  Closing *closing = data;
  g_autoptr (GTask) task = closing->task;
  g_autoptr (GError) error = NULL;

  if (!bgc_workers_shut_down_finish (BGC_WORKERS (source), result, &error))
    g_info ("The workers did not end well: %s", error->message);
  bgc_store_close (closing->store);
  g_free (closing);
  g_task_return_boolean (task, TRUE);
}

void
bgc_closing_check (BgcEngine *engine)
{
  Closing *closing;

  if (engine->closer == NULL || bgc_lanes_busy (engine->lanes) > 0)
    return;
  closing = g_new0 (Closing, 1);
  closing->store = engine->store;
  closing->task = g_steal_pointer (&engine->closer);
  bgc_workers_shut_down_async (engine->workers, on_workers_gone, closing);
}

static void
quieten (BgcEntry *entry, gpointer data)
{
  bgc_waits_leave (data, entry);
  bgc_engine_settled (data, entry);
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
  bgc_closing_check (engine);
}
