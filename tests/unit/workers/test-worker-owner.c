/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "workers/bgc-worker-owner.h"

#include <string.h>
#include <unistd.h>

#include "hand-worker.h"

#define SECOND G_USEC_PER_SEC

typedef struct
{
  BgcClockFake *clock;
  HandLauncher *launcher;
  BgcWorkerOwner *owner;
  BgcJob *job;
  guint reports;
  guint lost;
  guint lost_when_failed; /* value of lost when the last call failed */
  guint succeeded;        /* calls */
  guint failed;           /* with WorkerLost */
  guint unknown;          /* with OwnerUnknown */
  guint gone;
  guint carries;          /* times that it began to carry background transfers */
  guint carried_no_more;
} Fixture;

/* Lines that tell an administrator of a lost worker, and of one that does not start. */
static guint lines_lost, lines_failed;

static GLogWriterOutput
count_lines (GLogLevelFlags level, const GLogField *fields, gsize count, gpointer data)
{
  for (gsize i = 0; i < count; i++)
    if (g_str_equal (fields[i].key, "MESSAGE") && (level & G_LOG_LEVEL_WARNING) != 0)
      {
        lines_lost += strstr (fields[i].value, "was lost: ") != NULL;
        lines_failed += strstr (fields[i].value, "could not be started: ") != NULL;
        return G_LOG_WRITER_HANDLED;
      }
  return g_log_writer_default (level, fields, count, data);
}

static void
on_report (const BgcReport *report, guint32 owner, gpointer data)
{
  ((Fixture *)data)->reports++;
}

static void
on_lost (guint32 owner, const char *why, gpointer data)
{
  ((Fixture *)data)->lost++;
}

static void
on_carries (guint32 owner, BgcWorkerLink *link, gpointer data)
{
  Fixture *fixture = data;

  g_assert_cmpuint (owner, ==, getuid ());
  /* There and gone by turns. */
  g_assert_true ((link != NULL) == (fixture->carries == fixture->carried_no_more));
  if (link != NULL)
    fixture->carries++;
  else
    fixture->carried_no_more++;
}

static const BgcWorkerOwnerEvents events = { on_report, on_lost, on_carries };

static void
on_gone (gpointer data)
{
  ((Fixture *)data)->gone++;
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  lines_lost = lines_failed = 0;
  fixture->clock = bgc_clock_fake_new (0, 0);
  fixture->launcher = hand_launcher_new ();
  fixture->owner = bgc_worker_owner_new (getuid (), BGC_LAUNCHER (fixture->launcher),
                                         BGC_CLOCK (fixture->clock), &events, fixture);
  fixture->job = hand_job_new (1, 3);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_assert_cmpuint (lines_lost, ==, fixture->lost);
  bgc_worker_owner_free (fixture->owner);
  hand_settle ();
  g_assert_cmpuint (bgc_clock_fake_pending (fixture->clock), ==, 0);
  g_clear_object (&fixture->launcher);
  hand_settle ();
  bgc_job_free (fixture->job);
  g_clear_object (&fixture->clock);
}

static void
on_ended (GObject *source, GAsyncResult *result, gpointer data)
{
  Fixture *fixture = data;
  g_autoptr (GError) error = NULL;

  /* Of all calls alike: an array is dropped with its task. */
  if (!g_task_had_error (G_TASK (result)))
    {
      fixture->succeeded++;
      return;
    }
  g_task_propagate_boolean (G_TASK (result), &error);
  fixture->failed += g_error_matches (error, BGC_ERROR, BGC_ERROR_WORKER_LOST);
  fixture->unknown += g_error_matches (error, BGC_ERROR, BGC_ERROR_OWNER_UNKNOWN);
  fixture->lost_when_failed = fixture->lost;
}

static GTask *
task (Fixture *fixture)
{
  return g_task_new (NULL, NULL, on_ended, fixture);
}

static void
check (Fixture *fixture)
{
  const char *paths[] = { "/tmp/a", NULL };

  bgc_worker_owner_check (fixture->owner, task (fixture), paths);
}

static void
start (Fixture *fixture)
{
  bgc_worker_owner_start (fixture->owner, task (fixture), fixture->job, 4, BGC_CAP_NONE);
}

static void
start_and_wait (Fixture *fixture)
{
  guint before = fixture->succeeded;

  start (fixture);
  hand_wait_until (fixture->succeeded == before + 1);
}

/* Started by the first call, told to go 10 s after the last. */
static void
test_life (Fixture *fixture, gconstpointer data)
{
  check (fixture);
  check (fixture);
  hand_wait_until (fixture->succeeded == 2);
  g_assert_cmpuint (fixture->launcher->starts, ==, 1);
  g_assert_cmpuint (bgc_clock_fake_pending (fixture->clock), ==, 1);
  bgc_clock_fake_advance (fixture->clock, 10 * SECOND);
  g_assert_cmpuint (fixture->launcher->stops, ==, 1);
  hand_wait_until (g_dbus_connection_is_closed (fixture->launcher->worker->bus));
  bgc_clock_fake_advance (fixture->clock, 5 * SECOND);
  g_assert_cmpuint (fixture->launcher->stops, ==, 2);
  g_assert_cmpuint (bgc_clock_fake_pending (fixture->clock), ==, 0);
  g_assert_cmpuint (fixture->lost, ==, 0);
  check (fixture);
  hand_wait_until (fixture->succeeded == 3);
  g_assert_cmpuint (fixture->launcher->starts, ==, 2);
}

/* A worker with a job is not idle. One started after it went waits for nothing. */
static void
test_not_idle (Fixture *fixture, gconstpointer data)
{
  start_and_wait (fixture);
  for (guint i = 0; i < 4; i++)
    {
      bgc_clock_fake_advance (fixture->clock, 5 * SECOND);
      hand_wait_until (fixture->launcher->worker->calls->len == 2 + i);
      hand_settle ();
      hand_worker_report (fixture->launcher->worker, &fixture->job->id, i, "[]");
      hand_wait_until (fixture->reports == i + 1);
    }
  g_assert_cmpuint (fixture->launcher->stops, ==, 0);
  bgc_worker_owner_stop (fixture->owner, task (fixture), &fixture->job->id, FALSE);
  hand_wait_until (fixture->succeeded == 2);
  bgc_clock_fake_advance (fixture->clock, 10 * SECOND);
  g_assert_cmpuint (fixture->launcher->stops, ==, 1);
  check (fixture);
  /* The one on its way out is killed first. */
  g_assert_cmpuint (fixture->launcher->stops, ==, 2);
  g_assert_cmpuint (fixture->launcher->starts, ==, 2);
  hand_wait_until (fixture->succeeded == 3);
}

/* From the first background job on, through others, until it is gone. A foreground job carries nothing of
 * that kind. */
static void
test_carries (Fixture *fixture, gconstpointer data)
{
  fixture->job->priority = BGC_PRIORITY_FOREGROUND;
  start_and_wait (fixture);
  g_assert_cmpuint (fixture->carries, ==, 0);
  for (guint i = 0; i < 2; i++)
    {
      bgc_worker_owner_stop (fixture->owner, task (fixture), &fixture->job->id, FALSE);
      hand_wait_until (fixture->succeeded == 2 + 2 * i);
      fixture->job->priority = BGC_PRIORITY_NORMAL;
      start_and_wait (fixture);
      g_assert_cmpuint (fixture->carries, ==, 1);
    }
  g_assert_cmpuint (fixture->carried_no_more, ==, 0);
  hand_worker_hang_up (fixture->launcher->worker);
  hand_wait_until (fixture->lost == 1);
  g_assert_cmpuint (fixture->carried_no_more, ==, 1);
  start (fixture);
  bgc_clock_fake_advance (fixture->clock, SECOND);
  hand_wait_until (fixture->carries == 2);
}

/* Stopping what does not run needs no worker. */
static void
test_stop_nothing (Fixture *fixture, gconstpointer data)
{
  bgc_worker_owner_stop (fixture->owner, task (fixture), &fixture->job->id, FALSE);
  hand_wait_until (fixture->succeeded == 1);
  g_assert_cmpuint (fixture->launcher->starts, ==, 0);
}

/* "lost" first, then the calls; a second's pause, then the next. */
static void
test_crash (Fixture *fixture, gconstpointer data)
{
  start_and_wait (fixture);
  fixture->launcher->worker->mute = TRUE;
  check (fixture);
  hand_wait_until (fixture->launcher->worker->held->len == 1);
  hand_worker_hang_up (fixture->launcher->worker);
  hand_wait_until (fixture->failed == 1);
  g_assert_cmpuint (fixture->lost, ==, 1);
  g_assert_cmpuint (fixture->lost_when_failed, ==, 1);
  g_assert_cmpuint (fixture->launcher->stops, ==, 2);
  start (fixture);
  hand_settle ();
  g_assert_cmpuint (fixture->launcher->starts, ==, 1);
  bgc_clock_fake_advance (fixture->clock, SECOND - 1);
  g_assert_cmpuint (fixture->launcher->starts, ==, 1);
  bgc_clock_fake_advance (fixture->clock, 1);
  g_assert_cmpuint (fixture->launcher->starts, ==, 2);
  hand_wait_until (fixture->succeeded == 2);
}

static void
lie (Fixture *fixture)
{
  guint before = fixture->lost;

  hand_worker_report (fixture->launcher->worker, &fixture->job->id, 5,
                      "[(99, 0, 1, 2, 0, 0, '', '', 0, 1, {})]");
  hand_wait_until (fixture->lost == before + 1);
}

/* One that breaks rules waits longer each time; a crash of one that had worked would not. */
static void
test_back_off (Fixture *fixture, gconstpointer data)
{
  gint64 pause = SECOND;

  start_and_wait (fixture);
  for (guint i = 0; i < 4; i++)
    {
      lie (fixture);
      start (fixture);
      hand_settle ();
      g_assert_cmpint (bgc_clock_fake_next (fixture->clock), ==,
                       bgc_clock_boot (BGC_CLOCK (fixture->clock)) + pause);
      bgc_clock_fake_advance (fixture->clock, pause);
      hand_wait_until (fixture->succeeded == 2 + i);
      pause *= 2;
    }
  /* After this the pause is 16 s: nobody is kept waiting. */
  lie (fixture);
  start (fixture);
  check (fixture);
  hand_wait_until (fixture->failed == 2);
  g_assert_cmpuint (bgc_clock_fake_pending (fixture->clock), ==, 0);
}

static void
test_mute (Fixture *fixture, gconstpointer data)
{
  fixture->launcher->mute = TRUE;
  start (fixture);
  hand_wait_until (fixture->launcher->worker != NULL && fixture->launcher->worker->held->len == 1);
  bgc_clock_fake_advance (fixture->clock, 5 * SECOND);
  hand_wait_until (fixture->launcher->worker->held->len == 2);
  g_assert_cmpuint (fixture->lost, ==, 0);
  bgc_clock_fake_advance (fixture->clock, 5 * SECOND);
  hand_wait_until (fixture->failed == 1);
  g_assert_cmpuint (fixture->lost, ==, 1);
  g_assert_cmpuint (fixture->launcher->stops, ==, 2);
}

static void
test_no_authentication (Fixture *fixture, gconstpointer data)
{
  fixture->launcher->silent = TRUE;
  check (fixture);
  hand_wait_until (fixture->launcher->worker != NULL);
  hand_settle ();
  bgc_clock_fake_advance (fixture->clock, 5 * SECOND);
  hand_wait_until (fixture->failed == 1);
  g_assert_cmpuint (fixture->lost, ==, 1);
}

static void
test_start_fails (Fixture *fixture, gconstpointer data)
{
  fixture->launcher->fails = BGC_ERROR_OWNER_UNKNOWN;
  check (fixture);
  hand_wait_until (fixture->unknown == 1);
  g_assert_cmpuint (lines_failed, ==, 1);
  g_assert_cmpuint (fixture->lost, ==, 0);
}

/* A shut-down lets jobs make their data durable, then hangs up, and waits for the worker's end. */
static void
test_shut_down (Fixture *fixture, gconstpointer data)
{
  HandWorker *worker;

  start_and_wait (fixture);
  worker = fixture->launcher->worker;
  bgc_worker_owner_shut_down (fixture->owner, on_gone, fixture);
  hand_wait_until (g_dbus_connection_is_closed (worker->bus));
  g_assert_true (g_str_has_prefix (g_ptr_array_index (worker->calls, 1), "StopJob "));
  g_assert_true (g_str_has_suffix (g_ptr_array_index (worker->calls, 1), "false)"));
  hand_worker_hang_up (worker);
  hand_wait_until (fixture->gone == 1);
  g_assert_cmpuint (fixture->lost, ==, 0);
  check (fixture);
  hand_wait_until (fixture->failed == 1);
}

static void
test_shut_down_slow (Fixture *fixture, gconstpointer data)
{
  start_and_wait (fixture);
  fixture->launcher->worker->mute = TRUE;
  bgc_worker_owner_shut_down (fixture->owner, on_gone, fixture);
  hand_wait_until (fixture->launcher->worker->held->len == 1);
  g_assert_cmpuint (fixture->gone, ==, 0);
  bgc_clock_fake_advance (fixture->clock, 5 * SECOND);
  hand_wait_until (fixture->gone == 1);
  g_assert_cmpuint (fixture->launcher->stops, ==, 2);
}

static void
test_shut_down_nothing (Fixture *fixture, gconstpointer data)
{
  bgc_worker_owner_shut_down (fixture->owner, on_gone, fixture);
  g_assert_cmpuint (fixture->gone, ==, 1);
}

/* A cancelled session is work like any other: a worker is started for it and lingers after it. */
static void
test_errand (Fixture *fixture, gconstpointer data)
{
  g_autoptr (BgcJob) upload = hand_upload_new (2, FALSE);

  fixture->launcher->mute = TRUE;
  bgc_worker_owner_cancel_session (fixture->owner, task (fixture), upload);
  hand_wait_until (fixture->launcher->worker != NULL && fixture->launcher->worker->held->len == 1);
  bgc_clock_fake_advance (fixture->clock, 4 * SECOND);
  g_assert_cmpuint (fixture->launcher->stops, ==, 0);
  fixture->launcher->worker->mute = FALSE;
  hand_worker_answer_held (fixture->launcher->worker);
  hand_wait_until (fixture->succeeded == 1);
  bgc_worker_owner_check_source (fixture->owner, task (fixture), "/tmp/source");
  bgc_worker_owner_read_reply (fixture->owner, task (fixture),
                               bgc_file_list_find (upload->files, BGC_UPLOAD_FILE));
  hand_wait_until (fixture->succeeded == 3);
  g_assert_cmpuint (fixture->launcher->starts, ==, 1);
  bgc_clock_fake_advance (fixture->clock, 10 * SECOND);
  g_assert_cmpuint (fixture->launcher->stops, ==, 1);
  g_assert_cmpuint (fixture->lost, ==, 0);
}

static void
test_errand_lost (Fixture *fixture, gconstpointer data)
{
  g_autoptr (BgcJob) upload = hand_upload_new (2, FALSE);

  fixture->launcher->mute = TRUE;
  bgc_worker_owner_cancel_session (fixture->owner, task (fixture), upload);
  hand_wait_until (fixture->launcher->worker != NULL && fixture->launcher->worker->held->len == 1);
  hand_worker_hang_up (fixture->launcher->worker);
  hand_wait_until (fixture->failed == 1);
  g_assert_cmpuint (fixture->lost_when_failed, ==, 1);
}

/* A server that does not answer does not keep the service from ending. */
static void
test_errand_shut_down (Fixture *fixture, gconstpointer data)
{
  g_autoptr (BgcJob) upload = hand_upload_new (2, FALSE);
  HandWorker *worker;

  fixture->launcher->mute = TRUE;
  bgc_worker_owner_cancel_session (fixture->owner, task (fixture), upload);
  hand_wait_until (fixture->launcher->worker != NULL && fixture->launcher->worker->held->len == 1);
  worker = fixture->launcher->worker;
  bgc_worker_owner_shut_down (fixture->owner, on_gone, fixture);
  hand_wait_until (fixture->failed == 1 && g_dbus_connection_is_closed (worker->bus));
  hand_worker_hang_up (worker);
  hand_wait_until (fixture->gone == 1);
  g_assert_cmpuint (fixture->lost, ==, 0);
}

/* Freed in the middle of everything. */
static void
test_free_busy (Fixture *fixture, gconstpointer data)
{
  fixture->launcher->mute = TRUE;
  start (fixture);
  check (fixture);
  if (data != NULL)
    hand_wait_until (fixture->launcher->worker != NULL && fixture->launcher->worker->held->len == 2);
}

#define ADD(name, function, data)                                                                            \
  g_test_add ("/worker-owner/" name, Fixture, data, set_up, function, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_log_set_writer_func (count_lines, NULL, NULL);
  ADD ("life", test_life, NULL);
  ADD ("not-idle", test_not_idle, NULL);
  ADD ("carries", test_carries, NULL);
  ADD ("stop-nothing", test_stop_nothing, NULL);
  ADD ("crash", test_crash, NULL);
  ADD ("back-off", test_back_off, NULL);
  ADD ("mute", test_mute, NULL);
  ADD ("no-authentication", test_no_authentication, NULL);
  ADD ("start-fails", test_start_fails, NULL);
  ADD ("shut-down", test_shut_down, NULL);
  ADD ("shut-down-slow", test_shut_down_slow, NULL);
  ADD ("shut-down-nothing", test_shut_down_nothing, NULL);
  ADD ("errand", test_errand, NULL);
  ADD ("errand-lost", test_errand_lost, NULL);
  ADD ("errand-shut-down", test_errand_shut_down, NULL);
  ADD ("free-while-starting", test_free_busy, NULL);
  ADD ("free-while-running", test_free_busy, "up");
  return g_test_run ();
}
