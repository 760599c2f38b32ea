/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "engine/bgc-server-cancel.h"

#include "engine/bgc-chronicle.h"
#include "engine/bgc-retry.h"

#define NEVER G_MAXINT64

typedef struct _BgcServerCancel
{
  GList link;        /* among all; data is this */
  BgcEngine *engine; /* (borrowed) */
  BgcEntry *entry;   /* (borrowed) */
  guint64 run;       /* number of this one: answers to an earlier one are ignored */
  gint64 deadline;   /* boot clock, and likewise the next three, NEVER = none */
  gint64 attempt;    /* the next one */
  gint64 not_before; /* the server asked for that */
  gint64 refresh;    /* when the deadline is to be written down anew */
  gboolean once;     /* NoProgressTimeout is 0: one attempt, however long that takes */
  gboolean asking;   /* an attempt is under way */
  gboolean again;    /* the network came up meanwhile: if it fails, the next one comes at once */
  gboolean failed;   /* an attempt has failed: the log knows */
  guint64 alarm;     /* of the earliest of these; 0 = none */
} BgcServerCancel;

/* A question to a server. */
typedef struct
{
  GObject *keeper;   /* (owned) */
  BgcEngine *engine; /* (borrowed) */
  BgcJobId id;
  guint64 run;
} Question;

/* What is to be stored. */
typedef struct
{
  BgcOperation base;
  gboolean forget;   /* the job goes */
  gboolean attempted; /* an attempt failed: counted */
} Note;

/* ---- the headers ---- */

void
bgc_server_cancel_plan (BgcEngine *engine, BgcJob *draft)
{
  gint64 wall = bgc_engine_wall (engine);
  gint64 longest = (gint64)draft->no_progress_timeout * G_USEC_PER_SEC;

  bgc_deadline_free (draft->server_cancel);
  draft->server_cancel = bgc_deadline_new (bgc_clock_boot_id (engine->clock), bgc_engine_boot (engine), wall,
                                           MIN (longest, BGC_SERVER_CANCEL_LONGEST));
  draft->wait_reason = BGC_WAIT_SERVER_CANCEL;
  draft->next_attempt = wall;
  draft->retry_count = 0;
}

void
bgc_server_cancel_settle (BgcJob *draft)
{
  g_clear_pointer (&draft->server_cancel, bgc_deadline_free);
  draft->wait_reason = BGC_WAIT_NONE;
  draft->next_attempt = 0;
}

static void
refresh (BgcEngine *engine, BgcDeadline *deadline)
{
  bgc_deadline_refresh (deadline, bgc_clock_boot_id (engine->clock), bgc_engine_boot (engine),
                        bgc_engine_wall (engine));
}

/* ---- storing ---- */

static void
push_note (BgcEngine *engine, BgcEntry *entry, gboolean forget, gboolean attempted);

static void
forget_again (BgcEngine *engine, BgcEntry *entry)
{
  push_note (engine, entry, TRUE, FALSE);
}

static void
on_noted (BgcOperation *base, const GError *error)
{
  Note *self = (Note *)base;

  if (error == NULL && self->forget)
    bgc_engine_settled (base->engine, base->entry, forget_again);
  else if (self->forget)
    bgc_engine_try_again (base->engine, base->entry, "A cancelled upload could not be removed", error,
                          forget_again);
  else if (error != NULL)
    /* It is only for people, and for the case of a reboot; the next note brings it. */
    bgc_engine_log (base->entry, G_LOG_LEVEL_INFO, "An attempt to cancel could not be noted", error);
  bgc_lanes_end (base->engine->lanes, base);
}

static gint64
to_wall (BgcEngine *engine, gint64 boot)
{
  return boot == NEVER ? 0 : bgc_engine_wall (engine) + boot - bgc_engine_boot (engine);
}

static void
begin_note (BgcOperation *base)
{
  Note *self = (Note *)base;
  BgcEngine *engine = base->engine;
  BgcEntry *entry = base->entry;
  BgcServerCancel *cancel = entry->server_cancel;
  BgcChange *change;

  if (entry->forgotten || entry->job->server_cancel == NULL || (cancel == NULL && !self->forget))
    {
      if (self->forget)
        bgc_engine_settled (engine, entry, forget_again);
      bgc_lanes_end (engine->lanes, base);
      return;
    }
  change = bgc_engine_edit (engine, entry);
  change->forget = self->forget;
  if (self->forget)
    bgc_server_cancel_settle (change->header);
  else
    {
      refresh (engine, change->header->server_cancel);
      change->header->retry_count += self->attempted;
      if (!cancel->asking)
        change->header->next_attempt = to_wall (engine, cancel->attempt);
    }
  bgc_lanes_commit (engine->lanes, base, change, BGC_STORE_NORMAL, on_noted);
}

static void
push_note (BgcEngine *engine, BgcEntry *entry, gboolean forget, gboolean attempted)
{
  Note *self
    = bgc_operation_new (sizeof (Note), "server-cancel", engine, entry, NULL, begin_note, NULL);

  self->forget = forget;
  self->attempted = attempted;
  bgc_lanes_push (engine->lanes, &self->base);
}

/* ---- asking ---- */

static void
arm (BgcServerCancel *self);

static void
end (BgcServerCancel *self, BgcEvent event, GLogLevelFlags level, const char *why)
{
  BgcEngine *engine = self->engine;
  BgcEntry *entry = self->entry;

  bgc_chronicle_event (entry, event, level, why);
  bgc_server_cancel_leave (engine, entry);
  push_note (engine, entry, TRUE, FALSE);
}

static void
plan_next (BgcServerCancel *self, guint32 retry_after)
{
  const BgcJob *job = self->entry->job;
  gint64 now = bgc_engine_boot (self->engine);
  gint64 delay = bgc_retry_jitter (MAX (job->minimum_retry_delay, retry_after), self->engine->random);

  self->not_before = retry_after > 0 ? now + (gint64)retry_after * G_USEC_PER_SEC : now;
  self->attempt = now + delay;
  if (self->again)
    self->attempt = self->not_before;
  self->again = FALSE;
  /* An attempt at the deadline would be told to nobody. */
  if (self->attempt >= self->deadline)
    self->attempt = NEVER;
}

/* @message: why the server was not reached, or did not settle it. */
static void
fail (BgcServerCancel *self, guint32 retry_after, const char *message)
{
  g_autofree char *line = g_strdup_printf ("The server could not be asked to cancel: %s", message);

  if (self->once)
    {
      end (self, BGC_EVENT_SERVER_CANCEL_GIVEN_UP, G_LOG_LEVEL_WARNING, line);
      return;
    }
  bgc_engine_log (self->entry, self->failed ? G_LOG_LEVEL_DEBUG : G_LOG_LEVEL_MESSAGE, line, NULL);
  self->failed = TRUE;
  plan_next (self, retry_after);
  arm (self);
  push_note (self->engine, self->entry, FALSE, TRUE);
}

static void
on_asked (GObject *source, GAsyncResult *result, gpointer data)
{
  Question *question = data;
  g_autoptr (GObject) keeper = question->keeper;
  BgcEntry *entry = bgc_queue_find (question->engine->queue, &question->id);
  BgcServerCancel *self = entry != NULL ? entry->server_cancel : NULL;
  g_autoptr (BgcFailure) failure = NULL;
  g_autoptr (GError) error = NULL;
  gboolean settled = FALSE;
  gboolean answered
    = bgc_workers_cancel_session_finish (BGC_WORKERS (source), result, &settled, &failure, &error);

  if (self != NULL && self->run != question->run)
    self = NULL;
  g_free (question);
  if (self == NULL)
    return;
  self->asking = FALSE;
  if (!answered)
    fail (self, 0, error->message);
  else if (!settled)
    fail (self, failure != NULL ? failure->retry_after : 0,
          failure != NULL && failure->message != NULL ? failure->message : "no answer");
  else if (failure != NULL)
    {
      g_autofree char *line
        = g_strdup_printf ("The server was asked to cancel, and answered: %s",
                           failure->message != NULL ? failure->message
                                                    : bgc_error_description (failure->code));

      end (self, BGC_EVENT_SERVER_CANCEL_SETTLED, G_LOG_LEVEL_MESSAGE, line);
    }
  else
    end (self, BGC_EVENT_SERVER_CANCEL_SETTLED, G_LOG_LEVEL_MESSAGE,
         "The server has dropped what it held of a cancelled upload");
}

static void
ask (BgcServerCancel *self)
{
  Question *question = g_new0 (Question, 1);

  self->asking = TRUE;
  self->attempt = NEVER;
  question->keeper = g_object_ref (self->engine->keeper);
  question->engine = self->engine;
  question->id = self->entry->job->id;
  question->run = self->run;
  bgc_workers_cancel_session_async (self->engine->workers, self->entry->job, on_asked, question);
}

/* ---- time ---- */

static void
on_alarm (gpointer data)
{
  BgcServerCancel *self = data;
  gint64 now = bgc_engine_boot (self->engine);

  self->alarm = 0;
  if (now >= self->deadline && !self->once)
    {
      end (self, BGC_EVENT_SERVER_CANCEL_GIVEN_UP, G_LOG_LEVEL_WARNING,
           "The server was not reached in time; it keeps what it has of the upload");
      return;
    }
  if (now >= self->attempt)
    ask (self);
  if (now >= self->refresh)
    {
      self->refresh = now + BGC_SERVER_CANCEL_REFRESH;
      push_note (self->engine, self->entry, FALSE, FALSE);
    }
  arm (self);
}

static void
arm (BgcServerCancel *self)
{
  gint64 when = MIN (self->attempt, self->refresh);

  if (!self->once)
    when = MIN (when, self->deadline);
  bgc_clock_clear_alarm (self->engine->clock, &self->alarm);
  if (!self->engine->closing)
    self->alarm = bgc_clock_set_alarm (self->engine->clock, when, "server-cancel", on_alarm, self);
}

void
bgc_server_cancel_enter (BgcEngine *engine, BgcEntry *entry)
{
  const BgcDeadline *deadline = entry->job->server_cancel;
  gint64 now = bgc_engine_boot (engine);
  BgcServerCancel *self;
  gint64 left;

  if (entry->server_cancel != NULL || deadline == NULL || entry->forgotten || engine->closing)
    return;
  left = bgc_deadline_left (deadline, bgc_clock_boot_id (engine->clock), now, bgc_engine_wall (engine));
  self = g_new0 (BgcServerCancel, 1);
  self->link.data = self;
  self->engine = engine;
  self->entry = entry;
  self->run = ++engine->runs;
  self->deadline = now + left;
  self->refresh = now + BGC_SERVER_CANCEL_REFRESH;
  self->once = entry->job->no_progress_timeout == 0;
  self->attempt = NEVER;
  entry->server_cancel = self;
  g_queue_push_tail_link (&engine->server_cancels, &self->link);
  /* Another daemon has said so where attempts were made before. */
  if (entry->job->retry_count == 0)
    bgc_chronicle_event (entry, BGC_EVENT_SERVER_CANCEL_PENDING, G_LOG_LEVEL_MESSAGE,
                         "The server is asked to drop what it has of the upload");
  /* One whose time was over while nobody was there goes at the alarm. */
  if (left > 0 || self->once)
    ask (self);
  arm (self);
  /* In another boot the deadline is anchored anew, so that from now on only boot time counts. */
  if (g_strcmp0 (deadline->boot_id, bgc_clock_boot_id (engine->clock)) != 0)
    push_note (engine, entry, FALSE, FALSE);
}

void
bgc_server_cancel_leave (BgcEngine *engine, BgcEntry *entry)
{
  BgcServerCancel *self = g_steal_pointer (&entry->server_cancel);

  if (self == NULL)
    return;
  bgc_clock_clear_alarm (engine->clock, &self->alarm);
  g_queue_unlink (&engine->server_cancels, &self->link);
  g_free (self);
}

void
bgc_server_cancel_network_came_up (BgcEngine *engine)
{
  gint64 now = bgc_engine_boot (engine);

  for (GList *link = engine->server_cancels.head; link != NULL; link = link->next)
    {
      BgcServerCancel *self = link->data;

      if (self->asking)
        {
          self->again = TRUE;
          continue;
        }
      self->attempt = MAX (now, self->not_before);
      if (self->attempt >= self->deadline)
        self->attempt = NEVER;
      arm (self);
    }
}
