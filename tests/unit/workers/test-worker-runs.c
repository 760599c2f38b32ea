/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "workers/bgc-worker-runs.h"

#include "hand-worker.h"

typedef struct
{
  BgcClockFake *clock;
  HandWorker *worker;
  BgcWorkerLink *link;
  HandLink seen;
  BgcWorkerRuns *runs;
  BgcJob *job;
  guint reports;
  guint started;
  guint stopped;
  guint busy_errors;
} Fixture;

static void
on_report (const BgcReport *report, gpointer data)
{
  ((Fixture *)data)->reports++;
}

static void
on_changed (gpointer data)
{
}

static const BgcWorkerRunsEvents events = { on_report, on_changed };

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->clock = bgc_clock_fake_new (0, 0);
  fixture->link = hand_link_new (&fixture->seen, &fixture->worker, BGC_CLOCK (fixture->clock));
  fixture->runs = bgc_worker_runs_new (BGC_CLOCK (fixture->clock), &events, fixture);
  fixture->job = hand_job_new (1, 3);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GPtrArray) tasks = g_ptr_array_new_with_free_func (g_object_unref);

  bgc_worker_link_free (fixture->link);
  bgc_worker_runs_close (fixture->runs, tasks);
  for (guint i = 0; i < tasks->len; i++)
    g_task_return_boolean (g_ptr_array_index (tasks, i), FALSE);
  bgc_worker_runs_free (fixture->runs);
  hand_worker_free (fixture->worker);
  hand_settle ();
  hand_link_clear (&fixture->seen);
  bgc_job_free (fixture->job);
  g_clear_object (&fixture->clock);
}

static void
on_started (GObject *source, GAsyncResult *result, gpointer data)
{
  Fixture *fixture = data;
  g_autoptr (GError) error = NULL;

  fixture->started += g_task_propagate_boolean (G_TASK (result), &error);
  fixture->busy_errors += g_error_matches (error, BGC_ERROR, BGC_ERROR_BUSY);
}

static void
on_stopped (GObject *source, GAsyncResult *result, gpointer data)
{
  ((Fixture *)data)->stopped += g_task_propagate_boolean (G_TASK (result), NULL);
}

static void
start (Fixture *fixture)
{
  bgc_worker_runs_start (fixture->runs, g_task_new (NULL, NULL, on_started, fixture), fixture->job, 4,
                         BGC_CAP_NONE);
}

static void
stop (Fixture *fixture)
{
  bgc_worker_runs_stop (fixture->runs, g_task_new (NULL, NULL, on_stopped, fixture), &fixture->job->id,
                        FALSE);
}

static const char *
call_at (Fixture *fixture, guint i)
{
  return g_ptr_array_index (fixture->worker->calls, i);
}

static void
pass_reports (Fixture *fixture, guint count)
{
  hand_wait_until (fixture->seen.reports->len == count);
  bgc_worker_runs_take_reports (fixture->runs, g_ptr_array_index (fixture->seen.reports, count - 1));
}

/* As long as one of them runs. */
static void
test_background (Fixture *fixture, gconstpointer data)
{
  bgc_worker_runs_open (fixture->runs, fixture->link);
  g_assert_false (bgc_worker_runs_has_background (fixture->runs));
  fixture->job->priority = BGC_PRIORITY_FOREGROUND;
  start (fixture);
  g_assert_false (bgc_worker_runs_has_background (fixture->runs));
  stop (fixture);
  hand_wait_until (fixture->stopped == 1);
  fixture->job->priority = BGC_PRIORITY_LOW;
  start (fixture);
  g_assert_true (bgc_worker_runs_has_background (fixture->runs));
  stop (fixture);
  hand_wait_until (fixture->stopped == 2);
  g_assert_false (bgc_worker_runs_has_background (fixture->runs));
}

static void
test_whole_run (Fixture *fixture, gconstpointer data)
{
  bgc_worker_runs_open (fixture->runs, fixture->link);
  start (fixture);
  g_assert_true (bgc_worker_runs_is_busy (fixture->runs));
  hand_wait_until (fixture->started == 1);
  g_assert_true (g_str_has_prefix (call_at (fixture, 0), "StartJob ('01000000000000000000000000000000', {"));
  g_assert_nonnull (strstr (call_at (fixture, 0), "https://example.org/2"));
  hand_worker_report (fixture->worker, &fixture->job->id, 5, "[(0, 2, 5, 5, 1, 2, '', '', 0, 1, {})]");
  pass_reports (fixture, 1);
  g_assert_cmpuint (fixture->reports, ==, 1);
  stop (fixture);
  stop (fixture);
  hand_wait_until (fixture->stopped == 2);
  g_assert_false (bgc_worker_runs_is_busy (fixture->runs));
  g_assert_cmpstr (call_at (fixture, 1), ==, "StopJob ('01000000000000000000000000000000', false)");
  g_assert_cmpuint (fixture->worker->calls->len, ==, 2);
}

/* A job that was asked for and called off before there was a worker: none is needed. */
static void
test_called_off (Fixture *fixture, gconstpointer data)
{
  start (fixture);
  stop (fixture);
  hand_wait_until (fixture->started == 1 && fixture->stopped == 1);
  bgc_worker_runs_open (fixture->runs, fixture->link);
  hand_settle ();
  g_assert_cmpuint (fixture->worker->calls->len, ==, 0);
  stop (fixture);
  hand_wait_until (fixture->stopped == 2);
}

static void
test_more_files (Fixture *fixture, gconstpointer data)
{
  bgc_worker_runs_open (fixture->runs, fixture->link);
  start (fixture);
  hand_wait_until (fixture->started == 1);
  bgc_file_list_put (fixture->job->files, bgc_file_new (3, "https://example.org/new", "/tmp/new", "t"));
  start (fixture);
  start (fixture);
  hand_wait_until (fixture->started == 3);
  g_assert_cmpuint (fixture->worker->calls->len, ==, 2);
  g_assert_true (g_str_has_prefix (call_at (fixture, 1), "AddFiles ("));
  g_assert_nonnull (strstr (call_at (fixture, 1), "https://example.org/new"));
  g_assert_null (strstr (call_at (fixture, 1), "https://example.org/2"));
}

/* Portion after portion without being asked. */
static void
test_long_job (Fixture *fixture, gconstpointer data)
{
  g_autoptr (BgcJob) job = hand_job_new (2, 1900);

  bgc_worker_runs_open (fixture->runs, fixture->link);
  bgc_worker_runs_start (fixture->runs, g_task_new (NULL, NULL, on_started, fixture), job, 4, BGC_CAP_NONE);
  hand_wait_until (fixture->worker->calls->len == 2 && bgc_worker_link_answers (fixture->link) == 2);
  hand_settle ();
  g_assert_cmpuint (fixture->worker->calls->len, ==, 2);
  hand_worker_report (fixture->worker, &job->id, 5, "[(0, 2, 5, 5, 1, 2, '', '', 0, 1, {})]");
  pass_reports (fixture, 1);
  hand_wait_until (fixture->worker->calls->len == 3);
  bgc_worker_runs_stop (fixture->runs, NULL, &job->id, TRUE);
  hand_wait_until (!bgc_worker_runs_is_busy (fixture->runs));
  g_assert_cmpuint (fixture->started, ==, 1);
}

static void
test_start_while_stopping (Fixture *fixture, gconstpointer data)
{
  bgc_worker_runs_open (fixture->runs, fixture->link);
  start (fixture);
  stop (fixture);
  start (fixture);
  hand_wait_until (fixture->stopped == 1 && fixture->busy_errors == 1);
  g_assert_cmpuint (fixture->started, ==, 1);
  start (fixture);
  hand_wait_until (fixture->started == 2);
}

/* A last report comes while the stop is on its way; none after it. */
static void
test_last_report (Fixture *fixture, gconstpointer data)
{
  const char *progress = "[(1, 0, 5, 9, 1, 2, '', '', 0, 1, {})]";

  bgc_worker_runs_open (fixture->runs, fixture->link);
  start (fixture);
  hand_wait_until (fixture->started == 1);
  fixture->worker->mute = TRUE;
  stop (fixture);
  hand_worker_report (fixture->worker, &fixture->job->id, 5, progress);
  pass_reports (fixture, 1);
  g_assert_cmpuint (fixture->reports, ==, 1);
  fixture->worker->mute = FALSE;
  hand_worker_answer_held (fixture->worker);
  hand_wait_until (fixture->stopped == 1);
  hand_worker_report (fixture->worker, &fixture->job->id, 5, progress);
  pass_reports (fixture, 2);
  g_assert_cmpuint (fixture->reports, ==, 1);
  g_assert_true (fixture->seen.broken);
}

static void
test_lies (Fixture *fixture, gconstpointer data)
{
  bgc_worker_runs_open (fixture->runs, fixture->link);
  start (fixture);
  hand_wait_until (fixture->started == 1);
  hand_worker_report (fixture->worker, &fixture->job->id, 5, data);
  pass_reports (fixture, 1);
  g_assert_true (fixture->seen.broken);
  g_assert_cmpuint (fixture->reports, ==, 0);
}

/* An upload's steps are asked for one by one, each after a start of its own. */
static void
test_upload (Fixture *fixture, gconstpointer data)
{
  g_autoptr (BgcJob) job = hand_upload_new (2, FALSE);
  BgcFile *source = (BgcFile *)bgc_file_list_find (job->files, 0);

  bgc_worker_runs_open (fixture->runs, fixture->link);
  for (guint i = 1; i <= 2; i++)
    {
      /* The second finds the step under way. */
      bgc_worker_runs_start (fixture->runs, g_task_new (NULL, NULL, on_started, fixture), job, 4,
                             BGC_CAP_NONE);
      hand_wait_until (fixture->started == i);
    }
  g_assert_cmpuint (fixture->worker->calls->len, ==, 1);
  g_assert_true (g_str_has_prefix (call_at (fixture, 0), "StartUpload ('02000000000000000000000000000000"));
  g_assert_nonnull (strstr (call_at (fixture, 0), "}, 0, "));
  g_assert_nonnull (strstr (call_at (fixture, 0), "https://example.org/drop"));
  hand_worker_report_session (fixture->worker, &job->id, 0, "[(0, 0, 0, 100, 0, 0, '', '', 0, 1, {})]",
                              "{'protocol': <'bits'>, 'stage': <uint32 1>, 'session-id': <'{1}'>}");
  pass_reports (fixture, 1);
  g_assert_cmpuint (fixture->reports, ==, 1);
  hand_settle ();
  g_assert_cmpuint (fixture->worker->calls->len, ==, 1);
  job->upload->stage = BGC_UPLOAD_STAGE_OPEN;
  job->upload->session_id = g_strdup ("{1}");
  bgc_worker_runs_start (fixture->runs, g_task_new (NULL, NULL, on_started, fixture), job, 4, BGC_CAP_NONE);
  hand_wait_until (fixture->started == 3);
  g_assert_nonnull (strstr (call_at (fixture, 1), "}, 1, "));
  hand_worker_report_session (fixture->worker, &job->id, 0, "[(0, 2, 100, 100, 0, 0, '', '', 0, 1, {})]",
                              "{'protocol': <'bits'>, 'stage': <uint32 2>, 'session-id': <'{1}'>}");
  pass_reports (fixture, 2);
  source->state = BGC_FILE_WHOLE;
  job->upload->stage = BGC_UPLOAD_STAGE_SENT;
  bgc_worker_runs_start (fixture->runs, g_task_new (NULL, NULL, on_started, fixture), job, 4, BGC_CAP_NONE);
  hand_wait_until (fixture->started == 4);
  g_assert_nonnull (strstr (call_at (fixture, 2), "}, 3, "));
  bgc_worker_runs_stop (fixture->runs, NULL, &job->id, FALSE);
  hand_wait_until (!bgc_worker_runs_is_busy (fixture->runs));
  g_assert_cmpstr (call_at (fixture, 3), ==, "StopJob ('02000000000000000000000000000000', false)");
}

/* What a session may be is judged with the step, and a download has none. */
static void
test_session_lies (Fixture *fixture, gconstpointer data)
{
  gboolean upload = data != NULL;
  g_autoptr (BgcJob) job = upload ? hand_upload_new (2, FALSE) : hand_job_new (2, 1);

  bgc_worker_runs_open (fixture->runs, fixture->link);
  bgc_worker_runs_start (fixture->runs, g_task_new (NULL, NULL, on_started, fixture), job, 4, BGC_CAP_NONE);
  hand_wait_until (fixture->started == 1);
  hand_worker_report_session (fixture->worker, &job->id, 0, "[]",
                              upload ? data : "{'protocol': <'bits'>, 'stage': <uint32 1>}");
  pass_reports (fixture, 1);
  g_assert_true (fixture->seen.broken);
  g_assert_cmpuint (fixture->reports, ==, 0);
}

/* A rate goes with the start, and later ones by themselves: not before the job was sent, not without news,
 * not once it stops; while one is under way only the last of what follows. */
static void
test_limit (Fixture *fixture, gconstpointer data)
{
  const BgcJobId other = { { 9 } };
  guint calls;

  start (fixture);
  bgc_worker_runs_limit (fixture->runs, &fixture->job->id, 1234);
  bgc_worker_runs_open (fixture->runs, fixture->link);
  hand_wait_until (fixture->started == 1);
  g_assert_cmpuint (fixture->worker->calls->len, ==, 1);
  g_assert_nonnull (strstr (call_at (fixture, 0), "'rate': <uint64 1234>"));
  bgc_worker_runs_limit (fixture->runs, &fixture->job->id, 1234);
  bgc_worker_runs_limit (fixture->runs, &fixture->job->id, BGC_CAP_NONE);
  bgc_worker_runs_limit (fixture->runs, &other, 5);
  hand_wait_until (fixture->worker->calls->len == 2);
  g_assert_cmpstr (call_at (fixture, 1), ==,
                   "LimitJob ('01000000000000000000000000000000', 18446744073709551615)");
  for (guint64 rate = 6; rate <= 8; rate++)
    bgc_worker_runs_limit (fixture->runs, &fixture->job->id, rate);
  hand_wait_until (g_str_has_suffix (call_at (fixture, fixture->worker->calls->len - 1), ", 8)"));
  calls = fixture->worker->calls->len;
  g_assert_cmpuint (calls, <=, 4);
  stop (fixture);
  bgc_worker_runs_limit (fixture->runs, &fixture->job->id, 5);
  hand_wait_until (fixture->stopped == 1);
  hand_settle ();
  g_assert_cmpuint (fixture->worker->calls->len, ==, calls + 1);
  g_assert_true (g_str_has_prefix (call_at (fixture, calls), "StopJob "));
}

static void
test_foreign_job (Fixture *fixture, gconstpointer data)
{
  BgcJobId other = { { 9 } };

  bgc_worker_runs_open (fixture->runs, fixture->link);
  hand_worker_report (fixture->worker, &other, 5, "[]");
  pass_reports (fixture, 1);
  g_assert_true (fixture->seen.broken);
}

static void
test_stop_all (Fixture *fixture, gconstpointer data)
{
  g_autoptr (BgcJob) job = hand_job_new (2, 1);

  bgc_worker_runs_open (fixture->runs, fixture->link);
  start (fixture);
  bgc_worker_runs_start (fixture->runs, g_task_new (NULL, NULL, on_started, fixture), job, 4, BGC_CAP_NONE);
  hand_wait_until (fixture->started == 2);
  bgc_worker_runs_stop_all (fixture->runs);
  hand_wait_until (!bgc_worker_runs_is_busy (fixture->runs));
}

/* Pings are answered, a hanging disk is not seen by them. */
static void
test_stop_hangs (Fixture *fixture, gconstpointer data)
{
  bgc_worker_runs_open (fixture->runs, fixture->link);
  start (fixture);
  hand_wait_until (fixture->started == 1);
  fixture->worker->mute = fixture->worker->mute_but_ping = TRUE;
  stop (fixture);
  for (guint second = 1; second <= 9; second++)
    {
      bgc_clock_fake_advance (fixture->clock, G_USEC_PER_SEC);
      hand_settle ();
      hand_wait_until (fixture->worker->calls->len >= 2);
    }
  g_assert_false (fixture->seen.broken);
  bgc_clock_fake_advance (fixture->clock, G_USEC_PER_SEC);
  g_assert_true (fixture->seen.broken);
  g_assert_cmpstr (fixture->seen.why, ==, "it does not stop a job in time");
}

#define ADD(name, function, data)                                                                            \
  g_test_add ("/worker-runs/" name, Fixture, data, set_up, function, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("whole-run", test_whole_run, NULL);
  ADD ("background", test_background, NULL);
  ADD ("called-off", test_called_off, NULL);
  ADD ("more-files", test_more_files, NULL);
  ADD ("long-job", test_long_job, NULL);
  ADD ("start-while-stopping", test_start_while_stopping, NULL);
  ADD ("last-report", test_last_report, NULL);
  ADD ("unknown-index", test_lies, "[(3, 0, 5, 9, 1, 2, '', '', 0, 1, {})]");
  ADD ("backwards", test_lies,
       "[(1, 0, 5, 9, 1, 2, '', '', 0, 1, {}), (1, 0, 4, 9, 1, 2, '', '', 0, 1, {})]");
  ADD ("more-than-all", test_lies, "[(1, 0, 10, 9, 1, 2, '', '', 0, 1, {})]");
  ADD ("limit", test_limit, NULL);
  ADD ("upload", test_upload, NULL);
  ADD ("session-of-a-download", test_session_lies, NULL);
  ADD ("session-done-too-early", test_session_lies, "{'protocol': <'bits'>, 'stage': <uint32 3>}");
  ADD ("session-of-no-form", test_session_lies, "{'protocol': <'bits'>, 'stage': <uint32 9>}");
  ADD ("foreign-job", test_foreign_job, NULL);
  ADD ("stop-hangs", test_stop_hangs, NULL);
  ADD ("stop-all", test_stop_all, NULL);
  return g_test_run ();
}
