/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* What files are refused, each with its error and nothing changed. */

#include "engine/bgc-admission.h"

#include <string.h>

#include "bgc-rig.h"

static void
assert_refused (const char *remote, const char *local, const char *checksum, int expected)
{
  g_autoptr (Rig) rig = rig_new ();
  g_autoptr (GPtrArray) requests = g_ptr_array_new_with_free_func ((GDestroyNotify)bgc_file_request_free);
  g_autoptr (GError) error = NULL;
  BgcFileRequest *request = bgc_file_request_new (remote, local);

  request->checksum = g_strdup (checksum);
  g_ptr_array_add (requests, request);
  g_assert_cmpint (bgc_admission_check (requests, 0, &rig->limits, FALSE, &error), ==,
                   expected == RIG_SUCCESS);
  if (expected != RIG_SUCCESS)
    g_assert_error (error, BGC_ERROR, expected);
}

static void
test_check (void)
{
  g_autofree char *url = g_strnfill (9000, 'a');
  g_autofree char *long_url = g_strconcat ("http://example.org/", url, NULL);
  g_autofree char *long_path = g_strconcat ("/", url, NULL);

  assert_refused ("http://example.org/a", "/home/u/a", NULL, RIG_SUCCESS);
  assert_refused ("ftp://example.org/a", "/home/u/a", NULL, BGC_ERROR_INVALID_URL);
  assert_refused ("http://user:secret@example.org/a", "/home/u/a", NULL, BGC_ERROR_INVALID_URL);
  assert_refused (long_url, "/home/u/a", NULL, BGC_ERROR_STRING_TOO_LONG);
  assert_refused ("http://example.org/a", "home/u/a", NULL, BGC_ERROR_INVALID_PATH);
  assert_refused ("http://example.org/a", long_path, NULL, BGC_ERROR_STRING_TOO_LONG);
  assert_refused ("http://example.org/a", "/home/u/a", "md5:00", BGC_ERROR_INVALID_ARGUMENT);
  assert_refused (NULL, "/home/u/a", NULL, BGC_ERROR_INVALID_ARGUMENT);
}

static GPtrArray *
many (guint count)
{
  GPtrArray *requests = g_ptr_array_new_with_free_func ((GDestroyNotify)bgc_file_request_free);

  for (guint i = 0; i < count; i++)
    {
      g_autofree char *local = g_strdup_printf ("/home/u/%u", i);

      g_ptr_array_add (requests, bgc_file_request_new ("http://example.org/", local));
    }
  return requests;
}

static void
test_counts (void)
{
  g_autoptr (GPtrArray) three = many (3);
  g_autoptr (GPtrArray) too_many = many (BGC_FILES_PER_CALL + 1);
  g_autoptr (GError) error = NULL;
  BgcLimits limits;

  bgc_limits_init (&limits);
  limits.max_files_per_job = 5;
  g_assert_true (bgc_admission_check (three, 2, &limits, FALSE, NULL));
  g_assert_false (bgc_admission_check (three, 3, &limits, FALSE, &error));
  g_assert_error (error, BGC_ERROR, BGC_ERROR_TOO_MANY_FILES);
  g_clear_error (&error);
  g_assert_true (bgc_admission_check (three, 3, &limits, TRUE, NULL));
  g_assert_false (bgc_admission_check (too_many, 0, &limits, TRUE, &error));
  g_assert_error (error, BGC_ERROR, BGC_ERROR_TOO_MANY_FILES);
}

/* A link in the path makes two names of one file: either counts, against either. */
static void
test_duplicates (void)
{
  static const struct
  {
    const char *local;
    const char *identity;
    gboolean refused;
  } cases[] = {
    { "/home/u/held", NULL, TRUE },
    { "/link/held", "/home/u/held", TRUE },
    { "/home/u/identity", NULL, TRUE },
    { "/home/u/other", NULL, FALSE },
  };
  g_autoptr (GRand) random = g_rand_new_with_seed (1);
  BgcJobId id = { { 1 } };
  BgcLimits limits;
  g_autoptr (BgcJob) job = NULL;
  BgcFile *held = bgc_file_new (0, "http://example.org/", "/home/u/held", ".t");

  bgc_limits_init (&limits);
  job = bgc_job_new (&id, BGC_JOB_TYPE_DOWNLOAD, 1, "n", 0, &limits);
  held->identity = g_strdup ("/home/u/identity");
  bgc_file_list_put (job->files, held);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GPtrArray) requests = many (0);
      g_autoptr (GPtrArray) verdicts = g_ptr_array_new_with_free_func ((GDestroyNotify)bgc_path_verdict_free);
      g_autoptr (GPtrArray) files = NULL;
      g_autoptr (GError) error = NULL;

      g_ptr_array_add (requests, bgc_file_request_new ("http://example.org/", cases[i].local));
      g_ptr_array_add (verdicts, bgc_path_verdict_new (TRUE, BGC_ERROR_NOT_FOUND, NULL, cases[i].identity));
      files = bgc_admission_admit (requests, verdicts, job, 1, 0xabc, random, &error);
      g_assert_cmpint (files == NULL, ==, cases[i].refused);
      if (cases[i].refused)
        g_assert_error (error, BGC_ERROR, BGC_ERROR_FILE_EXISTS);
    }
}

static void
test_admit (void)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (1);
  g_autoptr (GPtrArray) requests = many (2);
  g_autoptr (GPtrArray) verdicts = g_ptr_array_new_with_free_func ((GDestroyNotify)bgc_path_verdict_free);
  g_autoptr (GPtrArray) files = NULL;
  BgcFileRequest *second = g_ptr_array_index (requests, 1);
  g_autofree char *hex = g_strnfill (64, 'A');
  BgcQuota quota;
  BgcFile *file;

  second->checksum = g_strconcat ("SHA256:", hex, NULL);
  second->size = 12;
  second->overwrite = FALSE;
  g_ptr_array_add (verdicts, bgc_path_verdict_new (TRUE, BGC_ERROR_NOT_FOUND, NULL, NULL));
  g_ptr_array_add (verdicts, bgc_path_verdict_new (TRUE, BGC_ERROR_NOT_FOUND, NULL, "/real/1"));
  files = bgc_admission_admit (requests, verdicts, NULL, 5, 0xabc, random, NULL);
  g_assert_cmpuint (files->len, ==, 2);
  file = g_ptr_array_index (files, 1);
  g_assert_cmpuint (file->index, ==, 6);
  g_assert_true (g_str_has_prefix (file->checksum, "sha256:aaaa"));
  g_assert_cmpuint (file->bytes_total, ==, 12);
  g_assert_cmpstr (file->identity, ==, "/real/1");
  g_assert_false (file->overwrite);
  g_assert_true (g_str_has_prefix (file->temporary, ".bgcopy-"));
  g_assert_cmpstr (file->temporary, !=, ((BgcFile *)g_ptr_array_index (files, 0))->temporary);
  quota = bgc_admission_quota (files);
  g_assert_cmpuint (quota.files, ==, 2);
  g_assert_cmpuint (quota.bytes, ==,
                    bgc_file_stored_bytes (file) + bgc_file_stored_bytes (g_ptr_array_index (files, 0)));
}

/* All or none, with the worker's word for it. */
static void
test_verdict (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id = rig_create (rig, 0, FALSE);
  g_autoptr (Reply) reply = NULL;

  bgc_workers_fake_set_verdict (rig->workers, "/locked/a", BGC_ERROR_ACCESS_DENIED);
  reply = rig_add_async (rig, &id, "/locked/a");
  rig_settle (rig);
  g_assert_cmpint (reply->code, ==, BGC_ERROR_ACCESS_DENIED);
  g_assert_nonnull (strstr (reply->message, "/locked/a"));
  g_assert_cmpuint (bgc_file_list_length (rig_job (rig, &id)->files), ==, 0);
  g_assert_cmpint (rig_wait (rig, rig_add_async (rig, &id, "/home/u/a")), ==, RIG_SUCCESS);
  g_assert_cmpint (rig_wait (rig, rig_add_async (rig, &id, "/home/u/a")), ==, BGC_ERROR_FILE_EXISTS);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/admission/check", test_check);
  g_test_add_func ("/admission/counts", test_counts);
  g_test_add_func ("/admission/duplicates", test_duplicates);
  g_test_add_func ("/admission/admit", test_admit);
  g_test_add_func ("/admission/verdict", test_verdict);
  return g_test_run ();
}
