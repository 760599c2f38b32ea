/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "server/bgc-verdict.h"

#include "base/bgc-error.h"
#include "protocol/bgc-hresult.h"

const BgcVerdict bgc_verdict_success = { 200, FALSE, 0, BGC_CONTEXT_REMOTE_FILE };

static const struct
{
  BgcErrorCode code;
  guint status;
  gboolean has_error;
  guint32 error_value;
} table[] = {
  { BGC_ERROR_SESSION_NOT_FOUND, 500, TRUE, BGC_HRESULT_SESSION_NOT_FOUND },
  { BGC_ERROR_ACCESS_DENIED, 403, TRUE, BGC_HRESULT_ACCESS_DENIED },
  { BGC_ERROR_FILE_EXISTS, 403, TRUE, BGC_HRESULT_ACCESS_DENIED },
  { BGC_ERROR_NOT_SUPPORTED, 501, TRUE, BGC_HRESULT_ACCESS_DENIED },
  { BGC_ERROR_INVALID_ARGUMENT, 400, TRUE, BGC_HRESULT_INVALID_ARGUMENT },
  { BGC_ERROR_INVALID_PATH, 400, TRUE, BGC_HRESULT_INVALID_ARGUMENT },
  { BGC_ERROR_TOO_LARGE, 500, TRUE, BGC_HRESULT_TOO_LARGE },
  { BGC_ERROR_NO_SPACE, 500, TRUE, BGC_HRESULT_DISK_FULL },
  { BGC_ERROR_NOT_FOUND, 404, FALSE, 0 },
  /* One fragment too large, not the file: the client sends smaller ones. */
  { BGC_ERROR_MAXIMUM_SIZE, 413, FALSE, 0 },
  { BGC_ERROR_BUSY, 503, FALSE, 0 },
  { BGC_ERROR_LIMITS_EXCEEDED, 503, FALSE, 0 },
  { BGC_ERROR_AUTHENTICATION_REQUIRED, 401, FALSE, 0 },
};

BgcVerdict
bgc_verdict_from_error (const GError *error)
{
  for (guint i = 0; i < G_N_ELEMENTS (table); i++)
    {
      if (g_error_matches (error, BGC_ERROR, (int) table[i].code))
        return (BgcVerdict){ table[i].status, table[i].has_error, table[i].error_value,
                             BGC_CONTEXT_REMOTE_FILE };
    }

  return (BgcVerdict) { 500, FALSE, 0, BGC_CONTEXT_REMOTE_FILE };
}

BgcVerdict
bgc_verdict_out_of_step (void)
{
  return (BgcVerdict) { 416, TRUE, BGC_HRESULT_NONE, BGC_CONTEXT_REMOTE_FILE };
}

BgcVerdict
bgc_verdict_from_application (guint status)
{
  /* What is no final status of HTTP counts as no answer: a bad gateway. */
  if (status < 200 || status > 599)
    status = 502;
  if (status < 300)
    return bgc_verdict_success;

  return (BgcVerdict) { status, TRUE, BGC_HRESULT_NONE, BGC_CONTEXT_REMOTE_APPLICATION };
}

BgcVerdict
bgc_verdict_application_timeout (void)
{
  return (BgcVerdict) { 408, TRUE, BGC_HRESULT_DISK_FULL, BGC_CONTEXT_REMOTE_APPLICATION };
}
