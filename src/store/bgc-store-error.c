/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "store/bgc-store-error.h"

#include <errno.h>

static BgcErrorCode
code_of (int result)
{
  /* SQLite keeps no errno of a commit, but leaves it as the system call did. */
  int system = errno;

  if ((result & 0xff) == SQLITE_FULL)
    return BGC_ERROR_NO_SPACE;
  /* A quota, or a file system that notices late: SQLite calls those I/O errors. */
  if ((result & 0xff) == SQLITE_IOERR && (system == ENOSPC || system == EDQUOT))
    return BGC_ERROR_NO_SPACE;
  /* Only on opening: afterwards the database is this connection's alone. */
  if ((result & 0xff) == SQLITE_BUSY)
    return BGC_ERROR_BUSY;
  return BGC_ERROR_STORE_FAILED;
}

void
bgc_store_error_set (sqlite3 *connection, int result, const char *doing, GError **error)
{
  BgcErrorCode code = code_of (result);
  const char *text = connection != NULL ? sqlite3_errmsg (connection) : sqlite3_errstr (result);

  g_set_error (error, BGC_ERROR, code, "Cannot %s: %s (SQLite %d)", doing, text, result);
}

gboolean
bgc_store_error_set_system (const char *doing, const char *path, GError **error)
{
  int system = errno;
  BgcErrorCode code = system == ENOSPC || system == EDQUOT ? BGC_ERROR_NO_SPACE : BGC_ERROR_STORE_FAILED;

  g_set_error (error, BGC_ERROR, code, "Cannot %s %s: %s", doing, path, g_strerror (system));
  return FALSE;
}
