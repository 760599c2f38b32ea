/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* TakeOwnership. */

#include "bgc-rig-upload.h"

#include <string.h>

#include "engine/bgc-taking.h"

#define NEW_OWNER 2000u

static void
on_taken (GObject *source, GAsyncResult *result, gpointer data)
{
  Reply *reply = data;
  g_autoptr (GError) error = NULL;

  reply->code = bgc_manager_take_finish (BGC_MANAGER (source), result, &error) ? RIG_SUCCESS : error->code;
  reply->done = TRUE;
}

static Reply *
take_async (Rig *rig, const BgcJobId *id, guint32 owner)
{
  Reply *reply = reply_new (rig);

  bgc_manager_take_async (rig->manager, id, owner, FALSE, on_taken, reply);
  return reply;
}

static int
take (Rig *rig, const BgcJobId *id, guint32 owner)
{
  return rig_wait (rig, take_async (rig, id, owner));
}

static char *
directory_of (Rig *rig, const BgcJobId *id)
{
  return g_path_get_dirname (rig_file (rig, id, 0)->local);
}

static void
test_idle (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id = rig_create (rig, 2, FALSE);
  BgcJobId other = rig_create_for (rig, NEW_OWNER, BGC_PRIORITY_NORMAL, FALSE);
  g_autoptr (GPtrArray) jobs = NULL;
  g_autofree char *told = NULL;

  g_free (rig_told (rig));
  g_assert_cmpint (take (rig, &id, NEW_OWNER), ==, RIG_SUCCESS);
  g_assert_cmpuint (rig_stored (rig, &id)->owner, ==, NEW_OWNER);
  g_assert_cmpuint (bgc_manager_count (rig->manager, RIG_OWNER), ==, 0);
  /* In the order of their making, whoever made them. */
  jobs = bgc_manager_list (rig->manager, NEW_OWNER, 0, 0, 10);
  g_assert_cmpuint (jobs->len, ==, 2);
  g_assert_true (bgc_job_id_equal (&((BgcJob *)g_ptr_array_index (jobs, 0))->id, &id));
  g_assert_true (bgc_job_id_equal (&((BgcJob *)g_ptr_array_index (jobs, 1))->id, &other));
  rig_assert_state (rig, &id, "suspended");
  g_assert_cmpint (rig_request (rig, &id, BGC_REQUEST_CANCEL), ==, RIG_SUCCESS);
  g_assert_cmpuint (bgc_manager_count (rig->manager, NEW_OWNER), ==, 1);
}

/* The bytes that the old owner has stay with him until his worker deletes them; the new one begins at 0. */
static void
test_running (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id = rig_job_in (rig, BGC_JOB_STATE_TRANSFERRING);
  g_autofree char *temporary = g_strdup (rig_file (rig, &id, 0)->temporary);
  GPtrArray *placements = bgc_workers_fake_placements (rig->workers);
  const BgcPlacement *deleted;

  rig_progress (rig, &id, 0, 50, 100);
  g_assert_cmpint (take (rig, &id, NEW_OWNER), ==, RIG_SUCCESS);
  g_assert_cmpuint (rig_file (rig, &id, 0)->bytes_transferred, ==, 0);
  g_assert_cmpstr (rig_file (rig, &id, 0)->temporary, !=, temporary);
  g_assert_cmpuint (placements->len, ==, 1);
  deleted = g_ptr_array_index (placements, 0);
  g_assert_cmpstr (deleted->temporary, ==, temporary);
  g_assert_null (deleted->target);
  /* It is begun again, and ends as the new owner's. */
  rig_settle (rig);
  g_assert_true (bgc_workers_fake_is_running (rig->workers, &id));
  rig_assert_state (rig, &id, "connecting");
  rig_whole (rig, &id, 0);
  rig_assert_state (rig, &id, "transferred");
  g_assert_cmpuint (rig_stored (rig, &id)->owner, ==, NEW_OWNER);
}

static void
test_transferred_begins_again (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id = rig_job_in (rig, BGC_JOB_STATE_TRANSFERRED);

  g_assert_cmpint (take (rig, &id, NEW_OWNER), ==, RIG_SUCCESS);
  rig_settle (rig);
  rig_assert_state (rig, &id, "connecting");
  g_assert_cmpint (rig_file (rig, &id, 0)->state, ==, BGC_FILE_PENDING);
}

/* What the server has taken stays, the reply is asked for again by the new owner. */
static void
test_reply_begins_again (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id = rig_upload (rig, BGC_JOB_TYPE_UPLOAD_REPLY);
  g_autofree char *temporary = g_strdup (rig_file (rig, &id, BGC_UPLOAD_REPLY)->temporary);

  rig_sent (rig, &id, BGC_WORKERS_FAKE_SOURCE, BGC_UPLOAD_STAGE_SENT);
  rig_progress (rig, &id, BGC_UPLOAD_REPLY, 50, 100);
  g_assert_cmpint (take (rig, &id, NEW_OWNER), ==, RIG_SUCCESS);
  rig_settle (rig);
  g_assert_true (bgc_workers_fake_is_running (rig->workers, &id));
  g_assert_cmpuint (rig_stored (rig, &id)->owner, ==, NEW_OWNER);
  g_assert_cmpint (rig_job (rig, &id)->upload->stage, ==, BGC_UPLOAD_STAGE_SENT);
  g_assert_cmpint (rig_file (rig, &id, BGC_UPLOAD_FILE)->state, ==, BGC_FILE_WHOLE);
  g_assert_cmpuint (rig_file (rig, &id, BGC_UPLOAD_REPLY)->bytes_transferred, ==, 0);
  g_assert_cmpstr (rig_file (rig, &id, BGC_UPLOAD_REPLY)->temporary, !=, temporary);
  bgc_workers_fake_report_whole (rig->workers, rig_job (rig, &id), BGC_UPLOAD_REPLY, 100);
  rig_settle (rig);
  rig_closed (rig, &id);
  rig_assert_state (rig, &id, "transferred");
}

static void
test_reply_that_came (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id = rig_upload (rig, BGC_JOB_TYPE_UPLOAD_REPLY);

  rig_sent (rig, &id, BGC_WORKERS_FAKE_SOURCE, BGC_UPLOAD_STAGE_SENT);
  bgc_workers_fake_report_whole (rig->workers, rig_job (rig, &id), BGC_UPLOAD_REPLY, 9);
  rig_settle (rig);
  rig_closed (rig, &id);
  g_assert_cmpint (take (rig, &id, NEW_OWNER), ==, BGC_ERROR_NOT_SUPPORTED);
  g_assert_cmpuint (rig_job (rig, &id)->owner, ==, RIG_OWNER);
  rig_assert_state (rig, &id, "transferred");
}

static void
test_way_not_trusted (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id = rig_job_in (rig, BGC_JOB_STATE_TRANSFERRING);
  g_autofree char *directory = directory_of (rig, &id);

  bgc_workers_fake_set_source (rig->workers, directory, BGC_ERROR_ACCESS_DENIED, 0);
  g_assert_cmpint (take (rig, &id, NEW_OWNER), ==, BGC_ERROR_ACCESS_DENIED);
  g_assert_cmpuint (rig_job (rig, &id)->owner, ==, RIG_OWNER);
  rig_assert_state (rig, &id, "transferring");
  g_assert_true (bgc_workers_fake_is_running (rig->workers, &id));
}

/* What the old owner asked for before, and whose turn comes after, is not done to what is no more his. */
static void
test_old_owners_requests (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id = rig_job_in (rig, BGC_JOB_STATE_TRANSFERRING);
  g_autoptr (Reply) taken = NULL, added = NULL, modified = NULL;

  bgc_workers_fake_hang (rig->workers, FALSE, TRUE, FALSE);
  taken = take_async (rig, &id, NEW_OWNER);
  rig_settle (rig);
  g_assert_false (taken->done);
  added = rig_add_async (rig, &id, "/etc/cron.d/x");
  modified = rig_modify_async (rig, &id, rig_set_auto_complete, GINT_TO_POINTER (TRUE));
  rig_settle (rig);
  bgc_workers_fake_hang (rig->workers, FALSE, FALSE, FALSE);
  rig_settle (rig);
  g_assert_cmpint (taken->code, ==, RIG_SUCCESS);
  g_assert_cmpint (added->code, ==, BGC_ERROR_NOT_FOUND);
  g_assert_cmpint (modified->code, ==, BGC_ERROR_NOT_FOUND);
  g_assert_false (rig_job (rig, &id)->auto_complete);
  g_assert_cmpuint (bgc_file_list_length (rig_job (rig, &id)->files), ==, 1);
}

static void
test_two_at_once (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id = rig_create (rig, 1, FALSE);
  g_autoptr (Reply) first = take_async (rig, &id, NEW_OWNER);
  g_autoptr (Reply) second = take_async (rig, &id, NEW_OWNER + 1);

  rig_settle (rig);
  g_assert_cmpint (first->code, ==, RIG_SUCCESS);
  g_assert_cmpint (second->code, ==, BGC_ERROR_NOT_FOUND);
  g_assert_cmpuint (rig_job (rig, &id)->owner, ==, NEW_OWNER);
}

static void
test_refusals (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id = rig_create (rig, 1, FALSE);
  BgcJobId final = rig_job_in (rig, BGC_JOB_STATE_CANCELLED);

  g_assert_cmpint (take (rig, &id, RIG_OWNER), ==, RIG_SUCCESS);
  g_assert_cmpint (take (rig, &final, NEW_OWNER), ==, BGC_ERROR_INVALID_STATE);
  rig->limits.max_jobs_per_user = 0;
  bgc_manager_set_limits (rig->manager, &rig->limits);
  g_assert_cmpint (take (rig, &id, NEW_OWNER), ==, BGC_ERROR_TOO_MANY_JOBS);
  g_assert_cmpuint (rig_job (rig, &id)->owner, ==, RIG_OWNER);
}

/* Nothing has happened, and the transfer goes on as it was. */
static void
test_store_failed (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id = rig_job_in (rig, BGC_JOB_STATE_TRANSFERRING);

  bgc_store_fake_fail (rig->store, 1, BGC_ERROR_STORE_FAILED);
  rig_expect_warning (rig);
  g_assert_cmpint (take (rig, &id, NEW_OWNER), ==, BGC_ERROR_STORE_FAILED);
  g_assert_cmpuint (rig_job (rig, &id)->owner, ==, RIG_OWNER);
  rig_advance (rig, 30 * SECOND);
  g_assert_true (bgc_workers_fake_is_running (rig->workers, &id));
  g_assert_cmpint (take (rig, &id, NEW_OWNER), ==, RIG_SUCCESS);
}

/* One waiting for its turn behind others of its old owner has a turn among the new owner's. */
static void
test_queued (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId ids[6];

  for (gsize i = 0; i < G_N_ELEMENTS (ids); i++)
    ids[i] = rig_create_for (rig, RIG_OWNER, BGC_PRIORITY_NORMAL, TRUE);
  rig_settle (rig);
  rig_assert_state (rig, &ids[5], "queued");
  g_assert_cmpint (take (rig, &ids[5], NEW_OWNER), ==, RIG_SUCCESS);
  rig_assert_state (rig, &ids[5], "queued");
  g_assert_cmpint (rig_request (rig, &ids[0], BGC_REQUEST_CANCEL), ==, RIG_SUCCESS);
  rig_settle (rig);
  rig_assert_state (rig, &ids[5], "connecting");
  rig_crash (rig);
  g_assert_cmpuint (rig_job (rig, &ids[5])->owner, ==, NEW_OWNER);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/taking/idle", test_idle);
  g_test_add_func ("/taking/running", test_running);
  g_test_add_func ("/taking/transferred-begins-again", test_transferred_begins_again);
  g_test_add_func ("/taking/reply-begins-again", test_reply_begins_again);
  g_test_add_func ("/taking/reply-that-came", test_reply_that_came);
  g_test_add_func ("/taking/way-not-trusted", test_way_not_trusted);
  g_test_add_func ("/taking/old-owners-requests", test_old_owners_requests);
  g_test_add_func ("/taking/two-at-once", test_two_at_once);
  g_test_add_func ("/taking/refusals", test_refusals);
  g_test_add_func ("/taking/store-failed", test_store_failed);
  g_test_add_func ("/taking/queued", test_queued);
  return g_test_run ();
}
