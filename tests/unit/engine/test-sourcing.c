/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "engine/bgc-sourcing.h"

#include "bgc-rig-upload.h"

static int
check (BgcFileRequest *request, guint existing)
{
  g_autoptr (GPtrArray) requests = g_ptr_array_new_with_free_func ((GDestroyNotify)bgc_file_request_free);
  g_autoptr (GError) error = NULL;

  g_ptr_array_add (requests, request);
  return bgc_sourcing_check (requests, existing, &error) ? RIG_SUCCESS : error->code;
}

static void
test_check (void)
{
  BgcFileRequest *request;

  g_assert_cmpint (check (bgc_file_request_new ("http://a/b", "/srv/a"), 0), ==, RIG_SUCCESS);
  g_assert_cmpint (check (bgc_file_request_new ("http://a/b", "/srv/a"), 1), ==, BGC_ERROR_TOO_MANY_FILES);
  g_assert_cmpint (check (bgc_file_request_new ("ftp://a/b", "/srv/a"), 0), ==, BGC_ERROR_INVALID_URL);
  g_assert_cmpint (check (bgc_file_request_new ("http://a/b", "srv/a"), 0), ==, BGC_ERROR_INVALID_PATH);
  g_assert_cmpint (check (bgc_file_request_new ("http://a/b", NULL), 0), ==, BGC_ERROR_INVALID_ARGUMENT);
  request = bgc_file_request_new ("http://a/b", "/srv/a");
  request->size = 5;
  g_assert_cmpint (check (request, 0), ==, BGC_ERROR_NOT_SUPPORTED);
  request = bgc_file_request_new ("http://a/b", "/srv/a");
  request->overwrite = FALSE;
  g_assert_cmpint (check (request, 0), ==, BGC_ERROR_NOT_SUPPORTED);
  request = bgc_file_request_new ("http://a/b", "/srv/a");
  request->checksum = g_strdup ("sha256:00");
  g_assert_cmpint (check (request, 0), ==, BGC_ERROR_NOT_SUPPORTED);
}

static void
test_reply_name (void)
{
  BgcJobId id = { { 0xab } };
  g_autoptr (BgcJob) job = NULL;
  g_autofree char *ours = NULL;
  g_autofree char *in_root = NULL;
  g_autofree char *chosen = NULL;
  BgcLimits limits;

  bgc_limits_init (&limits);
  job = bgc_job_new (&id, BGC_JOB_TYPE_UPLOAD_REPLY, 7, "job", 0, &limits);
  g_assert_null (bgc_sourcing_reply_name (job, NULL));
  ours = bgc_sourcing_reply_name (job, "/srv/data/file");
  g_assert_cmpstr (ours, ==, "/srv/data/ab000000000000000000000000000000.reply");
  in_root = bgc_sourcing_reply_name (job, "/file");
  g_assert_cmpstr (in_root, ==, "/ab000000000000000000000000000000.reply");
  g_assert_true (bgc_job_set_reply_file_name (job, "/home/u/r", NULL));
  chosen = bgc_sourcing_reply_name (job, "/srv/data/file");
  g_assert_cmpstr (chosen, ==, "/home/u/r");
}

static gboolean
set_reply (BgcJob *draft, gpointer data, GError **error)
{
  return bgc_job_set_reply_file_name (draft, data, error);
}

static int
submit (Rig *rig, BgcJobType type, const char *reply_name, BgcJobId *id)
{
  g_autoptr (Reply) reply
    = rig_upload_async (rig, type, reply_name != NULL ? set_reply : NULL, (gpointer)reply_name, TRUE);

  rig_settle (rig);
  g_assert_true (reply->done);
  if (id != NULL)
    *id = reply->id;
  return reply->code;
}

/* What the owner's worker says about the source. */
static void
test_source (void)
{
  static const BgcErrorCode codes[]
    = { BGC_ERROR_NOT_FOUND, BGC_ERROR_ACCESS_DENIED, BGC_ERROR_INVALID_PATH, BGC_ERROR_WORKER_LOST };
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id;

  for (guint i = 0; i < G_N_ELEMENTS (codes); i++)
    {
      bgc_workers_fake_set_source (rig->workers, "/home/u/source", codes[i], 0);
      g_assert_cmpint (submit (rig, BGC_JOB_TYPE_UPLOAD, NULL, NULL), ==, codes[i]);
    }
  g_assert_cmpuint (bgc_store_fake_jobs (rig->store), ==, 0);
  bgc_workers_fake_set_source (rig->workers, "/home/u/source", BGC_N_ERRORS, G_MAXUINT32 + 10ull);
  g_assert_cmpint (submit (rig, BGC_JOB_TYPE_UPLOAD, NULL, &id), ==, RIG_SUCCESS);
  g_assert_cmpuint (rig_file (rig, &id, 0)->bytes_total, ==, G_MAXUINT32 + 10ull);
  g_assert_true (bgc_file_is_source (rig_file (rig, &id, 0)));
  g_assert_null (bgc_job_reply (rig_job (rig, &id)));
}

static void
test_reply (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id;

  g_assert_cmpint (submit (rig, BGC_JOB_TYPE_UPLOAD_REPLY, "/home/u/r", &id), ==, RIG_SUCCESS);
  g_assert_cmpstr (bgc_job_reply (rig_job (rig, &id))->local, ==, "/home/u/r");
  g_assert_true (bgc_job_reply (rig_job (rig, &id))->overwrite);
  g_assert_cmpint (submit (rig, BGC_JOB_TYPE_UPLOAD_REPLY, NULL, &id), ==, RIG_SUCCESS);
  /* Nobody's file is replaced by a name that nobody chose. */
  g_assert_false (bgc_job_reply (rig_job (rig, &id))->overwrite);
  g_assert_cmpint (submit (rig, BGC_JOB_TYPE_UPLOAD_REPLY, "/home/u/source", NULL), ==,
                   BGC_ERROR_FILE_EXISTS);
  g_assert_cmpint (submit (rig, BGC_JOB_TYPE_UPLOAD_REPLY, "r", NULL), ==, BGC_ERROR_INVALID_PATH);
  g_assert_cmpint (submit (rig, BGC_JOB_TYPE_UPLOAD, "/home/u/r", NULL), ==, BGC_ERROR_NOT_SUPPORTED);
  bgc_workers_fake_set_verdict (rig->workers, "/home/u/r", BGC_ERROR_ACCESS_DENIED);
  g_assert_cmpint (submit (rig, BGC_JOB_TYPE_UPLOAD_REPLY, "/home/u/r", NULL), ==, BGC_ERROR_ACCESS_DENIED);
  g_assert_cmpuint (bgc_store_fake_jobs (rig->store), ==, 2);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sourcing/check", test_check);
  g_test_add_func ("/sourcing/reply-name", test_reply_name);
  g_test_add_func ("/sourcing/source", test_source);
  g_test_add_func ("/sourcing/reply", test_reply);
  return g_test_run ();
}
