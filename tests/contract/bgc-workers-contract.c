/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "bgc-workers-contract.h"

#include <unistd.h>

#include "model/bgc-file-report.h"
#include "model/bgc-path-verdict.h"

/* Real time that anything may take. */
#define PATIENCE (20 * G_USEC_PER_SEC)

typedef struct
{
  const BgcWorkersContract *contract;
  gpointer data;
  BgcWorkers *workers;
  BgcJob *job;
  guint ended;        /* calls */
  gboolean succeeded; /* the last */
  GPtrArray *answer;  /* (owned) (nullable) of the last check or place */
  GError *error;      /* (owned) (nullable) of the last call */
  guint reports;
  guint whole;     /* files told to be so */
  guint64 durable; /* last heard */
  guint64 device;
  guint64 inode;
  guint lost;
  guint late; /* reports of a job that is stopped */
  gboolean stopped;
  BgcJob *upload;      /* (owned) (nullable) the job instead, as the engine would keep it */
  guint sessions;      /* reports that told one */
  guint64 size;        /* of the last source checked */
  gboolean settled;    /* of the last session cancelled */
  BgcFailure *failure; /* (owned) (nullable) likewise */
  GBytes *bytes;       /* (owned) (nullable) of the last reply read */
} Fixture;

static gboolean
tick (gpointer data)
{
  return G_SOURCE_CONTINUE;
}

static void
wait_for (const guint *counter, guint value)
{
  gint64 end = g_get_monotonic_time () + PATIENCE;
  guint timer = g_timeout_add (100, tick, NULL);

  while (*counter < value && g_get_monotonic_time () < end)
    g_main_context_iteration (NULL, TRUE);
  g_source_remove (timer);
  g_assert_cmpuint (*counter, ==, value);
}

static void
on_report (BgcWorkers *workers, const BgcReport *report, guint owner, gpointer data)
{
  Fixture *fixture = data;

  g_assert_cmpuint (owner, ==, getuid ());
  g_assert_true (bgc_job_id_equal (&report->id, &fixture->job->id));
  if (fixture->upload != NULL && report->upload != NULL)
    {
      bgc_upload_free (fixture->upload->upload);
      fixture->upload->upload = bgc_upload_copy (report->upload);
      fixture->sessions++;
    }
  fixture->reports++;
  fixture->late += fixture->stopped;
  for (guint i = 0; i < report->files->len; i++)
    {
      const BgcFileReport *file = g_ptr_array_index (report->files, i);

      fixture->whole += file->event == BGC_FILE_EVENT_WHOLE;
      fixture->durable = file->durable;
      fixture->device = file->device;
      fixture->inode = file->inode;
    }
}

static void
on_lost (BgcWorkers *workers, guint owner, const char *why, gpointer data)
{
  g_assert_cmpuint (owner, ==, getuid ());
  g_assert_nonnull (why);
  ((Fixture *)data)->lost++;
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  BgcLimits limits;
  BgcJobId id = { { 7 } };

  fixture->contract = data;
  fixture->data = fixture->contract->set_up ();
  fixture->workers = fixture->contract->workers (fixture->data);
  g_signal_connect (fixture->workers, "report", G_CALLBACK (on_report), fixture);
  g_signal_connect (fixture->workers, "lost", G_CALLBACK (on_lost), fixture);
  bgc_limits_init (&limits);
  fixture->job = bgc_job_new (&id, BGC_JOB_TYPE_DOWNLOAD, getuid (), "job", 0, &limits);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_signal_handlers_disconnect_by_data (fixture->workers, fixture);
  g_clear_pointer (&fixture->answer, g_ptr_array_unref);
  g_clear_error (&fixture->error);
  fixture->contract->tear_down (fixture->data);
  bgc_job_free (fixture->job);
  bgc_job_free (fixture->upload);
  bgc_failure_free (fixture->failure);
  g_clear_pointer (&fixture->bytes, g_bytes_unref);
}

static void
begin_end (Fixture *fixture)
{
  g_clear_pointer (&fixture->answer, g_ptr_array_unref);
  g_clear_error (&fixture->error);
  fixture->ended++;
}

static void
on_checked (GObject *source, GAsyncResult *result, gpointer data)
{
  Fixture *fixture = data;

  begin_end (fixture);
  fixture->answer = bgc_workers_check_finish (fixture->workers, result, &fixture->error);
}

static void
on_placed (GObject *source, GAsyncResult *result, gpointer data)
{
  Fixture *fixture = data;

  begin_end (fixture);
  fixture->answer = bgc_workers_place_finish (fixture->workers, result, &fixture->error);
}

static void
on_started (GObject *source, GAsyncResult *result, gpointer data)
{
  Fixture *fixture = data;

  begin_end (fixture);
  fixture->succeeded = bgc_workers_start_job_finish (fixture->workers, result, &fixture->error);
}

static void
on_stopped (GObject *source, GAsyncResult *result, gpointer data)
{
  Fixture *fixture = data;

  begin_end (fixture);
  fixture->stopped = TRUE;
  fixture->succeeded = bgc_workers_stop_job_finish (fixture->workers, result, &fixture->error);
}

static void
on_shut_down (GObject *source, GAsyncResult *result, gpointer data)
{
  Fixture *fixture = data;

  begin_end (fixture);
  fixture->succeeded = bgc_workers_shut_down_finish (fixture->workers, result, &fixture->error);
}

static void
on_source_checked (GObject *source, GAsyncResult *result, gpointer data)
{
  Fixture *fixture = data;

  begin_end (fixture);
  fixture->succeeded
    = bgc_workers_check_source_finish (fixture->workers, result, &fixture->size, &fixture->error);
}

static void
on_session_cancelled (GObject *source, GAsyncResult *result, gpointer data)
{
  Fixture *fixture = data;

  begin_end (fixture);
  g_clear_pointer (&fixture->failure, bgc_failure_free);
  fixture->succeeded = bgc_workers_cancel_session_finish (fixture->workers, result, &fixture->settled,
                                                          &fixture->failure, &fixture->error);
}

static void
on_reply_read (GObject *source, GAsyncResult *result, gpointer data)
{
  Fixture *fixture = data;

  begin_end (fixture);
  g_clear_pointer (&fixture->bytes, g_bytes_unref);
  fixture->bytes = bgc_workers_read_reply_finish (fixture->workers, result, &fixture->error);
}

static void
add_file (Fixture *fixture, const char *name)
{
  g_autofree char *url = fixture->contract->url (fixture->data, name);
  g_autofree char *local = g_build_filename (fixture->contract->directory (fixture->data), name, NULL);

  bgc_file_list_put (fixture->job->files,
                     bgc_file_new (0, url, local, ".bgcopy-0123456789abcdef0123456789abcdef"));
}

static void
start (Fixture *fixture)
{
  guint before = fixture->ended;

  bgc_workers_start_job_async (fixture->workers, fixture->job, 4, BGC_CAP_NONE, on_started, fixture);
  g_assert_cmpuint (fixture->ended, ==, before);
  wait_for (&fixture->ended, before + 1);
  g_assert_no_error (fixture->error);
  g_assert_true (fixture->succeeded);
}

static void
start_upload (Fixture *fixture)
{
  guint before = fixture->ended;

  bgc_workers_start_job_async (fixture->workers, fixture->upload, 4, BGC_CAP_NONE, on_started, fixture);
  wait_for (&fixture->ended, before + 1);
  g_assert_no_error (fixture->error);
}

static void
stop (Fixture *fixture, gboolean discard)
{
  guint before = fixture->ended;

  bgc_workers_stop_job_async (fixture->workers, getuid (), &fixture->job->id, discard, on_stopped, fixture);
  wait_for (&fixture->ended, before + 1);
  g_assert_no_error (fixture->error);
  g_assert_true (fixture->succeeded);
}

/* One verdict for each path, in order, also of calls in quick succession. */
static void
test_check (Fixture *fixture, gconstpointer data)
{
  g_autofree char *good = g_build_filename (fixture->contract->directory (fixture->data), "f", NULL);
  g_autofree char *bad = g_build_filename (fixture->contract->directory (fixture->data), "none", "f", NULL);
  const char *paths[] = { good, bad, good, NULL };
  const BgcPathVerdict *verdict;

  fixture->contract->refuse (fixture->data, bad);
  for (guint i = 0; i < 5; i++)
    bgc_workers_check_async (fixture->workers, getuid (), paths, on_checked, fixture);
  g_assert_cmpuint (fixture->ended, ==, 0);
  wait_for (&fixture->ended, 5);
  g_assert_no_error (fixture->error);
  g_assert_cmpuint (fixture->answer->len, ==, 3);
  verdict = g_ptr_array_index (fixture->answer, 0);
  g_assert_true (verdict->allowed);
  verdict = g_ptr_array_index (fixture->answer, 1);
  g_assert_false (verdict->allowed);
  g_assert_nonnull (verdict->message);
  verdict = g_ptr_array_index (fixture->answer, 2);
  g_assert_true (verdict->allowed);
}

/* From the start over the whole file to its place, and what is not there is deleted with success. */
static void
test_run (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GPtrArray) placements = g_ptr_array_new_with_free_func ((GDestroyNotify)bgc_placement_free);
  const char *temporary = ".bgcopy-0123456789abcdef0123456789abcdef";
  const char *directory = fixture->contract->directory (fixture->data);
  const BgcPlacementResult *result;

  add_file (fixture, "fast");
  start (fixture);
  fixture->contract->let_finish (fixture->data, fixture->job);
  wait_for (&fixture->whole, 1);
  g_assert_cmpuint (fixture->durable, ==, BGC_WORKERS_CONTRACT_SIZE);
  g_assert_cmpuint (fixture->inode, !=, 0);
  stop (fixture, FALSE);
  stop (fixture, FALSE);
  fixture->ended = 0;
  g_ptr_array_add (
    placements, bgc_placement_new (5, directory, temporary, "fast", fixture->device, fixture->inode, TRUE));
  g_ptr_array_add (placements, bgc_placement_new (6, directory, ".bgcopy-00000000000000000000000000000000",
                                                  NULL, 0, 0, TRUE));
  bgc_workers_place_async (fixture->workers, getuid (), placements, on_placed, fixture);
  wait_for (&fixture->ended, 1);
  g_assert_no_error (fixture->error);
  g_assert_cmpuint (fixture->answer->len, ==, 2);
  for (guint i = 0; i < 2; i++)
    {
      result = g_ptr_array_index (fixture->answer, i);
      g_assert_true (result->done);
      g_assert_cmpuint (result->index, ==, 5 + i);
    }
  g_assert_cmpuint (fixture->late, ==, 0);
  g_assert_cmpuint (fixture->lost, ==, 0);
}

/* Limited, and stopped in the middle: nothing is heard afterwards, and it may start again. */
static void
test_stop (Fixture *fixture, gconstpointer data)
{
  add_file (fixture, "slow");
  start (fixture);
  bgc_workers_limit_job (fixture->workers, getuid (), &fixture->job->id, 100000000);
  fixture->contract->let_move (fixture->data, fixture->job);
  wait_for (&fixture->reports, 1);
  bgc_workers_limit_job (fixture->workers, getuid (), &fixture->job->id, 1);
  stop (fixture, TRUE);
  /* It does not run, which is nothing to complain of. */
  bgc_workers_limit_job (fixture->workers, getuid (), &fixture->job->id, BGC_CAP_NONE);
  fixture->stopped = FALSE;
  fixture->reports = 0;
  start (fixture);
  fixture->contract->let_move (fixture->data, fixture->job);
  wait_for (&fixture->reports, 1);
  stop (fixture, FALSE);
  g_assert_cmpuint (fixture->late, ==, 0);
}

/* A worker that dies is told of once, and its jobs do not run any more. */
static void
test_lost (Fixture *fixture, gconstpointer data)
{
  add_file (fixture, "slow");
  start (fixture);
  fixture->contract->lose (fixture->data, getuid ());
  wait_for (&fixture->lost, 1);
  fixture->stopped = TRUE;
  stop (fixture, FALSE);
  g_assert_cmpuint (fixture->lost, ==, 1);
}

static void
test_shut_down (Fixture *fixture, gconstpointer data)
{
  add_file (fixture, "slow");
  start (fixture);
  fixture->ended = 0;
  bgc_workers_shut_down_async (fixture->workers, on_shut_down, fixture);
  wait_for (&fixture->ended, 1);
  g_assert_true (fixture->succeeded);
  g_assert_cmpuint (fixture->lost, ==, 0);
}

/* An upload job by BITS that has not begun. */
static BgcJob *
upload_new (Fixture *fixture)
{
  BgcLimits limits;
  g_autofree char *url = fixture->contract->url (fixture->data, "drop");
  g_autofree char *source = fixture->contract->source (fixture->data);
  BgcFile *file = bgc_file_new (BGC_UPLOAD_FILE, url, source, "");
  BgcJob *job;

  bgc_limits_init (&limits);
  job = bgc_job_new (&fixture->job->id, BGC_JOB_TYPE_UPLOAD, getuid (), "upload", 0, &limits);
  job->upload_protocol = BGC_UPLOAD_PROTOCOL_BITS;
  file->bytes_total = BGC_WORKERS_CONTRACT_SIZE;
  bgc_file_list_put (job->files, file);
  fixture->upload = job;
  return job;
}

static void
check_source (Fixture *fixture, const char *path)
{
  guint before = fixture->ended;

  bgc_workers_check_source_async (fixture->workers, getuid (), path, on_source_checked, fixture);
  g_assert_cmpuint (fixture->ended, ==, before);
  wait_for (&fixture->ended, before + 1);
}

static void
test_source (Fixture *fixture, gconstpointer data)
{
  g_autofree char *good = fixture->contract->source (fixture->data);
  g_autofree char *bad = g_build_filename (fixture->contract->directory (fixture->data), "none", "f", NULL);

  check_source (fixture, good);
  g_assert_no_error (fixture->error);
  g_assert_true (fixture->succeeded);
  g_assert_cmpuint (fixture->size, ==, BGC_WORKERS_CONTRACT_SIZE);
  fixture->contract->refuse (fixture->data, bad);
  check_source (fixture, bad);
  g_assert_error (fixture->error, BGC_ERROR, BGC_ERROR_NOT_FOUND);
  g_assert_false (fixture->succeeded);
}

static void
on_room_checked (GObject *source, GAsyncResult *result, gpointer data)
{
  Fixture *fixture = data;

  begin_end (fixture);
  fixture->succeeded = bgc_workers_check_room_finish (fixture->workers, result, &fixture->error);
}

static void
test_room (Fixture *fixture, gconstpointer data)
{
  g_autofree char *good = fixture->contract->source (fixture->data);
  g_autofree char *bad = g_build_filename (fixture->contract->directory (fixture->data), "none", "f", NULL);
  const char *const paths[] = { good, bad };

  fixture->contract->refuse (fixture->data, bad);
  for (guint i = 0; i < G_N_ELEMENTS (paths); i++)
    {
      g_autoptr (BgcFile) file = bgc_file_new (0, "http://127.0.0.1/", paths[i], ".bgcopy-x");
      guint before = fixture->ended;

      file->bytes_total = 1;
      bgc_workers_check_room_async (fixture->workers, getuid (), file, on_room_checked, fixture);
      g_assert_cmpuint (fixture->ended, ==, before);
      wait_for (&fixture->ended, before + 1);
      g_assert_cmpint (fixture->succeeded, ==, i == 0);
      g_assert_cmpint (fixture->error != NULL, ==, i == 1);
    }
}

/* Three steps, each after a start of its own. A start too many takes none. */
static void
test_upload (Fixture *fixture, gconstpointer data)
{
  BgcJob *job = upload_new (fixture);
  BgcFile *file = (BgcFile *)bgc_file_list_find (job->files, BGC_UPLOAD_FILE);

  start_upload (fixture);
  start_upload (fixture);
  fixture->contract->let_finish (fixture->data, job);
  wait_for (&fixture->sessions, 1);
  g_assert_cmpint (job->upload->stage, ==, BGC_UPLOAD_STAGE_OPEN);
  g_assert_nonnull (job->upload->session_id);
  g_assert_cmpuint (fixture->durable, ==, 0);
  start_upload (fixture);
  fixture->contract->let_finish (fixture->data, job);
  wait_for (&fixture->whole, 1);
  g_assert_cmpuint (fixture->durable, ==, BGC_WORKERS_CONTRACT_SIZE);
  g_assert_cmpint (job->upload->stage, ==, BGC_UPLOAD_STAGE_SENT);
  g_assert_nonnull (job->upload->session_id);
  file->state = BGC_FILE_WHOLE;
  file->bytes_transferred = BGC_WORKERS_CONTRACT_SIZE;
  fixture->sessions = 0;
  start_upload (fixture);
  fixture->contract->let_finish (fixture->data, job);
  wait_for (&fixture->sessions, 1);
  g_assert_cmpint (job->upload->stage, ==, BGC_UPLOAD_STAGE_CLOSED);
  g_assert_cmpuint (fixture->whole, ==, 1);
  stop (fixture, FALSE);
  g_assert_cmpuint (fixture->lost, ==, 0);
}

/* Several at once, of jobs that do not run. */
static void
test_cancel_session (Fixture *fixture, gconstpointer data)
{
  BgcJob *job = upload_new (fixture);

  job->upload->protocol = BGC_UPLOAD_PROTOCOL_BITS;
  job->upload->stage = BGC_UPLOAD_STAGE_OPEN;
  job->upload->session_id = g_strdup ("{00000000-0000-0000-0000-000000000001}");
  for (guint i = 0; i < 3; i++)
    bgc_workers_cancel_session_async (fixture->workers, job, on_session_cancelled, fixture);
  g_assert_cmpuint (fixture->ended, ==, 0);
  wait_for (&fixture->ended, 3);
  g_assert_no_error (fixture->error);
  g_assert_true (fixture->succeeded);
  g_assert_true (fixture->settled);
  g_assert_null (fixture->failure);
}

static void
read_reply (Fixture *fixture, const BgcFile *reply)
{
  guint before = fixture->ended;

  bgc_workers_read_reply_async (fixture->workers, getuid (), reply, on_reply_read, fixture);
  g_assert_cmpuint (fixture->ended, ==, before);
  wait_for (&fixture->ended, before + 1);
}

static void
test_reply (Fixture *fixture, gconstpointer data)
{
  g_autofree char *local = g_build_filename (fixture->contract->directory (fixture->data), "reply", NULL);
  g_autoptr (BgcFile) reply
    = bgc_file_new (BGC_UPLOAD_REPLY, "", local, ".bgcopy-0123456789abcdef0123456789abcdef");
  g_autoptr (GByteArray) array = g_byte_array_new ();
  g_autoptr (GBytes) bytes = NULL;

  for (guint i = 0; i < 700 * 1000; i++)
    g_byte_array_append (array, &(guint8){ (guint8)('a' + i % 23) }, 1);
  bytes = g_byte_array_free_to_bytes (g_steal_pointer (&array));
  fixture->contract->put_reply (fixture->data, reply, bytes);
  read_reply (fixture, reply);
  g_assert_no_error (fixture->error);
  g_assert_true (g_bytes_equal (bytes, fixture->bytes));
  reply->bytes_transferred = BGC_WORKERS_REPLY_MAX + 1;
  read_reply (fixture, reply);
  g_assert_error (fixture->error, BGC_ERROR, BGC_ERROR_TOO_LARGE);
}

static void
add (const char *prefix, const char *name, const BgcWorkersContract *contract,
     void (*function) (Fixture *, gconstpointer))
{
  g_autofree char *path = g_strconcat (prefix, "/", name, NULL);

  g_test_add (path, Fixture, contract, set_up, function, tear_down);
}

void
bgc_workers_contract_add (const char *prefix, const BgcWorkersContract *contract)
{
  add (prefix, "check", contract, test_check);
  add (prefix, "run", contract, test_run);
  add (prefix, "stop", contract, test_stop);
  add (prefix, "lost", contract, test_lost);
  add (prefix, "shut-down", contract, test_shut_down);
  add (prefix, "source", contract, test_source);
  add (prefix, "room", contract, test_room);
  add (prefix, "upload", contract, test_upload);
  add (prefix, "cancel-session", contract, test_cancel_session);
  add (prefix, "reply", contract, test_reply);
}
