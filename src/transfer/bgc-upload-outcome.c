/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "transfer/bgc-upload-outcome.h"

#include <libsoup/soup.h>

#include "transfer/bgc-http-outcome.h"

/* The statuses of redirection after which a repetition may end better; the others say where the file is to
 * go instead, and nobody goes there unasked. */
static gboolean
is_passing_redirect (guint status)
{
  return status == 306 || status > 308;
}

BgcFailure *
bgc_upload_outcome_of_status (guint status, const BgcHeaderReader *headers, gint64 now)
{
  BgcFailure *failure = bgc_http_outcome_of_status (status, bgc_header_get (headers, "Retry-After"), now);

  if (status >= 300 && status < 400)
    failure->transient = is_passing_redirect (status);
  else if (status < 100 || status >= 600)
    failure->transient = TRUE;
  failure->wait = failure->transient ? BGC_WAIT_RETRY : BGC_WAIT_NONE;
  return failure;
}

gboolean
bgc_upload_outcome_settles_cancel (guint status)
{
  if (status == SOUP_STATUS_REQUEST_TIMEOUT || status == SOUP_STATUS_CONFLICT || status == 429)
    return FALSE;
  return status >= 200 && status < 500;
}

BgcFailure *
bgc_upload_outcome_of_nonsense (const char *message)
{
  return bgc_http_outcome_of_nonsense (message);
}

BgcFailure *
bgc_upload_outcome_of_size (guint status)
{
  BgcFailure *failure = bgc_failure_new (BGC_CONTEXT_REMOTE_FILE, BGC_ERROR_TOO_LARGE, FALSE,
                                         "The server does not take a file of this size");

  failure->http_status = status;
  return failure;
}
