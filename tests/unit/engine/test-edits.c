/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* Suspend, Resume, files and properties. */

#include "bgc-rig.h"

static void
test_resume_empty (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id = rig_create (rig, 0, FALSE);

  g_assert_cmpint (rig_request (rig, &id, BGC_REQUEST_RESUME), ==, BGC_ERROR_EMPTY);
  rig_assert_state (rig, &id, "suspended");
}

/* Suspend on a transferred job, and back, without a byte. */
static void
test_suspend_transferred (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id = rig_job_in (rig, BGC_JOB_STATE_TRANSFERRED);
  gint64 completed = rig_job (rig, &id)->completion_time;
  guint starts = bgc_workers_fake_log (rig->workers)->len;

  rig_request (rig, &id, BGC_REQUEST_SUSPEND);
  rig_assert_state (rig, &id, "suspended");
  rig_advance (rig, SECOND);
  rig_request (rig, &id, BGC_REQUEST_RESUME);
  rig_assert_state (rig, &id, "transferred");
  g_assert_cmpint (rig_job (rig, &id)->completion_time, ==, completed);
  g_assert_cmpuint (bgc_workers_fake_log (rig->workers)->len, ==, starts);
}

/* The last report comes while the worker stops, and is stored with the new state. */
static void
test_suspend_keeps_bytes (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id = rig_job_in (rig, BGC_JOB_STATE_TRANSFERRING);
  g_autoptr (Reply) reply = NULL;

  bgc_workers_fake_hang (rig->workers, FALSE, TRUE, FALSE);
  reply = rig_ask (rig, &id, BGC_REQUEST_SUSPEND);
  rig_settle (rig);
  g_assert_false (reply->done);
  rig_progress (rig, &id, 0, 77, 100);
  bgc_workers_fake_hang (rig->workers, FALSE, FALSE, FALSE);
  rig_settle (rig);
  g_assert_true (reply->done);
  rig_assert_state (rig, &id, "suspended");
  g_assert_cmpuint (bgc_file_list_bytes_transferred (rig_stored (rig, &id)->files), ==, 77);
}

/* It cannot be stored: told so, and the job goes on where it was. */
static void
test_suspend_store_failed (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id = rig_job_in (rig, BGC_JOB_STATE_TRANSFERRING);

  bgc_store_fake_fail (rig->store, 1, BGC_ERROR_STORE_FAILED);
  rig_expect_warning (rig);
  g_assert_cmpint (rig_request (rig, &id, BGC_REQUEST_SUSPEND), ==, BGC_ERROR_STORE_FAILED);
  rig_assert_state (rig, &id, "transferring");
  rig_advance (rig, 30 * SECOND);
  rig_assert_state (rig, &id, "connecting");
  g_assert_true (bgc_workers_fake_is_running (rig->workers, &id));
}

static void
test_add_to_running (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id = rig_job_in (rig, BGC_JOB_STATE_TRANSFERRING);
  GPtrArray *log = bgc_workers_fake_log (rig->workers);
  g_autoptr (Reply) reply = rig_add_async (rig, &id, "/home/u/more");

  rig_settle (rig);
  g_assert_cmpint (reply->code, ==, RIG_SUCCESS);
  g_assert_cmpint (reply->value, ==, 1);
  /* The worker is given the new one, and was not stopped for it. */
  g_assert_cmpuint (log->len, ==, 2);
  g_assert_cmpint (((const char *)g_ptr_array_index (log, 1))[0], ==, '+');
  rig_whole (rig, &id, 0);
  rig_assert_state (rig, &id, "transferring");
  rig_whole (rig, &id, 1);
  rig_assert_state (rig, &id, "transferred");
}

static void
test_add_to_transferred (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id = rig_job_in (rig, BGC_JOB_STATE_TRANSFERRED);
  guint32 added = rig_job (rig, &id)->next_index;

  g_assert_cmpint (rig_request (rig, &id, BGC_REQUEST_ADD_FILE), ==, RIG_SUCCESS);
  rig_assert_state (rig, &id, "connecting");
  g_assert_cmpint (rig_job (rig, &id)->completion_time, ==, 0);
  rig_whole (rig, &id, added);
  rig_assert_state (rig, &id, "transferred");
}

/* As many files as the job had before it ended, one after another, each whole as the next is being added:
 * however the two meet, none is forgotten and the job completes by itself. */
static void
test_add_as_last_ends (void)
{
  for (guint turns = 0; turns < 12; turns++)
    {
      g_autoptr (Rig) rig = rig_new ();
      BgcJobId id = rig_create (rig, 1, TRUE);
      gboolean automatic = turns % 2 == 0;
      Reply *reply;
      int code;

      if (automatic)
        g_assert_cmpint (rig_modify (rig, &id, rig_set_auto_complete, GINT_TO_POINTER (TRUE)), ==,
                         RIG_SUCCESS);
      bgc_workers_fake_report_whole (rig->workers, rig_job (rig, &id), 0, 100);
      for (guint i = 0; i < turns / 2; i++)
        g_main_context_iteration (NULL, FALSE);
      reply = rig_add_async (rig, &id, "/home/alice/another");
      rig_settle (rig);
      code = rig_wait (rig, reply);
      if (code == BGC_ERROR_INVALID_STATE)
        {
          /* Too late: it was being completed, and says so. */
          rig_assert_state (rig, &id, "acknowledged");
          continue;
        }
      g_assert_cmpint (code, ==, RIG_SUCCESS);
      g_assert_cmpint (rig_file (rig, &id, 1)->state, ==, BGC_FILE_PENDING);
      g_assert_true (bgc_workers_fake_is_running (rig->workers, &id));
      rig_whole (rig, &id, 1);
      rig_assert_state (rig, &id, automatic ? "acknowledged" : "transferred");
      g_assert_cmpint (rig_file (rig, &id, 1)->state, ==,
                       automatic ? BGC_FILE_COMPLETED : BGC_FILE_WHOLE);
    }
}

static void
test_remove (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id = rig_create (rig, 2, TRUE);

  rig_progress (rig, &id, 0, 5, 100);
  g_assert_cmpint (rig_wait (rig, rig_remove_async (rig, &id, 7)), ==, BGC_ERROR_NOT_FOUND);
  g_assert_cmpint (rig_wait (rig, rig_remove_async (rig, &id, 0)), ==, RIG_SUCCESS);
  g_assert_cmpuint (bgc_file_list_length (rig_job (rig, &id)->files), ==, 1);
  rig_assert_state (rig, &id, "transferring");
  g_assert_true (bgc_workers_fake_is_running (rig->workers, &id));
  /* Its temporary file is deleted, by way of the list that survives a crash. */
  g_assert_cmpuint (bgc_workers_fake_placements (rig->workers)->len, ==, 1);
  g_assert_cmpuint (bgc_store_fake_leftovers (rig->store), ==, 0);
  /* The next file has a number of its own. */
  g_assert_cmpint (rig_request (rig, &id, BGC_REQUEST_ADD_FILE), ==, RIG_SUCCESS);
  g_assert_nonnull (bgc_file_list_find (rig_job (rig, &id)->files, 2));
}

static void
test_remove_last (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id = rig_job_in (rig, BGC_JOB_STATE_TRANSFERRING);
  BgcJobId other = rig_create (rig, 2, TRUE);

  g_assert_cmpint (rig_wait (rig, rig_remove_async (rig, &id, 0)), ==, RIG_SUCCESS);
  rig_assert_state (rig, &id, "suspended");
  g_assert_false (bgc_workers_fake_is_running (rig->workers, &id));
  /* The rest is whole: the job is transferred. */
  rig_whole (rig, &other, 1);
  g_assert_cmpint (rig_wait (rig, rig_remove_async (rig, &other, 1)), ==, BGC_ERROR_INVALID_STATE);
  g_assert_cmpint (rig_wait (rig, rig_remove_async (rig, &other, 0)), ==, RIG_SUCCESS);
  rig_assert_state (rig, &other, "transferred");
}

static void
test_remove_crash (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id = rig_job_in (rig, BGC_JOB_STATE_TRANSFERRING);

  bgc_workers_fake_hang (rig->workers, FALSE, FALSE, TRUE);
  g_assert_cmpint (rig_wait (rig, rig_remove_async (rig, &id, 0)), ==, RIG_SUCCESS);
  g_assert_cmpuint (bgc_store_fake_leftovers (rig->store), ==, 1);
  rig_crash (rig);
  rig_start (rig);
  g_assert_cmpuint (bgc_workers_fake_placements (rig->workers)->len, ==, 1);
  g_assert_cmpuint (bgc_store_fake_leftovers (rig->store), ==, 0);
}

static void
test_set_remote (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id = rig_job_in (rig, BGC_JOB_STATE_TRANSFERRING);

  g_assert_cmpint (rig_wait (rig, rig_set_remote_async (rig, &id, 0, "ftp://example.org/")), ==,
                   BGC_ERROR_INVALID_URL);
  g_assert_cmpint (rig_wait (rig, rig_set_remote_async (rig, &id, 5, "http://example.org/n")), ==,
                   BGC_ERROR_NOT_FOUND);
  g_assert_cmpint (rig_wait (rig, rig_set_remote_async (rig, &id, 0, "http://example.org/n")), ==,
                   RIG_SUCCESS);
  g_assert_cmpstr (rig_file (rig, &id, 0)->remote, ==, "http://example.org/n");
  g_assert_cmpuint (rig_file (rig, &id, 0)->bytes_transferred, ==, 10);
  g_assert_true (bgc_workers_fake_is_running (rig->workers, &id));
  g_assert_cmpuint (bgc_workers_fake_log (rig->workers)->len, ==, 3);
  rig_whole (rig, &id, 0);
  g_assert_cmpint (rig_wait (rig, rig_set_remote_async (rig, &id, 0, "http://example.org/o")), ==,
                   BGC_ERROR_INVALID_STATE);
}

static gboolean
refuse (BgcJob *draft, gpointer data, GError **error)
{
  draft->priority = BGC_PRIORITY_LOW;
  return bgc_job_set_display_name (draft, "\x01", error);
}

static gboolean
describe (BgcJob *draft, gpointer data, GError **error)
{
  return bgc_job_set_description (draft, data, error);
}

static void
test_modify (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id = rig_create (rig, 1, FALSE);
  BgcLimits limits = rig->limits;

  g_assert_cmpint (rig_modify (rig, &id, refuse, NULL), ==, BGC_ERROR_INVALID_ARGUMENT);
  g_assert_cmpint (rig_job (rig, &id)->priority, ==, BGC_PRIORITY_NORMAL);
  rig_advance (rig, SECOND);
  g_assert_cmpint (rig_modify (rig, &id, describe, (gpointer) "what it is for"), ==, RIG_SUCCESS);
  g_assert_cmpstr (rig_stored (rig, &id)->description, ==, "what it is for");
  g_assert_cmpint (rig_job (rig, &id)->modification_time, ==, RIG_WALL + SECOND);
  limits.max_stored_bytes_per_user = 10;
  bgc_manager_set_limits (rig->manager, &limits);
  g_assert_cmpint (rig_modify (rig, &id, describe, (gpointer) "what it is for, and more"), ==,
                   BGC_ERROR_LIMITS_EXCEEDED);
  g_assert_cmpint (rig_modify (rig, &id, describe, (gpointer) "less"), ==, RIG_SUCCESS);
}

/* A priority that is raised gets its place at once. */
static void
test_modify_priority (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id = rig_job_in (rig, BGC_JOB_STATE_QUEUED);

  rig_modify (rig, &id, rig_set_priority, GUINT_TO_POINTER (BGC_PRIORITY_FOREGROUND));
  rig_settle (rig);
  rig_assert_state (rig, &id, "connecting");
}

static gboolean
set_login (BgcJob *draft, gpointer password, GError **error)
{
  bgc_job_set_login (draft,
                     bgc_login_new (BGC_LOGIN_TARGET_SERVER, BGC_LOGIN_SCHEME_BASIC, "alice", password));
  return TRUE;
}

/* A job that runs goes on in a new run, with all it had: its requests are to show them. */
static void
test_modify_secrets (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id = rig_create (rig, 1, TRUE);
  guint before;

  rig_progress (rig, &id, 0, 40, 100);
  before = bgc_workers_fake_log (rig->workers)->len;
  g_assert_cmpint (rig_modify (rig, &id, describe, (gpointer) "nothing to a server"), ==, RIG_SUCCESS);
  g_assert_cmpuint (bgc_workers_fake_log (rig->workers)->len, ==, before);
  g_assert_cmpint (rig_modify (rig, &id, set_login, (gpointer) "one"), ==, RIG_SUCCESS);
  g_assert_cmpuint (bgc_workers_fake_log (rig->workers)->len, ==, before + 2);
  g_assert_true (bgc_workers_fake_is_running (rig->workers, &id));
  rig_assert_state (rig, &id, "transferring");
  g_assert_cmpuint (rig_file (rig, &id, 0)->bytes_transferred, ==, 40);
  g_assert_nonnull (rig_stored (rig, &id)->secrets);
  bgc_store_fake_fail (rig->store, 1, BGC_ERROR_STORE_FAILED);
  rig_expect_warning (rig);
  g_assert_cmpint (rig_modify (rig, &id, set_login, (gpointer) "two"), ==, BGC_ERROR_STORE_FAILED);
  rig_advance (rig, 10 * SECOND);
  g_assert_cmpstr (bgc_job_secrets_get_login (rig_job (rig, &id)->secrets, BGC_LOGIN_TARGET_SERVER,
                                              BGC_LOGIN_SCHEME_BASIC)->password, ==, "one");
  rig_assert_state (rig, &id, "connecting");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/edits/resume-empty", test_resume_empty);
  g_test_add_func ("/edits/suspend-transferred", test_suspend_transferred);
  g_test_add_func ("/edits/suspend-keeps-bytes", test_suspend_keeps_bytes);
  g_test_add_func ("/edits/suspend-store-failed", test_suspend_store_failed);
  g_test_add_func ("/edits/add-to-running", test_add_to_running);
  g_test_add_func ("/edits/add-to-transferred", test_add_to_transferred);
  g_test_add_func ("/edits/add-as-last-ends", test_add_as_last_ends);
  g_test_add_func ("/edits/remove", test_remove);
  g_test_add_func ("/edits/remove-last", test_remove_last);
  g_test_add_func ("/edits/remove-crash", test_remove_crash);
  g_test_add_func ("/edits/set-remote", test_set_remote);
  g_test_add_func ("/edits/modify", test_modify);
  g_test_add_func ("/edits/modify-priority", test_modify_priority);
  g_test_add_func ("/edits/modify-secrets", test_modify_secrets);
  return g_test_run ();
}
