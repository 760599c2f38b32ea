/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* Complete: all, in part, with renames that fail, by itself, and with the daemon dying at any point. */

#include "bgc-rig-upload.h"

static void
test_all (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id = rig_create (rig, 3, TRUE);
  GPtrArray *placements = bgc_workers_fake_placements (rig->workers);

  for (guint i = 3; i > 0; i--)
    rig_whole (rig, &id, i - 1);
  g_assert_cmpint (rig_outcome (rig, &id, BGC_REQUEST_COMPLETE), ==, BGC_OUTCOME_OK);
  rig_assert_state (rig, &id, "acknowledged");
  g_assert_cmpuint (placements->len, ==, 3);
  for (guint i = 0; i < 3; i++)
    {
      const BgcPlacement *placement = g_ptr_array_index (placements, i);

      g_assert_cmpuint (placement->index, ==, i);
      g_assert_nonnull (placement->target);
      g_assert_cmpint (rig_file (rig, &id, i)->state, ==, BGC_FILE_COMPLETED);
    }
  g_assert_cmpint (rig_request (rig, &id, BGC_REQUEST_COMPLETE), ==, BGC_ERROR_INVALID_STATE);
  g_assert_cmpint (rig_request (rig, &id, BGC_REQUEST_CANCEL), ==, BGC_ERROR_INVALID_STATE);
}

static void
test_no_files (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id = rig_create (rig, 0, FALSE);

  g_assert_cmpint (rig_outcome (rig, &id, BGC_REQUEST_COMPLETE), ==, BGC_OUTCOME_OK);
  g_assert_null (rig_stored (rig, &id));
}

/* Its caller was told, and may ask again; nothing goes on behind his back. */
static void
test_no_files_store_failed (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id = rig_create (rig, 0, FALSE);
  guint alarms = bgc_clock_fake_pending (rig->clock);

  bgc_store_fake_fail (rig->store, 1, BGC_ERROR_STORE_FAILED);
  g_assert_cmpint (rig_request (rig, &id, BGC_REQUEST_COMPLETE), ==, BGC_ERROR_STORE_FAILED);
  rig_assert_state (rig, &id, "suspended");
  g_assert_cmpuint (bgc_clock_fake_pending (rig->clock), ==, alarms);
  g_assert_cmpint (rig_outcome (rig, &id, BGC_REQUEST_COMPLETE), ==, BGC_OUTCOME_OK);
}

/* In every state a download may be completed: what is whole is kept. */
static void
test_every_state (void)
{
  for (guint state = 0; state < BGC_JOB_STATE_TRANSFERRED; state++)
    {
      g_autoptr (Rig) rig = rig_new ();
      BgcJobId id = rig_job_in (rig, (BgcJobState)state);

      g_assert_cmpint (rig_outcome (rig, &id, BGC_REQUEST_COMPLETE), ==, BGC_OUTCOME_PARTIAL);
      rig_assert_state (rig, &id, "acknowledged");
      g_assert_false (bgc_workers_fake_is_running (rig->workers, &id));
      g_assert_null (rig_stored (rig, &id));
    }
}

static void
test_partial (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id = rig_create (rig, 2, TRUE);
  const BgcPlacement *second;

  rig_whole (rig, &id, 0);
  rig_progress (rig, &id, 1, 10, 100);
  g_assert_cmpint (rig_outcome (rig, &id, BGC_REQUEST_COMPLETE), ==, BGC_OUTCOME_PARTIAL);
  g_assert_cmpuint (bgc_workers_fake_placements (rig->workers)->len, ==, 2);
  second = g_ptr_array_index (bgc_workers_fake_placements (rig->workers), 1);
  g_assert_cmpuint (second->index, ==, 1);
  g_assert_null (second->target);
  g_assert_cmpint (rig_file (rig, &id, 1)->state, ==, BGC_FILE_PENDING);
}

static void
test_unable_to_delete (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id = rig_create (rig, 2, TRUE);

  rig_whole (rig, &id, 0);
  bgc_workers_fake_set_placement (rig->workers, rig_file (rig, &id, 1)->temporary, BGC_ERROR_ACCESS_DENIED);
  rig_expect_warning (rig);
  /* That it is not all there is what the caller needs to know. */
  g_assert_cmpint (rig_outcome (rig, &id, BGC_REQUEST_COMPLETE), ==, BGC_OUTCOME_PARTIAL);
  g_assert_cmpuint (bgc_store_fake_leftovers (rig->store), ==, 1);
  g_assert_null (rig_stored (rig, &id));
}

/* A rename fails: its error, the job is transferred, what is placed is completed; again, it works. */
static void
test_rename_fails (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id = rig_create (rig, 3, TRUE);
  g_autofree char *temporary = g_strdup (rig_file (rig, &id, 1)->temporary);

  for (guint i = 0; i < 3; i++)
    rig_whole (rig, &id, i);
  bgc_workers_fake_set_placement (rig->workers, temporary, BGC_ERROR_FILE_EXISTS);
  g_assert_cmpint (rig_request (rig, &id, BGC_REQUEST_COMPLETE), ==, BGC_ERROR_FILE_EXISTS);
  rig_assert_state (rig, &id, "transferred");
  g_assert_false (rig_stored (rig, &id)->completing);
  g_assert_cmpint (rig_file (rig, &id, 0)->state, ==, BGC_FILE_COMPLETED);
  g_assert_cmpint (rig_file (rig, &id, 1)->state, ==, BGC_FILE_WHOLE);
  bgc_workers_fake_set_placement (rig->workers, temporary, BGC_N_ERRORS);
  g_assert_cmpint (rig_outcome (rig, &id, BGC_REQUEST_COMPLETE), ==, BGC_OUTCOME_OK);
}

/* A temporary file is gone or another one: its file has to be fetched again, and the rest stays whole. */
static void
test_temporary_lost (void)
{
  for (guint automatic = 0; automatic < 2; automatic++)
    {
      g_autoptr (Rig) rig = rig_new ();
      BgcJobId id = rig_create (rig, 3, TRUE);
      g_autofree char *temporary = g_strdup (rig_file (rig, &id, 1)->temporary);

      bgc_workers_fake_set_placement (rig->workers, temporary, BGC_ERROR_LOCAL_FILE_CHANGED);
      rig_modify (rig, &id, rig_set_auto_complete, GUINT_TO_POINTER (automatic));
      if (automatic)
        rig_expect_warning (rig);
      for (guint i = 0; i < 3; i++)
        rig_whole (rig, &id, i);
      if (!automatic)
        g_assert_cmpint (rig_request (rig, &id, BGC_REQUEST_COMPLETE), ==, BGC_ERROR_LOCAL_FILE_CHANGED);
      rig_assert_state (rig, &id, "error");
      g_assert_cmpint (rig_job (rig, &id)->error->code, ==, BGC_ERROR_LOCAL_FILE_CHANGED);
      g_assert_cmpuint (rig_job (rig, &id)->error->file, ==, 1);
      g_assert_false (rig_stored (rig, &id)->completing);
      g_assert_cmpint (rig_file (rig, &id, 0)->state, ==, BGC_FILE_COMPLETED);
      g_assert_cmpint (rig_file (rig, &id, 1)->state, ==, BGC_FILE_FAILED);
      g_assert_cmpuint (rig_file (rig, &id, 1)->bytes_transferred, ==, 0);
      bgc_workers_fake_set_placement (rig->workers, temporary, BGC_N_ERRORS);
      g_assert_cmpint (rig_request (rig, &id, BGC_REQUEST_RESUME), ==, RIG_SUCCESS);
      g_assert_true (bgc_workers_fake_is_running (rig->workers, &id));
      rig_whole (rig, &id, 1);
      if (!automatic)
        g_assert_cmpint (rig_outcome (rig, &id, BGC_REQUEST_COMPLETE), ==, BGC_OUTCOME_OK);
      rig_assert_state (rig, &id, "acknowledged");
      g_assert_cmpint (rig_file (rig, &id, 1)->state, ==, BGC_FILE_COMPLETED);
    }
}

/* Complete when one of two files is whole, which cannot be placed. */
static BgcJobId
complete_early (Rig *rig, gboolean suspended, BgcErrorCode code)
{
  BgcJobId id = rig_create (rig, 2, TRUE);

  rig_whole (rig, &id, 0);
  if (suspended)
    rig_request (rig, &id, BGC_REQUEST_SUSPEND);
  bgc_workers_fake_set_placement (rig->workers, rig_file (rig, &id, 0)->temporary, code);
  g_assert_cmpint (rig_request (rig, &id, BGC_REQUEST_COMPLETE), ==, (int)code);
  rig_assert_state (rig, &id, suspended ? "suspended" : "connecting");
  return id;
}

/* Called early, and the temporary file is gone: the others go on, a suspended job waits. */
static void
test_early_temporary_lost (void)
{
  for (guint suspended = 0; suspended < 2; suspended++)
    {
      g_autoptr (Rig) rig = rig_new ();
      BgcJobId id = complete_early (rig, suspended, BGC_ERROR_LOCAL_FILE_CHANGED);

      g_assert_cmpint (rig_file (rig, &id, 0)->state, ==, BGC_FILE_FAILED);
      if (suspended)
        rig_request (rig, &id, BGC_REQUEST_RESUME);
      rig_whole (rig, &id, 1);
      rig_assert_state (rig, &id, suspended ? "transferring" : "error");
    }
}

/* Called early, and a rename fails: a job that ran goes on, a suspended one stays so. */
static void
test_early_rename_fails (void)
{
  for (guint suspended = 0; suspended < 2; suspended++)
    {
      g_autoptr (Rig) rig = rig_new ();
      BgcJobId id = complete_early (rig, suspended, BGC_ERROR_ACCESS_DENIED);

      g_assert_cmpint (bgc_workers_fake_is_running (rig->workers, &id), ==, !suspended);
    }
}

static void
test_worker_lost (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id = rig_job_in (rig, BGC_JOB_STATE_TRANSFERRED);
  Reply *reply;

  bgc_workers_fake_hang (rig->workers, FALSE, FALSE, TRUE);
  reply = rig_ask (rig, &id, BGC_REQUEST_COMPLETE);
  rig_settle (rig);
  bgc_workers_fake_lose (rig->workers, RIG_OWNER);
  g_assert_cmpint (rig_wait (rig, reply), ==, BGC_ERROR_WORKER_LOST);
  rig_assert_state (rig, &id, "transferred");
  bgc_workers_fake_hang (rig->workers, FALSE, FALSE, FALSE);
  g_assert_cmpint (rig_outcome (rig, &id, BGC_REQUEST_COMPLETE), ==, BGC_OUTCOME_OK);
}

/* More files than one portion, in order. */
static void
test_portions (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id = rig_create (rig, 2450, TRUE);
  GPtrArray *placements = bgc_workers_fake_placements (rig->workers);

  for (guint i = 0; i < 2450; i++)
    bgc_workers_fake_report_whole (rig->workers, rig_job (rig, &id), i, 1);
  rig_settle (rig);
  rig_assert_state (rig, &id, "transferred");
  g_assert_cmpint (rig_outcome (rig, &id, BGC_REQUEST_COMPLETE), ==, BGC_OUTCOME_OK);
  g_assert_cmpuint (placements->len, ==, 2450);
  for (guint i = 0; i < 2450; i++)
    g_assert_cmpuint (((BgcPlacement *)g_ptr_array_index (placements, i))->index, ==, i);
}

/* The daemon dies after each number of commits and in the worker's call: the same end. */
static void
test_crash (void)
{
  for (guint commits = 0; commits <= 4; commits++)
    {
      g_autoptr (Rig) rig = rig_new ();
      BgcJobId id = rig_create (rig, 2, TRUE);
      Reply *reply;

      rig_whole (rig, &id, 0);
      rig_progress (rig, &id, 1, 10, 100);
      bgc_store_fake_hold (rig->store);
      reply = rig_ask (rig, &id, BGC_REQUEST_COMPLETE);
      for (guint i = 0; i < commits; i++)
        {
          rig_settle (rig);
          bgc_store_fake_release (rig->store, 1);
        }
      rig_settle (rig);
      g_assert_cmpint (reply->done, ==, commits >= 3);
      rig_crash (rig);
      reply_free (reply);
      rig_start (rig);
      if (commits == 0)
        rig_assert_state (rig, &id, "connecting");
      else
        g_assert_cmpuint (bgc_store_fake_jobs (rig->store), ==, 0);
    }
}

static void
test_store_failed (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id = rig_job_in (rig, BGC_JOB_STATE_TRANSFERRED);
  Reply *reply;

  bgc_store_fake_fail (rig->store, 1, BGC_ERROR_NO_SPACE);
  g_assert_cmpint (rig_request (rig, &id, BGC_REQUEST_COMPLETE), ==, BGC_ERROR_NO_SPACE);
  rig_assert_state (rig, &id, "transferred");
  /* Later it is half done, and nobody but Complete and the engine itself may touch it. */
  bgc_store_fake_hold (rig->store);
  reply = rig_ask (rig, &id, BGC_REQUEST_COMPLETE);
  rig_settle (rig);
  bgc_store_fake_release (rig->store, 1);
  rig_settle (rig);
  bgc_store_fake_fail (rig->store, 1, BGC_ERROR_STORE_FAILED);
  rig_expect_warning (rig);
  bgc_store_fake_release (rig->store, 1);
  g_assert_cmpint (rig_wait (rig, reply), ==, BGC_ERROR_STORE_FAILED);
  g_assert_true (rig_job (rig, &id)->completing);
  g_assert_cmpint (rig_request (rig, &id, BGC_REQUEST_SUSPEND), ==, BGC_ERROR_INVALID_STATE);
  rig_advance (rig, 30 * SECOND);
  for (guint i = 0; i < 3; i++)
    {
      bgc_store_fake_release (rig->store, 1);
      rig_settle (rig);
    }
  g_assert_cmpuint (bgc_store_fake_jobs (rig->store), ==, 0);
}

/* ---- AutoComplete ---- */

static BgcJobId
create_automatic (Rig *rig)
{
  BgcJobId id = rig_create (rig, 1, TRUE);

  g_assert_cmpint (rig_modify (rig, &id, rig_set_auto_complete, rig), ==, RIG_SUCCESS);
  return id;
}

static void
test_automatic (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id = create_automatic (rig);

  rig_whole (rig, &id, 0);
  rig_assert_state (rig, &id, "acknowledged");
  g_assert_cmpint (rig_file (rig, &id, 0)->state, ==, BGC_FILE_COMPLETED);
  g_assert_true (bgc_manager_is_listed (rig->manager, rig_job (rig, &id)));
  g_assert_nonnull (rig_stored (rig, &id));
  rig_crash (rig);
  rig_start (rig);
  rig_assert_state (rig, &id, "acknowledged");
  g_assert_true (bgc_manager_is_listed (rig->manager, rig_job (rig, &id)));
  /* Its owner asks, and knows. */
  g_assert_cmpint (rig_request (rig, &id, BGC_REQUEST_CANCEL), ==, BGC_ERROR_INVALID_STATE);
  g_assert_cmpint (rig_outcome (rig, &id, BGC_REQUEST_COMPLETE), ==, BGC_OUTCOME_OK);
  g_assert_false (bgc_manager_is_listed (rig->manager, rig_job (rig, &id)));
  g_assert_null (rig_stored (rig, &id));
  g_assert_cmpint (rig_request (rig, &id, BGC_REQUEST_COMPLETE), ==, BGC_ERROR_INVALID_STATE);
  rig_advance (rig, 60 * SECOND);
  g_assert_null (bgc_manager_find (rig->manager, &id));
}

static void
test_automatic_set_late (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id = rig_job_in (rig, BGC_JOB_STATE_TRANSFERRED);

  rig_modify (rig, &id, rig_set_auto_complete, rig);
  rig_settle (rig);
  rig_assert_state (rig, &id, "acknowledged");
}

static void
test_automatic_fails (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id = create_automatic (rig);
  g_autofree char *temporary = g_strdup (rig_file (rig, &id, 0)->temporary);

  bgc_workers_fake_set_placement (rig->workers, temporary, BGC_ERROR_FILE_EXISTS);
  rig_expect_warning (rig);
  rig_whole (rig, &id, 0);
  rig_assert_state (rig, &id, "error");
  g_assert_cmpint (rig_job (rig, &id)->error->code, ==, BGC_ERROR_FILE_EXISTS);
  g_assert_cmpuint (rig_job (rig, &id)->error->file, ==, 0);
  bgc_workers_fake_set_placement (rig->workers, temporary, BGC_N_ERRORS);
  g_assert_cmpint (rig_request (rig, &id, BGC_REQUEST_RESUME), ==, RIG_SUCCESS);
  rig_settle (rig);
  rig_assert_state (rig, &id, "acknowledged");
}

/* A worker that dies is no reason to bother anybody. */
static void
test_automatic_worker_lost (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id = create_automatic (rig);

  bgc_workers_fake_hang (rig->workers, FALSE, FALSE, TRUE);
  rig_whole (rig, &id, 0);
  rig_expect_warning (rig);
  bgc_workers_fake_lose (rig->workers, RIG_OWNER);
  rig_settle (rig);
  bgc_workers_fake_hang (rig->workers, FALSE, FALSE, FALSE);
  rig_assert_state (rig, &id, "transferred");
  rig_advance (rig, 30 * SECOND);
  rig_assert_state (rig, &id, "acknowledged");
  g_assert_true (bgc_manager_is_listed (rig->manager, rig_job (rig, &id)));
}

static void
test_automatic_crash (void)
{
  for (guint commits = 1; commits <= 3; commits++)
    {
      g_autoptr (Rig) rig = rig_new ();
      BgcJobId id = create_automatic (rig);

      bgc_store_fake_hold (rig->store);
      rig_whole (rig, &id, 0);
      for (guint i = 0; i < commits; i++)
        {
          bgc_store_fake_release (rig->store, 1);
          rig_settle (rig);
        }
      rig_crash (rig);
      rig_start (rig);
      rig_assert_state (rig, &id, "acknowledged");
      g_assert_true (bgc_manager_is_listed (rig->manager, rig_job (rig, &id)));
    }
}

/* Who asks while it completes by itself is told how that ends, at whatever moment. */
static void
test_automatic_and_asked (gconstpointer data)
{
  gboolean upload = GPOINTER_TO_INT (data);

  for (guint commits = 0; commits <= 4; commits++)
    {
      g_autoptr (Rig) rig = rig_new ();
      BgcJobId id = upload ? rig_upload (rig, BGC_JOB_TYPE_UPLOAD) : rig_create (rig, 1, TRUE);
      g_autoptr (Reply) reply = NULL;

      rig_modify (rig, &id, rig_set_auto_complete, rig);
      if (upload)
        rig_sent (rig, &id, 10, BGC_UPLOAD_STAGE_OPEN);
      bgc_store_fake_hold (rig->store);
      if (upload)
        {
          rig_sent (rig, &id, BGC_WORKERS_FAKE_SOURCE, BGC_UPLOAD_STAGE_SENT);
          bgc_store_fake_release (rig->store, 1);
          rig_closed (rig, &id);
        }
      else
        rig_whole (rig, &id, 0);
      for (guint i = 0; i < commits; i++)
        {
          bgc_store_fake_release (rig->store, 1);
          rig_settle (rig);
        }
      reply = rig_ask (rig, &id, BGC_REQUEST_COMPLETE);
      for (guint i = 0; i < 20; i++)
        {
          bgc_store_fake_release (rig->store, 1);
          rig_settle (rig);
        }
      g_assert_true (reply->done);
      g_assert_cmpint (reply->code, ==, RIG_SUCCESS);
      g_assert_cmpint (reply->value, ==, BGC_OUTCOME_OK);
      rig_assert_state (rig, &id, "acknowledged");
      g_assert_null (rig_stored (rig, &id));
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/completion/all", test_all);
  g_test_add_func ("/completion/no-files", test_no_files);
  g_test_add_func ("/completion/no-files-store-failed", test_no_files_store_failed);
  g_test_add_func ("/completion/every-state", test_every_state);
  g_test_add_func ("/completion/partial", test_partial);
  g_test_add_func ("/completion/unable-to-delete", test_unable_to_delete);
  g_test_add_func ("/completion/rename-fails", test_rename_fails);
  g_test_add_func ("/completion/temporary-lost", test_temporary_lost);
  g_test_add_func ("/completion/early-temporary-lost", test_early_temporary_lost);
  g_test_add_func ("/completion/early-rename-fails", test_early_rename_fails);
  g_test_add_func ("/completion/worker-lost", test_worker_lost);
  g_test_add_func ("/completion/portions", test_portions);
  g_test_add_func ("/completion/crash", test_crash);
  g_test_add_func ("/completion/store-failed", test_store_failed);
  g_test_add_func ("/completion/automatic", test_automatic);
  g_test_add_func ("/completion/automatic-set-late", test_automatic_set_late);
  g_test_add_func ("/completion/automatic-fails", test_automatic_fails);
  g_test_add_func ("/completion/automatic-worker-lost", test_automatic_worker_lost);
  g_test_add_func ("/completion/automatic-crash", test_automatic_crash);
  g_test_add_data_func ("/completion/automatic-and-asked", GINT_TO_POINTER (FALSE), test_automatic_and_asked);
  g_test_add_data_func ("/completion/automatic-and-asked-upload", GINT_TO_POINTER (TRUE),
                        test_automatic_and_asked);
  return g_test_run ();
}
