/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "engine/bgc-reply.h"

static void
on_read (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (GTask) task = data;
  GError *error = NULL;
  GBytes *bytes = bgc_workers_read_reply_finish (BGC_WORKERS (source), result, &error);

  if (bytes == NULL)
    g_task_return_error (task, error);
  else
    g_task_return_pointer (task, bytes, (GDestroyNotify)g_bytes_unref);
}

/* Nothing is changed, so it waits for no turn: what the worker reads it compares with what was stored. */
void
bgc_reply_read (BgcEngine *engine, BgcEntry *entry, GTask *task)
{
  const BgcJob *job = entry->job;
  const BgcFile *reply = bgc_job_reply (job);
  g_autoptr (GTask) own = task;

  if (job->type != BGC_JOB_TYPE_UPLOAD_REPLY)
    g_task_return_new_error (own, BGC_ERROR, BGC_ERROR_NOT_SUPPORTED, "Only an upload-reply job has a reply");
  else if (job->state != BGC_JOB_STATE_TRANSFERRED || job->completing || reply == NULL
           || reply->state != BGC_FILE_WHOLE)
    g_task_return_new_error (own, BGC_ERROR, BGC_ERROR_INVALID_STATE,
                             "There is no reply to read: the job is %s",
                             bgc_enums_job_state_to_string (job->state));
  else if (reply->bytes_total > BGC_WORKERS_REPLY_MAX)
    g_task_return_new_error (own, BGC_ERROR, BGC_ERROR_TOO_LARGE,
                             "The reply has %" G_GUINT64_FORMAT " bytes: read its file after Complete",
                             reply->bytes_total);
  else
    bgc_workers_read_reply_async (engine->workers, job->owner, reply, on_read, g_steal_pointer (&own));
}
