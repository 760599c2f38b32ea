/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* The run of an upload, step by step, each begun only when the one before is durable. */

#include "bgc-rig-upload.h"

static guint
starts (Rig *rig)
{
  GPtrArray *log = bgc_workers_fake_log (rig->workers);
  guint number = 0;

  for (guint i = 0; i < log->len; i++)
    number += ((const char *)g_ptr_array_index (log, i))[0] == '+';
  return number;
}

/* What the server has of it. */
static BgcUploadStage
stage (Rig *rig, const BgcJobId *id)
{
  g_assert_cmpint (rig_job (rig, id)->upload->stage, ==, rig_stored (rig, id)->upload->stage);
  return rig_job (rig, id)->upload->stage;
}

static void
test_steps (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id = rig_upload (rig, BGC_JOB_TYPE_UPLOAD);

  rig_assert_state (rig, &id, "connecting");
  g_assert_cmpuint (starts (rig), ==, 1);
  bgc_store_fake_hold (rig->store);
  rig_sent (rig, &id, 0, BGC_UPLOAD_STAGE_OPEN);
  /* No byte into a session that would be forgotten. */
  g_assert_cmpuint (starts (rig), ==, 1);
  bgc_store_fake_release (rig->store, 1);
  rig_settle (rig);
  rig_assert_state (rig, &id, "transferring");
  g_assert_cmpint (stage (rig, &id), ==, BGC_UPLOAD_STAGE_OPEN);
  g_assert_cmpuint (starts (rig), ==, 2);
  rig_sent (rig, &id, 40, BGC_UPLOAD_STAGE_OPEN);
  bgc_store_fake_release (rig->store, 1);
  rig_settle (rig);
  g_assert_cmpuint (rig_file (rig, &id, 0)->bytes_transferred, ==, 40);
  g_assert_cmpuint (starts (rig), ==, 2);
  rig_sent (rig, &id, 100, BGC_UPLOAD_STAGE_SENT);
  g_assert_cmpuint (starts (rig), ==, 2);
  bgc_store_fake_release (rig->store, 1);
  rig_settle (rig);
  /* Durable: now it is closed. */
  g_assert_cmpuint (starts (rig), ==, 3);
  g_assert_cmpint (stage (rig, &id), ==, BGC_UPLOAD_STAGE_SENT);
  rig_assert_state (rig, &id, "transferring");
  rig_closed (rig, &id);
  rig_assert_state (rig, &id, "transferring");
  bgc_store_fake_release (rig->store, 1);
  rig_settle (rig);
  rig_assert_state (rig, &id, "transferred");
  g_assert_false (bgc_workers_fake_is_running (rig->workers, &id));
  g_assert_cmpuint (starts (rig), ==, 3);
  bgc_store_fake_release (rig->store, 1);
  rig_settle (rig);
}

static void
fail_with (Rig *rig, const BgcJobId *id, guint32 index, BgcErrorCode code, gboolean transient)
{
  bgc_workers_fake_report_failed (
    rig->workers, rig_job (rig, id), index,
    bgc_failure_new (BGC_CONTEXT_TRANSPORT, code, transient, "The test fails it"));
  rig_settle (rig);
}

static void
test_complete (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id = rig_upload (rig, BGC_JOB_TYPE_UPLOAD);
  g_autofree char *told = NULL;

  g_assert_cmpint (rig_request (rig, &id, BGC_REQUEST_COMPLETE), ==, BGC_ERROR_INVALID_STATE);
  g_free (rig_told (rig));
  rig_sent (rig, &id, 100, BGC_UPLOAD_STAGE_CLOSED);
  told = rig_told (rig);
  g_assert_cmpstr (told, ==, "changed file:0 state:transferred");
  g_assert_cmpint (rig_outcome (rig, &id, BGC_REQUEST_COMPLETE), ==, BGC_OUTCOME_OK);
  g_assert_cmpuint (bgc_workers_fake_placements (rig->workers)->len, ==, 0);
  g_assert_null (rig_stored (rig, &id));
}

static void
test_reply (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id = rig_upload (rig, BGC_JOB_TYPE_UPLOAD_REPLY);
  g_autofree char *told = NULL;
  const BgcPlacement *placement;

  g_assert_cmpstr (rig_file (rig, &id, 1)->remote, ==, "");
  g_assert_true (g_str_has_suffix (rig_file (rig, &id, 1)->local, ".reply"));
  g_assert_true (g_str_has_prefix (rig_file (rig, &id, 1)->local, "/home/u/"));
  rig_sent (rig, &id, 100, BGC_UPLOAD_STAGE_SENT);
  g_assert_cmpstr (rig_file (rig, &id, 1)->remote, ==, "http://example.org/replies/1");
  g_assert_cmpuint (starts (rig), ==, 2);
  g_free (rig_told (rig));
  bgc_workers_fake_report_whole (rig->workers, rig_job (rig, &id), 1, 9);
  told = rig_told (rig);
  g_assert_cmpstr (told, ==, "changed");
  g_assert_cmpuint (starts (rig), ==, 3);
  rig_assert_state (rig, &id, "transferring");
  rig_closed (rig, &id);
  rig_assert_state (rig, &id, "transferred");
  g_assert_cmpint (rig_outcome (rig, &id, BGC_REQUEST_COMPLETE), ==, BGC_OUTCOME_OK);
  g_assert_cmpuint (bgc_workers_fake_placements (rig->workers)->len, ==, 1);
  placement = g_ptr_array_index (bgc_workers_fake_placements (rig->workers), 0);
  g_assert_cmpuint (placement->index, ==, 1);
  g_assert_nonnull (placement->target);
  g_assert_null (rig_stored (rig, &id));
}

static void
test_no_reply (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id = rig_upload (rig, BGC_JOB_TYPE_UPLOAD_REPLY);

  rig_sent (rig, &id, 100, BGC_UPLOAD_STAGE_CLOSED);
  rig_assert_state (rig, &id, "error");
  g_assert_cmpint (rig_job (rig, &id)->error->code, ==, BGC_ERROR_INVALID_SERVER_RESPONSE);
  /* A reply stands in no list, so it has no index. */
  g_assert_cmpuint (rig_job (rig, &id)->error->file, ==, BGC_FAILURE_NO_FILE);
}

static gboolean
set_auto_complete (BgcJob *draft, gpointer data, GError **error)
{
  draft->auto_complete = TRUE;
  return TRUE;
}

static void
test_auto_complete (void)
{
  g_autoptr (Rig) rig = rig_new ();
  g_autoptr (Reply) reply = rig_upload_async (rig, BGC_JOB_TYPE_UPLOAD_REPLY, set_auto_complete, NULL, TRUE);

  rig_settle (rig);
  rig_sent (rig, &reply->id, 100, BGC_UPLOAD_STAGE_SENT);
  bgc_workers_fake_report_whole (rig->workers, rig_job (rig, &reply->id), 1, 9);
  rig_settle (rig);
  rig_closed (rig, &reply->id);
  rig_assert_state (rig, &reply->id, "acknowledged");
  g_assert_cmpuint (bgc_workers_fake_placements (rig->workers)->len, ==, 1);
}

/* The server has lost it: from 0 with a new session, as soon as that is durable. */
static void
test_restart (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id = rig_upload (rig, BGC_JOB_TYPE_UPLOAD);
  g_autoptr (BgcUpload) none = rig_session (BGC_UPLOAD_STAGE_NONE);
  BgcFileReport *file = bgc_file_report_new (0, BGC_FILE_EVENT_RESTARTED);

  rig_sent (rig, &id, 40, BGC_UPLOAD_STAGE_OPEN);
  file->total = 100;
  g_assert_cmpuint (starts (rig), ==, 2);
  bgc_store_fake_hold (rig->store);
  bgc_workers_fake_report_session (rig->workers, rig_job (rig, &id), none, file);
  rig_settle (rig);
  g_assert_cmpuint (starts (rig), ==, 2);
  bgc_store_fake_release (rig->store, 1);
  rig_settle (rig);
  g_assert_cmpuint (rig_file (rig, &id, 0)->bytes_transferred, ==, 0);
  g_assert_cmpuint (rig_file (rig, &id, 0)->bytes_total, ==, 100);
  g_assert_cmpuint (rig_file (rig, &id, 0)->restarts, ==, 1);
  g_assert_cmpint (stage (rig, &id), ==, BGC_UPLOAD_STAGE_NONE);
  g_assert_cmpuint (starts (rig), ==, 3);
  rig_sent (rig, &id, 0, BGC_UPLOAD_STAGE_OPEN);
  bgc_store_fake_release (rig->store, 1);
  rig_settle (rig);
  g_assert_cmpuint (starts (rig), ==, 4);
  rig_sent (rig, &id, 100, BGC_UPLOAD_STAGE_CLOSED);
  bgc_store_fake_release (rig->store, 1);
  rig_settle (rig);
  rig_assert_state (rig, &id, "transferred");
}

/* A file by PUT has no session; how far it is counts all the same, until it breaks. */
static void
test_put (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id = rig_upload (rig, BGC_JOB_TYPE_UPLOAD);
  g_autoptr (BgcUpload) session = rig_session (BGC_UPLOAD_STAGE_NONE);
  const guint64 told[] = { 0, 60, 0 };

  session->protocol = BGC_UPLOAD_PROTOCOL_PUT;
  for (guint i = 0; i < G_N_ELEMENTS (told); i++)
    {
      BgcFileReport *file
        = bgc_file_report_new (0, i < 2 ? BGC_FILE_EVENT_PROGRESS : BGC_FILE_EVENT_RESTARTED);

      file->durable = told[i];
      file->total = 100;
      bgc_workers_fake_report_session (rig->workers, rig_job (rig, &id), session, file);
      rig_settle (rig);
      g_assert_cmpuint (rig_file (rig, &id, 0)->bytes_transferred, ==, told[i]);
      g_assert_cmpuint (starts (rig), ==, 2);
    }
}

/* A server that opens sessions and takes nothing makes no progress. */
static void
test_sessions_only (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id = rig_upload (rig, BGC_JOB_TYPE_UPLOAD);

  fail_with (rig, &id, 0, BGC_ERROR_TIMEOUT, TRUE);
  rig_advance (rig, 6 * SECOND);
  g_assert_cmpuint (rig_job (rig, &id)->retry_count, ==, 1);
  rig_sent (rig, &id, 0, BGC_UPLOAD_STAGE_OPEN);
  g_assert_cmpuint (rig_job (rig, &id)->retry_count, ==, 1);
  g_assert_cmpint (rig_job (rig, &id)->no_progress_time, >=, 0);
}

static void
test_suspend (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id = rig_upload (rig, BGC_JOB_TYPE_UPLOAD);

  rig_sent (rig, &id, 40, BGC_UPLOAD_STAGE_OPEN);
  g_assert_cmpint (rig_request (rig, &id, BGC_REQUEST_SUSPEND), ==, RIG_SUCCESS);
  rig_assert_state (rig, &id, "suspended");
  g_assert_cmpint (stage (rig, &id), ==, BGC_UPLOAD_STAGE_OPEN);
  rig_crash (rig);
  rig_start (rig);
  g_assert_cmpstr (rig_job (rig, &id)->upload->session_id, ==, "{11111111-2222-3333-4444-555555555555}");
  g_assert_cmpint (rig_request (rig, &id, BGC_REQUEST_RESUME), ==, RIG_SUCCESS);
  rig_assert_state (rig, &id, "connecting");
  g_assert_cmpuint (rig_file (rig, &id, 0)->bytes_transferred, ==, 40);
  rig_sent (rig, &id, 100, BGC_UPLOAD_STAGE_SENT);
  /* Sent, not closed, and pausing: Resume closes it. */
  g_assert_cmpint (rig_request (rig, &id, BGC_REQUEST_SUSPEND), ==, RIG_SUCCESS);
  g_assert_cmpint (rig_request (rig, &id, BGC_REQUEST_RESUME), ==, RIG_SUCCESS);
  rig_assert_state (rig, &id, "connecting");
  rig_closed (rig, &id);
  rig_assert_state (rig, &id, "transferred");
}

static void
test_transient (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id = rig_upload (rig, BGC_JOB_TYPE_UPLOAD_REPLY);

  rig_sent (rig, &id, 40, BGC_UPLOAD_STAGE_OPEN);
  fail_with (rig, &id, 0, BGC_ERROR_TIMEOUT, TRUE);
  rig_assert_state (rig, &id, "transient-error");
  g_assert_false (bgc_workers_fake_is_running (rig->workers, &id));
  rig_advance (rig, 6 * SECOND);
  rig_assert_state (rig, &id, "connecting");
  g_assert_cmpuint (rig_job (rig, &id)->retry_count, ==, 1);
  /* Bytes are progress, also where nothing is received. */
  rig_sent (rig, &id, 50, BGC_UPLOAD_STAGE_OPEN);
  g_assert_cmpuint (rig_job (rig, &id)->retry_count, ==, 0);
  g_assert_cmpint (rig_job (rig, &id)->no_progress_time, ==, -1);
  rig_sent (rig, &id, 100, BGC_UPLOAD_STAGE_SENT);
  /* The reply, and then the close, may fail as well; the file stays sent. */
  fail_with (rig, &id, 1, BGC_ERROR_CONNECTION_CLOSED, TRUE);
  rig_assert_state (rig, &id, "transient-error");
  g_assert_cmpuint (rig_job (rig, &id)->error->file, ==, BGC_FAILURE_NO_FILE);
  rig_advance (rig, 6 * SECOND);
  bgc_workers_fake_report_whole (rig->workers, rig_job (rig, &id), 1, 9);
  rig_settle (rig);
  fail_with (rig, &id, 0, BGC_ERROR_TIMEOUT, TRUE);
  rig_assert_state (rig, &id, "transient-error");
  g_assert_cmpint (rig_file (rig, &id, 0)->state, ==, BGC_FILE_WHOLE);
  rig_advance (rig, 6 * SECOND);
  rig_assert_state (rig, &id, "connecting");
  rig_closed (rig, &id);
  rig_assert_state (rig, &id, "transferred");
}

static gboolean
set_no_progress (BgcJob *draft, gpointer data, GError **error)
{
  draft->no_progress_timeout = GPOINTER_TO_UINT (data);
  bgc_job_set_minimum_retry_delay (draft, 10);
  return TRUE;
}

static void
test_no_progress (void)
{
  g_autoptr (Rig) rig = rig_new ();
  g_autoptr (Reply) reply
    = rig_upload_async (rig, BGC_JOB_TYPE_UPLOAD, set_no_progress, GUINT_TO_POINTER (15), TRUE);

  rig_settle (rig);
  fail_with (rig, &reply->id, 0, BGC_ERROR_TIMEOUT, TRUE);
  rig_advance (rig, 12 * SECOND);
  rig_assert_state (rig, &reply->id, "connecting");
  rig_advance (rig, 4 * SECOND);
  rig_assert_state (rig, &reply->id, "error");
  g_assert_cmpint (rig_job (rig, &reply->id)->error->code, ==, BGC_ERROR_NO_PROGRESS);
}

static void
test_fatal (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id = rig_upload (rig, BGC_JOB_TYPE_UPLOAD);

  rig_sent (rig, &id, 40, BGC_UPLOAD_STAGE_OPEN);
  fail_with (rig, &id, 0, BGC_ERROR_LOCAL_FILE_CHANGED, FALSE);
  rig_assert_state (rig, &id, "error");
  g_assert_cmpint (rig_job (rig, &id)->error->code, ==, BGC_ERROR_LOCAL_FILE_CHANGED);
  g_assert_cmpuint (rig_job (rig, &id)->error->file, ==, 0);
  g_assert_cmpint (stage (rig, &id), ==, BGC_UPLOAD_STAGE_OPEN);
  g_assert_cmpint (rig_request (rig, &id, BGC_REQUEST_RESUME), ==, RIG_SUCCESS);
  g_assert_cmpint (rig_file (rig, &id, 0)->state, ==, BGC_FILE_PENDING);
  rig_sent (rig, &id, 100, BGC_UPLOAD_STAGE_SENT);
  /* A close that is refused is an error, and tried again on request: nothing is sent twice. */
  fail_with (rig, &id, 0, BGC_ERROR_HTTP_STATUS, FALSE);
  rig_assert_state (rig, &id, "error");
  g_assert_cmpint (rig_file (rig, &id, 0)->state, ==, BGC_FILE_WHOLE);
  g_assert_cmpint (rig_request (rig, &id, BGC_REQUEST_RESUME), ==, RIG_SUCCESS);
  rig_assert_state (rig, &id, "connecting");
  rig_closed (rig, &id);
  rig_assert_state (rig, &id, "transferred");
}

/* The daemon dies between the steps: the next life takes the next one. */
static void
test_crash (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id = rig_upload (rig, BGC_JOB_TYPE_UPLOAD_REPLY);

  rig_sent (rig, &id, 100, BGC_UPLOAD_STAGE_SENT);
  rig_crash (rig);
  rig_start (rig);
  rig_assert_state (rig, &id, "connecting");
  g_assert_cmpstr (rig_file (rig, &id, 1)->remote, ==, "http://example.org/replies/1");
  g_assert_cmpint (rig_file (rig, &id, 0)->state, ==, BGC_FILE_WHOLE);
  bgc_workers_fake_report_whole (rig->workers, rig_job (rig, &id), 1, 9);
  rig_settle (rig);
  rig_crash (rig);
  rig_start (rig);
  rig_closed (rig, &id);
  rig_assert_state (rig, &id, "transferred");
}

static void
test_lost (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id = rig_upload (rig, BGC_JOB_TYPE_UPLOAD);

  bgc_store_fake_hold (rig->store);
  rig_sent (rig, &id, 40, BGC_UPLOAD_STAGE_OPEN);
  rig_sent (rig, &id, 60, BGC_UPLOAD_STAGE_OPEN);
  bgc_workers_fake_lose (rig->workers, RIG_OWNER);
  for (guint i = 0; i < 3; i++)
    {
      bgc_store_fake_release (rig->store, 1);
      rig_settle (rig);
    }
  rig_assert_state (rig, &id, "transient-error");
  g_assert_cmpuint (rig_file (rig, &id, 0)->bytes_transferred, ==, 60);
  g_assert_cmpint (stage (rig, &id), ==, BGC_UPLOAD_STAGE_OPEN);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/upload-run/steps", test_steps);
  g_test_add_func ("/upload-run/complete", test_complete);
  g_test_add_func ("/upload-run/reply", test_reply);
  g_test_add_func ("/upload-run/no-reply", test_no_reply);
  g_test_add_func ("/upload-run/auto-complete", test_auto_complete);
  g_test_add_func ("/upload-run/restart", test_restart);
  g_test_add_func ("/upload-run/put", test_put);
  g_test_add_func ("/upload-run/sessions-only", test_sessions_only);
  g_test_add_func ("/upload-run/suspend", test_suspend);
  g_test_add_func ("/upload-run/transient", test_transient);
  g_test_add_func ("/upload-run/no-progress", test_no_progress);
  g_test_add_func ("/upload-run/fatal", test_fatal);
  g_test_add_func ("/upload-run/crash", test_crash);
  g_test_add_func ("/upload-run/lost", test_lost);
  return g_test_run ();
}
