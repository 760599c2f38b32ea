/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "engine/bgc-scheduler.h"

#include <string.h>

#include "host/bgc-clock-fake.h"

#define SECOND ((gint64)G_USEC_PER_SEC)

typedef struct
{
  BgcClockFake *clock;
  BgcLimits limits;
  BgcQueue *queue;
  BgcScheduler *scheduler;
  GString *log;  /* "+n" started, "-n" preempted */
  guint last;    /* job number, also its sequence */
  guint files;   /* side by side, of the last start */
  gboolean keep; /* preempted jobs do not stop at once */
} Fixture;

static void
start (BgcEntry *entry, guint files_at_once, gpointer data)
{
  Fixture *self = data;

  g_string_append_printf (self->log, "+%" G_GUINT64_FORMAT " ", entry->job->sequence);
  self->files = files_at_once;
}

static void
preempt (BgcEntry *entry, gpointer data)
{
  Fixture *self = data;

  g_string_append_printf (self->log, "-%" G_GUINT64_FORMAT " ", entry->job->sequence);
  if (self->keep)
    return;
  bgc_scheduler_release (self->scheduler, entry);
  bgc_scheduler_offer (self->scheduler, entry);
}

static const BgcSchedulerActions actions = { start, preempt };

static void
set_up (Fixture *self, gconstpointer data)
{
  bgc_limits_init (&self->limits);
  self->clock = bgc_clock_fake_new (0, 1000 * SECOND);
  self->queue = bgc_queue_new ();
  self->scheduler = bgc_scheduler_new (BGC_CLOCK (self->clock), &self->limits, &actions, self);
  self->log = g_string_new (NULL);
  bgc_scheduler_set_enabled (self->scheduler, TRUE);
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  bgc_scheduler_free (self->scheduler);
  bgc_queue_free (self->queue);
  g_assert_finalize_object (self->clock);
  g_string_free (self->log, TRUE);
}

static BgcEntry *
offer_from (Fixture *self, guint32 owner, BgcPriority priority, const char *remote)
{
  guint number = ++self->last;
  BgcJobId id = { { (guint8)number, (guint8)(number >> 8), (guint8)(number >> 16) } };
  BgcJob *job = bgc_job_new (&id, BGC_JOB_TYPE_DOWNLOAD, owner, "n", 0, &self->limits);
  BgcEntry *entry;

  job->sequence = number;
  job->priority = priority;
  bgc_file_list_put (job->files, bgc_file_new (0, remote, "/x", ".t"));
  entry = bgc_queue_add (self->queue, job, 0);
  bgc_scheduler_offer (self->scheduler, entry);
  return entry;
}

static BgcEntry *
offer (Fixture *self, guint32 owner, BgcPriority priority)
{
  g_autofree char *remote = g_strdup_printf ("http://host-%u/", self->last);

  return offer_from (self, owner, priority, remote);
}

static void
assert_log (Fixture *self, const char *expected)
{
  g_assert_cmpstr (g_strchomp (self->log->str), ==, expected);
  g_string_assign (self->log, "");
}

static void
test_background_places (Fixture *self, gconstpointer data)
{
  BgcEntry *entries[6];

  for (guint i = 0; i < 6; i++)
    entries[i] = offer (self, 1, BGC_PRIORITY_NORMAL);
  assert_log (self, "+1 +2 +3 +4");
  g_assert_cmpuint (bgc_scheduler_running (self->scheduler), ==, 4);
  g_assert_cmpuint (bgc_scheduler_waiting (self->scheduler), ==, 2);
  bgc_scheduler_release (self->scheduler, entries[1]);
  assert_log (self, "+5");
  bgc_scheduler_withdraw (self->scheduler, entries[5]);
  bgc_scheduler_release (self->scheduler, entries[0]);
  assert_log (self, "");
  g_assert_cmpint (bgc_clock_fake_next (self->clock), ==, -1);
}

/* A queue that is not to run costs nothing, and offering twice is offering once. */
static void
test_disabled (Fixture *self, gconstpointer data)
{
  BgcEntry *entry;

  bgc_scheduler_set_enabled (self->scheduler, FALSE);
  entry = offer (self, 1, BGC_PRIORITY_NORMAL);
  bgc_scheduler_offer (self->scheduler, entry);
  g_assert_cmpuint (bgc_scheduler_waiting (self->scheduler), ==, 1);
  assert_log (self, "");
  bgc_scheduler_set_enabled (self->scheduler, TRUE);
  assert_log (self, "+1");
}

static void
test_priorities (Fixture *self, gconstpointer data)
{
  self->limits.background_transfers = 1;
  bgc_scheduler_set_enabled (self->scheduler, FALSE);
  offer (self, 1, BGC_PRIORITY_LOW);
  offer (self, 1, BGC_PRIORITY_NORMAL);
  BgcEntry *high = offer (self, 1, BGC_PRIORITY_HIGH);
  bgc_scheduler_set_enabled (self->scheduler, TRUE);
  assert_log (self, "+3");
  bgc_scheduler_release (self->scheduler, high);
  assert_log (self, "+2");
}

/* Nobody below a priority runs while it waits, not even for a slice. */
static void
test_higher_priority_preempts (Fixture *self, gconstpointer data)
{
  self->limits.background_transfers = 2;
  offer (self, 1, BGC_PRIORITY_LOW);
  offer (self, 1, BGC_PRIORITY_NORMAL);
  offer (self, 1, BGC_PRIORITY_NORMAL);
  assert_log (self, "+1 +2 -1 +3");
  offer (self, 1, BGC_PRIORITY_HIGH);
  g_assert_nonnull (strstr (self->log->str, "+4"));
}

static void
test_slices (Fixture *self, gconstpointer data)
{
  self->limits.background_transfers = 1;
  offer (self, 1, BGC_PRIORITY_NORMAL);
  bgc_clock_fake_advance (self->clock, 100 * SECOND);
  assert_log (self, "+1");
  /* Its slice is long over, and now somebody waits. */
  offer (self, 1, BGC_PRIORITY_NORMAL);
  assert_log (self, "-1 +2");
  bgc_clock_fake_advance (self->clock, 60 * SECOND - 1);
  assert_log (self, "");
  bgc_clock_fake_advance (self->clock, 1);
  assert_log (self, "-2 +1");
}

/* A lower priority of the same owner gets nothing. */
static void
test_no_slice_for_lower (Fixture *self, gconstpointer data)
{
  self->limits.background_transfers = 1;
  offer (self, 1, BGC_PRIORITY_NORMAL);
  offer (self, 1, BGC_PRIORITY_LOW);
  bgc_clock_fake_advance (self->clock, 600 * SECOND);
  assert_log (self, "+1");
  g_assert_cmpint (bgc_clock_fake_next (self->clock), ==, -1);
}

/* But another owner's turn comes, whatever the priority. */
static void
test_owners_take_turns (Fixture *self, gconstpointer data)
{
  self->limits.background_transfers = 1;
  offer (self, 1, BGC_PRIORITY_HIGH);
  offer (self, 2, BGC_PRIORITY_LOW);
  offer (self, 1, BGC_PRIORITY_HIGH);
  assert_log (self, "+1");
  bgc_clock_fake_advance (self->clock, 60 * SECOND);
  assert_log (self, "-1 +2");
  bgc_clock_fake_advance (self->clock, 60 * SECOND);
  assert_log (self, "-2 +3");
  bgc_clock_fake_advance (self->clock, 60 * SECOND);
  assert_log (self, "-3 +2");
}

/* Who has many jobs gets the places that others leave, no more. */
static void
test_fair_share (Fixture *self, gconstpointer data)
{
  bgc_scheduler_set_enabled (self->scheduler, FALSE);
  for (guint i = 0; i < 10; i++)
    offer (self, 1, BGC_PRIORITY_NORMAL);
  offer (self, 2, BGC_PRIORITY_NORMAL);
  bgc_scheduler_set_enabled (self->scheduler, TRUE);
  assert_log (self, "+1 +11 +2 +3");
  offer (self, 3, BGC_PRIORITY_NORMAL);
  bgc_clock_fake_advance (self->clock, 60 * SECOND);
  /* One of the first owner's makes room, never the only one of the second. */
  g_assert_nonnull (strstr (self->log->str, "+12"));
  g_assert_null (strstr (self->log->str, "-11"));
}

static void
test_preempted_stops_slowly (Fixture *self, gconstpointer data)
{
  BgcEntry *first;

  self->keep = TRUE;
  self->limits.background_transfers = 1;
  first = offer (self, 1, BGC_PRIORITY_NORMAL);
  offer (self, 1, BGC_PRIORITY_HIGH);
  offer (self, 1, BGC_PRIORITY_HIGH);
  assert_log (self, "+1 -1");
  bgc_scheduler_release (self->scheduler, first);
  assert_log (self, "+2");
}

static void
test_foreground (Fixture *self, gconstpointer data)
{
  BgcEntry *first = NULL;

  for (guint i = 0; i < 4; i++)
    offer (self, 1, BGC_PRIORITY_NORMAL);
  g_string_assign (self->log, "");
  for (guint i = 0; i < 18; i++)
    {
      BgcEntry *entry = offer (self, 1, BGC_PRIORITY_FOREGROUND);

      first = first == NULL ? entry : first;
    }
  offer (self, 2, BGC_PRIORITY_FOREGROUND);
  g_assert_cmpuint (bgc_scheduler_running (self->scheduler), ==, 4 + 16 + 1);
  g_assert_cmpuint (self->files, ==, 4);
  g_string_assign (self->log, "");
  bgc_scheduler_release (self->scheduler, first);
  assert_log (self, "+21");
  /* Fewer connections, fewer jobs. */
  self->limits.connections_per_owner = 8;
  offer (self, 3, BGC_PRIORITY_FOREGROUND);
  offer (self, 3, BGC_PRIORITY_FOREGROUND);
  offer (self, 3, BGC_PRIORITY_FOREGROUND);
  assert_log (self, "+24 +25");
}

/* All background jobs on one host run, and together never open more than six connections to it. */
static void
test_connections_to_a_host (Fixture *self, gconstpointer data)
{
  guint sum = 0;

  for (guint i = 0; i < 4; i++)
    {
      offer_from (self, 1, BGC_PRIORITY_NORMAL, "http://Same:80/x");
      g_assert_cmpuint (self->files, >=, 1);
      sum += self->files;
    }
  g_assert_cmpuint (bgc_scheduler_running (self->scheduler), ==, 4);
  g_assert_cmpuint (sum, <=, 6);
}

static void
test_more_places_than_connections (Fixture *self, gconstpointer data)
{
  guint sum = 0;

  self->limits.background_transfers = 20;
  for (guint i = 0; i < 10; i++)
    {
      guint before = bgc_scheduler_running (self->scheduler);

      offer_from (self, 1, BGC_PRIORITY_NORMAL, "http://same/x");
      sum += bgc_scheduler_running (self->scheduler) > before ? self->files : 0;
    }
  g_assert_cmpuint (sum, <=, 6);
  g_assert_cmpuint (bgc_scheduler_running (self->scheduler), ==, 6);
  g_string_assign (self->log, "");
  offer_from (self, 1, BGC_PRIORITY_NORMAL, "http://other/x");
  assert_log (self, "+11");
}

static void
test_pause (Fixture *self, gconstpointer data)
{
  bgc_scheduler_pause (self->scheduler, bgc_clock_boot (BGC_CLOCK (self->clock)) + 30 * SECOND);
  offer (self, 1, BGC_PRIORITY_NORMAL);
  bgc_clock_fake_advance (self->clock, 30 * SECOND - 1);
  assert_log (self, "");
  bgc_clock_fake_advance (self->clock, 1);
  assert_log (self, "+1");
}

static void
test_reconsider (Fixture *self, gconstpointer data)
{
  BgcEntry *second;

  self->limits.background_transfers = 1;
  offer (self, 1, BGC_PRIORITY_NORMAL);
  second = offer (self, 1, BGC_PRIORITY_NORMAL);
  second->job->priority = BGC_PRIORITY_FOREGROUND;
  bgc_scheduler_reconsider (self->scheduler, second);
  assert_log (self, "+1 +2");
  second->job->priority = BGC_PRIORITY_LOW;
  bgc_scheduler_reconsider (self->scheduler, second);
  /* It makes room, and waits for the place of the first. */
  assert_log (self, "-2");
  g_assert_cmpuint (bgc_scheduler_running (self->scheduler), ==, 1);
  bgc_scheduler_reconsider (self->scheduler, second);
  assert_log (self, "");
}

/* One that runs begins anew in the manner of its priority, once. */
static void
test_reconsider_running (Fixture *self, gconstpointer data)
{
  BgcEntry *entry = offer (self, 1, BGC_PRIORITY_NORMAL);

  assert_log (self, "+1");
  entry->job->priority = BGC_PRIORITY_FOREGROUND;
  bgc_scheduler_reconsider (self->scheduler, entry);
  assert_log (self, "-1 +1");
  self->keep = TRUE;
  entry->job->priority = BGC_PRIORITY_LOW;
  bgc_scheduler_reconsider (self->scheduler, entry);
  entry->job->priority = BGC_PRIORITY_HIGH;
  bgc_scheduler_reconsider (self->scheduler, entry);
  assert_log (self, "-1");
}

/* With 100,000 queued each event looks at owners, not at jobs: this ends in a moment or not at all. */
static void
test_many (Fixture *self, gconstpointer data)
{
  BgcEntry *entry;
  guint started = 0;

  for (guint i = 0; i < 100000; i++)
    offer_from (self, 1000 + i % 10, BGC_PRIORITY_NORMAL, "http://same/");
  g_assert_cmpuint (bgc_scheduler_running (self->scheduler), ==, 4);
  for (entry = bgc_queue_oldest (self->queue); entry != NULL; entry = entry->newer)
    {
      started += entry->turn != NULL;
      bgc_scheduler_withdraw (self->scheduler, entry);
      bgc_scheduler_release (self->scheduler, entry);
    }
  g_assert_cmpuint (started, ==, 100000);
  g_assert_cmpuint (bgc_scheduler_running (self->scheduler) + bgc_scheduler_waiting (self->scheduler), ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(path, function) g_test_add (path, Fixture, NULL, set_up, function, tear_down)
  ADD ("/scheduler/background-places", test_background_places);
  ADD ("/scheduler/disabled", test_disabled);
  ADD ("/scheduler/priorities", test_priorities);
  ADD ("/scheduler/higher-priority-preempts", test_higher_priority_preempts);
  ADD ("/scheduler/slices", test_slices);
  ADD ("/scheduler/no-slice-for-lower", test_no_slice_for_lower);
  ADD ("/scheduler/owners-take-turns", test_owners_take_turns);
  ADD ("/scheduler/fair-share", test_fair_share);
  ADD ("/scheduler/preempted-stops-slowly", test_preempted_stops_slowly);
  ADD ("/scheduler/foreground", test_foreground);
  ADD ("/scheduler/connections-to-a-host", test_connections_to_a_host);
  ADD ("/scheduler/more-places-than-connections", test_more_places_than_connections);
  ADD ("/scheduler/pause", test_pause);
  ADD ("/scheduler/reconsider", test_reconsider);
  ADD ("/scheduler/reconsider-running", test_reconsider_running);
  ADD ("/scheduler/many", test_many);
#undef ADD
  return g_test_run ();
}
