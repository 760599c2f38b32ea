/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "store/bgc-store-check.h"

#include <string.h>

#include "base/bgc-text.h"
#include "model/bgc-path.h"
#include "store/bgc-failure-json.h"
#include "store/bgc-upload-json.h"

/* Bytes of a validator header; more than any server sends, less than would hurt. */
#define VALIDATOR_MAX_BYTES 65536u

/* The latest time, and with a minus the earliest, that makes sense: 73,000 years in microseconds. */
#define TIME_MOST (G_MAXINT64 / 4)

#define NOTIFY_ALL \
  (BGC_NOTIFY_TRANSFERRED | BGC_NOTIFY_ERROR | BGC_NOTIFY_DISABLE | BGC_NOTIFY_MODIFICATION \
   | BGC_NOTIFY_FILE_TRANSFERRED | BGC_NOTIFY_FILE_RANGES_TRANSFERRED)

static gboolean
refuse (char **reason, const char *why)
{
  *reason = g_strdup (why);
  return FALSE;
}

static gboolean
check_failure (const BgcFailure *failure, char **reason)
{
  const char *why;

  return failure == NULL || bgc_failure_json_check (failure, &why) || refuse (reason, why);
}

static gboolean
is_text (const char *text, gsize max_bytes)
{
  return text != NULL && strlen (text) <= max_bytes && g_utf8_validate (text, -1, NULL);
}

static gboolean
is_absolute_path (const char *text)
{
  return is_text (text, BGC_PATH_MAX_BYTES) && text[0] == '/';
}

static gboolean
check_upload (const BgcJob *job, char **reason)
{
  const char *why;

  if ((guint) job->upload_protocol >= BGC_N_UPLOAD_PROTOCOLS)
    return refuse (reason, "upload_protocol does not exist");
  if ((job->upload == NULL) != (job->type == BGC_JOB_TYPE_DOWNLOAD))
    return refuse (reason, "upload does not fit the type");
  if (job->upload != NULL && !bgc_upload_json_check (job->upload, &why))
    return refuse (reason, why);
  if (job->reply_file_name != NULL
      && (job->type != BGC_JOB_TYPE_UPLOAD_REPLY || !bgc_path_check (job->reply_file_name, NULL)))
    return refuse (reason, "reply_file_name is no path of a file");
  if (job->server_cancel != NULL && (job->upload == NULL || job->state != BGC_JOB_STATE_CANCELLED))
    return refuse (reason, "cancel_boot_id does not fit the job");
  return TRUE;
}

/* Sums and differences of two must not overflow. */
static gboolean
check_times (const BgcJob *job, char **reason)
{
  const BgcDeadline *cancel = job->server_cancel;
  const gint64 times[] = {
    job->creation_time, job->modification_time, job->completion_time, job->next_attempt, job->active_time,
    job->no_progress_time, cancel != NULL ? cancel->boot : 0, cancel != NULL ? cancel->remaining : 0,
    cancel != NULL ? cancel->wall : 0,
  };

  for (gsize i = 0; i < G_N_ELEMENTS (times); i++)
    if (times[i] < -TIME_MOST || times[i] > TIME_MOST)
      return refuse (reason, "a time is out of range");
  return TRUE;
}

gboolean
bgc_store_check_job (const BgcJob *job, char **reason)
{
  *reason = NULL;
  if (job->sequence > G_MAXINT64)
    return refuse (reason, "sequence is out of range");
  if ((guint) job->type >= BGC_N_JOB_TYPES)
    return refuse (reason, "type does not exist");
  if ((guint) job->state >= BGC_N_JOB_STATES)
    return refuse (reason, "state does not exist");
  if ((guint) job->priority >= BGC_N_PRIORITIES)
    return refuse (reason, "priority does not exist");
  if ((guint) job->wait_reason >= BGC_N_WAIT_REASONS)
    return refuse (reason, "wait_reason does not exist");
  if ((job->notify_flags & ~(guint) NOTIFY_ALL) != 0)
    return refuse (reason, "notify_flags has unknown flags");
  if (!bgc_text_is_label (job->display_name, BGC_NAME_MAX_CHARACTERS))
    return refuse (reason, "display_name is no name");
  if (!bgc_text_is_label (job->description, BGC_DESCRIPTION_MAX_CHARACTERS))
    return refuse (reason, "description is no text");
  if (job->no_progress_time < -1 || job->active_time < 0)
    return refuse (reason, "a duration is negative");
  /* Whoever reads a job in error reads its error record. */
  if (job->error == NULL
      && (job->state == BGC_JOB_STATE_ERROR || job->state == BGC_JOB_STATE_TRANSIENT_ERROR))
    return refuse (reason, "error is missing");
  return check_times (job, reason) && check_upload (job, reason) && check_failure (job->error, reason);
}

gboolean
bgc_store_check_file (const BgcFile *file, char **reason)
{
  *reason = NULL;
  if ((guint) file->state > BGC_FILE_FAILED)
    return refuse (reason, "state does not exist");
  /* A reply has none until the server has told it. */
  if (!is_text (file->remote, BGC_URL_MAX_BYTES)
      || (file->remote[0] == '\0' && file->index != BGC_UPLOAD_REPLY))
    return refuse (reason, "remote is no URL");
  if (!is_text (file->local, BGC_PATH_MAX_BYTES) || !bgc_path_check (file->local, NULL))
    return refuse (reason, "local is no path of a file");
  if (file->identity != NULL && !is_absolute_path (file->identity))
    return refuse (reason, "identity is no path");
  /* The worker deletes and renames files of this name. */
  if (file->temporary == NULL
      || (!bgc_path_is_temporary_name (file->temporary)
          && !(bgc_file_is_source (file) && file->index == BGC_UPLOAD_FILE)))
    return refuse (reason, "temporary is no temporary file's name");
  if (file->checksum != NULL && !bgc_file_checksum_check (file->checksum, NULL))
    return refuse (reason, "checksum is none");
  if ((file->etag != NULL && !is_text (file->etag, VALIDATOR_MAX_BYTES))
      || (file->last_modified != NULL && !is_text (file->last_modified, VALIDATOR_MAX_BYTES)))
    return refuse (reason, "etag or last_modified is no text");
  return check_failure (file->failure, reason);
}

gboolean
bgc_store_check_file_of (const BgcFile *file, const BgcJob *job, char **reason)
{
  *reason = NULL;
  if (job->type == BGC_JOB_TYPE_DOWNLOAD)
    return (file->remote[0] != '\0' && !bgc_file_is_source (file))
           || refuse (reason, "it has a name that only an upload's file may have");
  if (file->index == BGC_UPLOAD_FILE)
    return bgc_file_is_source (file) || refuse (reason, "a source has a temporary file");
  return (file->index == BGC_UPLOAD_REPLY && job->type == BGC_JOB_TYPE_UPLOAD_REPLY)
         || refuse (reason, "an upload has no such file");
}

gboolean
bgc_store_check_leftover (const BgcLeftover *leftover, char **reason)
{
  *reason = NULL;
  return is_absolute_path (leftover->path) || refuse (reason, "path is no path");
}
