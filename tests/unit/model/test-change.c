/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "model/bgc-change.h"

static const BgcJobId job_id = { { 9 } };

static BgcJob *
make_job (guint n_files)
{
  BgcLimits limits;
  BgcJob *job;

  bgc_limits_init (&limits);
  job = bgc_job_new (&job_id, BGC_JOB_TYPE_DOWNLOAD, 1000, "nightly", 1, &limits);
  for (guint i = 0; i < n_files; i++)
    bgc_file_list_put (job->files, bgc_file_new (i, "http://h/f", "/f", "t"));

  return job;
}

static void
test_edit (void)
{
  g_autoptr (BgcJob) live = make_job (3);
  g_autoptr (BgcChange) change = bgc_change_new (&job_id);
  BgcFile *file = bgc_change_edit_file (change, live, 1);

  g_assert_true (bgc_job_id_equal (&change->id, &job_id));
  file->bytes_transferred = 5;
  g_assert_true (bgc_change_edit_file (change, live, 1) == file);
  g_assert_true (bgc_change_peek_file (change, live, 1) == file);
  g_assert_true (bgc_change_peek_file (change, live, 2) == bgc_file_list_find (live->files, 2));
  g_assert_cmpuint (bgc_file_list_find (live->files, 1)->bytes_transferred, ==, 0);
  g_assert_null (bgc_change_edit_file (change, live, 3));
  g_assert_null (bgc_change_edit_file (change, NULL, 2));
  g_assert_null (bgc_change_peek_file (change, NULL, 2));
  g_assert_true (bgc_change_edit_file (change, NULL, 1) == file);
  g_assert_cmpuint (change->files->len, ==, 1);
}

static void
test_removed (void)
{
  g_autoptr (BgcJob) live = make_job (3);
  g_autoptr (BgcChange) change = bgc_change_new (&job_id);
  guint32 index = 1;

  bgc_change_edit_file (change, live, 1);
  g_array_append_val (change->removed_files, index);
  g_assert_null (bgc_change_edit_file (change, live, 1));
  g_assert_null (bgc_change_peek_file (change, live, 1));
  bgc_change_apply (change, live);
  g_assert_cmpuint (bgc_file_list_length (live->files), ==, 2);
  g_assert_null (bgc_file_list_find (live->files, 1));
}

static void
test_order (void)
{
  static const guint32 indexes[] = { 4, 1, 3, 0, 2, 3 };
  g_autoptr (BgcJob) live = make_job (5);
  g_autoptr (BgcChange) change = bgc_change_new (&job_id);

  for (guint i = 0; i < G_N_ELEMENTS (indexes); i++)
    bgc_change_edit_file (change, live, indexes[i]);
  bgc_change_put_file (change, bgc_file_new (2, "http://h/other", "/f", "t"));

  g_assert_cmpuint (change->files->len, ==, 5);
  for (guint32 i = 0; i < change->files->len; i++)
    g_assert_cmpuint (((const BgcFile *) g_ptr_array_index (change->files, i))->index, ==, i);
  g_assert_cmpstr (bgc_change_peek_file (change, live, 2)->remote, ==, "http://h/other");
}

static void
test_apply (void)
{
  g_autoptr (BgcJob) live = make_job (2);
  g_autoptr (BgcChange) change = bgc_change_new (&job_id);
  BgcFile *edited = bgc_change_edit_file (change, live, 0);

  edited->bytes_transferred = 8;
  bgc_change_put_file (change, bgc_file_new (7, "http://h/new", "/new", "t"));
  change->header = bgc_job_draft (live);
  g_assert_true (bgc_job_set_state (change->header, BGC_JOB_STATE_QUEUED, 2, NULL));
  change->header->next_index = 8;
  bgc_change_apply (change, live);

  g_assert_cmpint (live->state, ==, BGC_JOB_STATE_QUEUED);
  g_assert_cmpuint (live->next_index, ==, 8);
  g_assert_cmpuint (bgc_file_list_length (live->files), ==, 3);
  g_assert_true (bgc_file_list_find (live->files, 0) == edited);
  g_assert_cmpstr (bgc_file_list_find (live->files, 7)->local, ==, "/new");
  g_assert_cmpuint (bgc_file_list_bytes_transferred (live->files), ==, 8);
  g_assert_null (change->header);
  g_assert_cmpuint (change->files->len, ==, 0);
}

/* A job whose header was a draft has no list yet. */
static void
test_apply_to_draft (void)
{
  g_autoptr (BgcJob) job = make_job (0);
  g_autoptr (BgcJob) live = bgc_job_draft (job);
  g_autoptr (BgcChange) change = bgc_change_new (&job_id);

  bgc_change_put_file (change, bgc_file_new (0, "http://h/f", "/f", "t"));
  bgc_change_apply (change, live);
  g_assert_cmpuint (bgc_file_list_length (live->files), ==, 1);
}

static void
test_free (void)
{
  BgcChange *change = bgc_change_new (&job_id);
  guint64 settled = 4;

  change->header = make_job (1);
  bgc_change_put_file (change, bgc_file_new (0, "http://h/f", "/f", "t"));
  g_ptr_array_add (change->leftovers, bgc_leftover_new (1000, "/srv/t", 1, 2));
  g_array_append_val (change->settled_leftovers, settled);
  bgc_change_free (change);
  bgc_change_free (NULL);
}

/* Touching every file of the longest job must not take the square of its length. */
static void
test_long (void)
{
  const guint n_files = 100000;
  g_autoptr (BgcJob) live = make_job (n_files);
  g_autoptr (BgcChange) change = bgc_change_new (&job_id);
  gint64 start = g_get_monotonic_time ();

  for (guint32 i = 0; i < n_files; i++)
    bgc_change_edit_file (change, live, i)->state = BGC_FILE_COMPLETED;
  bgc_change_apply (change, live);
  g_assert_cmpuint (bgc_file_list_count (live->files, BGC_FILE_COMPLETED), ==, n_files);
  /* 0.1 s is usual; the square would take many seconds. */
  g_assert_cmpint (g_get_monotonic_time () - start, <, 5 * G_USEC_PER_SEC);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/change/edit", test_edit);
  g_test_add_func ("/change/removed", test_removed);
  g_test_add_func ("/change/order", test_order);
  g_test_add_func ("/change/apply", test_apply);
  g_test_add_func ("/change/apply-to-draft", test_apply_to_draft);
  g_test_add_func ("/change/free", test_free);
  g_test_add_func ("/change/long", test_long);

  return g_test_run ();
}
