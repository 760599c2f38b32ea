/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "engine/bgc-progress.h"

#include "model/bgc-url.h"

BgcTally
bgc_progress_tally (const BgcChange *change, const BgcJob *live)
{
  BgcTally tally = { bgc_file_list_length (live->files), { 0 } };

  for (guint i = 0; i < G_N_ELEMENTS (tally.states); i++)
    tally.states[i] = bgc_file_list_count (live->files, (BgcFileState)i);
  for (guint i = 0; i < change->files->len; i++)
    {
      const BgcFile *file = g_ptr_array_index (change->files, i);
      const BgcFile *before = bgc_file_list_find (live->files, file->index);

      if (before != NULL)
        tally.states[before->state]--;
      else
        tally.total++;
      tally.states[file->state]++;
    }
  for (guint i = 0; i < change->removed_files->len; i++)
    {
      const BgcFile *before
        = bgc_file_list_find (live->files, g_array_index (change->removed_files, guint32, i));

      if (before == NULL)
        continue;
      tally.states[before->state]--;
      tally.total--;
    }
  return tally;
}

static void
take_text (char **place, const char *text)
{
  if (g_strcmp0 (*place, text) == 0)
    return;
  g_free (*place);
  *place = g_strdup (text);
}

static void
take_validators (BgcFile *file, const BgcFileReport *report)
{
  file->bytes_transferred = report->durable;
  if (report->total != BGC_SIZE_UNKNOWN)
    file->bytes_total = report->total;
  if (report->device != 0 || report->inode != 0)
    {
      file->device = report->device;
      file->inode = report->inode;
    }
  if (report->etag != NULL || report->last_modified != NULL)
    {
      take_text (&file->etag, report->etag);
      take_text (&file->last_modified, report->last_modified);
      file->server_date = report->server_date;
    }
}

void
bgc_progress_report (BgcFile *file, const BgcFileReport *report, guint32 attempts)
{
  if (file->state != BGC_FILE_PENDING)
    return;
  file->attempts += attempts;
  if (report->event == BGC_FILE_EVENT_RESTARTED)
    bgc_file_restart (file);
  take_validators (file, report);
  switch (report->event)
    {
    case BGC_FILE_EVENT_WHOLE:
      file->state = BGC_FILE_WHOLE;
      file->bytes_total = file->bytes_transferred;
      /* The worker says whole only after the checksum agreed, where there is one. */
      file->validated = file->checksum != NULL;
      g_clear_pointer (&file->failure, bgc_failure_free);
      break;
    case BGC_FILE_EVENT_FAILED:
      g_clear_pointer (&file->failure, bgc_failure_free);
      file->failure = bgc_failure_copy (report->failure);
      if (report->failure != NULL && !report->failure->transient)
        file->state = BGC_FILE_FAILED;
      break;
    case BGC_FILE_EVENT_PROGRESS:
    case BGC_FILE_EVENT_RESTARTED:
    case BGC_N_FILE_EVENTS:
    default:
      break;
    }
}

gboolean
bgc_progress_is_through (const BgcChange *change, const BgcJob *live)
{
  const BgcJob *header = change->header != NULL ? change->header : live;
  BgcTally tally = bgc_progress_tally (change, live);

  if (header->upload != NULL && (tally.total == 0 || tally.states[BGC_FILE_FAILED] > 0))
    return TRUE;
  return tally.states[BGC_FILE_PENDING] == 0
         && (header->upload == NULL || header->upload->stage == BGC_UPLOAD_STAGE_CLOSED);
}

guint32
bgc_progress_shown_index (const BgcJob *job, guint32 index)
{
  return job->upload != NULL && index == BGC_UPLOAD_REPLY ? BGC_FAILURE_NO_FILE : index;
}

/* The reply is known, or it is known that there is none. */
static void
find_reply (BgcChange *change, const BgcJob *live, const BgcUpload *session)
{
  const BgcFile *known = bgc_change_peek_file (change, live, BGC_UPLOAD_REPLY);
  BgcFile *reply;

  if (live->type != BGC_JOB_TYPE_UPLOAD_REPLY || known == NULL || known->state != BGC_FILE_PENDING
      || known->remote[0] != '\0'
      || (session->stage != BGC_UPLOAD_STAGE_SENT && session->stage != BGC_UPLOAD_STAGE_CLOSED))
    return;
  reply = bgc_change_edit_file (change, live, BGC_UPLOAD_REPLY);
  if (session->reply_url != NULL && bgc_url_check (session->reply_url, NULL))
    {
      g_free (reply->remote);
      reply->remote = g_strdup (session->reply_url);
      return;
    }
  reply->state = BGC_FILE_FAILED;
  bgc_failure_free (reply->failure);
  reply->failure = bgc_failure_new (BGC_CONTEXT_REMOTE_FILE, BGC_ERROR_INVALID_SERVER_RESPONSE, FALSE,
                                    "The server took the file and gave no reply to it");
}

gboolean
bgc_progress_ends_step (const BgcUpload *before, const BgcUpload *now)
{
  return before == NULL || before->stage != now->stage || before->protocol != now->protocol
         || bgc_upload_is_open (before) != bgc_upload_is_open (now);
}

void
bgc_progress_session (BgcChange *change, const BgcJob *live, const BgcUpload *session)
{
  const BgcFile *source = bgc_change_peek_file (change, live, BGC_UPLOAD_FILE);
  gboolean is_gone
    = session->stage == BGC_UPLOAD_STAGE_NONE && session->protocol != BGC_UPLOAD_PROTOCOL_PUT;

  if (change->header->upload == NULL)
    return;
  bgc_upload_free (change->header->upload);
  change->header->upload = bgc_upload_copy (session);
  if (is_gone && source != NULL && source->bytes_transferred > 0 && source->state != BGC_FILE_WHOLE)
    bgc_change_edit_file (change, live, BGC_UPLOAD_FILE)->bytes_transferred = 0;
  find_reply (change, live, session);
}

BgcFailure *
bgc_progress_fatal (const BgcChange *change, const BgcJob *live)
{
  guint length = bgc_file_list_length (live->files);

  for (guint i = 0; i < length; i++)
    {
      const BgcFile *file = bgc_change_peek_file (change, live, bgc_file_list_at (live->files, i)->index);

      if (file != NULL && file->state == BGC_FILE_FAILED && file->failure != NULL)
        {
          BgcFailure *failure = bgc_failure_copy (file->failure);

          failure->file = bgc_progress_shown_index (live, file->index);
          return failure;
        }
    }
  return NULL;
}

gboolean
bgc_progress_settle (BgcChange *change, const BgcJob *live, gint64 wall, GError **error)
{
  BgcTally tally = bgc_progress_tally (change, live);
  BgcJobState state = BGC_JOB_STATE_TRANSFERRED;
  BgcFailure *failure;

  if (tally.total == 0)
    state = BGC_JOB_STATE_SUSPENDED;
  else if (tally.states[BGC_FILE_FAILED] > 0)
    state = BGC_JOB_STATE_ERROR;
  if (state == change->header->state)
    return TRUE;
  if (!bgc_job_set_state (change->header, state, wall, error))
    return FALSE;
  if (state != BGC_JOB_STATE_ERROR)
    return TRUE;
  failure = bgc_progress_fatal (change, live);
  if (failure == NULL)
    failure
      = bgc_failure_new (BGC_CONTEXT_UNKNOWN, BGC_ERROR_INVALID_SERVER_RESPONSE, FALSE, "A file failed");
  bgc_job_set_error (change->header, failure);
  change->header->error_count++;
  return TRUE;
}
