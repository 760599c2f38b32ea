/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "engine/bgc-upload-edits.h"

#include "bgc-rig-upload.h"

static BgcJobId
empty (Rig *rig, BgcJobType type)
{
  g_autoptr (Reply) reply = reply_new (rig);

  bgc_manager_create_async (rig->manager, RIG_OWNER, FALSE, type, "job", NULL, NULL, NULL, FALSE,
                            rig_on_created, reply);
  rig_settle (rig);
  g_assert_cmpint (reply->code, ==, RIG_SUCCESS);
  return reply->id;
}

static void
on_named (GObject *source, GAsyncResult *result, gpointer data)
{
  Reply *reply = data;
  g_autoptr (GError) error = NULL;

  reply->done = TRUE;
  if (!bgc_manager_set_reply_name_finish (BGC_MANAGER (source), result, &error))
    reply->code = error->code;
}

static Reply *
name_async (Rig *rig, const BgcJobId *id, const char *path)
{
  Reply *reply = reply_new (rig);

  bgc_manager_set_reply_name_async (rig->manager, id, path, on_named, reply);
  return reply;
}

static int
name (Rig *rig, const BgcJobId *id, const char *path)
{
  return rig_wait (rig, name_async (rig, id, path));
}

static int
add (Rig *rig, const BgcJobId *id, const char *local)
{
  return rig_wait (rig, rig_add_async (rig, id, local));
}

static void
test_one_file (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id = empty (rig, BGC_JOB_TYPE_UPLOAD);

  g_assert_cmpint (rig_request (rig, &id, BGC_REQUEST_RESUME), ==, BGC_ERROR_EMPTY);
  bgc_workers_fake_set_source (rig->workers, "/srv/none", BGC_ERROR_NOT_FOUND, 0);
  g_assert_cmpint (add (rig, &id, "/srv/none"), ==, BGC_ERROR_NOT_FOUND);
  g_assert_cmpint (add (rig, &id, "/srv/a"), ==, RIG_SUCCESS);
  g_assert_cmpint (add (rig, &id, "/srv/b"), ==, BGC_ERROR_TOO_MANY_FILES);
  g_assert_cmpuint (bgc_file_list_length (rig_job (rig, &id)->files), ==, 1);
  g_assert_cmpint (rig_wait (rig, rig_set_remote_async (rig, &id, 0, "http://a/c")), ==,
                   BGC_ERROR_NOT_SUPPORTED);
}

/* Two that are asked about at the same time. */
static void
test_race (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id = empty (rig, BGC_JOB_TYPE_UPLOAD);
  Reply *first = rig_add_async (rig, &id, "/srv/a");
  Reply *second = rig_add_async (rig, &id, "/srv/b");

  g_assert_cmpint (rig_wait (rig, first), ==, RIG_SUCCESS);
  g_assert_cmpint (rig_wait (rig, second), ==, BGC_ERROR_TOO_MANY_FILES);
}

static void
test_remove (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id = empty (rig, BGC_JOB_TYPE_UPLOAD_REPLY);

  g_assert_cmpint (add (rig, &id, "/srv/a"), ==, RIG_SUCCESS);
  g_assert_cmpint (rig_wait (rig, rig_remove_async (rig, &id, 1)), ==, BGC_ERROR_NOT_FOUND);
  g_assert_cmpint (rig_wait (rig, rig_remove_async (rig, &id, 0)), ==, RIG_SUCCESS);
  g_assert_cmpuint (bgc_file_list_length (rig_job (rig, &id)->files), ==, 0);
  g_assert_cmpint (add (rig, &id, "/srv/b"), ==, RIG_SUCCESS);
  g_assert_cmpint (rig_request (rig, &id, BGC_REQUEST_RESUME), ==, RIG_SUCCESS);
  rig_sent (rig, &id, 0, BGC_UPLOAD_STAGE_OPEN);
  g_assert_cmpint (rig_wait (rig, rig_remove_async (rig, &id, 0)), ==, BGC_ERROR_INVALID_STATE);
  g_assert_cmpuint (bgc_workers_fake_placements (rig->workers)->len, ==, 0);
}

static void
test_reply_name (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id = empty (rig, BGC_JOB_TYPE_UPLOAD_REPLY);
  BgcJobId upload = empty (rig, BGC_JOB_TYPE_UPLOAD);
  const char *ours;

  g_assert_cmpint (name (rig, &upload, "/srv/r"), ==, BGC_ERROR_NOT_SUPPORTED);
  g_assert_cmpint (name (rig, &id, "r"), ==, BGC_ERROR_INVALID_PATH);
  g_assert_cmpint (name (rig, &id, ""), ==, RIG_SUCCESS);
  bgc_workers_fake_set_verdict (rig->workers, "/nowhere/r", BGC_ERROR_INVALID_PATH);
  g_assert_cmpint (name (rig, &id, "/nowhere/r"), ==, BGC_ERROR_INVALID_PATH);
  g_assert_null (rig_job (rig, &id)->reply_file_name);
  g_assert_cmpint (name (rig, &id, "/srv/r"), ==, RIG_SUCCESS);
  g_assert_cmpint (add (rig, &id, "/srv/r"), ==, BGC_ERROR_FILE_EXISTS);
  g_assert_cmpint (add (rig, &id, "/srv/a"), ==, RIG_SUCCESS);
  g_assert_cmpstr (rig_file (rig, &id, 1)->local, ==, "/srv/r");
  g_assert_cmpint (name (rig, &id, "/srv/a"), ==, BGC_ERROR_FILE_EXISTS);
  g_assert_cmpint (name (rig, &id, ""), ==, RIG_SUCCESS);
  ours = rig_file (rig, &id, 1)->local;
  g_assert_true (g_str_has_suffix (ours, ".reply"));
  g_assert_cmpuint (bgc_file_list_length (rig_job (rig, &id)->files), ==, 2);
}

/* It may change while the file is sent, and no longer once the server has told where the reply is. */
static void
test_while_sending (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id = rig_upload (rig, BGC_JOB_TYPE_UPLOAD_REPLY);

  rig_sent (rig, &id, 40, BGC_UPLOAD_STAGE_OPEN);
  g_assert_cmpint (name (rig, &id, "/srv/r"), ==, RIG_SUCCESS);
  g_assert_cmpstr (rig_file (rig, &id, 1)->local, ==, "/srv/r");
  g_assert_true (bgc_workers_fake_is_running (rig->workers, &id));
  rig_assert_state (rig, &id, "transferring");
  rig_sent (rig, &id, 100, BGC_UPLOAD_STAGE_SENT);
  g_assert_cmpint (name (rig, &id, "/srv/s"), ==, BGC_ERROR_INVALID_STATE);
  g_assert_cmpstr (rig_file (rig, &id, 1)->local, ==, "/srv/r");
}

/* The stop for it brings the end: refused, and what the worker said is kept. */
static void
test_too_late (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id = rig_upload (rig, BGC_JOB_TYPE_UPLOAD_REPLY);
  Reply *reply;

  bgc_workers_fake_hang (rig->workers, FALSE, TRUE, FALSE);
  reply = name_async (rig, &id, "/srv/r");
  rig_settle (rig);
  rig_sent (rig, &id, 100, BGC_UPLOAD_STAGE_SENT);
  bgc_workers_fake_hang (rig->workers, FALSE, FALSE, FALSE);
  g_assert_cmpint (rig_wait (rig, reply), ==, BGC_ERROR_INVALID_STATE);
  g_assert_cmpint (rig_file (rig, &id, 0)->state, ==, BGC_FILE_WHOLE);
  g_assert_cmpint (rig_job (rig, &id)->upload->stage, ==, BGC_UPLOAD_STAGE_SENT);
  g_assert_null (rig_job (rig, &id)->reply_file_name);
  g_assert_true (bgc_workers_fake_is_running (rig->workers, &id));
}

/* The name is set between the question about a file and its turn. */
static void
test_asked_again (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id = empty (rig, BGC_JOB_TYPE_UPLOAD_REPLY);
  Reply *naming = name_async (rig, &id, "/srv/r");
  Reply *adding = rig_add_async (rig, &id, "/srv/a");

  g_assert_cmpint (rig_wait (rig, naming), ==, RIG_SUCCESS);
  g_assert_cmpint (rig_wait (rig, adding), ==, RIG_SUCCESS);
  g_assert_cmpstr (rig_file (rig, &id, 1)->local, ==, "/srv/r");
}

/* The directory of the source is not the owner's: the reply needs another place before it runs. */
static void
test_no_place (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id = empty (rig, BGC_JOB_TYPE_UPLOAD_REPLY);
  char hex[BGC_JOB_ID_HEX_LENGTH + 1];
  g_autofree char *ours = NULL;

  bgc_job_id_to_hex (&id, hex);
  ours = g_strdup_printf ("/usr/share/%s.reply", hex);
  bgc_workers_fake_set_verdict (rig->workers, ours, BGC_ERROR_ACCESS_DENIED);
  g_assert_cmpint (add (rig, &id, "/usr/share/a"), ==, RIG_SUCCESS);
  g_assert_null (bgc_job_reply (rig_job (rig, &id)));
  g_assert_cmpint (rig_request (rig, &id, BGC_REQUEST_RESUME), ==, BGC_ERROR_INVALID_PATH);
  g_assert_cmpint (name (rig, &id, "/srv/r"), ==, RIG_SUCCESS);
  g_assert_cmpint (rig_request (rig, &id, BGC_REQUEST_RESUME), ==, RIG_SUCCESS);
  g_assert_cmpstr (rig_file (rig, &id, 1)->local, ==, "/srv/r");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/upload-edits/one-file", test_one_file);
  g_test_add_func ("/upload-edits/race", test_race);
  g_test_add_func ("/upload-edits/remove", test_remove);
  g_test_add_func ("/upload-edits/reply-name", test_reply_name);
  g_test_add_func ("/upload-edits/while-sending", test_while_sending);
  g_test_add_func ("/upload-edits/too-late", test_too_late);
  g_test_add_func ("/upload-edits/asked-again", test_asked_again);
  g_test_add_func ("/upload-edits/no-place", test_no_place);
  return g_test_run ();
}
