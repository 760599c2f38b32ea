/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "workers/bgc-workers-fake.h"

#include <string.h>

typedef enum
{
  CALL_START,
  CALL_STOP,
  CALL_PLACE,
  CALL_CANCEL,
  N_CALLS
} Call;

/* A call that hangs. */
typedef struct
{
  Call call;
  guint32 owner;
  BgcJobId id;       /* of a stop */
  GPtrArray *places; /* (owned) (nullable) of a place: element-type BgcPlacement */
  GTask *task;       /* (owned) */
} Pending;

struct _BgcWorkersFake
{
  GObject parent;
  GHashTable *verdicts;  /* (owned) path → BgcErrorCode */
  GHashTable *failures;  /* (owned) temporary name → BgcErrorCode */
  GHashTable *runs;      /* (owned) BgcJobId → BgcWorkersFakeRun */
  GPtrArray *log;        /* (owned) of "+id" and "-id" */
  GPtrArray *placements; /* (owned) element-type BgcPlacement */
  GPtrArray *temporaries; /* (owned) element-type BgcPlacement, to be found */
  GPtrArray *pending;    /* (owned) element-type Pending, in the order of the calls */
  gboolean hang[N_CALLS];
  GHashTable *sources;   /* (owned) path → BgcErrorCode */
  GHashTable *sizes;     /* (owned) path → its size, where it is another than usual */
  gboolean settled;      /* what a cancel_session comes to */
  BgcFailure *failure;   /* (owned) (nullable) likewise */
  char *reply;           /* (owned) (nullable) */
  BgcWorkersFakeCancelFunc on_cancel; /* (nullable) */
  gpointer on_cancel_data;
  guint cancels;
};

/* What a cancel_session came to. */
typedef struct
{
  gboolean settled;
  BgcFailure *failure; /* (owned) (nullable) */
} Settlement;

static void
bgc_workers_fake_workers_init (BgcWorkersInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (BgcWorkersFake, bgc_workers_fake, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (BGC_TYPE_WORKERS, bgc_workers_fake_workers_init))

static void
pending_free (Pending *pending)
{
  g_clear_pointer (&pending->places, g_ptr_array_unref);
  g_clear_object (&pending->task);
  g_free (pending);
}

static void
bgc_workers_fake_init (BgcWorkersFake *self)
{
  self->verdicts = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->failures = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->runs = g_hash_table_new_full (bgc_job_id_hash, bgc_job_id_equal, NULL, g_free);
  self->log = g_ptr_array_new_with_free_func (g_free);
  self->temporaries = g_ptr_array_new_with_free_func ((GDestroyNotify)bgc_placement_free);
  self->placements = g_ptr_array_new_with_free_func ((GDestroyNotify)bgc_placement_free);
  self->pending = g_ptr_array_new_with_free_func ((GDestroyNotify)pending_free);
  self->sources = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->sizes = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  self->settled = TRUE;
  self->reply = g_strdup ("the reply");
}

static void
bgc_workers_fake_finalize (GObject *object)
{
  BgcWorkersFake *self = BGC_WORKERS_FAKE (object);

  g_clear_pointer (&self->verdicts, g_hash_table_unref);
  g_clear_pointer (&self->failures, g_hash_table_unref);
  g_clear_pointer (&self->runs, g_hash_table_unref);
  g_clear_pointer (&self->log, g_ptr_array_unref);
  g_clear_pointer (&self->placements, g_ptr_array_unref);
  g_clear_pointer (&self->temporaries, g_ptr_array_unref);
  g_clear_pointer (&self->pending, g_ptr_array_unref);
  g_clear_pointer (&self->sources, g_hash_table_unref);
  g_clear_pointer (&self->sizes, g_hash_table_unref);
  g_clear_pointer (&self->failure, bgc_failure_free);
  g_free (self->reply);
  G_OBJECT_CLASS (bgc_workers_fake_parent_class)->finalize (object);
}

static void
bgc_workers_fake_class_init (BgcWorkersFakeClass *class)
{
  G_OBJECT_CLASS (class)->finalize = bgc_workers_fake_finalize;
}

/* Codes are kept plus one, so that a table can tell code 0 from nothing. */
static gboolean
find_code (GHashTable *table, const char *key, BgcErrorCode *code)
{
  guint value = GPOINTER_TO_UINT (g_hash_table_lookup (table, key));

  if (value == 0)
    return FALSE;
  *code = value - 1;
  return TRUE;
}

static void
set_code (GHashTable *table, const char *key, BgcErrorCode code)
{
  if (code == BGC_N_ERRORS)
    g_hash_table_remove (table, key);
  else
    g_hash_table_insert (table, g_strdup (key), GUINT_TO_POINTER (code + 1u));
}

static void
note (BgcWorkersFake *self, char sign, const BgcJobId *id)
{
  char hex[BGC_JOB_ID_HEX_LENGTH + 1];

  bgc_job_id_to_hex (id, hex);
  g_ptr_array_add (self->log, g_strdup_printf ("%c%s", sign, hex));
}

static Pending *
pending_new (BgcWorkersFake *self, Call call, guint32 owner, GAsyncReadyCallback callback, gpointer data,
             gpointer tag)
{
  Pending *pending = g_new0 (Pending, 1);

  pending->call = call;
  pending->owner = owner;
  pending->task = g_task_new (self, NULL, callback, data);
  g_task_set_source_tag (pending->task, tag);
  return pending;
}

static GPtrArray *
place_all (BgcWorkersFake *self, GPtrArray *placements)
{
  GPtrArray *results = g_ptr_array_new_with_free_func ((GDestroyNotify)bgc_placement_result_free);

  for (guint i = 0; i < placements->len; i++)
    {
      const BgcPlacement *placement = g_ptr_array_index (placements, i);
      BgcFailure *failure = NULL;
      BgcErrorCode code;

      if (find_code (self->failures, placement->temporary, &code))
        failure = bgc_failure_new (BGC_CONTEXT_LOCAL_FILE, code, FALSE, "The test says so");
      g_ptr_array_add (results, bgc_placement_result_new (placement->index, failure));
    }
  return results;
}

static void
settlement_free (gpointer data)
{
  Settlement *settlement = data;

  bgc_failure_free (settlement->failure);
  g_free (settlement);
}

static Settlement *
settle (BgcWorkersFake *self)
{
  Settlement *settlement = g_new0 (Settlement, 1);

  settlement->settled = self->settled;
  settlement->failure = bgc_failure_copy (self->failure);
  return settlement;
}

/* Answers @pending (transfer full). A GTask that is returned where it was made calls back from an idle. */
static void
answer (BgcWorkersFake *self, Pending *pending)
{
  if (pending->call == CALL_STOP)
    g_hash_table_remove (self->runs, &pending->id);
  if (pending->call == CALL_PLACE)
    g_task_return_pointer (pending->task, place_all (self, pending->places),
                           (GDestroyNotify)g_ptr_array_unref);
  else if (pending->call == CALL_CANCEL)
    g_task_return_pointer (pending->task, settle (self), settlement_free);
  else
    g_task_return_boolean (pending->task, TRUE);
  pending_free (pending);
}

static void
answer_or_hang (BgcWorkersFake *self, Pending *pending)
{
  if (self->hang[pending->call])
    g_ptr_array_add (self->pending, pending);
  else
    answer (self, pending);
}

static void
fake_check_async (BgcWorkers *workers, guint32 owner, const char *const *paths, GAsyncReadyCallback callback,
                  gpointer data)
{
  BgcWorkersFake *self = BGC_WORKERS_FAKE (workers);
  g_autoptr (GTask) task = g_task_new (self, NULL, callback, data);
  GPtrArray *verdicts = g_ptr_array_new_with_free_func ((GDestroyNotify)bgc_path_verdict_free);

  g_task_set_source_tag (task, fake_check_async);
  for (guint i = 0; paths[i] != NULL; i++)
    {
      BgcErrorCode code = BGC_N_ERRORS;
      gboolean refused = find_code (self->verdicts, paths[i], &code);

      g_ptr_array_add (verdicts,
                       bgc_path_verdict_new (!refused, code, refused ? "The test says so" : NULL, NULL));
    }
  g_task_return_pointer (task, verdicts, (GDestroyNotify)g_ptr_array_unref);
}

static void
fake_start_job_async (BgcWorkers *workers, const BgcJob *job, guint files_at_once, guint64 rate,
                      GAsyncReadyCallback callback, gpointer data)
{
  BgcWorkersFake *self = BGC_WORKERS_FAKE (workers);

  if (!g_hash_table_contains (self->runs, &job->id))
    {
      BgcWorkersFakeRun *run = g_new0 (BgcWorkersFakeRun, 1);

      run->id = job->id;
      run->owner = job->owner;
      run->rate = rate;
      g_hash_table_insert (self->runs, &run->id, run);
    }
  note (self, '+', &job->id);
  answer_or_hang (self, pending_new (self, CALL_START, job->owner, callback, data, fake_start_job_async));
}

static void
fake_limit_job (BgcWorkers *workers, guint32 owner, const BgcJobId *id, guint64 rate)
{
  BgcWorkersFakeRun *run = bgc_workers_fake_find (BGC_WORKERS_FAKE (workers), id);

  if (run != NULL && run->owner == owner)
    run->rate = rate;
}

static void
fake_stop_job_async (BgcWorkers *workers, guint32 owner, const BgcJobId *id, gboolean discard,
                     GAsyncReadyCallback callback, gpointer data)
{
  BgcWorkersFake *self = BGC_WORKERS_FAKE (workers);
  Pending *pending = pending_new (self, CALL_STOP, owner, callback, data, fake_stop_job_async);

  pending->id = *id;
  note (self, '-', id);
  answer_or_hang (self, pending);
}

static void
fake_place_async (BgcWorkers *workers, guint32 owner, GPtrArray *placements, GAsyncReadyCallback callback,
                  gpointer data)
{
  BgcWorkersFake *self = BGC_WORKERS_FAKE (workers);
  Pending *pending = pending_new (self, CALL_PLACE, owner, callback, data, fake_place_async);

  pending->places = g_ptr_array_new_with_free_func ((GDestroyNotify)bgc_placement_free);
  for (guint i = 0; i < placements->len; i++)
    {
      const BgcPlacement *placement = g_ptr_array_index (placements, i);

      g_ptr_array_add (pending->places, bgc_placement_copy (placement));
      g_ptr_array_add (self->placements, bgc_placement_copy (placement));
    }
  answer_or_hang (self, pending);
}

static void
fail_all (GPtrArray *failing)
{
  for (guint i = 0; i < failing->len; i++)
    g_task_return_new_error (((Pending *)g_ptr_array_index (failing, i))->task, BGC_ERROR,
                             BGC_ERROR_WORKER_LOST, "The worker was lost");
}

static void
fake_check_source_async (BgcWorkers *workers, guint32 owner, const char *path, GAsyncReadyCallback callback,
                         gpointer data)
{
  BgcWorkersFake *self = BGC_WORKERS_FAKE (workers);
  g_autoptr (GTask) task = g_task_new (self, NULL, callback, data);
  const guint64 usual = BGC_WORKERS_FAKE_SOURCE, *known = g_hash_table_lookup (self->sizes, path);
  BgcErrorCode code;

  g_task_set_source_tag (task, fake_check_source_async);
  if (find_code (self->sources, path, &code))
    g_task_return_new_error (task, BGC_ERROR, (gint)code, "The test says so");
  else
    g_task_return_pointer (task, g_memdup2 (known != NULL ? known : &usual, sizeof usual), g_free);
}

static gboolean
fake_check_source_finish (BgcWorkers *workers, GAsyncResult *result, guint64 *size, GError **error)
{
  g_autofree guint64 *answer = g_task_propagate_pointer (G_TASK (result), error);

  *size = answer != NULL ? *answer : 0;
  return answer != NULL;
}

static void
fake_check_trusted (BgcWorkers *workers, guint32 owner, const char *const *paths, GTask *task)
{
  BgcErrorCode code;

  for (; *paths != NULL && !find_code (BGC_WORKERS_FAKE (workers)->sources, *paths, &code); paths++)
    continue;
  if (*paths != NULL)
    g_task_return_new_error (task, BGC_ERROR, (gint)code, "The test says so");
  else
    g_task_return_pointer (task, g_new0 (guint64, 1), g_free);
  g_object_unref (task);
}

static void
fake_check_room (BgcWorkers *workers, guint32 owner, const BgcFile *file, GTask *task)
{
  fake_check_trusted (workers, owner, (const char *const[]){ file->local, NULL }, task);
}

static void
fake_cancel_session_async (BgcWorkers *workers, const BgcJob *job, GAsyncReadyCallback callback,
                           gpointer data)
{
  BgcWorkersFake *self = BGC_WORKERS_FAKE (workers);

  self->cancels++;
  if (self->on_cancel != NULL)
    self->on_cancel (job, self->on_cancel_data);
  answer_or_hang (self,
                  pending_new (self, CALL_CANCEL, job->owner, callback, data, fake_cancel_session_async));
}

static gboolean
fake_cancel_session_finish (BgcWorkers *workers, GAsyncResult *result, gboolean *settled,
                            BgcFailure **failure, GError **error)
{
  Settlement *settlement = g_task_propagate_pointer (G_TASK (result), error);

  if (settlement == NULL)
    return FALSE;
  *settled = settlement->settled;
  *failure = g_steal_pointer (&settlement->failure);
  settlement_free (settlement);
  return TRUE;
}

static void
fake_read_reply_async (BgcWorkers *workers, guint32 owner, const BgcFile *reply, GAsyncReadyCallback callback,
                       gpointer data)
{
  BgcWorkersFake *self = BGC_WORKERS_FAKE (workers);
  g_autoptr (GTask) task = g_task_new (self, NULL, callback, data);

  g_task_set_source_tag (task, fake_read_reply_async);
  if (self->reply == NULL)
    g_task_return_new_error (task, BGC_ERROR, BGC_ERROR_LOCAL_FILE_CHANGED, "The test says so");
  else if (reply->bytes_transferred > BGC_WORKERS_REPLY_MAX)
    g_task_return_new_error (task, BGC_ERROR, BGC_ERROR_TOO_LARGE, "The reply is too long");
  else
    g_task_return_pointer (task, g_bytes_new (self->reply, strlen (self->reply)),
                           (GDestroyNotify)g_bytes_unref);
}

static GBytes *
fake_read_reply_finish (BgcWorkers *workers, GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

static void
fake_shut_down_async (BgcWorkers *workers, GAsyncReadyCallback callback, gpointer data)
{
  BgcWorkersFake *self = BGC_WORKERS_FAKE (workers);
  g_autoptr (GTask) task = g_task_new (self, NULL, callback, data);
  g_autoptr (GPtrArray) failing = g_steal_pointer (&self->pending);

  self->pending = g_ptr_array_new_with_free_func ((GDestroyNotify)pending_free);
  g_task_set_source_tag (task, fake_shut_down_async);
  g_hash_table_remove_all (self->runs);
  fail_all (failing);
  g_task_return_boolean (task, TRUE);
}

static GPtrArray *
fake_finish_array (BgcWorkers *workers, GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

static gboolean
fake_finish (BgcWorkers *workers, GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

static void
fake_find_temporaries_async (BgcWorkers *workers, guint32 owner, guint32 tag, guint first,
                             GAsyncReadyCallback callback, gpointer data)
{
  BgcWorkersFake *self = BGC_WORKERS_FAKE (workers);
  g_autoptr (GTask) task = g_task_new (self, NULL, callback, data);
  GPtrArray *found = g_ptr_array_new_with_free_func ((GDestroyNotify)bgc_placement_free);

  /* Two at a time. */
  for (guint i = first; i < MIN (first + 2, self->temporaries->len); i++)
    g_ptr_array_add (found, bgc_placement_copy (g_ptr_array_index (self->temporaries, i)));
  g_task_set_source_tag (task, fake_find_temporaries_async);
  g_task_return_pointer (task, found, (GDestroyNotify)g_ptr_array_unref);
}

void
bgc_workers_fake_add_temporary (BgcWorkersFake *self, const char *directory, const char *temporary,
                                guint64 inode)
{
  g_ptr_array_add (self->temporaries,
                   bgc_placement_new (self->temporaries->len, directory, temporary, NULL, 1, inode, FALSE));
}

static void
bgc_workers_fake_workers_init (BgcWorkersInterface *iface)
{
  iface->check_async = fake_check_async;
  iface->check_finish = fake_finish_array;
  iface->start_job_async = fake_start_job_async;
  iface->start_job_finish = fake_finish;
  iface->limit_job = fake_limit_job;
  iface->stop_job_async = fake_stop_job_async;
  iface->stop_job_finish = fake_finish;
  iface->place_async = fake_place_async;
  iface->place_finish = fake_finish_array;
  iface->find_temporaries_async = fake_find_temporaries_async;
  iface->find_temporaries_finish = fake_finish_array;
  iface->check_source_async = fake_check_source_async;
  iface->check_source_finish = fake_check_source_finish;
  iface->check_trusted = fake_check_trusted;
  iface->check_room = fake_check_room;
  iface->cancel_session_async = fake_cancel_session_async;
  iface->cancel_session_finish = fake_cancel_session_finish;
  iface->read_reply_async = fake_read_reply_async;
  iface->read_reply_finish = fake_read_reply_finish;
  iface->shut_down_async = fake_shut_down_async;
  iface->shut_down_finish = fake_finish;
}

BgcWorkersFake *
bgc_workers_fake_new (void)
{
  return g_object_new (BGC_TYPE_WORKERS_FAKE, NULL);
}

void
bgc_workers_fake_set_verdict (BgcWorkersFake *self, const char *path, BgcErrorCode code)
{
  set_code (self->verdicts, path, code);
}

void
bgc_workers_fake_set_placement (BgcWorkersFake *self, const char *temporary, BgcErrorCode code)
{
  set_code (self->failures, temporary, code);
}

void
bgc_workers_fake_set_source (BgcWorkersFake *self, const char *path, BgcErrorCode code, guint64 size)
{
  set_code (self->sources, path, code);
  g_hash_table_insert (self->sizes, g_strdup (path), g_memdup2 (&size, sizeof size));
}

void
bgc_workers_fake_set_cancel (BgcWorkersFake *self, gboolean settled, BgcFailure *failure)
{
  bgc_failure_free (self->failure);
  self->settled = settled;
  self->failure = failure;
}

void
bgc_workers_fake_watch_cancels (BgcWorkersFake *self, BgcWorkersFakeCancelFunc function, gpointer data)
{
  self->on_cancel = function;
  self->on_cancel_data = data;
}

guint
bgc_workers_fake_cancels (BgcWorkersFake *self)
{
  return self->cancels;
}

void
bgc_workers_fake_set_reply (BgcWorkersFake *self, const char *text)
{
  g_free (self->reply);
  self->reply = g_strdup (text);
}

static void
ask_again (BgcWorkersFake *self)
{
  g_autoptr (GPtrArray) waiting = g_steal_pointer (&self->pending);

  self->pending = g_ptr_array_new_with_free_func ((GDestroyNotify)pending_free);
  while (waiting->len > 0)
    answer_or_hang (self, g_ptr_array_steal_index (waiting, 0));
}

void
bgc_workers_fake_hang (BgcWorkersFake *self, gboolean starts, gboolean stops, gboolean places)
{
  self->hang[CALL_START] = starts;
  self->hang[CALL_STOP] = stops;
  self->hang[CALL_PLACE] = places;
  ask_again (self);
}

void
bgc_workers_fake_hang_cancels (BgcWorkersFake *self, gboolean hang)
{
  self->hang[CALL_CANCEL] = hang;
  ask_again (self);
}

BgcWorkersFakeRun *
bgc_workers_fake_find (BgcWorkersFake *self, const BgcJobId *id)
{
  return g_hash_table_lookup (self->runs, id);
}

guint
bgc_workers_fake_running (BgcWorkersFake *self)
{
  return g_hash_table_size (self->runs);
}

GPtrArray *
bgc_workers_fake_log (BgcWorkersFake *self)
{
  return self->log;
}

GPtrArray *
bgc_workers_fake_placements (BgcWorkersFake *self)
{
  return self->placements;
}

void
bgc_workers_fake_lose (BgcWorkersFake *self, guint32 owner)
{
  g_autoptr (GPtrArray) failing = g_ptr_array_new_with_free_func ((GDestroyNotify)pending_free);
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, self->runs);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    if (((BgcWorkersFakeRun *)value)->owner == owner)
      g_hash_table_iter_remove (&iter);
  for (guint i = 0; i < self->pending->len;)
    if (((Pending *)g_ptr_array_index (self->pending, i))->owner == owner)
      g_ptr_array_add (failing, g_ptr_array_steal_index (self->pending, i));
    else
      i++;
  bgc_workers_emit_lost (BGC_WORKERS (self), owner, "the test says so");
  fail_all (failing);
}
