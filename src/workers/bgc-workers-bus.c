/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "workers/bgc-workers-bus.h"

#include "workers/bgc-worker-counters.h"
#include "workers/bgc-worker-errands.h"
#include "workers/bgc-worker-owner.h"

struct _BgcWorkersBus
{
  GObject parent;
  BgcLauncher *launcher; /* (owned) */
  BgcClock *clock;       /* (owned) */
  BgcWorkerCounters *counters; /* (owned) */
  GHashTable
    *owners; /* (owned) uid → BgcWorkerOwner; each stays, as a worker's past says when the next may start */
  GTask *shut_down; /* (owned) (nullable) returns when going is 0 */
  BgcWorkerRules rules; /* the owners' workers look at them */
  guint going;      /* workers that are to go and have not */
};

static void
bgc_workers_bus_workers_init (BgcWorkersInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (BgcWorkersBus, bgc_workers_bus, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (BGC_TYPE_WORKERS, bgc_workers_bus_workers_init))

static void
bgc_workers_bus_init (BgcWorkersBus *self)
{
  self->counters = bgc_worker_counters_new ();
  self->owners = g_hash_table_new_full (NULL, NULL, NULL, (GDestroyNotify)bgc_worker_owner_free);
}

static void
bgc_workers_bus_dispose (GObject *object)
{
  BgcWorkersBus *self = BGC_WORKERS_BUS (object);

  g_clear_pointer (&self->owners, g_hash_table_unref);
  g_clear_pointer (&self->counters, bgc_worker_counters_free);
  g_clear_object (&self->shut_down);
  g_clear_object (&self->launcher);
  g_clear_object (&self->clock);
  G_OBJECT_CLASS (bgc_workers_bus_parent_class)->dispose (object);
}

static void
bgc_workers_bus_class_init (BgcWorkersBusClass *class)
{
  G_OBJECT_CLASS (class)->dispose = bgc_workers_bus_dispose;
}

static void
on_report (const BgcReport *report, guint32 owner, gpointer data)
{
  bgc_workers_emit_report (data, report, owner);
}

static void
on_lost (guint32 owner, const char *why, gpointer data)
{
  bgc_workers_emit_lost (data, owner, why);
}

static void
on_carries (guint32 owner, BgcWorkerLink *link, gpointer data)
{
  BgcWorkersBus *self = data;

  if (link != NULL)
    bgc_worker_counters_join (self->counters, owner, link);
  else
    bgc_worker_counters_leave (self->counters, owner);
}

static const BgcWorkerOwnerEvents owner_events = { on_report, on_lost, on_carries };

static BgcWorkerOwner *
owner_of (BgcWorkers *workers, guint32 uid)
{
  BgcWorkersBus *self = BGC_WORKERS_BUS (workers);
  BgcWorkerOwner *owner = g_hash_table_lookup (self->owners, GUINT_TO_POINTER (uid));

  if (owner == NULL)
    {
      owner = bgc_worker_owner_new (uid, self->launcher, self->clock, &owner_events, self);
      bgc_worker_owner_follow (owner, &self->rules);
      g_hash_table_insert (self->owners, GUINT_TO_POINTER (uid), owner);
    }
  return owner;
}

static void
bus_check_async (BgcWorkers *workers, guint32 owner, const char *const *paths, GAsyncReadyCallback callback,
                 gpointer data)
{
  GTask *task = g_task_new (workers, NULL, callback, data);

  g_task_set_source_tag (task, bus_check_async);
  bgc_worker_owner_check (owner_of (workers, owner), task, paths);
}

static void
bus_start_job_async (BgcWorkers *workers, const BgcJob *job, guint files_at_once, guint64 rate,
                     GAsyncReadyCallback callback, gpointer data)
{
  GTask *task = g_task_new (workers, NULL, callback, data);

  g_task_set_source_tag (task, bus_start_job_async);
  bgc_worker_owner_start (owner_of (workers, job->owner), task, job, files_at_once, rate);
}

static void
bus_limit_job (BgcWorkers *workers, guint32 owner, const BgcJobId *id, guint64 rate)
{
  bgc_worker_owner_limit (owner_of (workers, owner), id, rate);
}

static void
bus_stop_job_async (BgcWorkers *workers, guint32 owner, const BgcJobId *id, gboolean discard,
                    GAsyncReadyCallback callback, gpointer data)
{
  GTask *task = g_task_new (workers, NULL, callback, data);

  g_task_set_source_tag (task, bus_stop_job_async);
  bgc_worker_owner_stop (owner_of (workers, owner), task, id, discard);
}

static void
bus_place_async (BgcWorkers *workers, guint32 owner, GPtrArray *placements, GAsyncReadyCallback callback,
                 gpointer data)
{
  GTask *task = g_task_new (workers, NULL, callback, data);

  g_task_set_source_tag (task, bus_place_async);
  bgc_worker_owner_place (owner_of (workers, owner), task, placements);
}

static void
bus_check_source_async (BgcWorkers *workers, guint32 owner, const char *path, GAsyncReadyCallback callback,
                        gpointer data)
{
  GTask *task = g_task_new (workers, NULL, callback, data);

  g_task_set_source_tag (task, bus_check_source_async);
  bgc_worker_owner_check_source (owner_of (workers, owner), task, path);
}

static gboolean
bus_check_source_finish (BgcWorkers *workers, GAsyncResult *result, guint64 *size, GError **error)
{
  g_autofree guint64 *found = g_task_propagate_pointer (G_TASK (result), error);

  if (found != NULL)
    *size = *found;
  return found != NULL;
}

static void
bus_check_trusted (BgcWorkers *workers, guint32 owner, const char *const *paths, GTask *task)
{
  bgc_worker_owner_check_trusted (owner_of (workers, owner), task, paths);
}

static void
bus_check_room (BgcWorkers *workers, guint32 owner, const BgcFile *file, GTask *task)
{
  bgc_worker_owner_check_room (owner_of (workers, owner), task, file,
                               BGC_WORKERS_BUS (workers)->rules.free_space_reserve);
}

static void
bus_cancel_session_async (BgcWorkers *workers, const BgcJob *job, GAsyncReadyCallback callback, gpointer data)
{
  GTask *task = g_task_new (workers, NULL, callback, data);

  g_task_set_source_tag (task, bus_cancel_session_async);
  bgc_worker_owner_cancel_session (owner_of (workers, job->owner), task, job);
}

static gboolean
bus_cancel_session_finish (BgcWorkers *workers, GAsyncResult *result, gboolean *settled, BgcFailure **failure,
                           GError **error)
{
  g_autoptr (BgcWorkerErrandsCancelled) cancelled = g_task_propagate_pointer (G_TASK (result), error);

  if (cancelled == NULL)
    return FALSE;
  *settled = cancelled->settled;
  *failure = g_steal_pointer (&cancelled->failure);
  return TRUE;
}

static void
bus_read_reply_async (BgcWorkers *workers, guint32 owner, const BgcFile *reply, GAsyncReadyCallback callback,
                      gpointer data)
{
  GTask *task = g_task_new (workers, NULL, callback, data);

  g_task_set_source_tag (task, bus_read_reply_async);
  bgc_worker_owner_read_reply (owner_of (workers, owner), task, reply);
}

static GBytes *
bus_read_reply_finish (BgcWorkers *workers, GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

static void
bus_find_temporaries_async (BgcWorkers *workers, guint32 owner, guint32 tag, guint first,
                            GAsyncReadyCallback callback, gpointer data)
{
  GTask *task = g_task_new (workers, NULL, callback, data);

  g_task_set_source_tag (task, bus_find_temporaries_async);
  bgc_worker_owner_find_temporaries (owner_of (workers, owner), task, tag, first);
}

static void
one_gone (gpointer data)
{
  BgcWorkersBus *self = data;
  g_autoptr (GTask) task = NULL;

  if (--self->going > 0)
    return;
  task = g_steal_pointer (&self->shut_down);
  g_task_return_boolean (task, TRUE);
}

static void
bus_shut_down_async (BgcWorkers *workers, GAsyncReadyCallback callback, gpointer data)
{
  BgcWorkersBus *self = BGC_WORKERS_BUS (workers);
  GTask *task = g_task_new (self, NULL, callback, data);
  GHashTableIter iter;
  gpointer owner;

  g_task_set_source_tag (task, bus_shut_down_async);
  if (self->shut_down != NULL)
    {
      g_task_return_new_error (task, BGC_ERROR, BGC_ERROR_BUSY, "The workers are going already");
      g_object_unref (task);
      return;
    }
  self->shut_down = task;
  bgc_worker_counters_stop (self->counters);
  /* One more than there are owners: an owner without a worker is gone before the loop ends. */
  self->going = 1 + g_hash_table_size (self->owners);
  g_hash_table_iter_init (&iter, self->owners);
  while (g_hash_table_iter_next (&iter, NULL, &owner))
    bgc_worker_owner_shut_down (owner, one_gone, self);
  one_gone (self);
}

static GPtrArray *
bus_finish_array (BgcWorkers *workers, GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

static gboolean
bus_finish (BgcWorkers *workers, GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

static void
bgc_workers_bus_workers_init (BgcWorkersInterface *iface)
{
  iface->check_async = bus_check_async;
  iface->check_finish = bus_finish_array;
  iface->start_job_async = bus_start_job_async;
  iface->start_job_finish = bus_finish;
  iface->limit_job = bus_limit_job;
  iface->stop_job_async = bus_stop_job_async;
  iface->stop_job_finish = bus_finish;
  iface->place_async = bus_place_async;
  iface->place_finish = bus_finish_array;
  iface->check_source_async = bus_check_source_async;
  iface->check_source_finish = bus_check_source_finish;
  iface->check_trusted = bus_check_trusted;
  iface->check_room = bus_check_room;
  iface->cancel_session_async = bus_cancel_session_async;
  iface->cancel_session_finish = bus_cancel_session_finish;
  iface->read_reply_async = bus_read_reply_async;
  iface->read_reply_finish = bus_read_reply_finish;
  iface->find_temporaries_async = bus_find_temporaries_async;
  iface->find_temporaries_finish = bus_finish_array;
  iface->shut_down_async = bus_shut_down_async;
  iface->shut_down_finish = bus_finish;
}

BgcWorkers *
bgc_workers_bus_new (BgcLauncher *launcher, BgcClock *clock)
{
  BgcWorkersBus *self = g_object_new (BGC_TYPE_WORKERS_BUS, NULL);

  self->launcher = g_object_ref (launcher);
  self->clock = g_object_ref (clock);
  return BGC_WORKERS (self);
}

void
bgc_workers_bus_set_rules (BgcWorkersBus *self, const BgcWorkerRules *rules)
{
  self->rules = *rules;
}
