/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* New jobs: all of it or nothing, and the quotas. */

#include "engine/bgc-creation.h"

#include "bgc-rig.h"

typedef struct
{
  gboolean done;
  int code;
  BgcJobId id;
} Answer;

static void
on_created (GObject *source, GAsyncResult *result, gpointer data)
{
  Answer *answer = data;
  g_autoptr (GError) error = NULL;

  answer->code = RIG_SUCCESS;
  if (!bgc_manager_create_finish (BGC_MANAGER (source), result, &answer->id, &error))
    answer->code = error->code;
  answer->done = TRUE;
}

static Answer
create (Rig *rig, BgcJobType type, const char *name, BgcManagerModifyFunc modify, const char *local,
        gboolean resume)
{
  g_autoptr (GPtrArray) files = g_ptr_array_new_with_free_func ((GDestroyNotify)bgc_file_request_free);
  Answer answer = { 0 };

  if (local != NULL)
    {
      g_ptr_array_add (files, bgc_file_request_new ("http://example.org/", "/home/u/first"));
      g_ptr_array_add (files, bgc_file_request_new ("http://example.org/", local));
    }
  bgc_manager_create_async (rig->manager, RIG_OWNER, FALSE, type, name, modify, NULL, files, resume,
                            on_created, &answer);
  rig_settle (rig);
  g_assert_true (answer.done);
  return answer;
}

static gboolean
refuse (BgcJob *draft, gpointer data, GError **error)
{
  g_set_error_literal (error, BGC_ERROR, BGC_ERROR_READ_ONLY, "no");
  return FALSE;
}

static gboolean
adorn (BgcJob *draft, gpointer data, GError **error)
{
  draft->auto_complete = TRUE;
  return bgc_job_set_description (draft, "what it is for", error);
}

static void
test_refused (void)
{
  g_autofree char *name = g_strnfill (257, 'x');
  g_autoptr (Rig) rig = rig_new ();

  g_assert_cmpint (create (rig, BGC_JOB_TYPE_DOWNLOAD, name, NULL, NULL, FALSE).code, ==,
                   BGC_ERROR_STRING_TOO_LONG);
  g_assert_cmpint (create (rig, BGC_JOB_TYPE_DOWNLOAD, "\xff", NULL, NULL, FALSE).code, ==,
                   BGC_ERROR_INVALID_ARGUMENT);
  g_assert_cmpint (create (rig, BGC_JOB_TYPE_DOWNLOAD, "n", refuse, NULL, FALSE).code, ==,
                   BGC_ERROR_READ_ONLY);
  g_assert_cmpint (create (rig, BGC_JOB_TYPE_DOWNLOAD, "n", NULL, NULL, TRUE).code, ==, BGC_ERROR_EMPTY);
  g_assert_cmpint (create (rig, BGC_JOB_TYPE_DOWNLOAD, "n", NULL, "relative", TRUE).code, ==,
                   BGC_ERROR_INVALID_PATH);
  g_assert_cmpint (create (rig, BGC_JOB_TYPE_DOWNLOAD, "n", NULL, "/home/u/first", TRUE).code, ==,
                   BGC_ERROR_FILE_EXISTS);
  bgc_workers_fake_set_verdict (rig->workers, "/home/u/second", BGC_ERROR_ACCESS_DENIED);
  g_assert_cmpint (create (rig, BGC_JOB_TYPE_DOWNLOAD, "n", NULL, "/home/u/second", TRUE).code, ==,
                   BGC_ERROR_ACCESS_DENIED);
  bgc_store_fake_fail (rig->store, 1, BGC_ERROR_STORE_FAILED);
  g_assert_cmpint (create (rig, BGC_JOB_TYPE_DOWNLOAD, "n", NULL, "/home/u/third", TRUE).code, ==,
                   BGC_ERROR_STORE_FAILED);
  g_assert_cmpuint (bgc_store_fake_jobs (rig->store), ==, 0);
  g_assert_cmpuint (bgc_manager_count (rig->manager, G_MAXUINT32), ==, 0);
  g_assert_cmpstr (rig->told->str, ==, "");
}

/* CreateJob, AddFiles and Resume in one: one commit, and it runs. */
static void
test_submit (void)
{
  g_autoptr (Rig) rig = rig_new ();
  Answer answer = create (rig, BGC_JOB_TYPE_DOWNLOAD, "nightly", adorn, "/home/u/second", TRUE);

  g_assert_cmpint (answer.code, ==, RIG_SUCCESS);
  rig_assert_state (rig, &answer.id, "connecting");
  g_assert_cmpstr (rig_job (rig, &answer.id)->display_name, ==, "nightly");
  g_assert_cmpstr (rig_stored (rig, &answer.id)->description, ==, "what it is for");
  g_assert_true (rig_job (rig, &answer.id)->auto_complete);
  g_assert_cmpuint (bgc_file_list_length (rig_job (rig, &answer.id)->files), ==, 2);
  g_assert_cmpuint (rig_job (rig, &answer.id)->next_index, ==, 2);
  g_assert_true (g_str_has_prefix (rig->told->str, "added "));
}

/* Many at a time cannot get past a quota together, and one that fails takes nothing. */
static void
test_quotas (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcLimits limits = rig->limits;
  Reply *first;
  Reply *second;

  limits.max_jobs_per_machine = 1;
  bgc_manager_set_limits (rig->manager, &limits);
  bgc_store_fake_fail (rig->store, 1, BGC_ERROR_STORE_FAILED);
  first = rig_create_async (rig, RIG_OWNER, 0, FALSE);
  second = rig_create_async (rig, 2000, 0, FALSE);
  g_assert_cmpint (rig_wait (rig, first), ==, BGC_ERROR_STORE_FAILED);
  g_assert_cmpint (rig_wait (rig, second), ==, BGC_ERROR_TOO_MANY_JOBS);
  g_assert_cmpint (rig_wait (rig, rig_create_async (rig, 2000, 0, FALSE)), ==, RIG_SUCCESS);
}

static void
test_byte_quota (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcLimits limits = rig->limits;
  BgcJobId id;

  limits.max_stored_bytes_per_user = 200;
  bgc_manager_set_limits (rig->manager, &limits);
  id = rig_create (rig, 2, FALSE);
  g_assert_cmpint (rig_wait (rig, rig_create_async (rig, RIG_OWNER, 1, FALSE)), ==,
                   BGC_ERROR_LIMITS_EXCEEDED);
  g_assert_cmpint (rig_request (rig, &id, BGC_REQUEST_ADD_FILE), ==, BGC_ERROR_LIMITS_EXCEEDED);
  rig_outcome (rig, &id, BGC_REQUEST_CANCEL);
  g_assert_cmpint (rig_wait (rig, rig_create_async (rig, RIG_OWNER, 2, FALSE)), ==, RIG_SUCCESS);
}

static void
test_order_survives (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId ids[5];
  g_autoptr (GPtrArray) jobs = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (ids); i++)
    ids[i] = rig_create (rig, 0, FALSE);
  rig_crash (rig);
  rig_start (rig);
  rig_create (rig, 0, FALSE);
  jobs = bgc_manager_list (rig->manager, RIG_OWNER, 0, 0, 10);
  g_assert_cmpuint (jobs->len, ==, 6);
  for (guint i = 0; i < G_N_ELEMENTS (ids); i++)
    g_assert_true (g_ptr_array_index (jobs, i) == rig_job (rig, &ids[i]));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/creation/refused", test_refused);
  g_test_add_func ("/creation/submit", test_submit);
  g_test_add_func ("/creation/quotas", test_quotas);
  g_test_add_func ("/creation/byte-quota", test_byte_quota);
  g_test_add_func ("/creation/order-survives", test_order_survives);
  return g_test_run ();
}
