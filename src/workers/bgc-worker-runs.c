/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "workers/bgc-worker-runs.h"

#include "workers/bgc-worker-feed.h"
#include "workers/bgc-worker-steps.h"

/* Time to stop one job (behaviour.md, Cancel 3). A worker whose I/O hangs still answers pings. */
#define STOP_TIME (10 * G_USEC_PER_SEC)

typedef struct
{
  BgcWorkerRuns *runs; /* borrowed */
  BgcJobId id;
  const BgcJob *job;     /* borrowed, for its secrets */
  BgcPriority priority;
  guint files_at_once;
  guint64 rate;          /* bytes a second, or BGC_CAP_NONE */
  guint64 told;          /* the rate that the worker was told last */
  gboolean telling;      /* LimitJob is out */
  BgcWorkerFeed *feed;   /* (owned) (nullable) of a download */
  BgcWorkerSteps *steps; /* (owned) (nullable) of an upload */
  gboolean due;          /* an upload was started, once or again, and its step not yet asked for */
  gboolean sent;         /* StartJob or StartUpload was called */
  gboolean calling;      /* StartJob, AddFiles or StartUpload is out */
  gboolean stopping;     /* StopJob was called, or will be with the link */
  gboolean discard;      /* of that call */
  GPtrArray *starts;     /* (owned) element-type GTask, unanswered */
  GPtrArray *stops;      /* (owned) element-type GTask, unanswered */
  guint64 alarm;         /* for the answer to StopJob, 0 = none is out */
} Run;

struct _BgcWorkerRuns
{
  BgcClock *clock;                   /* (owned) */
  const BgcWorkerRunsEvents *events; /* borrowed */
  gpointer data;                     /* borrowed */
  const BgcWorkerRules *rules;       /* borrowed */
  BgcWorkerLink *link;               /* borrowed (nullable) */
  GHashTable *runs;                  /* (owned) BgcJobId → Run */
};

/* What an answer needs to find its run, if there still is one. */
typedef struct
{
  BgcWorkerRuns *runs; /* borrowed: answers come only while the link is open */
  BgcJobId id;
} Ticket;

static void
run_free (Run *run)
{
  bgc_clock_clear_alarm (run->runs->clock, &run->alarm);
  g_clear_pointer (&run->feed, bgc_worker_feed_free);
  g_clear_pointer (&run->steps, bgc_worker_steps_free);
  g_clear_pointer (&run->starts, g_ptr_array_unref);
  g_clear_pointer (&run->stops, g_ptr_array_unref);
  g_free (run);
}

BgcWorkerRuns *
bgc_worker_runs_new (BgcClock *clock, const BgcWorkerRunsEvents *events, gpointer data)
{
  static const BgcWorkerRules no_rules = { 0 };
  BgcWorkerRuns *self = g_new0 (BgcWorkerRuns, 1);

  self->clock = g_object_ref (clock);
  self->events = events;
  self->data = data;
  self->rules = &no_rules;
  self->runs = g_hash_table_new_full (bgc_job_id_hash, bgc_job_id_equal, NULL, (GDestroyNotify)run_free);
  return self;
}

void
bgc_worker_runs_follow (BgcWorkerRuns *self, const BgcWorkerRules *rules)
{
  self->rules = rules;
}

void
bgc_worker_runs_free (BgcWorkerRuns *self)
{
  g_clear_pointer (&self->runs, g_hash_table_unref);
  g_clear_object (&self->clock);
  g_free (self);
}

/* Empties *@tasks first: whoever is called back may come again. */
static void
return_true (GPtrArray **tasks)
{
  g_autoptr (GPtrArray) waiting = g_steal_pointer (tasks);

  *tasks = g_ptr_array_new_with_free_func (g_object_unref);
  for (guint i = 0; i < waiting->len; i++)
    g_task_return_boolean (g_ptr_array_index (waiting, i), TRUE);
}

static void
call (BgcWorkerRuns *self, Run *run, const char *method, GVariant *arguments, BgcWorkerLinkFunc function)
{
  Ticket *ticket = g_new0 (Ticket, 1);

  ticket->runs = self;
  ticket->id = run->id;
  bgc_worker_link_call (self->link, method, arguments, "()", function, ticket, g_free);
}

static void
on_fed (GVariant *answer, gpointer data);

static GVariant *
settings_of (const Run *run)
{
  return bgc_worker_codec_settings (run->priority, run->files_at_once, run->rate, run->job->secrets,
                                    run->runs->rules);
}

/* The step of an upload that is due. One that is under way goes on by itself. */
static void
take_step (BgcWorkerRuns *self, Run *run)
{
  GVariant *files, *session;
  guint32 step;
  char hex[BGC_JOB_ID_HEX_LENGTH + 1];

  if (!run->due)
    return;
  run->due = FALSE;
  if (!bgc_worker_steps_begin (run->steps))
    return;
  bgc_worker_steps_arguments (run->steps, &step, &files, &session);
  bgc_job_id_to_hex (&run->id, hex);
  /* A step of a job that runs changes nothing about its rate. */
  if (!run->sent)
    run->told = run->rate;
  run->calling = run->sent = TRUE;
  call (self, run, "StartUpload",
        g_variant_new ("(s@a{sv}u@ay@a{sv})", hex, settings_of (run), step, files, session),
        on_fed);
}

static void
feed_files (BgcWorkerRuns *self, Run *run)
{
  GVariant *files;
  char hex[BGC_JOB_ID_HEX_LENGTH + 1];

  files = bgc_worker_feed_next (run->feed);
  if (run->sent && files == NULL)
    return;
  if (files == NULL)
    files = g_variant_new_array (G_VARIANT_TYPE_BYTE, NULL, 0);
  bgc_job_id_to_hex (&run->id, hex);
  run->calling = TRUE;
  if (run->sent)
    {
      call (self, run, "AddFiles", g_variant_new ("(s@ay)", hex, files), on_fed);
      return;
    }
  run->sent = TRUE;
  run->told = run->rate;
  call (self, run, "StartJob", g_variant_new ("(s@a{sv}@ay)", hex, settings_of (run), files), on_fed);
}

/* Gives the worker what it can take of @run now. */
static void
feed (BgcWorkerRuns *self, Run *run)
{
  if (self->link == NULL || run->calling || run->stopping)
    return;
  if (run->steps != NULL)
    take_step (self, run);
  else
    feed_files (self, run);
}

static void
on_fed (GVariant *answer, gpointer data)
{
  const Ticket *ticket = data;
  BgcWorkerRuns *self = ticket->runs;
  Run *run = g_hash_table_lookup (self->runs, &ticket->id);

  if (run == NULL || !run->calling)
    return;
  run->calling = FALSE;
  feed (self, run);
  return_true (&run->starts);
}

void
bgc_worker_runs_start (BgcWorkerRuns *self, GTask *task, const BgcJob *job, guint files_at_once, guint64 rate)
{
  Run *run = g_hash_table_lookup (self->runs, &job->id);

  if (run != NULL && run->stopping)
    {
      g_task_return_new_error (task, BGC_ERROR, BGC_ERROR_BUSY, "The job is being stopped");
      g_object_unref (task);
      return;
    }
  if (run == NULL)
    {
      run = g_new0 (Run, 1);
      run->runs = self;
      run->id = job->id;
      run->job = job;
      run->priority = job->priority;
      run->files_at_once = files_at_once;
      run->rate = rate;
      if (job->upload == NULL)
        run->feed = bgc_worker_feed_new (job);
      else
        run->steps = bgc_worker_steps_new (job);
      run->starts = g_ptr_array_new_with_free_func (g_object_unref);
      run->stops = g_ptr_array_new_with_free_func (g_object_unref);
      g_hash_table_insert (self->runs, &run->id, run);
    }
  run->due = TRUE;
  g_ptr_array_add (run->starts, task);
  feed (self, run);
  if (run->sent && !run->calling)
    return_true (&run->starts);
  self->events->changed (self->data);
}

static void
on_limited (GVariant *answer, gpointer data);

/* The last rate is enough: there is one call out for each job, however slow the worker is to answer. */
static void
tell_rate (BgcWorkerRuns *self, Run *run)
{
  char hex[BGC_JOB_ID_HEX_LENGTH + 1];

  if (self->link == NULL || !run->sent || run->stopping || run->telling || run->told == run->rate)
    return;
  run->telling = TRUE;
  run->told = run->rate;
  bgc_job_id_to_hex (&run->id, hex);
  call (self, run, "LimitJob", g_variant_new ("(st)", hex, run->rate), on_limited);
}

static void
on_limited (GVariant *answer, gpointer data)
{
  const Ticket *ticket = data;
  Run *run = g_hash_table_lookup (ticket->runs->runs, &ticket->id);

  if (run == NULL)
    return;
  run->telling = FALSE;
  tell_rate (ticket->runs, run);
}

void
bgc_worker_runs_limit (BgcWorkerRuns *self, const BgcJobId *id, guint64 rate)
{
  Run *run = g_hash_table_lookup (self->runs, id);

  if (run == NULL)
    return;
  run->rate = rate;
  tell_rate (self, run);
}

/* @run is over; takes it out and tells who waits. */
static void
end_run (BgcWorkerRuns *self, Run *run)
{
  gpointer stolen;

  g_hash_table_steal_extended (self->runs, &run->id, NULL, &stolen);
  return_true (&run->starts);
  return_true (&run->stops);
  run_free (run);
  self->events->changed (self->data);
}

static void
on_stopped (GVariant *answer, gpointer data)
{
  const Ticket *ticket = data;
  Run *run = g_hash_table_lookup (ticket->runs->runs, &ticket->id);

  if (run != NULL && run->stopping)
    end_run (ticket->runs, run);
}

static void
on_late (gpointer data)
{
  Run *run = data;

  run->alarm = 0;
  bgc_worker_link_refuse (run->runs->link, "it does not stop a job in time");
}

static void
call_stop (BgcWorkerRuns *self, Run *run)
{
  char hex[BGC_JOB_ID_HEX_LENGTH + 1];

  run->alarm = bgc_clock_set_alarm (self->clock, bgc_clock_boot (self->clock) + STOP_TIME, "stopping a job",
                                    on_late, run);
  bgc_job_id_to_hex (&run->id, hex);
  call (self, run, "StopJob", g_variant_new ("(sb)", hex, run->discard), on_stopped);
}

void
bgc_worker_runs_stop (BgcWorkerRuns *self, GTask *task, const BgcJobId *id, gboolean discard)
{
  Run *run = g_hash_table_lookup (self->runs, id);

  if (run == NULL)
    {
      if (task != NULL)
        g_task_return_boolean (task, TRUE);
      g_clear_object (&task);
      return;
    }
  if (task != NULL)
    g_ptr_array_add (run->stops, task);
  if (run->stopping)
    return;
  run->stopping = TRUE;
  run->discard = discard;
  if (run->sent)
    call_stop (self, run);
  else
    end_run (self, run);
}

void
bgc_worker_runs_stop_all (BgcWorkerRuns *self)
{
  g_autoptr (GArray) ids = g_array_new (FALSE, FALSE, sizeof (BgcJobId));
  GHashTableIter iter;
  gpointer id;

  /* Who is called back may change the table. */
  g_hash_table_iter_init (&iter, self->runs);
  while (g_hash_table_iter_next (&iter, &id, NULL))
    g_array_append_vals (ids, id, 1);
  for (guint i = 0; i < ids->len; i++)
    bgc_worker_runs_stop (self, NULL, &g_array_index (ids, BgcJobId, i), FALSE);
}

gboolean
bgc_worker_runs_is_busy (BgcWorkerRuns *self)
{
  return g_hash_table_size (self->runs) > 0;
}

gboolean
bgc_worker_runs_has_background (BgcWorkerRuns *self)
{
  GHashTableIter iter;
  gpointer run;

  g_hash_table_iter_init (&iter, self->runs);
  while (g_hash_table_iter_next (&iter, NULL, &run))
    if (((const Run *)run)->priority != BGC_PRIORITY_FOREGROUND)
      return TRUE;
  return FALSE;
}

/* FALSE where the link is gone, or was broken for what @item says. */
static gboolean
take_report (BgcWorkerRuns *self, GVariant *item)
{
  BgcWorkerLink *link = self->link;
  g_autoptr (GError) error = NULL;
  g_autoptr (BgcReport) report = bgc_worker_codec_read_report (item, bgc_clock_wall (self->clock), &error);
  Run *run = report == NULL ? NULL : g_hash_table_lookup (self->runs, &report->id);

  if (report != NULL && (run == NULL || !run->sent))
    g_set_error (&error, BGC_ERROR, BGC_ERROR_WORKER_LOST,
                 "The worker broke the rules: a report of a job that does not run");
  else if (report != NULL && run->steps != NULL)
    bgc_worker_steps_accept (run->steps, report, &error);
  else if (report != NULL)
    bgc_worker_feed_accept (run->feed, report, &error);
  if (error != NULL)
    {
      bgc_worker_link_refuse (link, error->message);
      return FALSE;
    }
  feed (self, run);
  self->events->report (report, self->data);
  return self->link == link;
}

void
bgc_worker_runs_take_reports (BgcWorkerRuns *self, GVariant *reports)
{
  gboolean going = g_variant_n_children (reports) <= g_hash_table_size (self->runs);

  if (!going)
    bgc_worker_link_refuse (self->link, "The worker broke the rules: more reports than jobs run");
  for (gsize i = 0; i < g_variant_n_children (reports) && going; i++)
    {
      g_autoptr (GVariant) item = g_variant_get_child_value (reports, i);

      going = take_report (self, item);
    }
}

void
bgc_worker_runs_open (BgcWorkerRuns *self, BgcWorkerLink *link)
{
  GHashTableIter iter;
  gpointer run;

  self->link = link;
  g_hash_table_iter_init (&iter, self->runs);
  while (g_hash_table_iter_next (&iter, NULL, &run))
    feed (self, run);
}

void
bgc_worker_runs_close (BgcWorkerRuns *self, GPtrArray *tasks)
{
  GHashTableIter iter;
  gpointer value;

  self->link = NULL;
  g_hash_table_iter_init (&iter, self->runs);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      Run *run = value;

      g_ptr_array_extend_and_steal (tasks, g_steal_pointer (&run->starts));
      g_ptr_array_extend_and_steal (tasks, g_steal_pointer (&run->stops));
    }
  g_hash_table_remove_all (self->runs);
}
