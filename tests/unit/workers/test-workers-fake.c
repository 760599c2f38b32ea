/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "workers/bgc-workers-fake.h"

#include "../../contract/bgc-workers-contract.h"

#include "hand-worker.h"

static gpointer
contract_set_up (void)
{
  return bgc_workers_fake_new ();
}

static BgcWorkers *
contract_workers (gpointer data)
{
  return data;
}

static const char *
contract_directory (gpointer data)
{
  return "/tmp";
}

static char *
contract_url (gpointer data, const char *name)
{
  return g_strconcat ("http://example.org/", name, NULL);
}

static void
contract_refuse (gpointer data, const char *path)
{
  bgc_workers_fake_set_verdict (data, path, BGC_ERROR_NOT_FOUND);
  bgc_workers_fake_set_source (data, path, BGC_ERROR_NOT_FOUND, 0);
}

static char *
contract_source (gpointer data)
{
  bgc_workers_fake_set_source (data, "/tmp/source", BGC_N_ERRORS, BGC_WORKERS_CONTRACT_SIZE);
  return g_strdup ("/tmp/source");
}

static void
contract_put_reply (gpointer data, BgcFile *reply, GBytes *bytes)
{
  gsize size;
  const char *content = g_bytes_get_data (bytes, &size);
  g_autofree char *text = g_strndup (content, size);

  bgc_workers_fake_set_reply (data, text);
  reply->state = BGC_FILE_WHOLE;
  reply->bytes_transferred = reply->bytes_total = size;
}

/* The next step of @job. */
static void
finish_step (gpointer data, const BgcJob *job)
{
  g_autoptr (BgcUpload) session = bgc_upload_copy (job->upload);
  BgcFileReport *file = NULL;

  session->protocol = BGC_UPLOAD_PROTOCOL_BITS;
  if (session->stage == BGC_UPLOAD_STAGE_SENT)
    {
      session->stage = BGC_UPLOAD_STAGE_CLOSED;
    }
  else if (session->stage == BGC_UPLOAD_STAGE_NONE)
    {
      session->stage = BGC_UPLOAD_STAGE_OPEN;
      session->session_id = g_strdup ("{1}");
    }
  else
    {
      session->stage = BGC_UPLOAD_STAGE_SENT;
      file = bgc_file_report_new (BGC_UPLOAD_FILE, BGC_FILE_EVENT_WHOLE);
      file->durable = file->total = BGC_WORKERS_CONTRACT_SIZE;
    }
  bgc_workers_fake_report_session (data, job, session, file);
}

static void
contract_let_finish (gpointer data, const BgcJob *job)
{
  if (job->upload != NULL)
    {
      finish_step (data, job);
      return;
    }
  bgc_workers_fake_report_whole (data, job, 0, BGC_WORKERS_CONTRACT_SIZE);
}

static void
contract_let_move (gpointer data, const BgcJob *job)
{
  bgc_workers_fake_report_progress (data, job, 0, 1, BGC_SIZE_UNKNOWN);
}

static void
contract_lose (gpointer data, guint32 owner)
{
  bgc_workers_fake_lose (data, owner);
}

static const BgcWorkersContract contract = {
  contract_set_up,    g_object_unref,  contract_workers,    contract_directory, contract_url, contract_source,
  contract_put_reply, contract_refuse, contract_let_finish, contract_let_move,  contract_lose,
};

/* A call that counts its end. */
typedef struct
{
  guint ended;
  GError *error; /* (owned) (nullable) */
} Seen;

static void
on_started (GObject *source, GAsyncResult *result, gpointer data)
{
  Seen *seen = data;

  bgc_workers_start_job_finish (BGC_WORKERS (source), result, &seen->error);
  seen->ended++;
}

/* What hangs is answered when it no longer does, or when the worker is lost. */
static void
test_hang (void)
{
  g_autoptr (BgcWorkersFake) fake = bgc_workers_fake_new ();
  g_autoptr (BgcJob) job = hand_job_new (1, 1);
  Seen seen = { 0 };

  bgc_workers_fake_hang (fake, TRUE, FALSE, FALSE);
  bgc_workers_start_job_async (BGC_WORKERS (fake), job, 1, BGC_CAP_NONE, on_started, &seen);
  hand_settle ();
  g_assert_cmpuint (seen.ended, ==, 0);
  bgc_workers_fake_hang (fake, FALSE, FALSE, FALSE);
  hand_settle ();
  g_assert_cmpuint (seen.ended, ==, 1);
  g_assert_no_error (seen.error);
  bgc_workers_fake_hang (fake, TRUE, FALSE, FALSE);
  bgc_workers_start_job_async (BGC_WORKERS (fake), job, 1, BGC_CAP_NONE, on_started, &seen);
  bgc_workers_fake_lose (fake, job->owner + 1);
  g_assert_true (bgc_workers_fake_is_running (fake, &job->id));
  bgc_workers_fake_lose (fake, job->owner);
  g_assert_cmpuint (bgc_workers_fake_running (fake), ==, 0);
  hand_settle ();
  g_assert_cmpuint (seen.ended, ==, 2);
  g_assert_error (seen.error, BGC_ERROR, BGC_ERROR_WORKER_LOST);
  g_clear_error (&seen.error);
  g_assert_cmpuint (bgc_workers_fake_log (fake)->len, ==, 2);
  g_assert_cmpstr (g_ptr_array_index (bgc_workers_fake_log (fake), 0), ==,
                   "+01000000000000000000000000000000");
}

static void
on_placed (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (GPtrArray) results = bgc_workers_place_finish (BGC_WORKERS (source), result, NULL);
  const BgcPlacementResult *first = g_ptr_array_index (results, 0);

  g_assert_false (first->done);
  g_assert_cmpint (first->failure->code, ==, BGC_ERROR_ACCESS_DENIED);
  ((Seen *)data)->ended++;
}

static void
test_placement (void)
{
  g_autoptr (BgcWorkersFake) fake = bgc_workers_fake_new ();
  g_autoptr (GPtrArray) list = g_ptr_array_new_with_free_func ((GDestroyNotify)bgc_placement_free);
  Seen seen = { 0 };

  g_ptr_array_add (list, bgc_placement_new (1, "/tmp", "t", NULL, 0, 0, TRUE));
  bgc_workers_fake_set_placement (fake, "t", BGC_ERROR_ACCESS_DENIED);
  bgc_workers_place_async (BGC_WORKERS (fake), 0, list, on_placed, &seen);
  hand_settle ();
  g_assert_cmpuint (seen.ended, ==, 1);
  g_assert_cmpuint (bgc_workers_fake_placements (fake)->len, ==, 1);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  bgc_workers_contract_add ("/workers-fake/contract", &contract);
  g_test_add_func ("/workers-fake/hang", test_hang);
  g_test_add_func ("/workers-fake/placement", test_placement);
  return g_test_run ();
}
