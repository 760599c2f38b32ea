/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "transfer/bgc-upload-talk.h"

#include "protocol/bgc-header-table.h"

typedef struct
{
  BgcUpload *session;
  BgcUploadChannel *channel;
  BgcUploadTalk talk;
  BgcHeaderTable *table;
} Fixture;

static void
set_up (Fixture *self, gconstpointer data)
{
  g_autoptr (BgcJobSecrets) secrets = NULL;
  g_autoptr (BgcHttpLogin) login = NULL;
  BgcUploadChannelSettings settings = { .user_agent = "test" };

  if (data != NULL)
    {
      secrets = bgc_job_secrets_new ();
      bgc_job_secrets_set_login (
        secrets, bgc_login_new (BGC_LOGIN_TARGET_SERVER, BGC_LOGIN_SCHEME_DIGEST, "alice", data));
      login = bgc_http_login_new (secrets, NULL);
    }
  settings.login = login;
  self->channel = bgc_upload_channel_new (&settings);
  self->session = bgc_upload_new ();
  self->table = bgc_header_table_new ();
  bgc_upload_talk_init (&self->talk, self->channel, "http://host/x", self->session);
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  bgc_upload_talk_clear (&self->talk);
  bgc_upload_channel_free (self->channel);
  bgc_upload_free (self->session);
  bgc_header_table_free (self->table);
}

static void
test_fail (Fixture *self, gconstpointer data)
{
  const BgcUploadAnswer answer = { .status = 404, .reader = bgc_header_table_reader (self->table) };

  g_assert_cmpint (bgc_upload_talk_wonder (&self->talk, "Odd"), ==, BGC_UPLOAD_RESULT_FAILED);
  g_assert_cmpint (self->talk.failure->code, ==, BGC_ERROR_INVALID_SERVER_RESPONSE);
  g_assert_cmpint (bgc_upload_talk_refuse (&self->talk, &answer), ==, BGC_UPLOAD_RESULT_FAILED);
  g_assert_cmpuint (self->talk.failure->http_status, ==, 404);
}

/* A request that could not be made is none. */
static void
test_no_request (Fixture *self, gconstpointer data)
{
  g_auto (BgcUploadAnswer) answer = { 0 };

  g_assert_false (bgc_upload_talk_call (&self->talk, NULL, &answer));
  g_assert_cmpuint (answer.status, ==, 0);
}

static void
test_open_at (Fixture *self, gconstpointer data)
{
  self->talk.offset = 7;
  g_assert_false (bgc_upload_talk_open_at (&self->talk, NULL));
  g_assert_cmpint (self->talk.failure->code, ==, BGC_ERROR_INVALID_SERVER_RESPONSE);
  g_assert_false (bgc_upload_is_open (self->session));
  g_assert_true (bgc_upload_talk_open_at (&self->talk, "/files/5"));
  g_assert_cmpstr (self->session->resource, ==, "http://host/files/5");
  g_assert_true (bgc_upload_is_open (self->session));
  g_assert_cmpuint (self->talk.offset, ==, 0);
}

static void
test_settle (Fixture *self, gconstpointer data)
{
  static const struct
  {
    guint status;
    gboolean gone;
    gboolean settled;
    gboolean fails;
  } rows[] = {
    { 200, FALSE, TRUE, FALSE }, { 204, FALSE, TRUE, FALSE }, { 500, TRUE, TRUE, FALSE },
    { 404, TRUE, TRUE, FALSE },  { 302, FALSE, TRUE, TRUE },  { 400, FALSE, TRUE, TRUE },
    { 401, FALSE, TRUE, TRUE },  { 403, FALSE, TRUE, TRUE },  { 408, FALSE, FALSE, TRUE },
    { 409, FALSE, FALSE, TRUE }, { 429, FALSE, FALSE, TRUE }, { 500, FALSE, FALSE, TRUE },
    { 503, FALSE, FALSE, TRUE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      const BgcUploadAnswer answer
        = { .status = rows[i].status, .reader = bgc_header_table_reader (self->table) };

      g_test_message ("%u", rows[i].status);
      g_clear_pointer (&self->talk.failure, bgc_failure_free);
      g_assert_cmpint (bgc_upload_talk_settle (&self->talk, &answer, rows[i].gone), ==,
                       rows[i].settled ? BGC_UPLOAD_RESULT_DONE : BGC_UPLOAD_RESULT_FAILED);
      g_assert_cmpint (self->talk.failure != NULL, ==, rows[i].fails);
    }
}

/* Who has a login asks again, but for what the server answers nobody. */
static void
test_settle_with_login (Fixture *self, gconstpointer data)
{
  const guint statuses[] = { 401, 403, 407 };

  for (guint i = 0; i < G_N_ELEMENTS (statuses); i++)
    {
      const BgcUploadAnswer answer
        = { .status = statuses[i], .reader = bgc_header_table_reader (self->table) };

      g_assert_cmpint (bgc_upload_talk_settle (&self->talk, &answer, FALSE), ==,
                       i == 0 ? BGC_UPLOAD_RESULT_FAILED : BGC_UPLOAD_RESULT_DONE);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/upload-talk/fail", Fixture, NULL, set_up, test_fail, tear_down);
  g_test_add ("/upload-talk/no-request", Fixture, NULL, set_up, test_no_request, tear_down);
  g_test_add ("/upload-talk/open-at", Fixture, NULL, set_up, test_open_at, tear_down);
  g_test_add ("/upload-talk/settle", Fixture, NULL, set_up, test_settle, tear_down);
  g_test_add ("/upload-talk/settle-with-login", Fixture, "word", set_up, test_settle_with_login, tear_down);
  return g_test_run ();
}
