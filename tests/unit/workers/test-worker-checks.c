/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "workers/bgc-worker-checks.h"

#include "hand-worker.h"
#include "model/bgc-path-verdict.h"

#define SECOND G_USEC_PER_SEC

typedef struct
{
  BgcClockFake *clock;
  HandWorker *worker;
  BgcWorkerLink *link;
  HandLink seen;
  BgcWorkerChecks *checks;
  guint idle;    /* times "changed" was called */
  guint ended;   /* questions */
  guint allowed; /* verdicts */
  guint refused;
  guint timed_out; /* questions */
} Fixture;

static void
on_changed (gpointer data)
{
  ((Fixture *)data)->idle++;
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->clock = bgc_clock_fake_new (0, 0);
  fixture->link = hand_link_new (&fixture->seen, &fixture->worker, BGC_CLOCK (fixture->clock));
  fixture->checks = bgc_worker_checks_new (BGC_CLOCK (fixture->clock), on_changed, fixture);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  bgc_worker_link_free (fixture->link);
  bgc_worker_checks_free (fixture->checks);
  hand_worker_free (fixture->worker);
  hand_settle ();
  hand_link_clear (&fixture->seen);
  g_clear_object (&fixture->clock);
}

static void
on_checked (GObject *source, GAsyncResult *result, gpointer data)
{
  Fixture *fixture = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) verdicts = g_task_propagate_pointer (G_TASK (result), &error);

  fixture->ended++;
  fixture->timed_out += g_error_matches (error, BGC_ERROR, BGC_ERROR_TIMEOUT);
  for (guint i = 0; verdicts != NULL && i < verdicts->len; i++)
    if (((BgcPathVerdict *)g_ptr_array_index (verdicts, i))->allowed)
      fixture->allowed++;
    else
      fixture->refused++;
}

/* A question of @count paths; every path of which begins with @stem. */
static void
ask (Fixture *fixture, const char *stem, guint count)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  g_auto (GStrv) paths = NULL;

  for (guint i = 0; i < count; i++)
    {
      g_autofree char *path = g_strdup_printf ("%s%u", stem, i);

      g_strv_builder_add (builder, path);
    }
  paths = g_strv_builder_end (builder);
  bgc_worker_checks_add (fixture->checks, g_task_new (NULL, NULL, on_checked, fixture),
                         (const char *const *)paths);
}

/* The first question goes alone; what comes while it is out goes together. */
static void
test_together (Fixture *fixture, gconstpointer data)
{
  bgc_worker_checks_open (fixture->checks, fixture->link);
  for (guint i = 0; i < 300; i++)
    ask (fixture, i % 3 == 0 ? "/refused/" : "/fine/", 2);
  hand_wait_until (fixture->ended == 300);
  g_assert_cmpuint (fixture->worker->calls->len, ==, 2);
  g_assert_cmpuint (fixture->allowed, ==, 400);
  g_assert_cmpuint (fixture->refused, ==, 200);
  g_assert_cmpuint (fixture->idle, ==, 1);
  g_assert_false (bgc_worker_checks_is_busy (fixture->checks));
}

/* Asked before there is a worker. */
static void
test_early (Fixture *fixture, gconstpointer data)
{
  ask (fixture, "/fine/", 1);
  ask (fixture, "/refused/", 1);
  g_assert_true (bgc_worker_checks_is_busy (fixture->checks));
  bgc_worker_checks_open (fixture->checks, fixture->link);
  hand_wait_until (fixture->ended == 2);
  g_assert_cmpuint (fixture->worker->calls->len, ==, 1);
}

/* More than fits into a call, and answers that are shorter than what was asked. */
static void
test_portions (Fixture *fixture, gconstpointer data)
{
  fixture->worker->at_most = 600;
  bgc_worker_checks_open (fixture->checks, fixture->link);
  ask (fixture, "/fine/", 2500);
  ask (fixture, "/refused/", 100);
  hand_wait_until (fixture->ended == 2);
  g_assert_cmpuint (fixture->allowed, ==, 2500);
  g_assert_cmpuint (fixture->refused, ==, 100);
  g_assert_cmpuint (fixture->worker->calls->len, ==, 5);
}

static void
test_none (Fixture *fixture, gconstpointer data)
{
  ask (fixture, "", 0);
  hand_wait_until (fixture->ended == 1);
  g_assert_cmpuint (fixture->timed_out, ==, 0);
}

/* A file system that hangs fails what was asked about it; what is asked later gets its own chance, and
 * the late answer is nobody's. */
static void
test_late (Fixture *fixture, gconstpointer data)
{
  fixture->worker->mute = fixture->worker->mute_but_ping = TRUE;
  bgc_worker_checks_open (fixture->checks, fixture->link);
  ask (fixture, "/refused/", 3);
  ask (fixture, "/fine/", 1);
  hand_wait_until (fixture->worker->held->len == 1);
  bgc_clock_fake_advance (fixture->clock, 5 * SECOND);
  hand_wait_until (bgc_worker_link_answers (fixture->link) == 1);
  bgc_clock_fake_advance (fixture->clock, 5 * SECOND);
  hand_wait_until (fixture->ended == 1);
  g_assert_cmpuint (fixture->timed_out, ==, 1);
  hand_wait_until (fixture->worker->held->len == 2);
  fixture->worker->mute = FALSE;
  hand_worker_answer_held (fixture->worker);
  hand_wait_until (fixture->ended == 2);
  g_assert_cmpuint (fixture->allowed, ==, 1);
  g_assert_cmpuint (fixture->refused, ==, 0);
  g_assert_false (fixture->seen.broken);
}

static void
test_lies (Fixture *fixture, gconstpointer data)
{
  fixture->worker->verdicts = data;
  bgc_worker_checks_open (fixture->checks, fixture->link);
  ask (fixture, "/fine/", 2);
  hand_wait_until (fixture->seen.broken);
  g_assert_cmpuint (fixture->ended, ==, 0);
}

static void
test_close (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GPtrArray) tasks = g_ptr_array_new_with_free_func (g_object_unref);

  fixture->worker->mute = TRUE;
  bgc_worker_checks_open (fixture->checks, fixture->link);
  ask (fixture, "/fine/", 2);
  ask (fixture, "/fine/", 2);
  bgc_worker_checks_close (fixture->checks, tasks);
  g_assert_cmpuint (tasks->len, ==, 2);
  g_assert_false (bgc_worker_checks_is_busy (fixture->checks));
  for (guint i = 0; i < tasks->len; i++)
    g_task_return_new_error (g_ptr_array_index (tasks, i), BGC_ERROR, BGC_ERROR_WORKER_LOST, "gone");
  hand_wait_until (fixture->ended == 2);
}

#define ADD(name, function, data)                                                                            \
  g_test_add ("/worker-checks/" name, Fixture, data, set_up, function, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("together", test_together, NULL);
  ADD ("early", test_early, NULL);
  ADD ("portions", test_portions, NULL);
  ADD ("none", test_none, NULL);
  ADD ("late", test_late, NULL);
  ADD ("no-verdict", test_lies, "(uint32 0, @a(u(bsss)) [])");
  ADD ("too-many-verdicts", test_lies, "(uint32 3, @a(u(bsss)) [])");
  ADD ("nameless-verdict", test_lies, "(uint32 2, [(uint32 0, (false, '', '', ''))])");
  ADD ("verdict-of-nothing", test_lies, "(uint32 2, [(uint32 2, (true, '', '', '/x'))])");
  ADD ("verdicts-in-disorder", test_lies,
       "(uint32 2, [(uint32 1, (true, '', '', '/x')), (uint32 0, (true, '', '', '/x'))])");
  ADD ("close", test_close, NULL);
  return g_test_run ();
}
