/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "workers/bgc-worker-places.h"

#include "hand-records.h"
#include "hand-worker.h"
#include "model/bgc-placement.h"

#define SECOND G_USEC_PER_SEC

typedef struct
{
  BgcClockFake *clock;
  HandWorker *worker;
  BgcWorkerLink *link;
  HandLink seen;
  BgcWorkerPlaces *places;
  guint idle;      /* times "changed" was called */
  guint ended;     /* lists */
  GPtrArray *last; /* (owned) (nullable) results of the last */
  GError *error;   /* (owned) (nullable) of the last */
} Fixture;

static void
on_changed (gpointer data)
{
  ((Fixture *)data)->idle++;
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->clock = bgc_clock_fake_new (1000, 0);
  fixture->link = hand_link_new (&fixture->seen, &fixture->worker, BGC_CLOCK (fixture->clock));
  fixture->places = bgc_worker_places_new (BGC_CLOCK (fixture->clock), on_changed, fixture);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  bgc_worker_link_free (fixture->link);
  bgc_worker_places_free (fixture->places);
  hand_worker_free (fixture->worker);
  hand_settle ();
  hand_link_clear (&fixture->seen);
  g_clear_pointer (&fixture->last, g_ptr_array_unref);
  g_clear_error (&fixture->error);
  g_clear_object (&fixture->clock);
}

static void
on_placed (GObject *source, GAsyncResult *result, gpointer data)
{
  Fixture *fixture = data;

  fixture->ended++;
  g_clear_pointer (&fixture->last, g_ptr_array_unref);
  g_clear_error (&fixture->error);
  fixture->last = g_task_propagate_pointer (G_TASK (result), &fixture->error);
}

static void
place (Fixture *fixture, guint count)
{
  g_autoptr (GPtrArray) list = g_ptr_array_new_with_free_func ((GDestroyNotify)bgc_placement_free);

  for (guint i = 0; i < count; i++)
    g_ptr_array_add (list, bgc_placement_new (10 + i, "/srv", ".bgcopy-x", i % 2 ? "f" : NULL, 1, 2, TRUE));
  bgc_worker_places_add (fixture->places, g_task_new (NULL, NULL, on_placed, fixture), list);
}

static const BgcPlacementResult *
result_at (Fixture *fixture, guint i)
{
  return g_ptr_array_index (fixture->last, i);
}

static void
test_portions (Fixture *fixture, gconstpointer data)
{
  bgc_worker_places_open (fixture->places, fixture->link);
  place (fixture, 1200);
  hand_wait_until (fixture->ended == 1);
  g_assert_cmpuint (fixture->worker->calls->len, ==, 3);
  g_assert_cmpuint (fixture->last->len, ==, 1200);
  for (guint i = 0; i < 1200; i++)
    {
      g_assert_true (result_at (fixture, i)->done);
      g_assert_cmpuint (result_at (fixture, i)->index, ==, 10 + i);
    }
  g_assert_cmpuint (fixture->idle, ==, 1);
}

static void
test_early_and_empty (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GVariant) expected = NULL;
  g_autofree char *call = NULL;

  place (fixture, 0);
  hand_wait_until (fixture->ended == 1);
  g_assert_cmpuint (fixture->last->len, ==, 0);
  place (fixture, 1);
  g_assert_true (bgc_worker_places_is_busy (fixture->places));
  bgc_worker_places_open (fixture->places, fixture->link);
  hand_wait_until (fixture->ended == 2);
  expected = g_variant_ref_sink (g_variant_new (
    "(@ay)",
    hand_records ("a(sssttbt)", "[('/srv', '.bgcopy-x', '', 1, 2, true, 18446744073709551615)]", NULL)));
  call = g_variant_print (expected, FALSE);
  g_assert_true (g_str_has_prefix (g_ptr_array_index (fixture->worker->calls, 0), "Place "));
  g_assert_nonnull (strstr (g_ptr_array_index (fixture->worker->calls, 0), call));
}

static void
test_failed (Fixture *fixture, gconstpointer data)
{
  fixture->worker->results = "(uint32 2, [(uint32 1, {'context': <'local-file'>, 'name': <'NoSpace'>})])";
  bgc_worker_places_open (fixture->places, fixture->link);
  place (fixture, 2);
  hand_wait_until (fixture->ended == 1);
  g_assert_true (result_at (fixture, 0)->done);
  g_assert_false (result_at (fixture, 1)->done);
  g_assert_cmpint (result_at (fixture, 1)->failure->code, ==, BGC_ERROR_NO_SPACE);
  g_assert_cmpuint (result_at (fixture, 1)->failure->file, ==, 11);
}

/* Ten seconds pass, and the ping in the middle of them is answered. */
static void
let_it_be_late (Fixture *fixture)
{
  guint before = bgc_worker_link_answers (fixture->link);

  bgc_clock_fake_advance (fixture->clock, 5 * SECOND);
  hand_wait_until (bgc_worker_link_answers (fixture->link) == before + 1);
  bgc_clock_fake_advance (fixture->clock, 5 * SECOND);
}

static void
test_first_late (Fixture *fixture, gconstpointer data)
{
  fixture->worker->mute = fixture->worker->mute_but_ping = TRUE;
  bgc_worker_places_open (fixture->places, fixture->link);
  place (fixture, 3);
  hand_wait_until (fixture->worker->held->len == 1);
  let_it_be_late (fixture);
  hand_wait_until (fixture->ended == 1);
  g_assert_error (fixture->error, BGC_ERROR, BGC_ERROR_TIMEOUT);
  g_assert_cmpuint (fixture->idle, ==, 1);
  fixture->worker->mute = FALSE;
  hand_worker_answer_held (fixture->worker);
  place (fixture, 1);
  hand_wait_until (fixture->ended == 2);
  g_assert_no_error (fixture->error);
  g_assert_false (fixture->seen.broken);
}

/* The portions before the late one count. */
static void
test_second_late (Fixture *fixture, gconstpointer data)
{
  fixture->worker->mute = fixture->worker->mute_but_ping = TRUE;
  bgc_worker_places_open (fixture->places, fixture->link);
  place (fixture, 700);
  hand_wait_until (fixture->worker->held->len == 1);
  hand_worker_answer_held (fixture->worker);
  hand_wait_until (fixture->worker->held->len == 1);
  let_it_be_late (fixture);
  hand_wait_until (fixture->ended == 1);
  g_assert_cmpuint (fixture->last->len, ==, 700);
  g_assert_true (result_at (fixture, 499)->done);
  g_assert_false (result_at (fixture, 500)->done);
  g_assert_cmpint (result_at (fixture, 500)->failure->code, ==, BGC_ERROR_TIMEOUT);
  g_assert_cmpuint (result_at (fixture, 699)->index, ==, 709);
}

static void
test_lies (Fixture *fixture, gconstpointer data)
{
  fixture->worker->results = data;
  bgc_worker_places_open (fixture->places, fixture->link);
  place (fixture, 2);
  hand_wait_until (fixture->seen.broken);
  g_assert_cmpuint (fixture->ended, ==, 0);
}

static void
test_close (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GPtrArray) tasks = g_ptr_array_new_with_free_func (g_object_unref);

  fixture->worker->mute = TRUE;
  bgc_worker_places_open (fixture->places, fixture->link);
  place (fixture, 2);
  place (fixture, 2);
  bgc_worker_places_close (fixture->places, tasks);
  g_assert_cmpuint (tasks->len, ==, 2);
  for (guint i = 0; i < tasks->len; i++)
    g_task_return_new_error (g_ptr_array_index (tasks, i), BGC_ERROR, BGC_ERROR_WORKER_LOST, "gone");
  hand_wait_until (fixture->ended == 2);
}

#define ADD(name, function, data)                                                                            \
  g_test_add ("/worker-places/" name, Fixture, data, set_up, function, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("portions", test_portions, NULL);
  ADD ("early-and-empty", test_early_and_empty, NULL);
  ADD ("failed", test_failed, NULL);
  ADD ("first-late", test_first_late, NULL);
  ADD ("second-late", test_second_late, NULL);
  ADD ("too-few", test_lies, "(uint32 1, @a(ua{sv}) [])");
  ADD ("failed-for-nothing", test_lies, "(uint32 2, [(uint32 1, @a{sv} {})])");
  ADD ("failed-elsewhere", test_lies,
       "(uint32 2, [(uint32 2, {'context': <'local-file'>, 'name': <'NoSpace'>})])");
  ADD ("failed-twice", test_lies,
       "(uint32 2, [(uint32 1, {'context': <'local-file'>, 'name': <'NoSpace'>}),"
       " (uint32 1, {'context': <'local-file'>, 'name': <'NoSpace'>})])");
  ADD ("close", test_close, NULL);
  return g_test_run ();
}
