/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "store/bgc-store-error.h"

#include <errno.h>

static void
test_codes (void)
{
  const struct {
    int result;
    int system;
    BgcErrorCode code;
  } cases[] = {
    { SQLITE_FULL, 0, BGC_ERROR_NO_SPACE },
    { SQLITE_IOERR_WRITE, ENOSPC, BGC_ERROR_NO_SPACE },
    { SQLITE_IOERR_FSYNC, EDQUOT, BGC_ERROR_NO_SPACE },
    { SQLITE_IOERR_READ, EIO, BGC_ERROR_STORE_FAILED },
    { SQLITE_ERROR, ENOSPC, BGC_ERROR_STORE_FAILED },
    { SQLITE_BUSY, 0, BGC_ERROR_BUSY },
    { SQLITE_CORRUPT, 0, BGC_ERROR_STORE_FAILED },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;

      errno = cases[i].system;
      bgc_store_error_set (NULL, cases[i].result, "do it", &error);
      g_assert_error (error, BGC_ERROR, (int) cases[i].code);
      g_assert_true (g_str_has_prefix (error->message, "Cannot do it: "));
    }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/store-error/codes", test_codes);
  return g_test_run ();
}
