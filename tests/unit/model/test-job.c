/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "model/bgc-job.h"

#include <string.h>

#define NOW G_GINT64_CONSTANT (1790000000000000)

static BgcJob *
make_job (void)
{
  BgcJobId id = { { 1, 2, 3 } };
  BgcLimits limits;

  bgc_limits_init (&limits);

  return bgc_job_new (&id, BGC_JOB_TYPE_DOWNLOAD, 1000, "nightly", NOW, &limits);
}

static BgcFailure *
make_failure (void)
{
  return bgc_failure_new (BGC_CONTEXT_TRANSPORT, BGC_ERROR_TIMEOUT, TRUE, "late");
}

static void
test_new (void)
{
  g_autoptr (BgcJob) job = make_job ();

  g_assert_cmpint (job->state, ==, BGC_JOB_STATE_SUSPENDED);
  g_assert_cmpint (job->priority, ==, BGC_PRIORITY_NORMAL);
  g_assert_cmpuint (job->id.bytes[2], ==, 3);
  g_assert_cmpuint (job->owner, ==, 1000);
  g_assert_cmpstr (job->display_name, ==, "nightly");
  g_assert_cmpstr (job->description, ==, "");
  g_assert_cmpint (job->creation_time, ==, NOW);
  g_assert_cmpint (job->modification_time, ==, NOW);
  g_assert_cmpint (job->completion_time, ==, 0);
  g_assert_cmpuint (job->minimum_retry_delay, ==, 600);
  g_assert_false (job->retry_delay_is_set);
  g_assert_cmpuint (job->no_progress_timeout, ==, 1209600);
  g_assert_cmpuint (job->maximum_download_time, ==, 7776000);
  g_assert_cmpuint (job->notify_flags, ==,
                    BGC_NOTIFY_TRANSFERRED | BGC_NOTIFY_ERROR | BGC_NOTIFY_MODIFICATION);
  g_assert_cmpuint (job->minimum_notification_interval, ==, 500);
  g_assert_cmpint (job->no_progress_time, ==, -1);
  g_assert_cmpuint (bgc_file_list_length (job->files), ==, 0);
  g_assert_null (job->error);
}

static void
test_draft (void)
{
  g_autoptr (BgcJob) job = make_job ();
  BgcFileList *files = job->files;
  BgcJob *draft;

  bgc_file_list_put (files, bgc_file_new (0, "http://h/f", "/f", "t"));
  bgc_job_set_error (job, make_failure ());
  draft = bgc_job_draft (job);
  g_assert_null (draft->files);
  g_assert_true (draft->error != job->error);
  g_assert_true (bgc_job_set_display_name (draft, "weekly", NULL));
  g_assert_true (bgc_job_set_state (draft, BGC_JOB_STATE_QUEUED, NOW + 5, NULL));
  g_assert_cmpstr (job->display_name, ==, "nightly");
  g_assert_cmpint (job->state, ==, BGC_JOB_STATE_SUSPENDED);
  g_assert_nonnull (job->error);

  bgc_job_assign (job, draft);
  g_assert_cmpstr (job->display_name, ==, "weekly");
  g_assert_cmpint (job->state, ==, BGC_JOB_STATE_QUEUED);
  g_assert_cmpint (job->modification_time, ==, NOW + 5);
  g_assert_null (job->error);
  g_assert_true (job->files == files);
  g_assert_cmpuint (bgc_file_list_length (job->files), ==, 1);
}

/* Everything a state may drop is set; every pair is tried. */
static void
check_pair (BgcJobState from, BgcJobState to)
{
  g_autoptr (BgcJob) job = make_job ();
  g_autoptr (GError) error = NULL;
  gboolean transient = to == BGC_JOB_STATE_TRANSIENT_ERROR;

  bgc_job_restore_state (job, from);
  bgc_job_set_error (job, make_failure ());
  job->wait_reason = BGC_WAIT_NETWORK;
  job->next_attempt = NOW + 7;

  if (!bgc_job_set_state (job, to, NOW + 1, &error))
    {
      g_assert_false (bgc_job_state_may_follow (from, to));
      g_assert_error (error, BGC_ERROR, BGC_ERROR_INVALID_STATE);
      g_assert_cmpint (job->state, ==, from);
      g_assert_cmpint (job->modification_time, ==, NOW);
      g_assert_cmpint (job->wait_reason, ==, BGC_WAIT_NETWORK);
      g_assert_nonnull (job->error);
      return;
    }

  g_assert_true (bgc_job_state_may_follow (from, to));
  g_assert_cmpint (job->state, ==, to);
  g_assert_cmpint (job->modification_time, ==, NOW + 1);
  g_assert_cmpint (job->error != NULL, ==, transient || to == BGC_JOB_STATE_ERROR);
  g_assert_cmpint (job->next_attempt, ==, transient ? NOW + 7 : 0);
  g_assert_cmpint (job->wait_reason, ==,
                   transient                     ? BGC_WAIT_NETWORK
                   : to == BGC_JOB_STATE_QUEUED ? BGC_WAIT_SCHEDULER
                                                : BGC_WAIT_NONE);
  g_assert_cmpint (job->completion_time, ==, to == BGC_JOB_STATE_TRANSFERRED ? NOW + 1 : 0);
}

static void
test_every_pair (void)
{
  for (int from = 0; from < BGC_N_JOB_STATES; from++)
    for (int to = 0; to < BGC_N_JOB_STATES; to++)
      check_pair ((BgcJobState) from, (BgcJobState) to);
}

static void
test_completion_time (void)
{
  g_autoptr (BgcJob) job = make_job ();

  g_assert_true (bgc_job_set_state (job, BGC_JOB_STATE_TRANSFERRED, NOW + 1, NULL));
  g_assert_true (bgc_job_set_state (job, BGC_JOB_STATE_SUSPENDED, NOW + 2, NULL));
  g_assert_true (bgc_job_set_state (job, BGC_JOB_STATE_TRANSFERRED, NOW + 3, NULL));
  g_assert_cmpint (job->completion_time, ==, NOW + 1);
  g_assert_true (bgc_job_set_state (job, BGC_JOB_STATE_QUEUED, NOW + 4, NULL));
  g_assert_cmpint (job->completion_time, ==, 0);
  g_assert_true (bgc_job_set_state (job, BGC_JOB_STATE_TRANSFERRED, NOW + 5, NULL));
  g_assert_true (bgc_job_set_state (job, BGC_JOB_STATE_ACKNOWLEDGED, NOW + 6, NULL));
  g_assert_cmpint (job->completion_time, ==, NOW + 5);
}

static void
check_label (gboolean (*set) (BgcJob *, const char *, GError **), guint max, BgcJob *job)
{
  g_autoptr (GString) text = g_string_new (NULL);
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < max; i++)
    g_string_append (text, "ü");
  g_assert_true (set (job, text->str, NULL));
  g_string_append_c (text, 'x');
  g_assert_false (set (job, text->str, &error));
  g_assert_error (error, BGC_ERROR, BGC_ERROR_STRING_TOO_LONG);
  g_clear_error (&error);
  g_assert_false (set (job, "a\x01", &error));
  g_assert_error (error, BGC_ERROR, BGC_ERROR_INVALID_ARGUMENT);
  g_clear_error (&error);
  g_assert_false (set (job, "a\xff", &error));
  g_assert_error (error, BGC_ERROR, BGC_ERROR_INVALID_ARGUMENT);
  g_assert_false (set (job, NULL, NULL));
  g_assert_true (set (job, "", NULL));
}

static void
test_setters (void)
{
  g_autoptr (BgcJob) job = make_job ();

  check_label (bgc_job_set_display_name, 256, job);
  check_label (bgc_job_set_description, 1024, job);
  g_assert_true (bgc_job_set_display_name (job, "name", NULL));
  g_assert_false (bgc_job_set_display_name (job, "\x02", NULL));
  g_assert_cmpstr (job->display_name, ==, "name");
  g_assert_true (bgc_job_set_description (job, "text", NULL));
  g_assert_cmpstr (job->description, ==, "text");
  g_assert_cmpuint (bgc_job_stored_bytes (job), ==, 8);

  bgc_job_set_minimum_retry_delay (job, 0);
  g_assert_cmpuint (job->minimum_retry_delay, ==, 5);
  g_assert_true (job->retry_delay_is_set);
  bgc_job_set_minimum_retry_delay (job, 77);
  g_assert_cmpuint (job->minimum_retry_delay, ==, 77);
}

static void
test_uploads (void)
{
  g_autoptr (BgcJob) job = make_job ();
  g_autoptr (BgcJob) draft = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_false (bgc_job_set_upload_protocol (job, BGC_UPLOAD_PROTOCOL_TUS, &error));
  g_assert_error (error, BGC_ERROR, BGC_ERROR_NOT_SUPPORTED);
  g_clear_error (&error);
  g_assert_false (bgc_job_set_reply_file_name (job, "/srv/r", &error));
  g_assert_error (error, BGC_ERROR, BGC_ERROR_NOT_SUPPORTED);
  g_clear_error (&error);
  job->type = BGC_JOB_TYPE_UPLOAD_REPLY;
  job->upload = bgc_upload_new ();
  job->upload->protocol = BGC_UPLOAD_PROTOCOL_BITS;
  g_assert_false (bgc_job_set_upload_protocol (job, BGC_UPLOAD_PROTOCOL_TUS, NULL));
  g_assert_true (bgc_job_set_upload_protocol (job, BGC_UPLOAD_PROTOCOL_BITS, NULL));
  /* It is found out anew. */
  g_assert_cmpint (job->upload->protocol, ==, BGC_UPLOAD_PROTOCOL_AUTO);
  g_assert_false (bgc_job_set_reply_file_name (job, "r", &error));
  g_assert_error (error, BGC_ERROR, BGC_ERROR_INVALID_PATH);
  g_clear_error (&error);
  g_assert_true (bgc_job_set_reply_file_name (job, "/srv/r", NULL));
  job->server_cancel = bgc_deadline_new ("", 1, 2, 3);
  job->upload->stage = BGC_UPLOAD_STAGE_OPEN;
  g_assert_false (bgc_job_set_upload_protocol (job, BGC_UPLOAD_PROTOCOL_AUTO, &error));
  g_assert_error (error, BGC_ERROR, BGC_ERROR_INVALID_STATE);
  draft = bgc_job_draft (job);
  g_assert_cmpstr (draft->reply_file_name, ==, "/srv/r");
  g_assert_true (draft->reply_file_name != job->reply_file_name);
  g_assert_cmpint (draft->server_cancel->boot, ==, 4);
  g_assert_true (draft->server_cancel != job->server_cancel);
  g_assert_true (bgc_job_set_reply_file_name (job, "", NULL));
  g_assert_null (job->reply_file_name);
  bgc_file_list_put (job->files, bgc_file_new (BGC_UPLOAD_FILE, "http://a/b", "/srv/a", ""));
  g_assert_null (bgc_job_reply (job));
  bgc_file_list_put (job->files, bgc_file_new (BGC_UPLOAD_REPLY, "", "/srv/r", ".bgcopy-1"));
  g_assert_cmpuint (bgc_job_reply (job)->index, ==, BGC_UPLOAD_REPLY);
  job->type = BGC_JOB_TYPE_DOWNLOAD;
  g_assert_null (bgc_job_reply (job));
}

/* Whatever is told of it, there is nothing to delete. */
static void
test_source (void)
{
  g_autoptr (BgcFile) source = bgc_file_new (BGC_UPLOAD_FILE, "http://a/b", "/srv/a", "");
  g_autoptr (BgcFile) plain = bgc_file_new (0, "http://a/b", "/srv/a", ".bgcopy-1");

  source->attempts = plain->attempts = 1;
  source->bytes_transferred = 5;
  g_assert_true (bgc_file_is_source (source));
  g_assert_false (bgc_file_has_temporary (source));
  g_assert_false (bgc_file_is_source (plain));
  g_assert_true (bgc_file_has_temporary (plain));
}

static void
test_set_error (void)
{
  g_autoptr (BgcJob) job = make_job ();
  BgcFailure *failure = make_failure ();

  bgc_job_set_error (job, make_failure ());
  bgc_job_set_error (job, failure);
  g_assert_true (job->error == failure);
  bgc_job_set_error (job, NULL);
  g_assert_null (job->error);
}

static void
give (BgcJob *job)
{
  const char *const headers[] = { "X-A: 1", NULL };

  bgc_job_set_login (job, bgc_login_new (BGC_LOGIN_TARGET_SERVER, BGC_LOGIN_SCHEME_BASIC, "alice", "p"));
  bgc_job_set_headers (job, headers, FALSE);
}

static void
test_secrets (void)
{
  g_autoptr (BgcJob) job = make_job ();
  gsize bytes = bgc_job_stored_bytes (job);
  BgcJob *draft;

  job->lost_secrets = (1u << BGC_JOB_SECRET_HEADERS) - 1;
  give (job);
  g_assert_cmpuint (job->lost_secrets, ==, (1u << BGC_JOB_SECRET_HEADERS) - 2);
  g_assert_cmpuint (bgc_job_stored_bytes (job), ==, bytes + strlen ("alicepX-A: 1"));
  /* What was lost was there. */
  g_assert_true (bgc_job_remove_login (job, BGC_LOGIN_TARGET_PROXY, BGC_LOGIN_SCHEME_BASIC));
  g_assert_false (bgc_job_remove_login (job, BGC_LOGIN_TARGET_PROXY, BGC_LOGIN_SCHEME_BASIC));
  g_assert_true (job->secrets_changed);
  draft = bgc_job_draft (job);
  g_assert_false (draft->secrets_changed);
  g_assert_true (bgc_job_remove_login (draft, BGC_LOGIN_TARGET_SERVER, BGC_LOGIN_SCHEME_BASIC));
  g_assert_nonnull (
    bgc_job_secrets_get_login (job->secrets, BGC_LOGIN_TARGET_SERVER, BGC_LOGIN_SCHEME_BASIC));
  bgc_job_set_headers (draft, NULL, FALSE);
  g_assert_null (draft->secrets);
  bgc_job_assign (job, draft);
  g_assert_null (job->secrets);
  g_assert_false (job->secrets_changed);
}

/* Who makes no more requests has none any more, and another owner gets none. */
static void
test_secrets_end (void)
{
  const BgcJobState last[] = { BGC_JOB_STATE_ACKNOWLEDGED, BGC_JOB_STATE_CANCELLED };

  for (gsize i = 0; i < G_N_ELEMENTS (last); i++)
    {
      g_autoptr (BgcJob) job = make_job ();

      give (job);
      job->lost_secrets = 1u << BGC_JOB_SECRET_CERTIFICATE;
      bgc_job_set_state (job, last[i], 1, NULL);
      g_assert_null (job->secrets);
      g_assert_cmpuint (job->lost_secrets, ==, 0);
    }
  for (guint given = 0; given < 2; given++)
    {
      g_autoptr (BgcJob) job = make_job ();

      if (given)
        give (job);
      job->lost_secrets = 1u << BGC_JOB_SECRET_CERTIFICATE;
      bgc_job_hand_over (job, 4711);
      g_assert_null (job->secrets);
      g_assert_cmpuint (job->lost_secrets, ==, 0);
    }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/job/new", test_new);
  g_test_add_func ("/job/draft", test_draft);
  g_test_add_func ("/job/every-pair", test_every_pair);
  g_test_add_func ("/job/completion-time", test_completion_time);
  g_test_add_func ("/job/setters", test_setters);
  g_test_add_func ("/job/set-error", test_set_error);
  g_test_add_func ("/job/uploads", test_uploads);
  g_test_add_func ("/job/source", test_source);
  g_test_add_func ("/job/secrets", test_secrets);
  g_test_add_func ("/job/secrets-end", test_secrets_end);

  return g_test_run ();
}
