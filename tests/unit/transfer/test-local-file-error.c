/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "transfer/bgc-local-file-error.h"

#include <errno.h>

static const struct
{
  int number;
  BgcErrorCode code;
  gboolean transient;
  BgcWaitReason wait;
} cases[] = {
  { ENOSPC, BGC_ERROR_NO_SPACE, TRUE, BGC_WAIT_DISK_FULL },
  { EDQUOT, BGC_ERROR_NO_SPACE, TRUE, BGC_WAIT_DISK_FULL },
  { ENOENT, BGC_ERROR_INVALID_PATH, TRUE, BGC_WAIT_STORAGE },
  { ENOTDIR, BGC_ERROR_INVALID_PATH, TRUE, BGC_WAIT_STORAGE },
  { ENOTCONN, BGC_ERROR_INVALID_PATH, TRUE, BGC_WAIT_STORAGE },
  { ESTALE, BGC_ERROR_INVALID_PATH, TRUE, BGC_WAIT_STORAGE },
  { EHOSTDOWN, BGC_ERROR_INVALID_PATH, TRUE, BGC_WAIT_STORAGE },
  { ENOKEY, BGC_ERROR_INVALID_PATH, TRUE, BGC_WAIT_STORAGE },
  { EACCES, BGC_ERROR_ACCESS_DENIED, FALSE, BGC_WAIT_NONE },
  { EPERM, BGC_ERROR_ACCESS_DENIED, FALSE, BGC_WAIT_NONE },
  { EROFS, BGC_ERROR_ACCESS_DENIED, FALSE, BGC_WAIT_NONE },
  { EEXIST, BGC_ERROR_INVALID_PATH, FALSE, BGC_WAIT_NONE },
  { ELOOP, BGC_ERROR_INVALID_PATH, FALSE, BGC_WAIT_NONE },
  { ENAMETOOLONG, BGC_ERROR_INVALID_PATH, FALSE, BGC_WAIT_NONE },
  { EFBIG, BGC_ERROR_TOO_LARGE, FALSE, BGC_WAIT_NONE },
  { EBUSY, BGC_ERROR_BUSY, TRUE, BGC_WAIT_RETRY },
  { EMFILE, BGC_ERROR_BUSY, TRUE, BGC_WAIT_RETRY },
  { EIO, BGC_ERROR_STORE_FAILED, TRUE, BGC_WAIT_RETRY },
  { 0, BGC_ERROR_STORE_FAILED, TRUE, BGC_WAIT_RETRY },
  { 99999, BGC_ERROR_STORE_FAILED, TRUE, BGC_WAIT_RETRY },
};

static void
test_table (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (BgcFailure) failure = bgc_local_file_error_failure (cases[i].number, "Cannot see", "/a\nb");

      g_test_message ("%s", failure->message);
      g_assert_cmpint (failure->code, ==, cases[i].code);
      g_assert_cmpint (failure->transient, ==, cases[i].transient);
      g_assert_cmpint (failure->wait, ==, cases[i].wait);
      g_assert_cmpint (failure->context, ==, BGC_CONTEXT_LOCAL_FILE);
      g_assert_true (g_str_has_prefix (failure->message, "Cannot see /a\\x0Ab: "));
      g_assert_cmpint (bgc_local_file_error_code (cases[i].number), ==, cases[i].code);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/local-file-error/table", test_table);
  return g_test_run ();
}
