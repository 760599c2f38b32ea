/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "engine/bgc-waits.h"

#include "engine/bgc-retry.h"

/* A stored time that lies further ahead than any wait is a wall clock that was set back. */
#define LONGEST_WAIT (G_GINT64_CONSTANT (86400) * G_USEC_PER_SEC)

/* Microseconds between two looks whether a full file system has room again; at first, and after a minute
 * of them, when a worker may have to be started for each. */
#define FIRST_LOOKS (5 * G_USEC_PER_SEC)
#define LATER_LOOKS (30 * G_USEC_PER_SEC)
#define EARLY_LOOKS 12u
/* Where room is seen and yet there is none, a quota for one, the time to the next look doubles: so often. */
#define DOUBLINGS 4u
/* Microseconds that each job that waits adds to all: thousands may wait for one disk. */
#define SHARE_OF_LOOKS (G_GINT64_CONSTANT (1) * G_USEC_PER_SEC / 10)

typedef struct _BgcWait
{
  GList link;        /* among all that wait; data is this */
  BgcEngine *engine; /* (borrowed) */
  BgcEntry *entry;   /* (borrowed) */
  gint64 attempt;    /* boot clock, microseconds: the next attempt */
  gint64 planned;    /* the job's next_attempt that belongs to it */
  gint64 counted;    /* boot clock: up to when elapsed is right */
  gboolean counting; /* an attempt has been possible since */
  gint64 elapsed;    /* microseconds of this wait in which an attempt was possible, not yet stored */
  guint64 alarm;
  guint looks;       /* for room, so far */
  gboolean looking;  /* one is under way */
} BgcWait;

/* What a look for room needs to find who asked, if he still waits. */
typedef struct
{
  GObject *keeper;   /* (owned) */
  BgcEngine *engine; /* (borrowed) */
  BgcJobId id;
} Look;

static void
count (BgcWait *self)
{
  const BgcEntry *entry = self->entry;
  gint64 now = bgc_engine_boot (self->engine);

  if (self->counting)
    self->elapsed += now - self->counted;
  self->counted = now;
  self->counting = bgc_retry_counts (entry->job->wait_reason, self->engine->online)
                   && entry->obstacle == BGC_WAIT_NONE;
}

static gint64
no_progress_left (BgcWait *self)
{
  gint64 left = bgc_retry_no_progress_left (self->entry->job);

  return left == G_MAXINT64 ? left : MAX (left - self->elapsed, 0);
}

/* ---- the operations ---- */

static void
enter_again (BgcEngine *engine, BgcEntry *entry);

static void
on_left (BgcOperation *self, const GError *error)
{
  if (error != NULL)
    bgc_engine_try_again (self->engine, self->entry, "A retry could not be stored", error, enter_again);
  else
    bgc_engine_settled (self->engine, self->entry, enter_again);
  bgc_lanes_end (self->engine->lanes, self);
}

static void
begin_leave (BgcOperation *self)
{
  BgcEngine *engine = self->engine;
  BgcEntry *entry = self->entry;
  gint64 wall = bgc_engine_wall (engine);
  BgcChange *change;
  BgcJob *draft;

  if (entry->job->state != BGC_JOB_STATE_TRANSIENT_ERROR || entry->wait == NULL || entry->job->completing)
    {
      bgc_engine_settled (engine, entry, enter_again);
      bgc_lanes_end (engine->lanes, self);
      return;
    }
  change = bgc_engine_edit (engine, entry);
  draft = change->header;
  bgc_waits_account (engine, entry, draft);
  if (bgc_retry_no_progress_left (draft) == 0)
    {
      BgcFailure *failure = bgc_retry_no_progress (draft, wall);

      bgc_job_set_state (draft, BGC_JOB_STATE_ERROR, wall, NULL);
      bgc_job_set_error (draft, failure);
      draft->error_count++;
    }
  else
    {
      draft->retry_count++;
      bgc_job_set_state (draft, BGC_JOB_STATE_QUEUED, wall, NULL);
    }
  bgc_lanes_commit (engine->lanes, self, change, BGC_STORE_NORMAL, on_left);
}

static void
leave_soon (BgcWait *self)
{
  bgc_clock_clear_alarm (self->engine->clock, &self->alarm);
  bgc_lanes_push (self->engine->lanes, bgc_operation_new (sizeof (BgcOperation), "retry", self->engine,
                                                          self->entry, NULL, begin_leave, NULL));
}

static void
enter_again (BgcEngine *engine, BgcEntry *entry)
{
  if (entry->wait != NULL)
    leave_soon (entry->wait);
}

/* ---- a full file system ---- */

static void
arm (BgcWait *self);

static gboolean
is_full (const BgcEntry *entry)
{
  return entry->job->state == BGC_JOB_STATE_TRANSIENT_ERROR && entry->job->wait_reason == BGC_WAIT_DISK_FULL;
}

/* Microseconds until the next look. */
static gint64
look_delay (BgcWait *self)
{
  gint64 delay = self->looks < EARLY_LOOKS ? FIRST_LOOKS : LATER_LOOKS;

  if (self->looks == 0)
    delay <<= MIN (self->entry->job->retry_count, DOUBLINGS);
  return MAX (delay, self->engine->waits.length * SHARE_OF_LOOKS);
}

static void
on_looked (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autofree Look *look = data;
  g_autoptr (GObject) keeper = look->keeper;
  g_autoptr (GError) error = NULL;
  gboolean room = bgc_workers_check_room_finish (BGC_WORKERS (source), result, &error);
  BgcEntry *entry = bgc_queue_find (look->engine->queue, &look->id);
  BgcWait *self = entry == NULL ? NULL : entry->wait;

  if (self == NULL || !self->looking)
    return;
  self->looking = FALSE;
  /* Its directory may be away by now: an attempt tells. */
  if (room || g_error_matches (error, BGC_ERROR, BGC_ERROR_INVALID_PATH)
      || g_error_matches (error, BGC_ERROR, BGC_ERROR_ACCESS_DENIED))
    {
      leave_soon (self);
      return;
    }
  self->attempt = bgc_engine_boot (self->engine) + look_delay (self);
  arm (self);
}

/* Before anybody is asked for a body again that there would be no place for. */
static void
look_for_room (BgcWait *self)
{
  const BgcJob *job = self->entry->job;
  const BgcFile *file = job->error == NULL ? NULL : bgc_file_list_find (job->files, job->error->file);
  Look *look;

  if (self->looking)
    return;
  if (file == NULL)
    {
      leave_soon (self);
      return;
    }
  look = g_new (Look, 1);
  *look = (Look){ g_object_ref (self->engine->keeper), self->engine, job->id };
  self->looking = TRUE;
  self->looks++;
  bgc_workers_check_room_async (self->engine->workers, job->owner, file, on_looked, look);
}

/* ---- the alarm ---- */

static void
on_alarm (gpointer data)
{
  BgcWait *self = data;

  self->alarm = 0;
  if (is_full (self->entry) && !self->engine->closing)
    look_for_room (self);
  else
    leave_soon (self);
}

static void
arm (BgcWait *self)
{
  BgcEngine *engine = self->engine;
  gint64 when = self->attempt;

  bgc_clock_clear_alarm (engine->clock, &self->alarm);
  if (engine->closing)
    return;
  if (self->counting)
    {
      gint64 left = no_progress_left (self);

      if (left < when - self->counted)
        when = self->counted + left;
    }
  self->alarm = bgc_clock_set_alarm (engine->clock, when, "retry", on_alarm, self);
}

void
bgc_waits_enter (BgcEngine *engine, BgcEntry *entry)
{
  BgcWait *self = entry->wait;

  if (self == NULL)
    {
      self = g_new0 (BgcWait, 1);
      self->link.data = self;
      self->engine = engine;
      self->entry = entry;
      self->planned = -1;
      entry->wait = self;
      g_queue_push_tail_link (&engine->waits, &self->link);
    }
  count (self);
  /* The plan is in wall time, for people and across restarts; the wait itself is in boot time. */
  if (self->planned != entry->job->next_attempt)
    {
      gint64 left = entry->job->next_attempt - bgc_engine_wall (engine);

      self->planned = entry->job->next_attempt;
      self->looks = 0;
      self->attempt = bgc_engine_boot (engine)
                      + CLAMP (left, 0,
                               LONGEST_WAIT + LONGEST_WAIT / 10
                                 + (gint64)entry->job->minimum_retry_delay * 2 * G_USEC_PER_SEC);
      if (is_full (entry))
        self->attempt = bgc_engine_boot (engine) + look_delay (self);
    }
  arm (self);
}

void
bgc_waits_leave (BgcEngine *engine, BgcEntry *entry)
{
  BgcWait *self = g_steal_pointer (&entry->wait);

  if (self == NULL)
    return;
  bgc_clock_clear_alarm (engine->clock, &self->alarm);
  g_queue_unlink (&engine->waits, &self->link);
  g_free (self);
}

void
bgc_waits_recount (BgcEntry *entry)
{
  BgcWait *self = entry->wait;

  count (self);
  if (self->alarm != 0)
    arm (self);
}

void
bgc_waits_network_changed (BgcEngine *engine)
{
  for (GList *link = engine->waits.head; link != NULL; link = link->next)
    bgc_waits_recount (((BgcWait *)link->data)->entry);
}

void
bgc_waits_network_came_up (BgcEngine *engine)
{
  BgcEntry *newer;

  /* An operation may begin at once, but none leaves the queue before it is stored. */
  for (BgcEntry *entry = bgc_queue_oldest (engine->queue); entry != NULL; entry = newer)
    {
      newer = entry->newer;
      if (entry->wait != NULL && !is_full (entry))
        leave_soon (entry->wait);
    }
}

void
bgc_waits_account (BgcEngine *engine, BgcEntry *entry, BgcJob *draft)
{
  if (entry->wait == NULL)
    return;
  count (entry->wait);
  bgc_retry_elapse (draft, entry->wait->elapsed);
}
