/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "engine/bgc-lanes.h"

#include "store/bgc-store-fake.h"

typedef struct
{
  BgcStoreFake *store;
  GObject *keeper;
  BgcQueue *queue;
  BgcLanes *lanes;
  BgcEntry *entries[2];
  GString *log;
} Fixture;

/* Notes "begin end" of itself; @mode: at once, by commit, or not before it is ready. */
typedef struct
{
  BgcOperation base;
  Fixture *fixture;
  char letter;
  gboolean commits;
} Step;

static void
apply (BgcEntry *entry, BgcChange *change, gpointer data)
{
  Fixture *fixture = data;

  g_string_append (fixture->log, change == NULL ? "failed " : "applied ");
  if (change != NULL)
    bgc_change_apply (change, entry->job);
}

static void
idle (BgcEntry *entry, gpointer data)
{
  g_string_append (((Fixture *)data)->log, "idle ");
}

static BgcEntry *
add_entry (Fixture *self, guint8 number)
{
  BgcJobId id = { { number } };
  g_autoptr (BgcChange) change = bgc_change_new (&id);
  BgcLimits limits;
  BgcJob *job;

  bgc_limits_init (&limits);
  job = bgc_job_new (&id, BGC_JOB_TYPE_DOWNLOAD, 1, "n", 0, &limits);
  job->sequence = number;
  change->create = TRUE;
  change->header = bgc_job_draft (job);
  bgc_store_commit_async (BGC_STORE (self->store), g_steal_pointer (&change), BGC_STORE_NORMAL, NULL, NULL);
  return bgc_queue_add (self->queue, job, 0);
}

static void
set_up (Fixture *self, gconstpointer data)
{
  self->store = bgc_store_fake_new ();
  self->keeper = g_object_new (G_TYPE_OBJECT, NULL);
  self->queue = bgc_queue_new ();
  self->lanes = bgc_lanes_new (BGC_STORE (self->store), self->keeper, apply, idle, self);
  self->entries[0] = add_entry (self, 1);
  self->entries[1] = add_entry (self, 2);
  self->log = g_string_new (NULL);
  while (g_main_context_iteration (NULL, FALSE))
    continue;
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  g_assert_cmpuint (bgc_lanes_busy (self->lanes), ==, 0);
  bgc_lanes_free (self->lanes);
  bgc_queue_free (self->queue);
  g_assert_finalize_object (self->keeper);
  g_assert_finalize_object (self->store);
  g_string_free (self->log, TRUE);
}

static void
end (Step *step)
{
  g_string_append_printf (step->fixture->log, "-%c ", step->letter);
  bgc_lanes_end (step->fixture->lanes, &step->base);
}

static void
on_committed (BgcOperation *base, const GError *error)
{
  end ((Step *)base);
}

static void
begin (BgcOperation *base)
{
  Step *step = (Step *)base;
  BgcChange *change;

  g_string_append_printf (step->fixture->log, "+%c ", step->letter);
  if (!step->commits)
    {
      end (step);
      return;
    }
  change = bgc_change_new (&base->entry->job->id);
  change->header = bgc_job_draft (base->entry->job);
  bgc_lanes_commit (step->fixture->lanes, base, change, BGC_STORE_NORMAL, on_committed);
}

static BgcOperation *
step_new (Fixture *self, guint entry, char letter, gboolean commits)
{
  Step *step = bgc_operation_new (sizeof (Step), "step", NULL, self->entries[entry], NULL, begin, NULL);

  step->fixture = self;
  step->letter = letter;
  step->commits = commits;
  return &step->base;
}

static void
assert_log (Fixture *self, const char *expected)
{
  while (g_main_context_iteration (NULL, FALSE))
    continue;
  g_assert_cmpstr (self->log->str, ==, expected);
}

static void
test_one_after_another (Fixture *self, gconstpointer data)
{
  bgc_lanes_push (self->lanes, step_new (self, 0, 'a', TRUE));
  bgc_lanes_push (self->lanes, step_new (self, 0, 'b', FALSE));
  bgc_lanes_push (self->lanes, step_new (self, 0, 'c', TRUE));
  g_assert_cmpstr (self->log->str, ==, "+a ");
  g_assert_cmpuint (bgc_lanes_busy (self->lanes), ==, 1);
  assert_log (self, "+a applied -a +b -b +c applied -c idle ");
  g_assert_null (self->entries[0]->lane);
}

static void
test_side_by_side (Fixture *self, gconstpointer data)
{
  bgc_lanes_push (self->lanes, step_new (self, 0, 'a', TRUE));
  bgc_lanes_push (self->lanes, step_new (self, 1, 'b', TRUE));
  g_assert_cmpuint (bgc_lanes_busy (self->lanes), ==, 2);
  assert_log (self, "+a +b applied -a idle applied -b idle ");
}

static void
test_urgent (Fixture *self, gconstpointer data)
{
  bgc_lanes_push (self->lanes, step_new (self, 0, 'a', TRUE));
  bgc_lanes_push (self->lanes, step_new (self, 0, 'b', TRUE));
  bgc_lanes_push_urgent (self->lanes, step_new (self, 0, 'c', TRUE));
  assert_log (self, "+a applied -a +c applied -c +b applied -b idle ");
}

/* Who is not ready holds up those behind, but for an urgent one. */
static void
test_waiting (Fixture *self, gconstpointer data)
{
  BgcOperation *waiting = step_new (self, 0, 'a', FALSE);

  waiting->waiting = TRUE;
  bgc_lanes_push (self->lanes, waiting);
  bgc_lanes_push (self->lanes, step_new (self, 0, 'b', FALSE));
  assert_log (self, "");
  bgc_lanes_push_urgent (self->lanes, step_new (self, 0, 'c', TRUE));
  assert_log (self, "+c applied -c ");
  bgc_lanes_ready (self->lanes, waiting);
  assert_log (self, "+c applied -c +a -a +b -b idle ");
}

static void
test_failed (Fixture *self, gconstpointer data)
{
  bgc_store_fake_fail (self->store, 1, BGC_ERROR_STORE_FAILED);
  bgc_lanes_push (self->lanes, step_new (self, 0, 'a', TRUE));
  bgc_lanes_push (self->lanes, step_new (self, 0, 'b', TRUE));
  assert_log (self, "+a failed -a +b applied -b idle ");
}

/* Thousands that end at once are no recursion. */
static void
test_many (Fixture *self, gconstpointer data)
{
  bgc_store_fake_hold (self->store);
  bgc_lanes_push (self->lanes, step_new (self, 0, 'a', TRUE));
  for (guint i = 0; i < 100000; i++)
    bgc_lanes_push (self->lanes, step_new (self, 0, 'b', FALSE));
  bgc_store_fake_release (self->store, 1);
  g_assert_null (self->entries[0]->lane);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(path, function) g_test_add (path, Fixture, NULL, set_up, function, tear_down)
  ADD ("/lanes/one-after-another", test_one_after_another);
  ADD ("/lanes/side-by-side", test_side_by_side);
  ADD ("/lanes/urgent", test_urgent);
  ADD ("/lanes/waiting", test_waiting);
  ADD ("/lanes/failed", test_failed);
  ADD ("/lanes/many", test_many);
#undef ADD
  return g_test_run ();
}
