/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "workers/bgc-worker-owner.h"

#include "base/bgc-log.h"
#include "base/bgc-text.h"
#include "workers/bgc-worker-checks.h"
#include "workers/bgc-worker-errands.h"
#include "workers/bgc-worker-places.h"
#include "workers/bgc-worker-runs.h"

/* A worker costs some MiB; the next call costs a start. */
#define IDLE_TIME (10 * G_USEC_PER_SEC)
/* A worker told to go is killed after this; a shut-down takes no longer. */
#define GOING_TIME (5 * G_USEC_PER_SEC)
/* Pause before a worker is started after one was lost: doubled each time up to a minute. */
#define FIRST_PAUSE   G_USEC_PER_SEC
#define LONGEST_PAUSE (60 * G_USEC_PER_SEC)
/* Who calls while the pause is longer is told so at once: a caller on the bus does not wait longer. */
#define PATIENCE (10 * G_USEC_PER_SEC)
/* Characters of a reason in the log. */
#define MAX_WHY 256

typedef enum
{
  ABSENT,
  WAITING,
  LAUNCHING,
  CONNECTING,
  UP
} Stage;

struct _BgcWorkerOwner
{
  guint references; /* the owner's, and one for a launch under way */
  guint32 uid;
  BgcLauncher *launcher;              /* (owned) */
  BgcClock *clock;                    /* (owned) */
  const BgcWorkerOwnerEvents *events; /* borrowed */
  gpointer data;                      /* borrowed, of events */
  Stage stage;
  BgcWorkerLink *link;          /* (owned) (nullable) in CONNECTING and UP */
  GCancellable *launch;         /* (owned) (nullable) in LAUNCHING */
  BgcWorkerRuns *runs;          /* (owned) */
  BgcWorkerChecks *checks;      /* (owned) */
  BgcWorkerPlaces *places;      /* (owned) */
  BgcWorkerErrands *errands;    /* (owned) */
  gint64 pause;                 /* microseconds: the next one, 0 = none needed */
  gint64 not_before;            /* boot microseconds: of the next start */
  guint64 start_alarm;          /* in WAITING */
  guint64 idle_alarm;           /* in UP with nothing to do */
  guint64 kill_alarm;           /* a worker was told to go, or, in a shut-down, all of it */
  gboolean carrying;            /* the link was told to be one with background transfers */
  gboolean closing;             /* shutting down */
  gboolean stuck;               /* … and it hangs in something that nobody waits for any more */
  void (*gone) (gpointer data); /* (nullable) who waits for that */
  gpointer gone_data;           /* borrowed */
};

/* A start under way, which may outlive the interest in it. */
typedef struct
{
  BgcWorkerOwner *owner;     /* a reference */
  GCancellable *cancellable; /* (owned) */
} Launch;

static void
update (BgcWorkerOwner *self);

static void
owner_unref (BgcWorkerOwner *self)
{
  if (--self->references > 0)
    return;
  bgc_worker_runs_free (self->runs);
  bgc_worker_checks_free (self->checks);
  bgc_worker_places_free (self->places);
  bgc_worker_errands_free (self->errands);
  g_clear_object (&self->launcher);
  g_clear_object (&self->clock);
  g_free (self);
}

static gboolean
is_busy (BgcWorkerOwner *self)
{
  return bgc_worker_runs_is_busy (self->runs) || bgc_worker_checks_is_busy (self->checks)
         || bgc_worker_places_is_busy (self->places) || bgc_worker_errands_is_busy (self->errands);
}

/* Once it carries background transfers it counts as doing so until it is gone: others have enough to do
 * without hearing of each job. */
static void
set_carrying (BgcWorkerOwner *self, gboolean carrying)
{
  if (carrying == self->carrying || self->events->carries == NULL)
    return;
  self->carrying = carrying;
  self->events->carries (self->uid, carrying ? self->link : NULL, self->data);
}

/* Forgets the worker. What was asked of it is moved to the array that comes back. */
static GPtrArray *
detach (BgcWorkerOwner *self)
{
  GPtrArray *tasks = g_ptr_array_new_with_free_func (g_object_unref);

  self->stage = ABSENT;
  bgc_clock_clear_alarm (self->clock, &self->start_alarm);
  bgc_clock_clear_alarm (self->clock, &self->idle_alarm);
  if (self->launch != NULL)
    g_cancellable_cancel (self->launch);
  g_clear_object (&self->launch);
  set_carrying (self, FALSE);
  g_clear_pointer (&self->link, bgc_worker_link_free);
  bgc_worker_runs_close (self->runs, tasks);
  bgc_worker_checks_close (self->checks, tasks);
  bgc_worker_places_close (self->places, tasks);
  bgc_worker_errands_close (self->errands, tasks);
  return tasks;
}

static void
fail_all (GPtrArray *tasks, const GError *error)
{
  for (guint i = 0; i < tasks->len; i++)
    g_task_return_error (g_ptr_array_index (tasks, i), g_error_copy (error));
}

static void
tell_gone (BgcWorkerOwner *self)
{
  void (*gone) (gpointer data) = g_steal_pointer (&self->gone);

  bgc_clock_clear_alarm (self->clock, &self->kill_alarm);
  if (gone != NULL)
    gone (self->gone_data);
}

/* Puts off the next start. */
static void
back_off (BgcWorkerOwner *self, gboolean gently)
{
  if (gently || self->pause == 0)
    self->pause = FIRST_PAUSE;
  self->not_before = bgc_clock_boot (self->clock) + self->pause;
  self->pause = MIN (self->pause * 2, LONGEST_PAUSE);
}

/* Told twice it is killed: it is either dead, or deaf, or not to be trusted with goodbyes. */
static void
kill_worker (BgcWorkerOwner *self)
{
  bgc_clock_clear_alarm (self->clock, &self->kill_alarm);
  bgc_launcher_stop (self->launcher, self->uid);
  bgc_launcher_stop (self->launcher, self->uid);
}

static void
lose (BgcWorkerOwner *self, const char *why, gboolean gently)
{
  g_autofree char *reason = bgc_text_escape (why, MAX_WHY);
  g_autoptr (GError) error
    = g_error_new (BGC_ERROR, BGC_ERROR_WORKER_LOST, "The worker was lost: %s", reason);
  g_autoptr (GPtrArray) tasks = detach (self);

  kill_worker (self);
  back_off (self, gently);
  bgc_log_event (&(BgcLogEvent) { .event = BGC_EVENT_WORKER_LOST,
                                  .level = G_LOG_LEVEL_WARNING,
                                  .owner = self->uid,
                                  .file = BGC_LOG_NO_FILE },
                 "The worker of user %u was lost: %s", self->uid, reason);
  self->references++;
  self->events->lost (self->uid, reason, self->data);
  fail_all (tasks, error);
  if (self->closing)
    tell_gone (self);
  else
    update (self);
  owner_unref (self);
}

static void
on_broken (const char *why, gboolean crashed, gpointer data)
{
  BgcWorkerOwner *self = data;
  g_autoptr (GPtrArray) tasks = NULL;

  if (self->closing && !is_busy (self))
    {
      tasks = detach (self);
      bgc_launcher_stop (self->launcher, self->uid);
      if (self->stuck)
        bgc_launcher_stop (self->launcher, self->uid);
      tell_gone (self);
      return;
    }
  /* One that worked and then died is likely to work again; one that breaks rules is not. */
  lose (self, why, crashed && bgc_worker_link_answers (self->link) > 0);
}

static void
on_ready (gpointer data)
{
  BgcWorkerOwner *self = data;

  self->stage = UP;
  bgc_worker_runs_open (self->runs, self->link);
  bgc_worker_checks_open (self->checks, self->link);
  bgc_worker_places_open (self->places, self->link);
  bgc_worker_errands_open (self->errands, self->link);
  update (self);
}

static void
on_reports (GVariant *reports, gpointer data)
{
  BgcWorkerOwner *self = data;

  bgc_worker_runs_take_reports (self->runs, reports);
}

static const BgcWorkerLinkEvents link_events = { on_ready, on_reports, on_broken };

static void
start_failed (BgcWorkerOwner *self, const GError *error)
{
  g_autoptr (GPtrArray) tasks = detach (self);

  back_off (self, FALSE);
  g_warning ("A worker for user %u could not be started: %s", self->uid, error->message);
  fail_all (tasks, error);
  if (self->closing)
    tell_gone (self);
  else
    update (self);
}

static void
on_launched (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autofree Launch *launch = data;
  BgcWorkerOwner *self = launch->owner;
  g_autoptr (GCancellable) cancellable = launch->cancellable;
  g_autoptr (GError) error = NULL;
  g_autoptr (GSocketConnection) socket = bgc_launcher_start_finish (self->launcher, result, &error);

  /* A worker that nobody wants any more finds its connection closed. */
  if (self->launch == cancellable && socket == NULL)
    {
      start_failed (self, error);
    }
  else if (self->launch == cancellable)
    {
      g_clear_object (&self->launch);
      self->stage = CONNECTING;
      self->link = bgc_worker_link_new (socket, self->uid, self->clock, &link_events, self);
    }
  owner_unref (self);
}

static void
start (BgcWorkerOwner *self)
{
  Launch *launch = g_new0 (Launch, 1);

  /* One that is still on its way out must not write to a file that this one opens. */
  if (self->kill_alarm != 0)
    {
      bgc_clock_clear_alarm (self->clock, &self->kill_alarm);
      bgc_launcher_stop (self->launcher, self->uid);
    }
  self->stage = LAUNCHING;
  self->launch = g_cancellable_new ();
  launch->cancellable = g_object_ref (self->launch);
  launch->owner = self;
  self->references++;
  bgc_launcher_start_async (self->launcher, self->uid, self->launch, on_launched, launch);
}

static void
on_start (gpointer data)
{
  BgcWorkerOwner *self = data;

  self->start_alarm = 0;
  start (self);
}

static void
on_kill (gpointer data)
{
  BgcWorkerOwner *self = data;
  g_autoptr (GPtrArray) tasks = NULL;
  g_autoptr (GError) error = NULL;

  self->kill_alarm = 0;
  bgc_launcher_stop (self->launcher, self->uid);
  if (!self->closing)
    return;
  error = g_error_new (BGC_ERROR, BGC_ERROR_WORKER_LOST, "The worker was too slow to end");
  tasks = detach (self);
  bgc_launcher_stop (self->launcher, self->uid);
  fail_all (tasks, error);
  tell_gone (self);
}

static void
on_idle (gpointer data)
{
  BgcWorkerOwner *self = data;
  g_autoptr (GPtrArray) tasks = NULL;

  self->idle_alarm = 0;
  tasks = detach (self);
  self->pause = 0;
  bgc_launcher_stop (self->launcher, self->uid);
  self->kill_alarm = bgc_clock_set_alarm (self->clock, bgc_clock_boot (self->clock) + GOING_TIME,
                                          "worker end", on_kill, self);
}

/* Brings the worker's life in line with what there is to do. */
static void
update (BgcWorkerOwner *self)
{
  gboolean busy = is_busy (self);
  gint64 now = bgc_clock_boot (self->clock);

  if (self->stage == ABSENT && busy && self->not_before > now)
    {
      self->stage = WAITING;
      self->start_alarm = bgc_clock_set_alarm (self->clock, self->not_before, "worker start", on_start, self);
    }
  else if (self->stage == ABSENT && busy)
    {
      start (self);
    }
  if (self->stage != UP)
    return;
  bgc_worker_link_set_busy (self->link, bgc_worker_runs_is_busy (self->runs));
  if (bgc_worker_runs_has_background (self->runs))
    set_carrying (self, TRUE);
  if (busy)
    bgc_clock_clear_alarm (self->clock, &self->idle_alarm);
  else if (self->closing)
    {
      /* Its connection ends at once, but it would not: the thread of that call sits in a file system. */
      self->stuck = bgc_worker_link_pending (self->link) > 0;
      bgc_worker_link_hang_up (self->link);
    }
  else if (self->idle_alarm == 0)
    self->idle_alarm = bgc_clock_set_alarm (self->clock, now + IDLE_TIME, "idle worker", on_idle, self);
}

static void
on_changed (gpointer data)
{
  update (data);
}

static void
on_report (const BgcReport *report, gpointer data)
{
  BgcWorkerOwner *self = data;

  self->events->report (report, self->uid, self->data);
}

static const BgcWorkerRunsEvents runs_events = { on_report, on_changed };

BgcWorkerOwner *
bgc_worker_owner_new (guint32 uid, BgcLauncher *launcher, BgcClock *clock, const BgcWorkerOwnerEvents *events,
                      gpointer data)
{
  BgcWorkerOwner *self = g_new0 (BgcWorkerOwner, 1);

  self->references = 1;
  self->uid = uid;
  self->launcher = g_object_ref (launcher);
  self->clock = g_object_ref (clock);
  self->events = events;
  self->data = data;
  self->runs = bgc_worker_runs_new (clock, &runs_events, self);
  self->checks = bgc_worker_checks_new (clock, on_changed, self);
  self->places = bgc_worker_places_new (clock, on_changed, self);
  self->errands = bgc_worker_errands_new (clock, on_changed, self);
  return self;
}

void
bgc_worker_owner_free (BgcWorkerOwner *self)
{
  gboolean present = self->stage >= LAUNCHING;
  g_autoptr (GPtrArray) tasks = detach (self);
  g_autoptr (GError) error = g_error_new (BGC_ERROR, BGC_ERROR_WORKER_LOST, "The service ends");

  self->closing = TRUE;
  bgc_clock_clear_alarm (self->clock, &self->kill_alarm);
  if (present)
    bgc_launcher_stop (self->launcher, self->uid);
  fail_all (tasks, error);
  owner_unref (self);
}

/* TRUE if a call may be made, else returns @task with why not. */
static gboolean
admit (BgcWorkerOwner *self, GTask *task)
{
  gint64 wait
    = self->stage == ABSENT || self->stage == WAITING ? self->not_before - bgc_clock_boot (self->clock) : 0;

  if (!self->closing && wait <= PATIENCE)
    return TRUE;
  g_task_return_new_error (task, BGC_ERROR, BGC_ERROR_WORKER_LOST, "%s",
                           self->closing ? "The service ends"
                                         : "The worker was lost repeatedly; the next one waits");
  g_object_unref (task);
  return FALSE;
}

void
bgc_worker_owner_follow (BgcWorkerOwner *self, const BgcWorkerRules *rules)
{
  bgc_worker_runs_follow (self->runs, rules);
}

void
bgc_worker_owner_check (BgcWorkerOwner *self, GTask *task, const char *const *paths)
{
  if (!admit (self, task))
    return;
  bgc_worker_checks_add (self->checks, task, paths);
  update (self);
}

void
bgc_worker_owner_start (BgcWorkerOwner *self, GTask *task, const BgcJob *job, guint files_at_once,
                        guint64 rate)
{
  if (admit (self, task))
    bgc_worker_runs_start (self->runs, task, job, files_at_once, rate);
}

void
bgc_worker_owner_limit (BgcWorkerOwner *self, const BgcJobId *id, guint64 rate)
{
  bgc_worker_runs_limit (self->runs, id, rate);
}

void
bgc_worker_owner_stop (BgcWorkerOwner *self, GTask *task, const BgcJobId *id, gboolean discard)
{
  bgc_worker_runs_stop (self->runs, task, id, discard);
}

void
bgc_worker_owner_place (BgcWorkerOwner *self, GTask *task, GPtrArray *placements)
{
  if (!admit (self, task))
    return;
  bgc_worker_places_add (self->places, task, placements);
  update (self);
}

void
bgc_worker_owner_check_source (BgcWorkerOwner *self, GTask *task, const char *path)
{
  if (!admit (self, task))
    return;
  bgc_worker_errands_check_source (self->errands, task, path);
  update (self);
}

void
bgc_worker_owner_check_trusted (BgcWorkerOwner *self, GTask *task, const char *const *paths)
{
  if (!admit (self, task))
    return;
  bgc_worker_errands_check_trusted (self->errands, task, paths);
  update (self);
}

void
bgc_worker_owner_check_room (BgcWorkerOwner *self, GTask *task, const BgcFile *file, guint64 reserve)
{
  if (!admit (self, task))
    return;
  bgc_worker_errands_check_room (self->errands, task, file, reserve);
  update (self);
}

void
bgc_worker_owner_cancel_session (BgcWorkerOwner *self, GTask *task, const BgcJob *job)
{
  if (!admit (self, task))
    return;
  bgc_worker_errands_cancel_session (self->errands, task, job);
  update (self);
}

void
bgc_worker_owner_read_reply (BgcWorkerOwner *self, GTask *task, const BgcFile *reply)
{
  if (!admit (self, task))
    return;
  bgc_worker_errands_read_reply (self->errands, task, reply);
  update (self);
}

void
bgc_worker_owner_find_temporaries (BgcWorkerOwner *self, GTask *task, guint32 tag, guint first)
{
  if (!admit (self, task))
    return;
  bgc_worker_errands_find_temporaries (self->errands, task, tag, first);
  update (self);
}

/* What is only asked, and may be asked again of the next service: a server's silence holds nothing up. */
static void
drop_errands (BgcWorkerOwner *self, const GError *error)
{
  g_autoptr (GPtrArray) tasks = g_ptr_array_new_with_free_func (g_object_unref);

  bgc_worker_errands_drop (self->errands, tasks);
  fail_all (tasks, error);
}

void
bgc_worker_owner_shut_down (BgcWorkerOwner *self, void (*gone) (gpointer data), gpointer data)
{
  g_autoptr (GError) error = g_error_new (BGC_ERROR, BGC_ERROR_WORKER_LOST, "The service ends");
  g_autoptr (GPtrArray) tasks = NULL;

  self->closing = TRUE;
  self->gone = gone;
  self->gone_data = data;
  if (self->stage == ABSENT || self->stage == WAITING)
    {
      tasks = detach (self);
      if (self->kill_alarm != 0)
        bgc_launcher_stop (self->launcher, self->uid);
      fail_all (tasks, error);
      tell_gone (self);
      return;
    }
  bgc_clock_clear_alarm (self->clock, &self->kill_alarm);
  self->kill_alarm = bgc_clock_set_alarm (self->clock, bgc_clock_boot (self->clock) + GOING_TIME,
                                          "worker end", on_kill, self);
  drop_errands (self, error);
  bgc_worker_runs_stop_all (self->runs);
  update (self);
}
