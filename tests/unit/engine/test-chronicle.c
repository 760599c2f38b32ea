/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* What the log has of jobs' lives, as a writer sees it. */

#include "engine/bgc-chronicle.h"

#include "bgc-rig-upload.h"

static GPtrArray *records; /* (element-type GHashTable) of those with a MESSAGE_ID */

static GLogWriterOutput
keep (GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer data)
{
  g_autoptr (GHashTable) record = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, g_free);

  for (gsize i = 0; i < n_fields; i++)
    g_hash_table_insert (record, (gpointer)g_intern_string (fields[i].key), g_strdup (fields[i].value));
  if (g_hash_table_contains (record, "MESSAGE_ID"))
    g_ptr_array_add (records, g_steal_pointer (&record));
  else if ((level & G_LOG_LEVEL_DEBUG) == 0)
    return g_log_writer_default (level, fields, n_fields, data);
  return G_LOG_WRITER_HANDLED;
}

static const char *
get (guint index, const char *field)
{
  g_assert_cmpuint (index, <, records->len);
  return g_hash_table_lookup (g_ptr_array_index (records, index), field);
}

/* The events so far are exactly @expected, all of the job @id; then they are forgotten. */
static void
assert_events (const BgcJobId *id, const BgcEvent *expected, guint count)
{
  char hex[BGC_JOB_ID_HEX_LENGTH + 1];

  bgc_job_id_to_hex (id, hex);
  for (guint i = 0; i < MIN (count, records->len); i++)
    {
      g_assert_cmpstr (get (i, "MESSAGE_ID"), ==, bgc_event_message_id (expected[i]));
      g_assert_cmpstr (get (i, "BGCOPY_JOB"), ==, hex);
      g_assert_cmpstr (get (i, "BGCOPY_OWNER"), ==, "1000");
    }
  g_assert_cmpuint (records->len, ==, count);
  g_ptr_array_set_size (records, 0);
}

#define ASSERT_EVENTS(id, ...) \
  do \
    { \
      const BgcEvent list[] = { __VA_ARGS__ }; \
\
      assert_events (id, list, G_N_ELEMENTS (list)); \
    } \
  while (0)

static void
test_life (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id = rig_create (rig, 1, FALSE);

  g_assert_nonnull (strstr (get (0, "MESSAGE"), "download"));
  ASSERT_EVENTS (&id, BGC_EVENT_JOB_CREATED);
  g_assert_cmpint (rig_request (rig, &id, BGC_REQUEST_RESUME), ==, RIG_SUCCESS);
  g_assert_cmpint (rig_request (rig, &id, BGC_REQUEST_SUSPEND), ==, RIG_SUCCESS);
  g_assert_cmpint (rig_request (rig, &id, BGC_REQUEST_RESUME), ==, RIG_SUCCESS);
  rig_progress (rig, &id, 0, 5, 10);
  rig_whole (rig, &id, 0);
  ASSERT_EVENTS (&id, BGC_EVENT_JOB_RESUMED, BGC_EVENT_JOB_SUSPENDED, BGC_EVENT_JOB_RESUMED,
                 BGC_EVENT_JOB_TRANSFERRED);
  g_assert_cmpint (rig_request (rig, &id, BGC_REQUEST_COMPLETE), ==, RIG_SUCCESS);
  ASSERT_EVENTS (&id, BGC_EVENT_JOB_COMPLETED);
}

/* The file's index and the error go with it. */
static void
test_failed (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id = rig_create (rig, 1, TRUE);

  rig_settle (rig);
  g_ptr_array_set_size (records, 0);
  rig_fail (rig, &id, 0, BGC_ERROR_TLS, FALSE);
  g_assert_cmpstr (get (0, "BGCOPY_FILE"), ==, "0");
  g_assert_cmpstr (get (0, "BGCOPY_ERROR"), ==, "Tls");
  ASSERT_EVENTS (&id, BGC_EVENT_JOB_FAILED);
  g_assert_cmpint (rig_request (rig, &id, BGC_REQUEST_CANCEL), ==, RIG_SUCCESS);
  ASSERT_EVENTS (&id, BGC_EVENT_JOB_CANCELLED);
}

/* Of a row of interruptions the first is news, the others are for those who look closely. */
static void
test_interrupted (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id = rig_create (rig, 1, TRUE);

  rig_settle (rig);
  g_ptr_array_set_size (records, 0);
  rig_fail (rig, &id, 0, BGC_ERROR_TIMEOUT, TRUE);
  g_assert_cmpstr (get (0, "PRIORITY"), ==, "5");
  ASSERT_EVENTS (&id, BGC_EVENT_JOB_INTERRUPTED);
  rig_advance (rig, 10 * SECOND);
  rig_fail (rig, &id, 0, BGC_ERROR_TIMEOUT, TRUE);
  g_assert_cmpstr (get (0, "PRIORITY"), ==, "7");
  ASSERT_EVENTS (&id, BGC_EVENT_JOB_INTERRUPTED);
}

/* Somebody else's words do not make a line of their own, and no secret is in one. */
static void
test_words (void)
{
  BgcJobId id = { { 1 } };
  BgcLimits limits;
  BgcEntry entry = { 0 };
  BgcChronicleBefore before;
  BgcFailure *failure
    = bgc_failure_new (BGC_CONTEXT_REMOTE_FILE, BGC_ERROR_HTTP_STATUS, FALSE, "a\nb");

  bgc_limits_init (&limits);
  entry.job = bgc_job_new (&id, BGC_JOB_TYPE_DOWNLOAD, RIG_OWNER, "two\nlines", 1, &limits);
  bgc_chronicle_created (&entry);
  g_assert_cmpstr (get (0, "MESSAGE"), ==, "Created: download \"two\\x0Alines\"");
  bgc_job_restore_state (entry.job, BGC_JOB_STATE_TRANSFERRING);
  before = bgc_chronicle_before (&entry);
  failure->url = g_strdup ("http://user:secret@host/path?key=secret#secret");
  bgc_job_set_error (entry.job, failure);
  bgc_job_restore_state (entry.job, BGC_JOB_STATE_ERROR);
  bgc_chronicle_change (&entry, &before);
  g_assert_cmpstr (get (1, "MESSAGE"), ==, "Failed: a\\x0Ab");
  g_assert_cmpstr (get (1, "BGCOPY_URL"), ==, "http://host/path");
  g_assert_null (get (1, "BGCOPY_FILE"));
  before.owner = 1001;
  before.state = entry.job->state;
  bgc_chronicle_change (&entry, &before);
  g_assert_cmpstr (get (2, "MESSAGE"), ==, "User 1000 has taken it from user 1001");
  ASSERT_EVENTS (&id, BGC_EVENT_JOB_CREATED, BGC_EVENT_JOB_FAILED, BGC_EVENT_JOB_OWNER_CHANGED);
  bgc_job_free (entry.job);
}

static void
test_server_cancel (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id = rig_upload (rig, BGC_JOB_TYPE_UPLOAD);

  rig_sent (rig, &id, 50, BGC_UPLOAD_STAGE_OPEN);
  g_ptr_array_set_size (records, 0);
  g_assert_cmpint (rig_request (rig, &id, BGC_REQUEST_CANCEL), ==, RIG_SUCCESS);
  rig_settle (rig);
  ASSERT_EVENTS (&id, BGC_EVENT_JOB_CANCELLED, BGC_EVENT_SERVER_CANCEL_PENDING,
                 BGC_EVENT_SERVER_CANCEL_SETTLED);
}

static void
test_server_cancel_given_up (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id = rig_upload (rig, BGC_JOB_TYPE_UPLOAD);

  rig_keep_away (rig, 0);
  rig_sent (rig, &id, 50, BGC_UPLOAD_STAGE_OPEN);
  g_ptr_array_set_size (records, 0);
  g_assert_cmpint (rig_request (rig, &id, BGC_REQUEST_CANCEL), ==, RIG_SUCCESS);
  rig_advance (rig, 90000 * SECOND);
  ASSERT_EVENTS (&id, BGC_EVENT_JOB_CANCELLED, BGC_EVENT_SERVER_CANCEL_PENDING,
                 BGC_EVENT_SERVER_CANCEL_GIVEN_UP);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  records = g_ptr_array_new_with_free_func ((GDestroyNotify)g_hash_table_unref);
  g_log_set_writer_func (keep, NULL, NULL);
  g_test_add_func ("/chronicle/life", test_life);
  g_test_add_func ("/chronicle/failed", test_failed);
  g_test_add_func ("/chronicle/interrupted", test_interrupted);
  g_test_add_func ("/chronicle/words", test_words);
  g_test_add_func ("/chronicle/server-cancel", test_server_cancel);
  g_test_add_func ("/chronicle/server-cancel-given-up", test_server_cancel_given_up);
  return g_test_run ();
}
