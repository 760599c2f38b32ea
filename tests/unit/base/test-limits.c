/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "base/bgc-limits.h"

#include <string.h>

static void
test_defaults (void)
{
  BgcLimits limits;

  memset (&limits, 0xa5, sizeof limits);
  bgc_limits_init (&limits);

  g_assert_cmpuint (limits.max_jobs_per_machine, ==, 100000);
  g_assert_cmpuint (limits.max_jobs_per_user, ==, 10000);
  g_assert_cmpuint (limits.max_files_per_job, ==, 100000);
  g_assert_cmpuint (limits.max_ranges_per_file, ==, 500);
  g_assert_cmpuint (limits.max_download_time, ==, 7776000);
  g_assert_cmpuint (limits.job_inactivity_timeout, ==, 7776000);
  g_assert_cmpuint (limits.minimum_retry_delay, ==, 600);
  g_assert_cmpuint (limits.no_progress_timeout, ==, 1209600);
  g_assert_cmpuint (limits.max_stored_bytes_per_user, ==, 67108864);
  g_assert_cmpuint (limits.max_files_per_user, ==, 1000000);
  g_assert_cmpuint (limits.background_transfers, ==, 4);
  g_assert_cmpuint (limits.foreground_jobs_per_owner, ==, 16);
  g_assert_cmpuint (limits.connections_per_owner, ==, 64);
  g_assert_cmpuint (limits.connections_per_host, ==, 6);
  g_assert_cmpuint (limits.files_per_job_at_once, ==, 4);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/limits/defaults", test_defaults);

  return g_test_run ();
}
