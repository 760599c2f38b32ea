/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "transfer/bgc-file-check.h"

#include <libsoup/soup.h>
#include <string.h>

#include "model/bgc-url.h"
#include "transfer/bgc-http-outcome.h"

BgcFailure *
bgc_file_check_size (const BgcFile *file, guint64 total)
{
  if (file->expected_size == BGC_SIZE_UNKNOWN || total == BGC_SIZE_UNKNOWN || total == file->expected_size)
    return NULL;
  return bgc_failure_new (BGC_CONTEXT_REMOTE_FILE, BGC_ERROR_VALIDATION_FAILED, FALSE,
                          "The file has %" G_GUINT64_FORMAT " bytes, not the %" G_GUINT64_FORMAT " expected",
                          total, file->expected_size);
}

BgcFailure *
bgc_file_check_long (const BgcFile *file, gboolean announced)
{
  if (announced)
    return bgc_http_outcome_of_nonsense ("The server sent more than it announced");
  return bgc_failure_new (BGC_CONTEXT_REMOTE_FILE, BGC_ERROR_VALIDATION_FAILED, FALSE,
                          "The file has more than the %" G_GUINT64_FORMAT " bytes expected",
                          file->expected_size);
}

BgcFailure *
bgc_file_check_end (const BgcFile *file, gboolean framed)
{
  if (framed || file->expected_size != BGC_SIZE_UNKNOWN || file->checksum != NULL)
    return NULL;
  return bgc_failure_new (BGC_CONTEXT_REMOTE_FILE, BGC_ERROR_MISSING_FILE_SIZE, FALSE,
                          "The server does not say where the file ends; give its size or checksum");
}

gint64
bgc_file_check_modified (const BgcFile *file)
{
  g_autoptr (GDateTime) date = NULL;

  if (file->last_modified != NULL)
    date = soup_date_time_new_from_http_string (file->last_modified);
  return date != NULL ? g_date_time_to_unix (date) : 0;
}

void
bgc_file_check_name (const BgcFile *file, BgcFailure *failure, gint64 now)
{
  failure->file = file->index;
  failure->time = now;
  if (failure->url == NULL)
    failure->url = bgc_url_for_display (file->remote);
  if (failure->protocol == NULL)
    failure->protocol = g_ascii_strdown (file->remote, (gssize)strcspn (file->remote, ":"));
}

void
bgc_file_check_note_change (const BgcFile *file)
{
  g_autofree char *url = bgc_url_for_display (file->remote);

  g_info ("%s: the server's file has changed, begins again from 0", url);
}

BgcFailure *
bgc_file_check_short (void)
{
  return bgc_failure_new (BGC_CONTEXT_TRANSPORT, BGC_ERROR_CONNECTION_CLOSED, TRUE,
                          "The connection ended before the file did");
}
