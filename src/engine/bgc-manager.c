/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "engine/bgc-manager.h"

#include "engine/bgc-bandwidth.h"
#include "engine/bgc-cancel.h"
#include "engine/bgc-chronicle.h"
#include "engine/bgc-closing.h"
#include "engine/bgc-completion.h"
#include "engine/bgc-conditions.h"
#include "engine/bgc-creation.h"
#include "engine/bgc-edits.h"
#include "engine/bgc-effects.h"
#include "engine/bgc-gauge.h"
#include "engine/bgc-leftovers.h"
#include "engine/bgc-orphans.h"
#include "engine/bgc-reaper.h"
#include "engine/bgc-reply.h"
#include "engine/bgc-run.h"
#include "engine/bgc-server-cancel.h"
#include "engine/bgc-taking.h"
#include "engine/bgc-upload-edits.h"
#include "engine/bgc-waits.h"

struct _BgcManager
{
  GObject parent;
  BgcEngine engine;
};

G_DEFINE_FINAL_TYPE (BgcManager, bgc_manager, G_TYPE_OBJECT)

enum
{
  JOB_ADDED,
  JOB_CHANGED,
  JOB_STATE_CHANGED,
  FILE_TRANSFERRED,
  JOB_TAKEN,
  JOB_LEFT,
  JOB_FORGOTTEN,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

/* ---- what the parts tell ---- */

static void
on_told (BgcEngine *engine, BgcEntry *entry, const BgcNews *news)
{
  if (news->taken)
    g_signal_emit (engine->keeper, signals[JOB_TAKEN], 0, entry->job, news->former);
  g_signal_emit (engine->keeper, signals[JOB_CHANGED], 0, entry->job);
  for (guint i = 0; news->whole != NULL && i < news->whole->len; i++)
    g_signal_emit (engine->keeper, signals[FILE_TRANSFERRED], 0, entry->job,
                   g_array_index (news->whole, guint32, i));
  if (news->state_changed)
    g_signal_emit (engine->keeper, signals[JOB_STATE_CHANGED], 0, entry->job);
  if (news->left)
    g_signal_emit (engine->keeper, signals[JOB_LEFT], 0, entry->job);
}

static void
on_stirred (BgcEngine *engine, BgcEntry *entry)
{
  g_signal_emit (engine->keeper, signals[JOB_CHANGED], 0, entry->job);
}

static const BgcEngineHooks hooks = { on_told, on_stirred, bgc_run_expire };

static void
on_start (BgcEntry *entry, guint files_at_once, gpointer data)
{
  bgc_run_begin (data, entry, files_at_once);
}

static void
on_preempt (BgcEntry *entry, gpointer data)
{
  bgc_run_requeue (data, entry);
}

static const BgcSchedulerActions scheduler_actions = { on_start, on_preempt };

static void
on_inactive (BgcEngine *engine, BgcEntry *entry)
{
  bgc_engine_log (entry, G_LOG_LEVEL_MESSAGE, "Cancelled because nothing happened for JobInactivityTimeout",
                  NULL);
  bgc_cancel_push (engine, entry, NULL);
}

/* Completing a kept job forgets it. */
static void
on_kept_enough (BgcEngine *engine, BgcEntry *entry)
{
  bgc_completion_push (engine, entry, NULL);
}

static void
on_forget (BgcEngine *engine, BgcEntry *entry)
{
  bgc_waits_leave (engine, entry);
  bgc_server_cancel_leave (engine, entry);
  bgc_engine_settle_all (engine, entry);
  bgc_scheduler_withdraw (engine->scheduler, entry);
  g_signal_emit (engine->keeper, signals[JOB_FORGOTTEN], 0, entry->job);
  bgc_queue_remove (engine->queue, entry);
}

static const BgcReaperActions reaper_actions = { on_inactive, on_kept_enough, on_forget };

static void
on_idle (BgcEntry *entry, gpointer data)
{
  bgc_closing_check (data);
}

static void
on_added (BgcEngine *engine, BgcEntry *entry)
{
  bgc_chronicle_created (entry);
  bgc_effects_follow (engine, entry);
  bgc_reaper_watch (engine->reaper, FALSE);
  g_signal_emit (engine->keeper, signals[JOB_ADDED], 0, entry->job);
}

/* ---- what the ports tell ---- */

static void
on_report (BgcWorkers *workers, const BgcReport *report, guint owner, BgcManager *self)
{
  bgc_run_report (&self->engine, report);
}

static void
on_lost (BgcWorkers *workers, guint owner, const char *why, BgcManager *self)
{
  bgc_run_lost (&self->engine, owner, why);
}

/* ---- life ---- */

static void
clear_entry (BgcEntry *entry, gpointer data)
{
  BgcManager *self = data;

  bgc_runner_drop (&self->engine, entry);
  bgc_waits_leave (&self->engine, entry);
  bgc_server_cancel_leave (&self->engine, entry);
  bgc_engine_settle_all (&self->engine, entry);
}

static void
bgc_manager_finalize (GObject *object)
{
  BgcManager *self = BGC_MANAGER (object);
  BgcEngine *engine = &self->engine;

  engine->closing = TRUE;
  g_signal_handlers_disconnect_by_data (engine->workers, self);
  bgc_conditions_free (engine->conditions);
  bgc_scheduler_set_enabled (engine->scheduler, FALSE);
  bgc_queue_foreach (engine->queue, clear_entry, self);
  bgc_scheduler_free (engine->scheduler);
  bgc_bandwidth_free (engine->bandwidth);
  bgc_leftovers_free (engine->leftovers);
  bgc_reaper_free (engine->reaper);
  bgc_lanes_free (engine->lanes);
  bgc_queue_free (engine->queue);
  g_hash_table_unref (engine->runners);
  g_hash_table_unref (engine->counters);
  g_hash_table_unref (engine->searched);
  g_object_unref (engine->store);
  g_object_unref (engine->workers);
  g_object_unref (engine->clock);
  g_object_unref (engine->network);
  G_OBJECT_CLASS (bgc_manager_parent_class)->finalize (object);
}

static void
bgc_manager_class_init (BgcManagerClass *class)
{
  static const char *const names[] = { "job-added", "job-changed", "job-state-changed", "file-transferred",
                                       "job-taken", "job-left",    "job-forgotten" };

  G_OBJECT_CLASS (class)->finalize = bgc_manager_finalize;
  for (guint i = 0; i < N_SIGNALS; i++)
    {
      guint parameters = i == FILE_TRANSFERRED || i == JOB_TAKEN ? 2 : 1;

      signals[i] = g_signal_new (names[i], BGC_TYPE_MANAGER, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                 G_TYPE_NONE, parameters, G_TYPE_POINTER, G_TYPE_UINT);
    }
}

static void
bgc_manager_init (BgcManager *self)
{
  self->engine.queue = bgc_queue_new ();
  self->engine.runners = g_hash_table_new (NULL, NULL);
  self->engine.counters = g_hash_table_new_full (NULL, NULL, NULL, g_free);
  self->engine.searched = g_hash_table_new (NULL, NULL);
  g_queue_init (&self->engine.waits);
  g_queue_init (&self->engine.server_cancels);
  self->engine.hooks = &hooks;
}

BgcManager *
bgc_manager_new (BgcStore *store, BgcWorkers *workers, BgcClock *clock, BgcNetwork *network, GRand *random,
                 const BgcLimits *limits)
{
  BgcManager *self = g_object_new (BGC_TYPE_MANAGER, NULL);
  BgcEngine *engine = &self->engine;

  engine->keeper = G_OBJECT (self);
  engine->store = g_object_ref (store);
  engine->workers = g_object_ref (workers);
  engine->clock = g_object_ref (clock);
  engine->network = g_object_ref (network);
  engine->random = random;
  engine->limits = *limits;
  engine->lanes = bgc_lanes_new (store, G_OBJECT (self), bgc_effects_apply, on_idle, engine);
  engine->scheduler = bgc_scheduler_new (clock, &engine->limits, &scheduler_actions, engine);
  engine->leftovers = bgc_leftovers_new (engine);
  engine->reaper = bgc_reaper_new (engine, &reaper_actions);
  engine->conditions = bgc_conditions_new (engine);
  engine->bandwidth = bgc_bandwidth_new (engine);
  g_signal_connect (workers, "report", G_CALLBACK (on_report), self);
  g_signal_connect (workers, "lost", G_CALLBACK (on_lost), self);
  return self;
}

static void
on_loaded_job (BgcJob *job, gpointer data)
{
  bgc_effects_load (data, job);
}

static void
on_loaded_leftover (BgcLeftover *leftover, gpointer data)
{
  bgc_leftovers_add (((BgcEngine *)data)->leftovers, leftover);
}

gboolean
bgc_manager_load (BgcManager *self, GError **error)
{
  BgcStoreVisitor visitor = { on_loaded_job, on_loaded_leftover };

  return bgc_store_load (self->engine.store, &visitor, &self->engine, error);
}

static void
collect_unlisted (BgcEntry *entry, gpointer data)
{
  if (!entry->listed && !entry->forgotten)
    g_ptr_array_add (data, entry);
}

void
bgc_manager_start (BgcManager *self)
{
  g_autoptr (GPtrArray) unlisted = g_ptr_array_new ();
  BgcEntry *newer;

  if (self->engine.started || self->engine.closing)
    return;
  self->engine.started = TRUE;
  for (BgcEntry *entry = bgc_queue_oldest (self->engine.queue); entry != NULL; entry = newer)
    {
      newer = entry->newer;
      bgc_effects_resume (&self->engine, entry);
    }
  bgc_queue_foreach (self->engine.queue, collect_unlisted, unlisted);
  for (guint i = 0; i < unlisted->len; i++)
    bgc_effects_resume (&self->engine, g_ptr_array_index (unlisted, i));
  bgc_leftovers_try (self->engine.leftovers);
  bgc_reaper_watch (self->engine.reaper, TRUE);
  bgc_scheduler_set_enabled (self->engine.scheduler, TRUE);
}

void
bgc_manager_set_limits (BgcManager *self, const BgcLimits *limits)
{
  self->engine.limits = *limits;
  bgc_reaper_watch (self->engine.reaper, TRUE);
  bgc_conditions_update (self->engine.conditions);
  bgc_scheduler_update (self->engine.scheduler);
}

void
bgc_manager_set_surroundings (BgcManager *self, BgcPower *power, BgcMetering *metering, BgcLogins *logins)
{
  bgc_conditions_follow (self->engine.conditions, power, metering, logins);
}

BgcBandwidth *
bgc_manager_bandwidth (BgcManager *self)
{
  return self->engine.bandwidth;
}

void
bgc_manager_set_seed (BgcManager *self, BgcManagerSeedFunc seed)
{
  self->engine.seed = seed;
}

void
bgc_manager_set_tag (BgcManager *self, guint32 tag)
{
  self->engine.tag = tag;
}

void
bgc_manager_search_orphans (BgcManager *self)
{
  for (BgcEntry *entry = bgc_queue_oldest (self->engine.queue); entry != NULL; entry = entry->newer)
    bgc_orphans_search (&self->engine, entry->job->owner);
}

const BgcLimits *
bgc_manager_limits (BgcManager *self)
{
  return &self->engine.limits;
}

/* ---- looking ---- */

const BgcJob *
bgc_manager_find (BgcManager *self, const BgcJobId *id)
{
  BgcEntry *entry = bgc_queue_find (self->engine.queue, id);

  return entry != NULL ? entry->job : NULL;
}

gboolean
bgc_manager_is_listed (BgcManager *self, const BgcJob *job)
{
  BgcEntry *entry = bgc_queue_find (self->engine.queue, &job->id);

  return entry != NULL && entry->listed;
}

GPtrArray *
bgc_manager_list (BgcManager *self, guint32 owner, guint states, guint offset, guint limit)
{
  return bgc_queue_list (self->engine.queue, owner, states, offset, limit);
}

guint
bgc_manager_count (BgcManager *self, guint32 owner)
{
  return bgc_queue_count (self->engine.queue, owner);
}

guint
bgc_manager_chores (BgcManager *self)
{
  return bgc_leftovers_count (self->engine.leftovers) + (bgc_reaper_is_near (self->engine.reaper) ? 1 : 0);
}

BgcFigures
bgc_manager_figures (BgcManager *self, const BgcJob *job)
{
  return bgc_runner_figures (bgc_queue_find (self->engine.queue, &job->id));
}

BgcCounters
bgc_manager_counters (BgcManager *self, guint32 owner)
{
  return bgc_gauge_total (&self->engine, owner);
}

/* ---- the use cases ---- */

static GTask *
task_new (BgcManager *self, gpointer tag, GAsyncReadyCallback callback, gpointer data)
{
  GTask *task = g_task_new (self, NULL, callback, data);

  g_task_set_source_tag (task, tag);
  return task;
}

void
bgc_manager_create_async (BgcManager *self, guint32 owner, gboolean administrator, BgcJobType type,
                          const char *name, BgcManagerModifyFunc modify, gpointer modify_data,
                          GPtrArray *files, gboolean resume, GAsyncReadyCallback callback, gpointer data)
{
  GTask *task = task_new (self, bgc_manager_create_async, callback, data);

  bgc_creation_run (&self->engine, owner, administrator, type, name, modify, modify_data, files, resume,
                    on_added, task);
}

gboolean
bgc_manager_create_finish (BgcManager *self, GAsyncResult *result, BgcJobId *id, GError **error)
{
  g_autofree BgcJobId *made = g_task_propagate_pointer (G_TASK (result), error);

  if (made != NULL && id != NULL)
    *id = *made;
  return made != NULL;
}

/* The job @id, if it may be asked @request now; otherwise @task (borrowed) has its answer and is freed. */
static BgcEntry *
find_for (BgcManager *self, const BgcJobId *id, BgcRequest request, GTask *task)
{
  BgcEntry *entry = bgc_queue_find (self->engine.queue, id);
  GError *error = NULL;

  if (self->engine.closing)
    g_set_error_literal (&error, BGC_ERROR, BGC_ERROR_BUSY, "The service is shutting down");
  else if (entry == NULL)
    g_set_error_literal (&error, BGC_ERROR, BGC_ERROR_NOT_FOUND, "There is no such job");
  /* Final is final: no need to wait for a turn. But for Complete on one that AutoComplete completed. */
  else if (bgc_job_state_is_final (entry->job->state) && !(request == BGC_REQUEST_COMPLETE && entry->listed))
    bgc_engine_allows (entry, request, &error);
  if (error == NULL)
    return entry;
  g_task_return_error (task, error);
  g_object_unref (task);
  return NULL;
}

/* Every answer is a number: an outcome, an index, or nothing of interest. */
static gboolean
finish (GAsyncResult *result, gssize *value, GError **error)
{
  GError *own = NULL;
  gssize answer = g_task_propagate_int (G_TASK (result), &own);

  if (own != NULL)
    {
      g_propagate_error (error, own);
      return FALSE;
    }
  if (value != NULL)
    *value = answer;
  return TRUE;
}

/* Of those that need no more than the job. */
#define PLAIN_REQUEST(name, kind, push)                                                                    \
  void bgc_manager_##name##_async (BgcManager *self, const BgcJobId *id, GAsyncReadyCallback callback,     \
                                   gpointer data)                                                          \
  {                                                                                                        \
    GTask *task = task_new (self, bgc_manager_##name##_async, callback, data);                             \
    BgcEntry *entry = find_for (self, id, BGC_REQUEST_##kind, task);                                       \
                                                                                                           \
    if (entry != NULL)                                                                                     \
      push (&self->engine, entry, task);                                                                   \
  }

PLAIN_REQUEST (suspend, SUSPEND, bgc_edits_suspend) PLAIN_REQUEST (resume, RESUME, bgc_edits_resume)
PLAIN_REQUEST (cancel, CANCEL, bgc_cancel_push)
PLAIN_REQUEST (complete, COMPLETE, bgc_completion_push)
PLAIN_REQUEST (read_reply, MODIFY, bgc_reply_read)

/* Of those that answer nothing of interest. */
#define PLAIN_FINISH(request)                                                                              \
  gboolean bgc_manager_##request##_finish (BgcManager *self, GAsyncResult *result, GError **error)         \
  {                                                                                                        \
    return finish (result, NULL, error);                                                                   \
  }

void
bgc_manager_take_async (BgcManager *self, const BgcJobId *id, guint32 owner, gboolean administrator,
                        GAsyncReadyCallback callback, gpointer data)
{
  GTask *task = task_new (self, bgc_manager_take_async, callback, data);
  BgcEntry *entry = find_for (self, id, BGC_REQUEST_MODIFY, task);

  if (entry != NULL)
    bgc_taking_push (&self->engine, entry, owner, administrator, task);
}

PLAIN_FINISH (take) PLAIN_FINISH (remove_file) PLAIN_FINISH (set_remote) PLAIN_FINISH (set_reply_name)
PLAIN_FINISH (modify) PLAIN_FINISH (suspend) PLAIN_FINISH (resume)

void
bgc_manager_add_files_async (BgcManager *self, const BgcJobId *id, gboolean administrator, GPtrArray *files,
                             GAsyncReadyCallback callback, gpointer data)
{
  GTask *task = task_new (self, bgc_manager_add_files_async, callback, data);
  BgcEntry *entry = find_for (self, id, BGC_REQUEST_ADD_FILE, task);

  if (entry != NULL)
    bgc_edits_add_files (&self->engine, entry, administrator, files, task);
}

gboolean
bgc_manager_add_files_finish (BgcManager *self, GAsyncResult *result, guint32 *first, GError **error)
{
  gssize value = 0;

  if (!finish (result, &value, error))
    return FALSE;
  if (first != NULL)
    *first = (guint32)value;
  return TRUE;
}

void
bgc_manager_remove_file_async (BgcManager *self, const BgcJobId *id, guint32 index,
                               GAsyncReadyCallback callback, gpointer data)
{
  GTask *task = task_new (self, bgc_manager_remove_file_async, callback, data);
  BgcEntry *entry = find_for (self, id, BGC_REQUEST_REMOVE_FILE, task);

  if (entry != NULL)
    bgc_edits_remove_file (&self->engine, entry, index, task);
}

void
bgc_manager_set_remote_async (BgcManager *self, const BgcJobId *id, guint32 index, const char *remote,
                              GAsyncReadyCallback callback, gpointer data)
{
  GTask *task = task_new (self, bgc_manager_set_remote_async, callback, data);
  BgcEntry *entry = find_for (self, id, BGC_REQUEST_MODIFY, task);

  if (entry != NULL)
    bgc_edits_set_remote (&self->engine, entry, index, remote, task);
}

void
bgc_manager_modify_async (BgcManager *self, const BgcJobId *id, BgcManagerModifyFunc modify,
                          gpointer modify_data, GDestroyNotify destroy, GAsyncReadyCallback callback,
                          gpointer data)
{
  GTask *task = task_new (self, bgc_manager_modify_async, callback, data);
  BgcEntry *entry = find_for (self, id, BGC_REQUEST_MODIFY, task);

  if (entry != NULL)
    bgc_edits_modify (&self->engine, entry, modify, modify_data, destroy, task);
  else if (destroy != NULL)
    destroy (modify_data);
}

static gboolean
finish_outcome (GAsyncResult *result, BgcOutcome *outcome, GError **error)
{
  gssize value = 0;

  if (!finish (result, &value, error))
    return FALSE;
  if (outcome != NULL)
    *outcome = (BgcOutcome)value;
  return TRUE;
}

gboolean
bgc_manager_cancel_finish (BgcManager *self, GAsyncResult *result, BgcOutcome *outcome, GError **error)
{
  return finish_outcome (result, outcome, error);
}

gboolean
bgc_manager_complete_finish (BgcManager *self, GAsyncResult *result, BgcOutcome *outcome, GError **error)
{
  return finish_outcome (result, outcome, error);
}

void
bgc_manager_set_reply_name_async (BgcManager *self, const BgcJobId *id, const char *path,
                                  GAsyncReadyCallback callback, gpointer data)
{
  GTask *task = task_new (self, bgc_manager_set_reply_name_async, callback, data);
  BgcEntry *entry = find_for (self, id, BGC_REQUEST_MODIFY, task);

  if (entry != NULL)
    bgc_upload_edits_set_reply_name (&self->engine, entry, path, task);
}

GBytes *
bgc_manager_read_reply_finish (BgcManager *self, GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

/* ---- the end ---- */

void
bgc_manager_shut_down_async (BgcManager *self, GAsyncReadyCallback callback, gpointer data)
{
  bgc_closing_begin (&self->engine, task_new (self, bgc_manager_shut_down_async, callback, data));
}

gboolean
bgc_manager_shut_down_finish (BgcManager *self, GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}
