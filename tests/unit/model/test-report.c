/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "model/bgc-report.h"

static void
test_new (void)
{
  BgcJobId id = { { 7, 8 } };
  g_autoptr (BgcReport) report = bgc_report_new (&id);

  g_assert_true (bgc_job_id_equal (&report->id, &id));
  g_assert_false (report->connected);
  g_assert_cmpuint (report->received, ==, 0);
  g_assert_cmpuint (report->files->len, ==, 0);
  g_ptr_array_add (report->files, bgc_file_report_new (0, BGC_FILE_EVENT_WHOLE));
  bgc_report_free (NULL);
}

static BgcFileReport *
put (BgcReport *report, guint32 index, BgcFileEvent event, guint64 durable)
{
  BgcFileReport *file = bgc_file_report_new (index, event);

  file->durable = durable;
  bgc_report_put (report, file);
  return file;
}

static void
test_put (void)
{
  BgcJobId id = { { 7 } };
  g_autoptr (BgcReport) report = bgc_report_new (&id);
  const BgcFileReport *file;

  for (guint i = 1; i <= 1000; i++)
    put (report, i % 2, BGC_FILE_EVENT_PROGRESS, i);
  g_assert_cmpuint (report->files->len, ==, 2);
  put (report, 0, BGC_FILE_EVENT_RESTARTED, 0);
  put (report, 0, BGC_FILE_EVENT_PROGRESS, 3);
  put (report, 0, BGC_FILE_EVENT_WHOLE, 4);
  put (report, 1, BGC_FILE_EVENT_FAILED, 999);
  g_assert_cmpuint (report->files->len, ==, 5);
  file = g_ptr_array_index (report->files, 0);
  g_assert_cmpuint (file->durable, ==, 999);
  file = g_ptr_array_index (report->files, 3);
  g_assert_cmpint (file->event, ==, BGC_FILE_EVENT_WHOLE);
  g_assert_cmpuint (file->durable, ==, 4);
}

static void
test_append (void)
{
  BgcJobId id = { { 7 } };
  g_autoptr (BgcReport) report = bgc_report_new (&id);
  g_autoptr (BgcReport) later = bgc_report_new (&id);
  BgcFileReport *file = put (later, 0, BGC_FILE_EVENT_FAILED, 1);

  file->etag = g_strdup ("e");
  file->failure = bgc_failure_new (BGC_CONTEXT_TRANSPORT, BGC_ERROR_TLS, FALSE, "no");
  later->connected = TRUE;
  later->received = 9;
  later->upload = bgc_upload_new ();
  bgc_report_append (report, later);
  g_clear_pointer (&later, bgc_report_free);
  file = g_ptr_array_index (report->files, 0);
  g_assert_true (report->connected);
  g_assert_cmpuint (report->received, ==, 9);
  g_assert_nonnull (report->upload);
  g_assert_cmpstr (file->etag, ==, "e");
  g_assert_cmpint (file->failure->code, ==, BGC_ERROR_TLS);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/report/new", test_new);
  g_test_add_func ("/report/put", test_put);
  g_test_add_func ("/report/append", test_append);

  return g_test_run ();
}
