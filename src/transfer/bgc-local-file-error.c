/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "transfer/bgc-local-file-error.h"

#include <errno.h>

typedef enum
{
  CLASS_FATAL = 0,
  CLASS_RETRY,
  CLASS_DISK_FULL,
  CLASS_STORAGE, /* the directory is away: an unmounted, encrypted or remote home */
} Class;

static const struct
{
  int number;
  BgcErrorCode code;
  Class class;
} table[] = {
  { ENOSPC, BGC_ERROR_NO_SPACE, CLASS_DISK_FULL },
  { EDQUOT, BGC_ERROR_NO_SPACE, CLASS_DISK_FULL },
  { ENOENT, BGC_ERROR_INVALID_PATH, CLASS_STORAGE },
  { ENOTDIR, BGC_ERROR_INVALID_PATH, CLASS_STORAGE },
  { ENOTCONN, BGC_ERROR_INVALID_PATH, CLASS_STORAGE },
  { ESTALE, BGC_ERROR_INVALID_PATH, CLASS_STORAGE },
  { EHOSTDOWN, BGC_ERROR_INVALID_PATH, CLASS_STORAGE },
  { EHOSTUNREACH, BGC_ERROR_INVALID_PATH, CLASS_STORAGE },
  { ETIMEDOUT, BGC_ERROR_INVALID_PATH, CLASS_STORAGE },
  { ENOKEY, BGC_ERROR_INVALID_PATH, CLASS_STORAGE },
  { EKEYEXPIRED, BGC_ERROR_INVALID_PATH, CLASS_STORAGE },
  { ENODEV, BGC_ERROR_INVALID_PATH, CLASS_STORAGE },
  { ENXIO, BGC_ERROR_INVALID_PATH, CLASS_STORAGE },
  { ENOMEDIUM, BGC_ERROR_INVALID_PATH, CLASS_STORAGE },
  { EACCES, BGC_ERROR_ACCESS_DENIED, CLASS_FATAL },
  { EPERM, BGC_ERROR_ACCESS_DENIED, CLASS_FATAL },
  { EROFS, BGC_ERROR_ACCESS_DENIED, CLASS_FATAL },
  { EEXIST, BGC_ERROR_INVALID_PATH, CLASS_FATAL },
  { EISDIR, BGC_ERROR_INVALID_PATH, CLASS_FATAL },
  { ELOOP, BGC_ERROR_INVALID_PATH, CLASS_FATAL },
  { ENAMETOOLONG, BGC_ERROR_INVALID_PATH, CLASS_FATAL },
  { EINVAL, BGC_ERROR_INVALID_PATH, CLASS_FATAL },
  { EFBIG, BGC_ERROR_TOO_LARGE, CLASS_FATAL },
  { EBUSY, BGC_ERROR_BUSY, CLASS_RETRY },
  { ETXTBSY, BGC_ERROR_BUSY, CLASS_RETRY },
  { EMFILE, BGC_ERROR_BUSY, CLASS_RETRY },
  { ENFILE, BGC_ERROR_BUSY, CLASS_RETRY },
  { ENOMEM, BGC_ERROR_BUSY, CLASS_RETRY },
};

static guint
find (int number)
{
  guint i;

  for (i = 0; i < G_N_ELEMENTS (table); i++)
    if (table[i].number == number)
      break;
  return i;
}

BgcErrorCode
bgc_local_file_error_code (int number)
{
  guint i = find (number);

  return i < G_N_ELEMENTS (table) ? table[i].code : BGC_ERROR_STORE_FAILED;
}

BgcFailure *
bgc_local_file_error_failure (int number, const char *doing, const char *path)
{
  guint i = find (number);
  /* What is not in the table, EIO first of all, is a disk's trouble and may pass. */
  Class class = i < G_N_ELEMENTS (table) ? table[i].class : CLASS_RETRY;
  BgcFailure *failure = bgc_failure_new (BGC_CONTEXT_LOCAL_FILE, bgc_local_file_error_code (number),
                                         class != CLASS_FATAL, "%s %s: %s", doing, path, g_strerror (number));

  if (class == CLASS_DISK_FULL)
    failure->wait = BGC_WAIT_DISK_FULL;
  else if (class == CLASS_STORAGE)
    failure->wait = BGC_WAIT_STORAGE;
  return failure;
}
