/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "bgc-rig-upload.h"

Reply *
rig_upload_async (Rig *self, BgcJobType type, BgcManagerModifyFunc modify, gpointer data, gboolean resume)
{
  g_autoptr (GPtrArray) requests = g_ptr_array_new_with_free_func ((GDestroyNotify)bgc_file_request_free);
  Reply *reply = reply_new (self);

  g_ptr_array_add (requests, bgc_file_request_new ("http://example.org/up", "/home/u/source"));
  bgc_manager_create_async (self->manager, RIG_OWNER, FALSE, type, "job", modify, data, requests, resume,
                            rig_on_created, reply);
  return reply;
}

BgcJobId
rig_upload (Rig *self, BgcJobType type)
{
  g_autoptr (Reply) reply = rig_upload_async (self, type, NULL, NULL, TRUE);

  rig_settle (self);
  g_assert_true (reply->done);
  g_assert_cmpint (reply->code, ==, RIG_SUCCESS);
  return reply->id;
}

BgcUpload *
rig_session (BgcUploadStage stage)
{
  BgcUpload *session = bgc_upload_new ();

  session->protocol = BGC_UPLOAD_PROTOCOL_BITS;
  session->stage = stage;
  if (stage != BGC_UPLOAD_STAGE_NONE)
    session->session_id = g_strdup ("{11111111-2222-3333-4444-555555555555}");
  return session;
}

void
rig_sent (Rig *self, const BgcJobId *id, guint64 bytes, BgcUploadStage stage)
{
  g_autoptr (BgcUpload) session = rig_session (stage);
  gboolean whole = bytes == BGC_WORKERS_FAKE_SOURCE;
  BgcFileReport *file
    = bgc_file_report_new (BGC_UPLOAD_FILE, whole ? BGC_FILE_EVENT_WHOLE : BGC_FILE_EVENT_PROGRESS);

  file->durable = bytes;
  file->total = BGC_WORKERS_FAKE_SOURCE;
  if (stage == BGC_UPLOAD_STAGE_SENT && rig_job (self, id)->type == BGC_JOB_TYPE_UPLOAD_REPLY)
    session->reply_url = g_strdup ("http://example.org/replies/1");
  bgc_workers_fake_report_session (self->workers, rig_job (self, id), session, file);
  rig_settle (self);
}

void
rig_closed (Rig *self, const BgcJobId *id)
{
  g_autoptr (BgcUpload) session = bgc_upload_copy (rig_job (self, id)->upload);

  session->stage = BGC_UPLOAD_STAGE_CLOSED;
  bgc_workers_fake_report_session (self->workers, rig_job (self, id), session, NULL);
  rig_settle (self);
}

void
rig_keep_away (Rig *rig, guint32 retry_after)
{
  BgcFailure *failure
    = bgc_failure_new (BGC_CONTEXT_TRANSPORT, BGC_ERROR_CONNECT_FAILED, TRUE, "Nobody there");

  failure->retry_after = retry_after;
  bgc_workers_fake_set_cancel (rig->workers, FALSE, failure);
}

static gboolean
set_times (BgcJob *draft, gpointer data, GError **error)
{
  const RigTimes *times = data;

  draft->no_progress_timeout = times->no_progress;
  if (times->retry_delay > 0)
    bgc_job_set_minimum_retry_delay (draft, times->retry_delay);
  return TRUE;
}

BgcJobId
rig_cancelled (Rig *rig, RigTimes times)
{
  g_autoptr (Reply) reply = rig_upload_async (rig, BGC_JOB_TYPE_UPLOAD, set_times, &times, TRUE);

  rig_settle (rig);
  rig_sent (rig, &reply->id, 40, BGC_UPLOAD_STAGE_OPEN);
  g_assert_cmpint (rig_outcome (rig, &reply->id, BGC_REQUEST_CANCEL), ==, BGC_OUTCOME_OK);
  return reply->id;
}

gint64
rig_boot (Rig *rig)
{
  return bgc_clock_boot (BGC_CLOCK (rig->clock));
}

gint64
rig_wall (Rig *rig)
{
  return bgc_clock_wall (BGC_CLOCK (rig->clock));
}

gboolean
rig_is_pending (Rig *rig, const BgcJobId *id)
{
  const BgcJob *job = bgc_manager_find (rig->manager, id);
  const BgcJob *stored = rig_stored (rig, id);

  g_assert_true ((stored != NULL) == (job != NULL && job->server_cancel != NULL));
  if (stored == NULL)
    return FALSE;
  rig_assert_state (rig, id, "cancelled");
  g_assert_true (bgc_manager_is_listed (rig->manager, job));
  g_assert_cmpint (job->wait_reason, ==, BGC_WAIT_SERVER_CANCEL);
  return TRUE;
}

void
rig_assert_ends_at (Rig *rig, const BgcJobId *id, gint64 end)
{
  rig_advance (rig, end - rig_boot (rig) - 1);
  g_assert_true (rig_is_pending (rig, id));
  /* What the server keeps is worth a line. */
  rig_expect_warning (rig);
  rig_advance (rig, 1);
  g_assert_false (rig_is_pending (rig, id));
}
