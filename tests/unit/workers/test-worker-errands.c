/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "workers/bgc-worker-errands.h"

#include <string.h>

#include "workers/bgc-workers.h"

#include "hand-worker.h"

typedef struct
{
  BgcClockFake *clock;
  HandWorker *worker;
  BgcWorkerLink *link;
  HandLink seen;
  BgcWorkerErrands *errands;
  BgcJob *job;
  guint changed;
  guint ended;
  gpointer result; /* (owned) by the test (nullable) of the last */
  gpointer earlier; /* (owned) likewise, of the one before */
  GError *error;   /* (owned) (nullable) likewise */
} Fixture;

static void
on_changed (gpointer data)
{
  ((Fixture *)data)->changed++;
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->clock = bgc_clock_fake_new (0, 0);
  fixture->link = hand_link_new (&fixture->seen, &fixture->worker, BGC_CLOCK (fixture->clock));
  fixture->errands = bgc_worker_errands_new (BGC_CLOCK (fixture->clock), on_changed, fixture);
  fixture->job = hand_upload_new (1, TRUE);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GPtrArray) tasks = g_ptr_array_new_with_free_func (g_object_unref);

  bgc_worker_link_free (fixture->link);
  bgc_worker_errands_close (fixture->errands, tasks);
  for (guint i = 0; i < tasks->len; i++)
    g_task_return_new_error (g_ptr_array_index (tasks, i), BGC_ERROR, BGC_ERROR_WORKER_LOST, "over");
  bgc_worker_errands_free (fixture->errands);
  hand_worker_free (fixture->worker);
  hand_settle ();
  hand_link_clear (&fixture->seen);
  g_clear_error (&fixture->error);
  bgc_job_free (fixture->job);
  g_clear_object (&fixture->clock);
}

static void
on_ended (GObject *source, GAsyncResult *result, gpointer data)
{
  Fixture *fixture = data;

  g_clear_error (&fixture->error);
  fixture->earlier = fixture->result;
  fixture->result = g_task_propagate_pointer (G_TASK (result), &fixture->error);
  fixture->ended++;
}

static GTask *
task_new (Fixture *fixture)
{
  return g_task_new (NULL, NULL, on_ended, fixture);
}

static const char *
call_at (Fixture *fixture, guint i)
{
  return g_ptr_array_index (fixture->worker->calls, i);
}

static void
check_source (Fixture *fixture)
{
  bgc_worker_errands_check_source (fixture->errands, task_new (fixture), "/tmp/source");
  hand_wait_until (fixture->ended == 1 || fixture->seen.broken);
}

static void
test_source (Fixture *fixture, gconstpointer data)
{
  g_autofree guint64 *size = NULL;

  bgc_worker_errands_open (fixture->errands, fixture->link);
  check_source (fixture);
  g_assert_no_error (fixture->error);
  size = fixture->result;
  g_assert_cmpuint (*size, ==, 5);
  g_assert_cmpstr (call_at (fixture, 0), ==, "CheckSource ('/tmp/source',)");
  g_assert_false (bgc_worker_errands_is_busy (fixture->errands));
  g_assert_cmpuint (fixture->changed, ==, 1);
}

static void
test_source_refused (Fixture *fixture, gconstpointer data)
{
  fixture->worker->source = "((false, 'InvalidPath', 'a pipe', ''), uint64 0)";
  bgc_worker_errands_open (fixture->errands, fixture->link);
  check_source (fixture);
  g_assert_error (fixture->error, BGC_ERROR, BGC_ERROR_INVALID_PATH);
  g_assert_cmpstr (fixture->error->message, ==, "a pipe");
}

static void
test_room (Fixture *fixture, gconstpointer data)
{
  g_autoptr (BgcFile) file = bgc_file_new (3, "http://example.org/", "/tmp/room", ".bgcopy-x");

  fixture->worker->source = "((false, 'NoSpace', 'full', ''), uint64 0)";
  bgc_worker_errands_open (fixture->errands, fixture->link);
  bgc_worker_errands_check_room (fixture->errands, task_new (fixture), file, 77);
  hand_wait_until (fixture->ended == 1);
  g_assert_error (fixture->error, BGC_ERROR, BGC_ERROR_NO_SPACE);
  g_assert_true (g_str_has_prefix (call_at (fixture, 0), "CheckRoom ("));
  g_assert_nonnull (strstr (call_at (fixture, 0), ", 77)"));
  g_assert_nonnull (strstr (call_at (fixture, 0), "/tmp/room"));
}

/* Lets time pass for a worker that answers nothing but Ping, which it is asked every 5 s. */
static void
pass (Fixture *fixture, guint seconds)
{
  for (guint i = 1; i <= seconds; i++)
    {
      bgc_clock_fake_advance (fixture->clock, G_USEC_PER_SEC);
      hand_wait_until (bgc_worker_link_answers (fixture->link) == i / 5);
    }
}

/* Nobody waits for a file system longer than for Cancel; what comes afterwards is for nobody. */
static void
test_source_late (Fixture *fixture, gconstpointer data)
{
  fixture->worker->mute = fixture->worker->mute_but_ping = TRUE;
  bgc_worker_errands_open (fixture->errands, fixture->link);
  bgc_worker_errands_check_source (fixture->errands, task_new (fixture), "/tmp/source");
  hand_wait_until (fixture->worker->calls->len == 1);
  pass (fixture, 9);
  g_assert_cmpuint (fixture->ended, ==, 0);
  bgc_clock_fake_advance (fixture->clock, G_USEC_PER_SEC);
  hand_wait_until (fixture->ended == 1);
  g_assert_error (fixture->error, BGC_ERROR, BGC_ERROR_TIMEOUT);
  hand_worker_answer_held (fixture->worker);
  hand_wait_until (bgc_worker_link_answers (fixture->link) == 3);
  g_assert_cmpuint (fixture->ended, ==, 1);
  g_assert_false (fixture->seen.broken);
}

/* What is asked before there is a worker waits for it; several at once do not wait for each other. */
static void
test_cancel (Fixture *fixture, gconstpointer data)
{
  g_autoptr (BgcWorkerErrandsCancelled) cancelled = NULL;

  fixture->job->upload->stage = BGC_UPLOAD_STAGE_OPEN;
  fixture->job->upload->session_id = g_strdup ("{1}");
  bgc_worker_errands_cancel_session (fixture->errands, task_new (fixture), fixture->job);
  g_assert_true (bgc_worker_errands_is_busy (fixture->errands));
  fixture->worker->mute = TRUE;
  bgc_worker_errands_open (fixture->errands, fixture->link);
  bgc_worker_errands_cancel_session (fixture->errands, task_new (fixture), fixture->job);
  hand_wait_until (fixture->worker->calls->len == 2);
  g_assert_true (
    g_str_has_prefix (call_at (fixture, 0), "CancelSession ('01000000000000000000000000000000', 'https://"));
  g_assert_nonnull (strstr (call_at (fixture, 0), "'session-id': <'{1}'>"));
  fixture->worker->mute = FALSE;
  hand_worker_answer_held (fixture->worker);
  hand_wait_until (fixture->ended == 2);
  bgc_worker_errands_cancelled_free (fixture->earlier);
  cancelled = fixture->result;
  g_assert_true (cancelled->settled);
  g_assert_null (cancelled->failure);
  g_assert_cmpuint (fixture->changed, ==, 1);
}

static void
test_cancel_failed (Fixture *fixture, gconstpointer data)
{
  g_autoptr (BgcWorkerErrandsCancelled) cancelled = NULL;

  fixture->worker->cancelled = "(false, {'context': <'transport'>, 'name': <'ConnectFailed'>,"
                               " 'wait': <'retry'>, 'transient': <true>, 'retry-after': <uint32 60>})";
  bgc_worker_errands_open (fixture->errands, fixture->link);
  bgc_worker_errands_cancel_session (fixture->errands, task_new (fixture), fixture->job);
  hand_wait_until (fixture->ended == 1);
  cancelled = fixture->result;
  g_assert_false (cancelled->settled);
  g_assert_cmpint (cancelled->failure->code, ==, BGC_ERROR_CONNECT_FAILED);
  g_assert_cmpuint (cancelled->failure->retry_after, ==, 60);
}

/* A worker that gives no server up is none. */
static void
test_cancel_late (Fixture *fixture, gconstpointer data)
{
  fixture->worker->mute = fixture->worker->mute_but_ping = TRUE;
  bgc_worker_errands_open (fixture->errands, fixture->link);
  bgc_worker_errands_cancel_session (fixture->errands, task_new (fixture), fixture->job);
  hand_wait_until (fixture->worker->calls->len == 1);
  pass (fixture, 89);
  g_assert_false (fixture->seen.broken);
  bgc_clock_fake_advance (fixture->clock, G_USEC_PER_SEC);
  g_assert_true (fixture->seen.broken);
  g_assert_cmpstr (fixture->seen.why, ==, "it did not give a server up in time");
}

static void
read_reply (Fixture *fixture, guint64 size)
{
  BgcFile *reply = (BgcFile *)bgc_file_list_find (fixture->job->files, BGC_UPLOAD_REPLY);

  reply->bytes_transferred = size;
  reply->device = 8;
  reply->inode = 9;
  bgc_worker_errands_read_reply (fixture->errands, task_new (fixture), reply);
  hand_wait_until (fixture->ended == 1 || fixture->seen.broken);
}

static void
test_reply (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GBytes) bytes = NULL;
  const guint8 *first;
  gsize size;

  bgc_worker_errands_open (fixture->errands, fixture->link);
  read_reply (fixture, 600 * 1024 + 3);
  g_assert_no_error (fixture->error);
  bytes = fixture->result;
  first = g_bytes_get_data (bytes, &size);
  g_assert_cmpuint (size, ==, 600 * 1024 + 3);
  for (gsize i = 0; i < size; i++)
    g_assert_cmpuint (first[i], ==, (guint8)i);
  g_assert_cmpuint (fixture->worker->calls->len, ==, 3);
  g_assert_cmpstr (call_at (fixture, 2), ==,
                   "ReadReply ('/tmp', '.bgcopy-00000000000000000000000000000000', 8, 9, 614403, 524288)");
}

/* An empty reply needs no worker's word but a worker; the largest is a mebibyte. */
static void
test_reply_sizes (Fixture *fixture, gconstpointer data)
{
  BgcFile *reply = (BgcFile *)bgc_file_list_find (fixture->job->files, BGC_UPLOAD_REPLY);
  g_autoptr (GBytes) bytes = NULL;

  reply->bytes_transferred = BGC_WORKERS_REPLY_MAX + 1;
  bgc_worker_errands_read_reply (fixture->errands, task_new (fixture), reply);
  hand_wait_until (fixture->ended == 1);
  g_assert_error (fixture->error, BGC_ERROR, BGC_ERROR_TOO_LARGE);
  reply->bytes_transferred = 0;
  bgc_worker_errands_read_reply (fixture->errands, task_new (fixture), reply);
  bgc_worker_errands_open (fixture->errands, fixture->link);
  hand_wait_until (fixture->ended == 2);
  g_assert_no_error (fixture->error);
  bytes = fixture->result;
  g_assert_cmpuint (g_bytes_get_size (bytes), ==, 0);
}

static void
test_reply_lies (Fixture *fixture, gconstpointer data)
{
  fixture->worker->wrong = data;
  bgc_worker_errands_open (fixture->errands, fixture->link);
  read_reply (fixture, 4);
  g_assert_true (fixture->seen.broken);
  g_assert_cmpuint (fixture->ended, ==, 0);
}

static void
test_reply_changed (Fixture *fixture, gconstpointer data)
{
  fixture->worker->wrong
    = "(@ay [], {'context': <'local-file'>, 'name': <'LocalFileChanged'>, 'wait': <'none'>})";
  bgc_worker_errands_open (fixture->errands, fixture->link);
  read_reply (fixture, 4);
  g_assert_error (fixture->error, BGC_ERROR, BGC_ERROR_LOCAL_FILE_CHANGED);
}

static void
test_other_lies (Fixture *fixture, gconstpointer data)
{
  fixture->worker->source = data;
  fixture->worker->cancelled = data;
  bgc_worker_errands_open (fixture->errands, fixture->link);
  if (g_str_has_prefix (data, "(("))
    bgc_worker_errands_check_source (fixture->errands, task_new (fixture), "/tmp/source");
  else
    bgc_worker_errands_cancel_session (fixture->errands, task_new (fixture), fixture->job);
  hand_wait_until (fixture->seen.broken);
  g_assert_cmpuint (fixture->ended, ==, 0);
}

#define ADD(name, function) g_test_add ("/worker-errands/" name, Fixture, NULL, set_up, function, tear_down)
#define LIE(name, function, lie)                                                                             \
  g_test_add ("/worker-errands/" name, Fixture, lie, set_up, function, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("source", test_source);
  ADD ("source-refused", test_source_refused);
  ADD ("room", test_room);
  ADD ("source-late", test_source_late);
  ADD ("cancel", test_cancel);
  ADD ("cancel-failed", test_cancel_failed);
  ADD ("cancel-late", test_cancel_late);
  ADD ("reply", test_reply);
  ADD ("reply-sizes", test_reply_sizes);
  ADD ("reply-changed", test_reply_changed);
  LIE ("reply-longer", test_reply_lies, "(@ay [1, 2, 3, 4, 5], @a{sv} {})");
  LIE ("reply-ends-early", test_reply_lies, "(@ay [], @a{sv} {})");
  LIE ("reply-nonsense", test_reply_lies, "(@ay [], {'name': <'Nonsense'>})");
  LIE ("reply-of-another-type", test_reply_lies, "('hello',)");
  LIE ("source-too-large", test_other_lies, "((true, '', '', ''), uint64 9223372036854775808)");
  LIE ("source-nameless", test_other_lies, "((false, 'Nonsense', '', ''), uint64 0)");
  LIE ("cancel-without-reason", test_other_lies, "(false, @a{sv} {})");
  LIE ("cancel-nonsense", test_other_lies, "(true, {'name': <'Nonsense'>})");
  return g_test_run ();
}
