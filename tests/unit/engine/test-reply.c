/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "engine/bgc-reply.h"

#include <string.h>

#include "bgc-rig-upload.h"

typedef struct
{
  GBytes *bytes; /* (owned) (nullable) */
  int code;
  gboolean done;
} Answer;

static void
on_read (GObject *source, GAsyncResult *result, gpointer data)
{
  Answer *answer = data;
  g_autoptr (GError) error = NULL;

  answer->bytes = bgc_manager_read_reply_finish (BGC_MANAGER (source), result, &error);
  answer->code = error != NULL ? error->code : RIG_SUCCESS;
  answer->done = TRUE;
}

static int
read_reply (Rig *rig, const BgcJobId *id, const char *expected)
{
  Answer answer = { 0 };

  bgc_manager_read_reply_async (rig->manager, id, on_read, &answer);
  rig_settle (rig);
  g_assert_true (answer.done);
  g_assert_true ((answer.bytes != NULL) == (expected != NULL));
  if (answer.bytes != NULL)
    g_assert_cmpmem (g_bytes_get_data (answer.bytes, NULL), g_bytes_get_size (answer.bytes), expected,
                     strlen (expected));
  g_clear_pointer (&answer.bytes, g_bytes_unref);
  return answer.code;
}

static void
whole (Rig *rig, const BgcJobId *id, guint64 bytes)
{
  rig_sent (rig, id, 100, BGC_UPLOAD_STAGE_SENT);
  bgc_workers_fake_report_whole (rig->workers, rig_job (rig, id), BGC_UPLOAD_REPLY, bytes);
  rig_settle (rig);
  rig_closed (rig, id);
  rig_assert_state (rig, id, "transferred");
}

static void
test_read (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id = rig_upload (rig, BGC_JOB_TYPE_UPLOAD_REPLY);

  g_assert_cmpint (read_reply (rig, &id, NULL), ==, BGC_ERROR_INVALID_STATE);
  whole (rig, &id, 9);
  g_assert_cmpint (read_reply (rig, &id, "the reply"), ==, RIG_SUCCESS);
  bgc_workers_fake_set_reply (rig->workers, "");
  g_assert_cmpint (read_reply (rig, &id, ""), ==, RIG_SUCCESS);
  bgc_workers_fake_set_reply (rig->workers, NULL);
  g_assert_cmpint (read_reply (rig, &id, NULL), ==, BGC_ERROR_LOCAL_FILE_CHANGED);
  g_assert_cmpint (rig_request (rig, &id, BGC_REQUEST_SUSPEND), ==, RIG_SUCCESS);
  g_assert_cmpint (read_reply (rig, &id, NULL), ==, BGC_ERROR_INVALID_STATE);
  g_assert_cmpint (rig_request (rig, &id, BGC_REQUEST_RESUME), ==, RIG_SUCCESS);
  g_assert_cmpint (rig_request (rig, &id, BGC_REQUEST_COMPLETE), ==, RIG_SUCCESS);
  g_assert_cmpint (read_reply (rig, &id, NULL), ==, BGC_ERROR_INVALID_STATE);
}

static void
test_too_large (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id = rig_upload (rig, BGC_JOB_TYPE_UPLOAD_REPLY);

  whole (rig, &id, BGC_WORKERS_REPLY_MAX + 1);
  g_assert_cmpint (read_reply (rig, &id, NULL), ==, BGC_ERROR_TOO_LARGE);
}

static void
test_other_types (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId download = rig_job_in (rig, BGC_JOB_STATE_TRANSFERRED);
  BgcJobId upload = rig_upload (rig, BGC_JOB_TYPE_UPLOAD);

  rig_sent (rig, &upload, 100, BGC_UPLOAD_STAGE_CLOSED);
  g_assert_cmpint (read_reply (rig, &download, NULL), ==, BGC_ERROR_NOT_SUPPORTED);
  g_assert_cmpint (read_reply (rig, &upload, NULL), ==, BGC_ERROR_NOT_SUPPORTED);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/reply/read", test_read);
  g_test_add_func ("/reply/too-large", test_too_large);
  g_test_add_func ("/reply/other-types", test_other_types);
  return g_test_run ();
}
