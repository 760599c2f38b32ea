/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* Cancel of uploads, wherever they are; what the server is asked afterwards is test-server-cancel. */

#include "bgc-rig-upload.h"

#define DAY (86400 * SECOND)

/* No session, none any more, or none that a request could end. */
static void
test_nothing_there (void)
{
  g_autoptr (Rig) rig = rig_new ();
  g_autoptr (Reply) born = rig_upload_async (rig, BGC_JOB_TYPE_UPLOAD, NULL, NULL, FALSE);
  BgcJobId running = rig_upload (rig, BGC_JOB_TYPE_UPLOAD);
  BgcJobId done = rig_upload (rig, BGC_JOB_TYPE_UPLOAD);

  rig_settle (rig);
  rig_sent (rig, &done, 100, BGC_UPLOAD_STAGE_CLOSED);
  rig_assert_state (rig, &done, "transferred");
  rig_keep_away (rig, 0);
  g_assert_cmpint (rig_request (rig, &born->id, BGC_REQUEST_CANCEL), ==, RIG_SUCCESS);
  g_assert_cmpint (rig_request (rig, &running, BGC_REQUEST_CANCEL), ==, RIG_SUCCESS);
  g_assert_cmpint (rig_request (rig, &done, BGC_REQUEST_CANCEL), ==, RIG_SUCCESS);
  g_assert_cmpuint (bgc_workers_fake_cancels (rig->workers), ==, 0);
  g_assert_null (rig_stored (rig, &born->id));
  g_assert_null (rig_stored (rig, &running));
  g_assert_null (rig_stored (rig, &done));
}

/* Cancel whose server is away, and whose worker has not stopped yet. */
static Reply *
cancel_while_it_stops (Rig *rig, const BgcJobId *id)
{
  Reply *reply;

  rig_keep_away (rig, 0);
  bgc_workers_fake_hang (rig->workers, FALSE, TRUE, FALSE);
  reply = rig_ask (rig, id, BGC_REQUEST_CANCEL);
  rig_settle (rig);
  return reply;
}

/* Cancel while the session is being made: the stop's last report tells of it. */
static void
test_learnt_late (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id = rig_upload (rig, BGC_JOB_TYPE_UPLOAD);
  Reply *reply = cancel_while_it_stops (rig, &id);

  g_assert_false (reply->done);
  rig_assert_state (rig, &id, "cancelled");
  g_assert_cmpuint (bgc_workers_fake_cancels (rig->workers), ==, 0);
  rig_sent (rig, &id, 0, BGC_UPLOAD_STAGE_OPEN);
  bgc_workers_fake_hang (rig->workers, FALSE, FALSE, FALSE);
  g_assert_cmpint (rig_wait (rig, reply), ==, RIG_SUCCESS);
  g_assert_true (rig_is_pending (rig, &id));
  g_assert_nonnull (rig_stored (rig, &id)->upload->session_id);
  g_assert_cmpuint (bgc_workers_fake_cancels (rig->workers), ==, 1);
}

/* The worker is lost with a report that was not yet stored. */
static void
test_learnt_and_lost (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id = rig_upload (rig, BGC_JOB_TYPE_UPLOAD);
  Reply *reply = cancel_while_it_stops (rig, &id);

  rig_sent (rig, &id, 0, BGC_UPLOAD_STAGE_OPEN);
  bgc_workers_fake_lose (rig->workers, RIG_OWNER);
  g_assert_cmpint (rig_wait (rig, reply), ==, RIG_SUCCESS);
  g_assert_true (rig_is_pending (rig, &id));
  g_assert_nonnull (rig_stored (rig, &id)->upload->session_id);
}

/* The reply is coming: its temporary file goes, and the server is told. */
static void
test_reply_downloading (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id = rig_upload (rig, BGC_JOB_TYPE_UPLOAD_REPLY);
  const BgcPlacement *placement;

  rig_keep_away (rig, 0);
  rig_sent (rig, &id, 100, BGC_UPLOAD_STAGE_SENT);
  rig_progress (rig, &id, 1, 5, 9);
  g_assert_cmpint (rig_outcome (rig, &id, BGC_REQUEST_CANCEL), ==, BGC_OUTCOME_OK);
  g_assert_cmpuint (bgc_workers_fake_placements (rig->workers)->len, ==, 1);
  placement = g_ptr_array_index (bgc_workers_fake_placements (rig->workers), 0);
  g_assert_cmpuint (placement->index, ==, 1);
  g_assert_null (placement->target);
  g_assert_true (rig_is_pending (rig, &id));
  bgc_workers_fake_set_cancel (rig->workers, TRUE, NULL);
  rig_advance (rig, 700 * SECOND);
  g_assert_false (rig_is_pending (rig, &id));
}

/* All is there: only the reply's temporary file is left to go. */
static void
test_reply_transferred (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id = rig_upload (rig, BGC_JOB_TYPE_UPLOAD_REPLY);

  rig_sent (rig, &id, 100, BGC_UPLOAD_STAGE_SENT);
  bgc_workers_fake_report_whole (rig->workers, rig_job (rig, &id), 1, 9);
  rig_settle (rig);
  rig_closed (rig, &id);
  rig_assert_state (rig, &id, "transferred");
  g_assert_cmpint (rig_outcome (rig, &id, BGC_REQUEST_CANCEL), ==, BGC_OUTCOME_OK);
  g_assert_cmpuint (bgc_workers_fake_placements (rig->workers)->len, ==, 1);
  g_assert_cmpuint (bgc_workers_fake_cancels (rig->workers), ==, 0);
  g_assert_null (rig_stored (rig, &id));
}

/* The daemon dies between Cancel's commit and the end of the stop. */
static void
test_crash_in_cancel (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id = rig_upload (rig, BGC_JOB_TYPE_UPLOAD);
  gint64 begun = rig_boot (rig);
  Reply *reply;

  rig_sent (rig, &id, 40, BGC_UPLOAD_STAGE_OPEN);
  bgc_workers_fake_hang (rig->workers, FALSE, TRUE, FALSE);
  reply = rig_ask (rig, &id, BGC_REQUEST_CANCEL);
  rig_settle (rig);
  rig_crash (rig);
  reply_free (reply);
  rig_keep_away (rig, 0);
  rig_start (rig);
  g_assert_cmpuint (bgc_workers_fake_cancels (rig->workers), ==, 1);
  rig_assert_ends_at (rig, &id, begun + DAY);
}

int
main (int argc, char **argv)
{
  static const struct
  {
    const char *path;
    void (*run) (void);
  } tests[] = {
    { "/upload-cancel/nothing-there", test_nothing_there },
    { "/upload-cancel/learnt-late", test_learnt_late },
    { "/upload-cancel/learnt-and-lost", test_learnt_and_lost },
    { "/upload-cancel/reply-downloading", test_reply_downloading },
    { "/upload-cancel/reply-transferred", test_reply_transferred },
    { "/upload-cancel/crash-in-cancel", test_crash_in_cancel },
  };

  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (tests); i++)
    g_test_add_func (tests[i].path, tests[i].run);
  return g_test_run ();
}
