/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "model/bgc-file-report.h"

#include "base/bgc-limits.h"

static void
test_new (void)
{
  g_autoptr (BgcFileReport) report = bgc_file_report_new (3, BGC_FILE_EVENT_FAILED);

  g_assert_cmpuint (report->index, ==, 3);
  g_assert_cmpint (report->event, ==, BGC_FILE_EVENT_FAILED);
  g_assert_cmpuint (report->total, ==, BGC_SIZE_UNKNOWN);
  g_assert_cmpuint (report->durable, ==, 0);

  /* What it owns goes with it. */
  report->etag = g_strdup ("\"e\"");
  report->last_modified = g_strdup ("Sun");
  report->failure = bgc_failure_new (BGC_CONTEXT_TRANSPORT, BGC_ERROR_TIMEOUT, TRUE, "late");
  bgc_file_report_free (NULL);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/file-report/new", test_new);

  return g_test_run ();
}
