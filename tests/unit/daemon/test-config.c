/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "daemon/bgc-config.h"

#include <string.h>

#include <glib/gstdio.h>

#include "base/bgc-error.h"

typedef struct {
  char *path; /* (owned) */
  BgcLimits limits;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  int fd = g_file_open_tmp ("bgcopyd-config-XXXXXX", &fixture->path, &error);

  g_assert_no_error (error);
  close (fd);
  bgc_limits_init (&fixture->limits);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_unlink (fixture->path);
  g_free (fixture->path);
}

static gboolean
load (Fixture *fixture, const char *text, GError **error)
{
  g_assert_true (g_file_set_contents (fixture->path, text, -1, NULL));
  return bgc_config_load (fixture->path, TRUE, &fixture->limits, error);
}

static void
test_values (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  load (fixture, "[Limits]\nMaxJobsPerUser=12\nMaxStoredBytesPerUser=99999999999\nFilesAtOnce=7\n", &error);
  g_assert_no_error (error);
  g_assert_cmpuint (fixture->limits.max_jobs_per_user, ==, 12);
  g_assert_cmpuint (fixture->limits.max_stored_bytes_per_user, ==, G_GUINT64_CONSTANT (99999999999));
  g_assert_cmpuint (fixture->limits.files_per_job_at_once, ==, 7);
  g_assert_cmpuint (fixture->limits.max_jobs_per_machine, ==, 100000);
}

static void
assert_refused (Fixture *fixture, const char *text, const char *named)
{
  g_autoptr (GError) error = NULL;
  BgcLimits before = fixture->limits;

  g_assert_false (load (fixture, text, &error));
  g_assert_error (error, BGC_ERROR, BGC_ERROR_INVALID_ARGUMENT);
  g_assert_nonnull (strstr (error->message, named));
  g_assert_cmpmem (&before, sizeof before, &fixture->limits, sizeof fixture->limits);
}

static void
test_refused (Fixture *fixture, gconstpointer data)
{
  assert_refused (fixture, "[Limits]\nMaxJobsPerUser=5\nMaxJobs=5\n", "MaxJobs");
  assert_refused (fixture, "[Limit]\nMaxJobsPerUser=5\n", "[Limit]");
  assert_refused (fixture, "[Limits]\nMaxJobsPerUser=5\nFilesAtOnce=0\n", "FilesAtOnce");
  assert_refused (fixture, "[Limits]\nFilesAtOnce=-1\n", "FilesAtOnce");
  assert_refused (fixture, "[Limits]\nFilesAtOnce=4 files\n", "FilesAtOnce");
  assert_refused (fixture, "[Limits]\nFilesAtOnce=99999999999999999999999\n", "FilesAtOnce");
  assert_refused (fixture, "[Limits]\nFilesAtOnce=\n", "FilesAtOnce");
  assert_refused (fixture, "FilesAtOnce=4\n", fixture->path);
}

static void
test_missing (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (bgc_config_load ("/nonexistent/bgcopyd.conf", FALSE, &fixture->limits, &error));
  g_assert_no_error (error);
  g_assert_false (bgc_config_load ("/nonexistent/bgcopyd.conf", TRUE, &fixture->limits, &error));
  g_assert_error (error, BGC_ERROR, BGC_ERROR_NOT_FOUND);
}

#define ADD(name, function) g_test_add (name, Fixture, NULL, set_up, function, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/config/values", test_values);
  ADD ("/config/refused", test_refused);
  ADD ("/config/missing", test_missing);
  return g_test_run ();
}
