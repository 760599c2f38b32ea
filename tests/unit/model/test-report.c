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

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/report/new", test_new);

  return g_test_run ();
}
