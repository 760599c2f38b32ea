/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "store/bgc-store-check.h"

#include "bgc-store-sample.h"

/* What would be damaged when read is not written. */
static void
test_check (void)
{
  g_autoptr (BgcJob) job = sample_job (1);
  g_autoptr (BgcFile) file = sample_file (1);
  char *reason = NULL;

  g_assert_true (bgc_store_check_job (job, &reason));
  g_assert_true (bgc_store_check_file (file, &reason));
  job->sequence = G_MAXUINT64;
  g_assert_false (bgc_store_check_job (job, &reason));
  g_clear_pointer (&reason, g_free);
  job->sequence = 1;
  bgc_job_restore_state (job, BGC_JOB_STATE_TRANSIENT_ERROR);
  g_assert_false (bgc_store_check_job (job, &reason));
  g_clear_pointer (&reason, g_free);
  file->etag = g_strdup ("\xff");
  g_assert_false (bgc_store_check_file (file, &reason));
  g_clear_pointer (&reason, g_free);
}

static gboolean
is_good (const BgcJob *job)
{
  g_autofree char *reason = NULL;
  gboolean good = bgc_store_check_job (job, &reason);

  g_assert_true (good == (reason == NULL));
  return good;
}

static void
test_uploads (void)
{
  g_autoptr (BgcJob) job = sample_job (1);

  job->upload = bgc_upload_new ();
  g_assert_false (is_good (job));
  job->type = BGC_JOB_TYPE_UPLOAD;
  g_assert_true (is_good (job));
  job->upload->session_id = g_strdup ("\xff");
  g_assert_false (is_good (job));
  g_clear_pointer (&job->upload->session_id, g_free);
  job->reply_file_name = g_strdup ("/srv/x");
  g_assert_false (is_good (job));
  job->type = BGC_JOB_TYPE_UPLOAD_REPLY;
  g_assert_true (is_good (job));
  job->server_cancel = bgc_deadline_new ("", 0, 0, 1);
  g_assert_false (is_good (job));
  bgc_job_restore_state (job, BGC_JOB_STATE_CANCELLED);
  g_assert_true (is_good (job));
  g_clear_pointer (&job->upload, bgc_upload_free);
  g_assert_false (is_good (job));
}

/* Which file may be in which job. */
static void
test_files_of_uploads (void)
{
  g_autoptr (BgcJob) job = sample_job (1);
  g_autoptr (BgcFile) source = sample_upload_file (BGC_UPLOAD_FILE);
  g_autoptr (BgcFile) reply = sample_upload_file (BGC_UPLOAD_REPLY);
  g_autoptr (BgcFile) plain = sample_file (2);
  const struct
  {
    const BgcFile *file;
    gboolean good[BGC_N_JOB_TYPES];
  } rows[] = {
    { source, { FALSE, TRUE, TRUE } },
    { reply, { FALSE, FALSE, TRUE } },
    { plain, { TRUE, FALSE, FALSE } },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    for (guint type = 0; type < BGC_N_JOB_TYPES; type++)
      {
        g_autofree char *reason = NULL;

        job->type = (BgcJobType)type;
        g_assert_true (bgc_store_check_file (rows[i].file, &reason));
        g_assert_cmpint (bgc_store_check_file_of (rows[i].file, job, &reason), ==, rows[i].good[type]);
      }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/store-check/check", test_check);
  g_test_add_func ("/store-check/uploads", test_uploads);
  g_test_add_func ("/store-check/files-of-uploads", test_files_of_uploads);
  return g_test_run ();
}
