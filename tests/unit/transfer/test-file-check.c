/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "transfer/bgc-file-check.h"

#include <string.h>

static BgcFile *
make_file (void)
{
  return bgc_file_new (9, "HTTPS://user@example.org/a?token=1", "/tmp/a",
                       ".bgcopy-0123456789abcdef0123456789abcdef");
}

static void
test_size (void)
{
  g_autoptr (BgcFile) file = make_file ();
  g_autoptr (BgcFailure) failure = NULL;

  g_assert_null (bgc_file_check_size (file, 5));
  file->expected_size = 5;
  g_assert_null (bgc_file_check_size (file, 5));
  g_assert_null (bgc_file_check_size (file, BGC_SIZE_UNKNOWN));
  failure = bgc_file_check_size (file, 6);
  g_assert_cmpint (failure->code, ==, BGC_ERROR_VALIDATION_FAILED);
  g_assert_false (failure->transient);
  bgc_failure_free (failure);
  failure = bgc_file_check_long (file, FALSE);
  g_assert_cmpint (failure->code, ==, BGC_ERROR_VALIDATION_FAILED);
  g_assert_false (failure->transient);
}

static void
test_end (void)
{
  g_autoptr (BgcFile) file = make_file ();
  g_autoptr (BgcFailure) failure = bgc_file_check_end (file, FALSE);

  g_assert_cmpint (failure->code, ==, BGC_ERROR_MISSING_FILE_SIZE);
  g_assert_false (failure->transient);
  g_assert_null (bgc_file_check_end (file, TRUE));
  file->expected_size = 0;
  g_assert_null (bgc_file_check_end (file, FALSE));
  file->expected_size = BGC_SIZE_UNKNOWN;
  file->checksum = g_strdup ("sha256:");
  g_assert_null (bgc_file_check_end (file, FALSE));
}

static void
test_modified (void)
{
  g_autoptr (BgcFile) file = make_file ();

  g_assert_cmpint (bgc_file_check_modified (file), ==, 0);
  file->last_modified = g_strdup ("never");
  g_assert_cmpint (bgc_file_check_modified (file), ==, 0);
  g_free (file->last_modified);
  file->last_modified = g_strdup ("Thu, 02 Jan 2020 00:00:00 GMT");
  g_assert_cmpint (bgc_file_check_modified (file), ==, 1577923200);
}

static void
test_name (void)
{
  g_autoptr (BgcFile) file = make_file ();
  g_autoptr (BgcFailure) failure = bgc_file_check_short ();

  g_assert_cmpint (failure->code, ==, BGC_ERROR_CONNECTION_CLOSED);
  g_assert_true (failure->transient);
  bgc_file_check_name (file, failure, 77);
  g_assert_cmpuint (failure->file, ==, 9);
  g_assert_cmpint (failure->time, ==, 77);
  g_assert_cmpstr (failure->protocol, ==, "https");
  g_assert_null (strstr (failure->url, "user"));
  g_assert_null (strstr (failure->url, "token"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/file-check/size", test_size);
  g_test_add_func ("/file-check/end", test_end);
  g_test_add_func ("/file-check/modified", test_modified);
  g_test_add_func ("/file-check/name", test_name);
  return g_test_run ();
}
