/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "engine/bgc-runner.h"

#include "engine/bgc-gauge.h"
#include "engine/bgc-retry.h"
#include "engine/bgc-shares.h"

typedef struct _BgcRunner
{
  BgcEngine *engine; /* (borrowed) */
  BgcEntry *entry;   /* (borrowed) */
  BgcRunnerPhase phase;
  BgcRunnerDeathFunc death;
  guint files_at_once;
  guint64 run;        /* number of this run: answers to an earlier one are ignored */
  GPtrArray *reports; /* (owned) (element-type BgcReport) not stored yet */
  guint folded;       /* of them, those in the change under way; likewise the next two */
  gint64 folded_at;   /* boot clock; 0 = no change under way */
  gboolean folded_step; /* a step of an upload ends in them */
  gboolean next_step;   /* and is durable now: the worker waits for the next one */
  guint64 folded_received;
  gboolean asked;        /* an operation is on its way to store them */
  gboolean discard;      /* what the worker says no longer matters */
  GHashTable *transient; /* (owned) (element-type guint32 BgcFailure) files that cannot go on in this run */
  GHashTable *renewed;   /* (owned) (element-type guint32) files that have another temporary name next run */
  GHashTable *attempts;  /* (owned) (element-type guint32 guint32) requests of this run counted so far */
  gboolean connected;
  guint64 received;        /* bytes of this run */
  guint64 received_stored; /* of them, those that a stored change knew of */
  gint64 accounted;        /* boot clock: up to when the job's clocks hold the time */
  BgcGauge *gauge;              /* (owned) */
  BgcFailure *lost;             /* (owned) (nullable) why it is DEAD */
  BgcFailure *fatal;            /* (owned) (nullable) why an upload that is sent cannot be closed */
  guint64 alarm;                /* of the clocks; 0 = none */
  BgcRunnerStoppedFunc stopped; /* (nullable) who waits for the stop */
  gpointer stopped_data;
} BgcRunner;

/* A call to the worker under way. */
typedef struct
{
  GObject *keeper;   /* (owned) */
  BgcEngine *engine; /* (borrowed) */
  BgcJobId id;
  guint64 run;
} Call;

static Call *
call_new (BgcRunner *self)
{
  Call *call = g_new0 (Call, 1);

  call->keeper = g_object_ref (self->engine->keeper);
  call->engine = self->engine;
  call->id = self->entry->job->id;
  call->run = self->run;
  return call;
}

static void
call_free (Call *call)
{
  g_object_unref (call->keeper);
  g_free (call);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Call, call_free)

/* The runner that made @call, or NULL if that run is over. */
static BgcRunner *
call_runner (Call *call)
{
  BgcEntry *entry = bgc_queue_find (call->engine->queue, &call->id);

  return entry != NULL && entry->runner != NULL && entry->runner->run == call->run ? entry->runner : NULL;
}

void
bgc_runner_new (BgcEngine *engine, BgcEntry *entry, guint files_at_once, BgcRunnerDeathFunc death)
{
  BgcRunner *self = g_new0 (BgcRunner, 1);

  self->engine = engine;
  self->entry = entry;
  self->phase = BGC_RUNNER_PICKED;
  self->death = death;
  self->files_at_once = files_at_once;
  self->run = ++engine->runs;
  self->reports = g_ptr_array_new_with_free_func ((GDestroyNotify)bgc_report_free);
  self->transient = g_hash_table_new_full (NULL, NULL, NULL, (GDestroyNotify)bgc_failure_free);
  self->renewed = g_hash_table_new (NULL, NULL);
  self->attempts = g_hash_table_new (NULL, NULL);
  self->accounted = bgc_engine_boot (engine);
  self->gauge = bgc_gauge_new (engine, entry);
  entry->runner = self;
  g_hash_table_add (engine->runners, entry);
}

void
bgc_runner_drop (BgcEngine *engine, BgcEntry *entry)
{
  BgcRunner *self = g_steal_pointer (&entry->runner);

  if (self == NULL)
    return;
  g_hash_table_remove (engine->runners, entry);
  bgc_shares_leave (engine->shares, entry);
  bgc_clock_clear_alarm (engine->clock, &self->alarm);
  bgc_gauge_free (self->gauge, self->discard);
  g_ptr_array_unref (self->reports);
  g_hash_table_unref (self->transient);
  g_hash_table_unref (self->renewed);
  g_hash_table_unref (self->attempts);
  g_clear_pointer (&self->lost, bgc_failure_free);
  g_clear_pointer (&self->fatal, bgc_failure_free);
  g_free (self);
  bgc_scheduler_release (engine->scheduler, entry);
  bgc_engine_offer (engine, entry);
}

gboolean
bgc_runner_is (const BgcEntry *entry, BgcRunnerPhase phase)
{
  return entry->runner != NULL && entry->runner->phase == phase;
}

static void
on_alarm (gpointer data)
{
  BgcRunner *self = data;

  self->alarm = 0;
  self->engine->hooks->expired (self->engine, self->entry);
}

static void
set_clocks (BgcRunner *self)
{
  const BgcJob *job = self->entry->job;
  gint64 left = job->maximum_download_time > 0
                  ? (gint64)job->maximum_download_time * G_USEC_PER_SEC - job->active_time
                  : G_MAXINT64;

  bgc_clock_clear_alarm (self->engine->clock, &self->alarm);
  if (self->phase != BGC_RUNNER_ACTIVE)
    return;
  if (self->engine->online)
    left = MIN (left, bgc_retry_no_progress_left (job));
  if (left < G_MAXINT64)
    self->alarm
      = bgc_clock_set_alarm (self->engine->clock, self->accounted + MAX (left, 0), "runner", on_alarm, self);
}

void
bgc_runner_network_changed (BgcEngine *engine, BgcEntry *entry)
{
  if (entry->runner != NULL)
    set_clocks (entry->runner);
}

void
bgc_runner_lost (BgcEngine *engine, BgcEntry *entry, BgcErrorCode code, const char *why)
{
  BgcRunner *self = entry->runner;

  /* While stopping the stop ends with an error, and that is all there is to it. */
  if (self == NULL || self->phase != BGC_RUNNER_ACTIVE)
    return;
  self->phase = BGC_RUNNER_DEAD;
  bgc_clock_clear_alarm (engine->clock, &self->alarm);
  /* Without an account there is nobody to act for, today or tomorrow. */
  self->lost = bgc_failure_new (BGC_CONTEXT_QUEUE_MANAGER, code, code != BGC_ERROR_OWNER_UNKNOWN, "%s", why);
  self->lost->time = bgc_engine_wall (engine);
  if (self->lost->transient)
    self->lost->wait = BGC_WAIT_WORKER_LOST;
  self->death (engine, entry);
}

static void
on_started (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (Call) call = data;
  g_autoptr (GError) error = NULL;
  BgcRunner *self = call_runner (call);

  if (bgc_workers_start_job_finish (BGC_WORKERS (source), result, &error) || self == NULL)
    return;
  bgc_runner_lost (self->engine, self->entry, bgc_error_code_of (error, BGC_ERROR_WORKER_LOST),
                   error->message);
}

void
bgc_runner_start (BgcEngine *engine, BgcEntry *entry)
{
  BgcRunner *self = entry->runner;

  if (self == NULL || self->phase == BGC_RUNNER_DEAD)
    return;
  self->phase = BGC_RUNNER_ACTIVE;
  self->run = ++engine->runs;
  self->connected = entry->job->state == BGC_JOB_STATE_TRANSFERRING;
  self->received = self->received_stored = 0;
  self->asked = FALSE;
  self->next_step = FALSE;
  g_clear_pointer (&self->fatal, bgc_failure_free);
  g_hash_table_remove_all (self->transient);
  g_hash_table_remove_all (self->renewed);
  g_hash_table_remove_all (self->attempts);
  bgc_gauge_begin (self->gauge);
  set_clocks (self);
  bgc_shares_join (engine->shares, entry);
  bgc_runner_feed (engine, entry);
}

void
bgc_runner_feed (BgcEngine *engine, BgcEntry *entry)
{
  BgcRunner *self = entry->runner;

  if (self != NULL && self->phase == BGC_RUNNER_ACTIVE)
    bgc_workers_start_job_async (engine->workers, entry->job, self->files_at_once,
                                 bgc_shares_rate (entry), on_started, call_new (self));
}

void
bgc_runner_advance (BgcEngine *engine, BgcEntry *entry)
{
  BgcRunner *self = entry->runner;

  if (self == NULL || !self->next_step)
    return;
  self->next_step = FALSE;
  bgc_runner_feed (engine, entry);
}

/* Nobody works on it any more. It goes unless an operation wants what it has heard last. */
static void
drop_ended (BgcRunner *self)
{
  if (self->phase == BGC_RUNNER_PICKED || self->discard || self->reports->len == 0)
    bgc_runner_drop (self->engine, self->entry);
}

static void
on_stopped (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (Call) call = data;
  g_autoptr (GError) error = NULL;
  BgcRunner *self = call_runner (call);
  BgcRunnerStoppedFunc stopped;

  /* A stop that fails means a worker that is no more: nothing is written either way. */
  bgc_workers_stop_job_finish (BGC_WORKERS (source), result, &error);
  if (self == NULL)
    return;
  self->phase = BGC_RUNNER_STOPPED;
  stopped = g_steal_pointer (&self->stopped);
  if (!bgc_job_state_is_running (self->entry->job->state))
    {
      gpointer stopped_data = self->stopped_data;

      drop_ended (self);
      stopped (stopped_data);
    }
  else
    stopped (self->stopped_data);
}

void
bgc_runner_stop (BgcEngine *engine, BgcEntry *entry, gboolean discard, BgcRunnerStoppedFunc stopped,
                 gpointer data)
{
  BgcRunner *self = entry->runner;

  if (self == NULL || self->phase != BGC_RUNNER_ACTIVE)
    {
      if (self != NULL && !bgc_job_state_is_running (entry->job->state))
        drop_ended (self);
      stopped (data);
      return;
    }
  self->phase = BGC_RUNNER_STOPPING;
  self->discard = discard;
  self->stopped = stopped;
  self->stopped_data = data;
  bgc_clock_clear_alarm (engine->clock, &self->alarm);
  bgc_workers_stop_job_async (engine->workers, entry->job->owner, &entry->job->id, discard, on_stopped,
                              call_new (self));
}

/* The first bytes after an error change more than the rate. */
static gboolean
brings_news (BgcRunner *self, const BgcReport *report)
{
  const BgcJob *job = self->entry->job;

  return report->files->len > 0 || report->upload != NULL || (report->connected && !self->connected)
         || (report->received > self->received_stored
             && (job->no_progress_time >= 0 || job->retry_count > 0));
}

/* While a commit is under way what comes is gathered in one report, which grows by files, not by time. */
static void
keep (BgcRunner *self, const BgcReport *report)
{
  if (self->reports->len == self->folded)
    g_ptr_array_add (self->reports, bgc_report_new (&report->id));
  bgc_report_append (g_ptr_array_index (self->reports, self->reports->len - 1), report);
}

gboolean
bgc_runner_take (BgcEngine *engine, BgcEntry *entry, const BgcReport *report)
{
  BgcRunner *self = entry->runner;

  if (self == NULL || (self->phase != BGC_RUNNER_ACTIVE && self->phase != BGC_RUNNER_STOPPING)
      || self->discard)
    return FALSE;
  bgc_gauge_take (self->gauge, report);
  bgc_shares_moved (engine->shares, entry, report->received);
  self->received = MAX (self->received, report->received);
  if (!brings_news (self, report))
    {
      engine->hooks->stirred (engine, entry);
      return FALSE;
    }
  keep (self, report);
  if (self->phase != BGC_RUNNER_ACTIVE || self->asked)
    return FALSE;
  self->asked = TRUE;
  return TRUE;
}

/* Something else stands at its temporary name: it gets another. Not at once where it never had a temporary
 * file of its own: then it may be so with every name. */
static gboolean
renew (BgcRunner *self, BgcFile *file, const BgcFileReport *report, gboolean had_own)
{
  if (bgc_file_is_source (file) || report->event != BGC_FILE_EVENT_FAILED || report->failure == NULL
      || !report->failure->transient
      || report->failure->code != BGC_ERROR_LOCAL_FILE_CHANGED)
    return FALSE;
  bgc_file_renew (file, self->engine->tag, bgc_engine_draw (self->engine));
  if (!had_own)
    return FALSE;
  g_clear_pointer (&file->failure, bgc_failure_free);
  g_hash_table_add (self->renewed, GUINT_TO_POINTER (file->index));
  return TRUE;
}

/* Of an upload whose file is sent already: what failed is the session's end. */
static void
fold_close (BgcRunner *self, const BgcFileReport *report)
{
  BgcFailure *failure;

  if (report->event != BGC_FILE_EVENT_FAILED || report->failure == NULL || self->entry->job->upload == NULL)
    return;
  failure = bgc_failure_copy (report->failure);
  failure->file = bgc_progress_shown_index (self->entry->job, report->index);
  if (failure->transient)
    {
      g_hash_table_insert (self->transient, GUINT_TO_POINTER (report->index), failure);
      return;
    }
  bgc_failure_free (self->fatal);
  self->fatal = failure;
}

static void
fold_file (BgcRunner *self, BgcChange *change, const BgcFileReport *report)
{
  BgcFile *file = bgc_change_edit_file (change, self->entry->job, report->index);
  gpointer key = GUINT_TO_POINTER (report->index);
  gboolean had_own = file != NULL && (file->device != 0 || file->inode != 0);
  guint32 counted = GPOINTER_TO_UINT (g_hash_table_lookup (self->attempts, key));

  if (file == NULL || file->state != BGC_FILE_PENDING)
    {
      if (file != NULL)
        fold_close (self, report);
      return;
    }
  bgc_progress_report (file, report, report->attempts > counted ? report->attempts - counted : 0);
  if (file->state != BGC_FILE_PENDING)
    {
      g_hash_table_remove (self->attempts, key);
      return;
    }
  if (report->attempts > counted)
    g_hash_table_insert (self->attempts, key, GUINT_TO_POINTER (report->attempts));
  if (renew (self, file, report, had_own))
    return;
  if (report->event == BGC_FILE_EVENT_FAILED && report->failure != NULL)
    {
      BgcFailure *failure = bgc_failure_copy (report->failure);

      failure->file = bgc_progress_shown_index (self->entry->job, report->index);
      g_hash_table_insert (self->transient, key, failure);
    }
}

static guint64
held (BgcRunner *self, const BgcChange *change, guint32 index)
{
  const BgcFile *file = bgc_change_peek_file (change, self->entry->job, index);

  return file != NULL ? file->bytes_transferred : 0;
}

/* TRUE if bytes came, or a step of an upload was done that counts as much. */
static gboolean
fold_report (BgcRunner *self, BgcChange *change, const BgcReport *report)
{
  const BgcJob *job = self->entry->job;
  const BgcFile *source = job->upload != NULL ? bgc_change_peek_file (change, job, BGC_UPLOAD_FILE) : NULL;
  guint64 before = source != NULL ? source->bytes_transferred : 0;
  gboolean step = FALSE;

  for (guint i = 0; i < report->files->len; i++)
    {
      const BgcFileReport *file = g_ptr_array_index (report->files, i);
      guint64 held_before = held (self, change, file->index);

      fold_file (self, change, file);
      bgc_gauge_fold (self->gauge, file, held_before, held (self, change, file->index));
      step |= file->event == BGC_FILE_EVENT_WHOLE;
    }
  if (job->upload == NULL)
    return FALSE;
  if (report->upload != NULL)
    {
      step |= report->upload->stage == BGC_UPLOAD_STAGE_CLOSED;
      self->folded_step |= bgc_progress_ends_step (change->header->upload, report->upload);
      bgc_progress_session (change, job, report->upload);
    }
  self->folded_step |= step;
  source = bgc_change_peek_file (change, job, BGC_UPLOAD_FILE);
  return step || (source != NULL && source->bytes_transferred > before);
}

void
bgc_runner_fold (BgcEngine *engine, BgcEntry *entry, BgcChange *change)
{
  BgcRunner *self = entry->runner;
  BgcJob *draft = change->header;
  gint64 now = bgc_engine_boot (engine);
  gboolean connected = FALSE;
  gboolean moved = FALSE;

  if (self == NULL || self->phase == BGC_RUNNER_PICKED)
    return;
  self->asked = FALSE;
  bgc_gauge_open (self->gauge);
  for (guint i = 0; i < self->reports->len; i++)
    {
      const BgcReport *report = g_ptr_array_index (self->reports, i);

      connected |= report->connected;
      moved |= fold_report (self, change, report);
    }
  self->folded = self->reports->len;
  self->folded_at = now;
  self->folded_received = self->received;
  if (bgc_job_state_is_running (draft->state))
    draft->active_time += now - self->accounted;
  if (engine->online)
    bgc_retry_elapse (draft, now - self->accounted);
  if (self->received > self->received_stored || moved)
    {
      draft->no_progress_time = -1;
      draft->retry_count = 0;
    }
  if (connected && draft->state == BGC_JOB_STATE_CONNECTING)
    bgc_job_set_state (draft, BGC_JOB_STATE_TRANSFERRING, draft->modification_time, NULL);
}

gboolean
bgc_runner_is_over (BgcEntry *entry, const BgcChange *change)
{
  BgcTally tally = bgc_progress_tally (change, entry->job);

  if (entry->job->upload != NULL)
    return bgc_progress_is_through (change, entry->job) || entry->runner->fatal != NULL
           || g_hash_table_size (entry->runner->transient) > 0;
  return tally.states[BGC_FILE_PENDING]
         <= g_hash_table_size (entry->runner->transient) + g_hash_table_size (entry->runner->renewed);
}

/* Of the files that may go on later: the failure to show, the longest wait, and whether it is all the
 * network's. The file of the lowest index speaks for them. */
static BgcFailure *
sum_up (BgcRunner *self, guint32 *retry_after, gboolean *network_only)
{
  GHashTableIter iter;
  gpointer value;
  const BgcFailure *first = NULL;

  *retry_after = 0;
  *network_only = TRUE;
  g_hash_table_iter_init (&iter, self->transient);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      const BgcFailure *failure = value;

      *retry_after = MAX (*retry_after, failure->retry_after);
      *network_only = *network_only && bgc_retry_is_network (failure);
      if (first == NULL || failure->file < first->file)
        first = failure;
    }
  return bgc_failure_copy (first);
}

gboolean
bgc_runner_conclude (BgcEngine *engine, BgcEntry *entry, BgcChange *change, GError **error)
{
  BgcRunner *self = entry->runner;
  gint64 wall = bgc_engine_wall (engine);
  guint32 retry_after = 0;
  gboolean network_only = FALSE;
  BgcFailure *failure;

  if (bgc_progress_is_through (change, entry->job))
    return bgc_progress_settle (change, entry->job, wall, error);
  failure = self->fatal != NULL ? bgc_failure_copy (self->fatal)
            : self->lost != NULL ? bgc_failure_copy (self->lost) : sum_up (self, &retry_after, &network_only);
  if (failure == NULL)
    return bgc_job_set_state (change->header, BGC_JOB_STATE_QUEUED, wall, error);
  if (failure->time == 0)
    failure->time = wall;
  if (!failure->transient)
    {
      change->header->error_count++;
      if (!bgc_job_set_state (change->header, BGC_JOB_STATE_ERROR, wall, error))
        {
          bgc_failure_free (failure);
          return FALSE;
        }
      bgc_job_set_error (change->header, failure);
      return TRUE;
    }
  return bgc_retry_fail (change->header, failure, retry_after, network_only, engine->online, wall,
                         engine->random, error);
}

void
bgc_runner_applied (BgcEngine *engine, BgcEntry *entry)
{
  BgcRunner *self = entry->runner;

  if (self == NULL)
    return;
  if (self->folded_at != 0)
    {
      if (self->folded > 0)
        g_ptr_array_remove_range (self->reports, 0, self->folded);
      self->folded = 0;
      bgc_gauge_applied (self->gauge);
      self->accounted = self->folded_at;
      self->folded_at = 0;
      self->received_stored = self->folded_received;
      self->next_step |= self->folded_step;
      self->folded_step = FALSE;
      self->connected |= entry->job->state == BGC_JOB_STATE_TRANSFERRING;
    }
  if (bgc_job_state_is_running (entry->job->state))
    set_clocks (self);
  else if (self->phase == BGC_RUNNER_STOPPED || self->phase == BGC_RUNNER_DEAD)
    bgc_runner_drop (engine, entry);
  else
    bgc_clock_clear_alarm (engine->clock, &self->alarm);
}

void
bgc_runner_unfold (BgcEntry *entry)
{
  BgcRunner *self = entry->runner;

  if (self == NULL)
    return;
  self->folded = 0;
  self->folded_at = 0;
  self->folded_step = FALSE;
}

BgcFigures
bgc_runner_figures (const BgcEntry *entry)
{
  return bgc_gauge_read (entry != NULL && entry->runner != NULL ? entry->runner->gauge : NULL, entry);
}
