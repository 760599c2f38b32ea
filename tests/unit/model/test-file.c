/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "model/bgc-file.h"

#include <string.h>

static BgcFile *
sample (void)
{
  BgcFile *file = bgc_file_new (3, "http://h/f", "/srv/f", ".bgcopy-x");

  file->identity = g_strdup ("/real/f");
  file->checksum = g_strdup ("sha256:00");
  file->etag = g_strdup ("\"e\"");
  file->last_modified = g_strdup ("Sun");
  file->server_date = 12;
  file->expected_size = 100;
  file->bytes_total = 90;
  file->bytes_transferred = 40;
  file->device = 5;
  file->inode = 6;
  file->attempts = 2;
  file->validated = TRUE;
  file->state = BGC_FILE_WHOLE;
  file->failure = bgc_failure_new (BGC_CONTEXT_TRANSPORT, BGC_ERROR_TIMEOUT, TRUE, "late");

  return file;
}

static void
test_new (void)
{
  g_autoptr (BgcFile) file = bgc_file_new (3, "http://h/f", "/srv/f", ".bgcopy-x");

  g_assert_cmpuint (file->index, ==, 3);
  g_assert_cmpint (file->state, ==, BGC_FILE_PENDING);
  g_assert_true (file->overwrite);
  g_assert_cmpstr (file->remote, ==, "http://h/f");
  g_assert_cmpstr (file->local, ==, "/srv/f");
  g_assert_cmpstr (file->temporary, ==, ".bgcopy-x");
  g_assert_null (file->identity);
  g_assert_cmpuint (file->expected_size, ==, BGC_SIZE_UNKNOWN);
  g_assert_cmpuint (file->bytes_total, ==, BGC_SIZE_UNKNOWN);
  g_assert_cmpuint (file->bytes_transferred, ==, 0);
}

static void
test_copy (void)
{
  BgcFile *file = sample ();
  g_autoptr (BgcFile) copy = bgc_file_copy (file);

  bgc_file_free (file);
  g_assert_cmpstr (copy->remote, ==, "http://h/f");
  g_assert_cmpstr (copy->local, ==, "/srv/f");
  g_assert_cmpstr (copy->identity, ==, "/real/f");
  g_assert_cmpstr (copy->temporary, ==, ".bgcopy-x");
  g_assert_cmpstr (copy->checksum, ==, "sha256:00");
  g_assert_cmpstr (copy->etag, ==, "\"e\"");
  g_assert_cmpstr (copy->last_modified, ==, "Sun");
  g_assert_cmpstr (copy->failure->message, ==, "late");
  g_assert_cmpuint (copy->bytes_transferred, ==, 40);
  g_assert_cmpint (copy->state, ==, BGC_FILE_WHOLE);
  bgc_file_free (NULL);
}

static void
test_restart (void)
{
  g_autoptr (BgcFile) file = sample ();

  bgc_file_restart (file);
  g_assert_cmpint (file->state, ==, BGC_FILE_PENDING);
  g_assert_cmpuint (file->bytes_transferred, ==, 0);
  g_assert_cmpuint (file->bytes_total, ==, 100);
  g_assert_null (file->etag);
  g_assert_null (file->last_modified);
  g_assert_cmpint (file->server_date, ==, 0);
  g_assert_false (file->validated);
  g_assert_cmpuint (file->restarts, ==, 1);
  g_assert_cmpuint (file->attempts, ==, 2);
  g_assert_cmpstr (file->temporary, ==, ".bgcopy-x");
  g_assert_true (bgc_file_has_temporary (file));
}

static void
test_has_temporary (void)
{
  g_autoptr (BgcFile) file = bgc_file_new (0, "http://h/f", "/srv/f", ".bgcopy-x");

  g_assert_false (bgc_file_has_temporary (file));
  file->attempts = 1;
  g_assert_true (bgc_file_has_temporary (file));
  file->attempts = 0;
  file->inode = 8;
  g_assert_true (bgc_file_has_temporary (file));
  file->state = BGC_FILE_FAILED;
  g_assert_true (bgc_file_has_temporary (file));
  file->state = BGC_FILE_COMPLETED;
  g_assert_false (bgc_file_has_temporary (file));
}

static void
test_stored_bytes (void)
{
  g_autoptr (BgcFile) file = sample ();
  gsize before = bgc_file_stored_bytes (file);

  g_assert_cmpuint (before, ==, strlen ("http://h/f/srv/f/real/f.bgcopy-xsha256:00"));
  g_free (file->etag);
  file->etag = g_strnfill (5000, 'e');
  g_assert_cmpuint (bgc_file_stored_bytes (file), ==, before);
}

static void
test_checksum (void)
{
  g_autofree char *digits = g_strnfill (129, 'a');
  g_autofree char *good256 = g_strdup_printf ("sha256:%.64s", digits);
  g_autofree char *good512 = g_strdup_printf ("SHA512:%.128s", digits);
  const char *wrong[] = { "", "sha256:", "sha1:0000", NULL, NULL, NULL, NULL };
  g_autofree char *short256 = g_strdup_printf ("sha256:%.63s", digits);
  g_autofree char *long256 = g_strdup_printf ("sha256:%.65s", digits);
  g_autofree char *long512 = g_strdup_printf ("sha512:%.129s", digits);
  g_autofree char *bad_digit = g_strdup_printf ("sha256:%.63sg", digits);

  wrong[3] = short256;
  wrong[4] = long256;
  wrong[5] = long512;
  wrong[6] = bad_digit;
  g_assert_true (bgc_file_checksum_check (good256, NULL));
  g_assert_true (bgc_file_checksum_check (good512, NULL));
  for (guint i = 0; i < G_N_ELEMENTS (wrong); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_false (bgc_file_checksum_check (wrong[i], &error));
      g_assert_error (error, BGC_ERROR, BGC_ERROR_INVALID_ARGUMENT);
    }
  g_assert_false (bgc_file_checksum_check (NULL, NULL));
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/file/new", test_new);
  g_test_add_func ("/file/copy", test_copy);
  g_test_add_func ("/file/restart", test_restart);
  g_test_add_func ("/file/has-temporary", test_has_temporary);
  g_test_add_func ("/file/stored-bytes", test_stored_bytes);
  g_test_add_func ("/file/checksum", test_checksum);

  return g_test_run ();
}
