/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "engine/bgc-scheduler.h"

#include <string.h>

/* How far down a line a job is looked for whose host has a connection to spare. Only where more
 * background jobs than connections to a host are allowed can the first one have none. */
#define LOOK_AHEAD 64u

typedef struct _Party Party;

/* One queued or running job. */
typedef struct _BgcTurn
{
  GList link;      /* in a line or in what its party runs; data is this */
  BgcEntry *entry; /* (borrowed) */
  Party *party;    /* (borrowed) */
  BgcPriority priority;
  gboolean running;
  gboolean leaving; /* told to stop */
  gint64 since;     /* boot clock: its slice began */
  guint connections;
  char *host; /* (owned) (nullable) of a running background job */
} BgcTurn;

/* An owner with queued or running jobs. */
struct _Party
{
  guint32 uid;
  GQueue lines[BGC_N_PRIORITIES]; /* (element-type BgcTurn) who waits */
  GQueue running;                 /* (element-type BgcTurn) oldest first */
  guint foreground;               /* of those running */
  guint background;
  guint64 served; /* number of the last start among all: small = long ago */
};

struct _BgcScheduler
{
  BgcClock *clock;                    /* (borrowed) */
  const BgcLimits *limits;            /* (borrowed) */
  const BgcSchedulerActions *actions; /* (borrowed) static */
  gpointer data;
  GHashTable *parties; /* (owned) (element-type guint32 Party) */
  GHashTable *hosts;   /* (owned) (element-type utf8 guint) connections background jobs use */
  guint background;    /* running */
  guint running;
  guint waiting;
  guint leaving;
  guint64 starts;
  guint64 alarm;       /* the end of a pause or of a slice; 0 = none */
  gint64 paused_until; /* boot clock */
  gboolean enabled;
  gboolean updating;
  gboolean again;
};

static void
turn_free (BgcTurn *turn)
{
  g_free (turn->host);
  g_slice_free (BgcTurn, turn);
}

BgcScheduler *
bgc_scheduler_new (BgcClock *clock, const BgcLimits *limits, const BgcSchedulerActions *actions,
                   gpointer data)
{
  BgcScheduler *self = g_new0 (BgcScheduler, 1);

  self->clock = clock;
  self->limits = limits;
  self->actions = actions;
  self->data = data;
  self->parties = g_hash_table_new_full (NULL, NULL, NULL, g_free);
  self->hosts = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  return self;
}

static void
forget_turns (GQueue *turns)
{
  while (turns->head != NULL)
    {
      BgcTurn *turn = turns->head->data;

      g_queue_unlink (turns, &turn->link);
      turn->entry->turn = NULL;
      turn_free (turn);
    }
}

void
bgc_scheduler_free (BgcScheduler *self)
{
  GHashTableIter iter;
  gpointer value;

  bgc_clock_clear_alarm (self->clock, &self->alarm);
  g_hash_table_iter_init (&iter, self->parties);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      Party *party = value;

      for (guint i = 0; i < BGC_N_PRIORITIES; i++)
        forget_turns (&party->lines[i]);
      forget_turns (&party->running);
    }
  g_hash_table_unref (self->parties);
  g_hash_table_unref (self->hosts);
  g_free (self);
}

static Party *
party_get (BgcScheduler *self, guint32 uid)
{
  Party *party = g_hash_table_lookup (self->parties, GUINT_TO_POINTER (uid));

  if (party == NULL)
    {
      party = g_new0 (Party, 1);
      party->uid = uid;
      g_hash_table_insert (self->parties, GUINT_TO_POINTER (uid), party);
    }
  return party;
}

/* A party without jobs is kept while others have some: who stops is queued again a moment later, and
 * must not seem to have been served never. */
static void
drop_parties_when_idle (BgcScheduler *self)
{
  if (self->waiting == 0 && self->running == 0)
    g_hash_table_remove_all (self->parties);
}

static gboolean
is_background (const BgcTurn *turn)
{
  return turn->priority != BGC_PRIORITY_FOREGROUND;
}

/* Of the first file that still wants bytes; owned by the caller. The others of a job mostly come from
 * there too. */
static char *
host_of (const BgcJob *job)
{
  guint length = bgc_file_list_length (job->files);

  for (guint i = 0; i < length; i++)
    {
      const BgcFile *file = bgc_file_list_at (job->files, i);
      const char *begin;

      if (file->state != BGC_FILE_PENDING)
        continue;
      begin = strstr (file->remote, "://");
      begin = begin == NULL ? file->remote : begin + 3;
      return g_ascii_strdown (begin, (gssize)strcspn (begin, "/?#"));
    }
  return g_strdup ("");
}

/* Connections that a background job may open to @host now. One is kept back for each place that is still
 * free, so that every background job on one host can run side by side; 0 only where more places than
 * connections are configured. */
static guint
connections_to (BgcScheduler *self, const char *host)
{
  guint used = GPOINTER_TO_UINT (g_hash_table_lookup (self->hosts, host));
  guint places = MAX (self->limits->background_transfers, 1);
  guint others = self->background + 1 < places ? places - self->background - 1 : 0;
  guint most = MAX (self->limits->connections_per_host, 1);
  guint left = used < most ? most - used : 0;

  if (left == 0)
    return 0;
  return CLAMP (left > others ? left - others : 1, 1, MAX (self->limits->files_per_job_at_once, 1));
}

static void
use_connections (BgcScheduler *self, BgcTurn *turn, gboolean use)
{
  guint used;

  if (turn->host == NULL)
    return;
  used = GPOINTER_TO_UINT (g_hash_table_lookup (self->hosts, turn->host));
  used = use ? used + turn->connections : used - turn->connections;
  if (used == 0)
    g_hash_table_remove (self->hosts, turn->host);
  else
    g_hash_table_insert (self->hosts, g_strdup (turn->host), GUINT_TO_POINTER (used));
}

static guint
foreground_places (BgcScheduler *self)
{
  guint by_connections = self->limits->connections_per_owner / MAX (self->limits->files_per_job_at_once, 1);

  return MAX (MIN (self->limits->foreground_jobs_per_owner, by_connections), 1);
}

static void
count_running (BgcScheduler *self, BgcTurn *turn, int step)
{
  self->running += step;
  if (is_background (turn))
    {
      self->background += step;
      turn->party->background += step;
    }
  else
    turn->party->foreground += step;
}

static void
start (BgcScheduler *self, BgcTurn *turn)
{
  guint files = MAX (self->limits->files_per_job_at_once, 1);

  if (is_background (turn))
    {
      turn->host = host_of (turn->entry->job);
      files = MAX (connections_to (self, turn->host), 1);
    }
  turn->connections = files;
  use_connections (self, turn, TRUE);
  g_queue_unlink (&turn->party->lines[turn->priority], &turn->link);
  g_queue_push_tail_link (&turn->party->running, &turn->link);
  self->waiting--;
  turn->running = TRUE;
  turn->since = bgc_clock_boot (self->clock);
  turn->party->served = ++self->starts;
  count_running (self, turn, 1);
  self->actions->start (turn->entry, files, self->data);
}

/* The first in line at @priority that has a connection to its host to spare. */
static BgcTurn *
first_in_line (BgcScheduler *self, Party *party, BgcPriority priority)
{
  GList *link = party->lines[priority].head;

  if (self->limits->background_transfers <= self->limits->connections_per_host)
    return link != NULL ? link->data : NULL;
  for (guint i = 0; link != NULL && i < LOOK_AHEAD; i++, link = link->next)
    {
      BgcTurn *turn = link->data;
      g_autofree char *host = host_of (turn->entry->job);

      if (connections_to (self, host) > 0)
        return turn;
    }
  return NULL;
}

static BgcTurn *
best_of (BgcScheduler *self, Party *party)
{
  for (guint priority = BGC_PRIORITY_HIGH; priority < BGC_N_PRIORITIES; priority++)
    {
      BgcTurn *turn = first_in_line (self, party, priority);

      if (turn != NULL)
        return turn;
    }
  return NULL;
}

/* Who gets the next background place; with @victim (nullable) as if that one had just gone to the end of
 * its line. */
static BgcTurn *
next_background (BgcScheduler *self, BgcTurn *victim)
{
  GHashTableIter iter;
  gpointer value;
  BgcTurn *best = NULL;
  Party *best_party = NULL;
  guint fewest = G_MAXUINT;

  g_hash_table_iter_init (&iter, self->parties);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      Party *party = value;
      BgcTurn *turn = best_of (self, party);
      gboolean victims = victim != NULL && victim->party == party;
      guint running = party->background - (victims ? 1 : 0);

      if (victims && (turn == NULL || turn->priority > victim->priority))
        turn = victim;
      if (turn == NULL || running > fewest)
        continue;
      /* Two that were never served are told apart by uid, so that the same queue always runs alike. */
      if (best != NULL && running == fewest
          && (party->served > best_party->served
              || (party->served == best_party->served && party->uid > best_party->uid)))
        continue;
      best = turn;
      best_party = party;
      fewest = running;
    }
  return best;
}

static void
preempt (BgcScheduler *self, BgcTurn *turn)
{
  turn->leaving = TRUE;
  self->leaving++;
  self->actions->preempt (turn->entry, self->data);
}

/* Who has to make room, or NULL; then *@when is when to look again, G_MAXINT64 = when something changes. */
static BgcTurn *
find_victim (BgcScheduler *self, gint64 *when)
{
  GHashTableIter iter;
  gpointer value;
  BgcTurn *victim = NULL;
  gint64 now = bgc_clock_boot (self->clock);
  gint64 oldest = G_MAXINT64;

  *when = G_MAXINT64;
  g_hash_table_iter_init (&iter, self->parties);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    for (GList *link = ((Party *)value)->running.head; link != NULL; link = link->next)
      {
        BgcTurn *turn = link->data;
        BgcTurn *heir;

        if (!is_background (turn) || turn->leaving)
          continue;
        heir = next_background (self, turn);
        if (heir == NULL || heir == turn)
          continue;
        if (heir->party == turn->party && heir->priority < turn->priority)
          return turn;
        if (turn->since + BGC_SCHEDULER_SLICE > now)
          *when = MIN (*when, turn->since + BGC_SCHEDULER_SLICE);
        else if (turn->since < oldest)
          {
            oldest = turn->since;
            victim = turn;
          }
      }
  return victim;
}

static void
start_foreground (BgcScheduler *self)
{
  GHashTableIter iter;
  gpointer value;
  guint places = foreground_places (self);
  g_autoptr (GPtrArray) chosen = g_ptr_array_new ();

  /* Starting may change the table, so first choose, then start. */
  g_hash_table_iter_init (&iter, self->parties);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      Party *party = value;
      guint left = party->foreground < places ? places - party->foreground : 0;

      for (GList *link = party->lines[BGC_PRIORITY_FOREGROUND].head; link != NULL && left > 0;
           link = link->next, left--)
        g_ptr_array_add (chosen, link->data);
    }
  for (guint i = 0; i < chosen->len; i++)
    start (self, g_ptr_array_index (chosen, i));
}

static void
start_background (BgcScheduler *self)
{
  guint places = MAX (self->limits->background_transfers, 1);

  while (self->background < places)
    {
      BgcTurn *turn = next_background (self, NULL);

      if (turn == NULL)
        return;
      start (self, turn);
    }
}

static void
on_alarm (gpointer data)
{
  BgcScheduler *self = data;

  self->alarm = 0;
  bgc_scheduler_update (self);
}

static void
decide (BgcScheduler *self)
{
  gint64 when = G_MAXINT64;

  bgc_clock_clear_alarm (self->clock, &self->alarm);
  if (!self->enabled || self->waiting == 0)
    return;
  if (bgc_clock_boot (self->clock) < self->paused_until)
    {
      self->alarm = bgc_clock_set_alarm (self->clock, self->paused_until, "scheduler", on_alarm, self);
      return;
    }
  start_foreground (self);
  start_background (self);
  /* One at a time: when its place is free the next decision sees what is left to do. */
  if (self->waiting > 0 && self->leaving == 0)
    {
      BgcTurn *victim = find_victim (self, &when);

      if (victim != NULL)
        preempt (self, victim);
      else if (when != G_MAXINT64)
        self->alarm = bgc_clock_set_alarm (self->clock, when, "scheduler", on_alarm, self);
    }
}

void
bgc_scheduler_update (BgcScheduler *self)
{
  self->again = TRUE;
  if (self->updating)
    return;
  self->updating = TRUE;
  while (self->again)
    {
      self->again = FALSE;
      decide (self);
    }
  self->updating = FALSE;
}

void
bgc_scheduler_set_enabled (BgcScheduler *self, gboolean enabled)
{
  self->enabled = enabled;
  bgc_scheduler_update (self);
}

void
bgc_scheduler_pause (BgcScheduler *self, gint64 boot)
{
  self->paused_until = MAX (self->paused_until, boot);
  bgc_scheduler_update (self);
}

void
bgc_scheduler_offer (BgcScheduler *self, BgcEntry *entry)
{
  BgcTurn *turn;

  if (entry->turn != NULL)
    return;
  turn = g_slice_new0 (BgcTurn);
  turn->link.data = turn;
  turn->entry = entry;
  turn->priority = entry->job->priority;
  turn->party = party_get (self, entry->job->owner);
  entry->turn = turn;
  g_queue_push_tail_link (&turn->party->lines[turn->priority], &turn->link);
  self->waiting++;
  bgc_scheduler_update (self);
}

void
bgc_scheduler_withdraw (BgcScheduler *self, BgcEntry *entry)
{
  BgcTurn *turn = entry->turn;

  if (turn == NULL || turn->running)
    return;
  entry->turn = NULL;
  g_queue_unlink (&turn->party->lines[turn->priority], &turn->link);
  self->waiting--;
  drop_parties_when_idle (self);
  turn_free (turn);
  bgc_scheduler_update (self);
}

void
bgc_scheduler_release (BgcScheduler *self, BgcEntry *entry)
{
  BgcTurn *turn = entry->turn;

  if (turn == NULL || !turn->running)
    return;
  entry->turn = NULL;
  g_queue_unlink (&turn->party->running, &turn->link);
  count_running (self, turn, -1);
  use_connections (self, turn, FALSE);
  self->leaving -= turn->leaving ? 1 : 0;
  drop_parties_when_idle (self);
  turn_free (turn);
  bgc_scheduler_update (self);
}

void
bgc_scheduler_reconsider (BgcScheduler *self, BgcEntry *entry)
{
  BgcTurn *turn = entry->turn;

  if (turn == NULL || turn->priority == entry->job->priority)
    return;
  if (turn->running)
    {
      count_running (self, turn, -1);
      turn->priority = entry->job->priority;
      count_running (self, turn, 1);
      /* Its connections are of the kind that it had. */
      if (!turn->leaving)
        preempt (self, turn);
    }
  else
    {
      g_queue_unlink (&turn->party->lines[turn->priority], &turn->link);
      turn->priority = entry->job->priority;
      g_queue_push_tail_link (&turn->party->lines[turn->priority], &turn->link);
    }
  bgc_scheduler_update (self);
}

guint
bgc_scheduler_running (BgcScheduler *self)
{
  return self->running;
}

guint
bgc_scheduler_waiting (BgcScheduler *self)
{
  return self->waiting;
}
