/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* Transient errors: when the next attempt comes, to the microsecond. */

#include "bgc-rig.h"

#include <string.h>

static gint64
left (Rig *rig, const BgcJobId *id)
{
  return rig_job (rig, id)->next_attempt - bgc_clock_wall (BGC_CLOCK (rig->clock));
}

/* Waits until just before, and then the last microsecond. */
static void
assert_retries_in (Rig *rig, const BgcJobId *id, gint64 least)
{
  gint64 wait = left (rig, id);

  rig_assert_state (rig, id, "transient-error");
  g_assert_cmpint (wait, >=, least);
  g_assert_cmpint (wait, <=, least * 11 / 10);
  rig_advance (rig, wait - 1);
  rig_assert_state (rig, id, "transient-error");
  rig_advance (rig, 1);
  rig_assert_state (rig, id, "connecting");
}

static void
test_delays (void)
{
  static const gint64 delays[] = { 5, 15, 60, 600, 600 };
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id = rig_create (rig, 1, TRUE);

  for (guint i = 0; i < G_N_ELEMENTS (delays); i++)
    {
      rig_fail (rig, &id, 0, BGC_ERROR_CONNECT_FAILED, TRUE);
      g_assert_cmpint (rig_job (rig, &id)->wait_reason, ==, BGC_WAIT_RETRY);
      g_assert_cmpint (rig_job (rig, &id)->error->code, ==, BGC_ERROR_CONNECT_FAILED);
      g_assert_cmpuint (rig_job (rig, &id)->error_count, ==, i + 1);
      g_assert_cmpuint (rig_job (rig, &id)->retry_count, ==, i);
      assert_retries_in (rig, &id, delays[i] * SECOND);
      g_assert_null (rig_job (rig, &id)->error);
    }
  /* A byte, and the waits are short again. */
  rig_progress (rig, &id, 0, 1, 100);
  g_assert_cmpuint (rig_job (rig, &id)->retry_count, ==, 0);
  rig_fail (rig, &id, 0, BGC_ERROR_CONNECT_FAILED, TRUE);
  assert_retries_in (rig, &id, 5 * SECOND);
  g_assert_cmpuint (rig_job (rig, &id)->error_count, ==, 6);
}

static gboolean
set_delay (BgcJob *draft, gpointer data, GError **error)
{
  bgc_job_set_minimum_retry_delay (draft, GPOINTER_TO_UINT (data));
  return TRUE;
}

static gboolean
set_no_progress (BgcJob *draft, gpointer data, GError **error)
{
  draft->no_progress_timeout = GPOINTER_TO_UINT (data);
  return TRUE;
}

static void
test_own_delay (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id = rig_create (rig, 1, TRUE);

  rig_modify (rig, &id, set_delay, GUINT_TO_POINTER (100));
  rig_fail (rig, &id, 0, BGC_ERROR_CONNECT_FAILED, TRUE);
  assert_retries_in (rig, &id, 100 * SECOND);
}

static void
test_retry_after (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id = rig_create (rig, 1, TRUE);
  BgcFailure *failure = bgc_failure_new (BGC_CONTEXT_REMOTE_FILE, BGC_ERROR_HTTP_STATUS, TRUE, "busy");

  failure->http_status = 503;
  failure->retry_after = 1000;
  bgc_workers_fake_report_failed (rig->workers, rig_job (rig, &id), 0, failure);
  rig_settle (rig);
  assert_retries_in (rig, &id, 1000 * SECOND);
}

/* The wall clock may jump: the wait does not move. */
static void
test_wall_clock (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id = rig_create (rig, 1, TRUE);
  gint64 wait;

  rig_fail (rig, &id, 0, BGC_ERROR_CONNECT_FAILED, TRUE);
  wait = left (rig, &id);
  bgc_clock_fake_shift_wall (rig->clock, -1000000 * SECOND);
  rig_advance (rig, wait - 1);
  rig_assert_state (rig, &id, "transient-error");
  rig_advance (rig, 1);
  rig_assert_state (rig, &id, "connecting");
}

static void
test_cut_short (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id = rig_create (rig, 1, TRUE);

  rig_fail (rig, &id, 0, BGC_ERROR_CONNECT_FAILED, TRUE);
  rig_go_offline (rig);
  rig_settle (rig);
  rig_assert_state (rig, &id, "transient-error");
  bgc_network_fake_set (rig->network, TRUE);
  rig_settle (rig);
  rig_assert_state (rig, &id, "connecting");
  g_assert_cmpuint (rig_job (rig, &id)->retry_count, ==, 1);
  rig_fail (rig, &id, 0, BGC_ERROR_CONNECT_FAILED, TRUE);
  g_assert_cmpint (rig_request (rig, &id, BGC_REQUEST_RESUME), ==, RIG_SUCCESS);
  rig_assert_state (rig, &id, "connecting");
  g_assert_cmpuint (rig_job (rig, &id)->retry_count, ==, 0);
}

/* Offline it waits for the network, but tries too: the hint may be wrong. It is not an error. */
static void
test_offline (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id = rig_create (rig, 1, TRUE);

  rig_go_offline (rig);
  rig_fail (rig, &id, 0, BGC_ERROR_NAME_RESOLUTION, TRUE);
  g_assert_cmpint (rig_job (rig, &id)->wait_reason, ==, BGC_WAIT_NETWORK);
  g_assert_cmpuint (rig_job (rig, &id)->error_count, ==, 0);
  assert_retries_in (rig, &id, 5 * SECOND);
  rig_whole (rig, &id, 0);
  rig_assert_state (rig, &id, "transferred");
}

/* A job made while there is said to be no network is tried as any other. */
static void
test_made_offline (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id;

  rig_go_offline (rig);
  id = rig_create (rig, 1, TRUE);
  rig_assert_state (rig, &id, "connecting");
  rig_whole (rig, &id, 0);
  rig_assert_state (rig, &id, "transferred");
}

/* When the network comes they run in the order in which they were made, not in that of their failures. */
static void
test_order (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId ids[3];
  GPtrArray *log;
  guint before;

  for (guint i = 0; i < G_N_ELEMENTS (ids); i++)
    ids[i] = rig_create (rig, 1, TRUE);
  rig_go_offline (rig);
  for (guint i = G_N_ELEMENTS (ids); i-- > 0;)
    rig_fail (rig, &ids[i], 0, BGC_ERROR_CONNECT_FAILED, TRUE);
  log = bgc_workers_fake_log (rig->workers);
  before = log->len;
  bgc_network_fake_set (rig->network, TRUE);
  rig_settle (rig);
  g_assert_cmpuint (log->len, ==, before + G_N_ELEMENTS (ids));
  for (guint i = 0; i < G_N_ELEMENTS (ids); i++)
    {
      char hex[BGC_JOB_ID_HEX_LENGTH + 1];

      bgc_job_id_to_hex (&ids[i], hex);
      g_assert_cmpstr ((const char *)g_ptr_array_index (log, before + i) + 1, ==, hex);
    }
}

static void
test_no_progress (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id = rig_create (rig, 1, TRUE);

  rig_modify (rig, &id, set_no_progress, GUINT_TO_POINTER (12));
  rig_advance (rig, 1000 * SECOND);
  rig_assert_state (rig, &id, "connecting");
  rig_fail (rig, &id, 0, BGC_ERROR_CONNECT_FAILED, TRUE);
  assert_retries_in (rig, &id, 5 * SECOND);
  rig_fail (rig, &id, 0, BGC_ERROR_TIMEOUT, TRUE);
  /* Five seconds and a bit are used up; the rest ends before the next attempt. */
  rig_advance (rig, 12 * SECOND - (bgc_clock_boot (BGC_CLOCK (rig->clock)) - RIG_BOOT - 1000 * SECOND) - 1);
  rig_assert_state (rig, &id, "transient-error");
  rig_advance (rig, 1);
  rig_assert_state (rig, &id, "error");
  g_assert_cmpint (rig_job (rig, &id)->error->code, ==, BGC_ERROR_NO_PROGRESS);
  g_assert_nonnull (strstr (rig_job (rig, &id)->error->message, "The test fails it"));
  g_assert_cmpint (rig_request (rig, &id, BGC_REQUEST_RESUME), ==, RIG_SUCCESS);
  g_assert_cmpint (rig_job (rig, &id)->no_progress_time, ==, -1);
}

/* It also ends an attempt that brings nothing, and a byte ends it. */
static void
test_no_progress_while_trying (void)
{
  for (guint byte = 0; byte < 2; byte++)
    {
      g_autoptr (Rig) rig = rig_new ();
      BgcJobId id = rig_create (rig, 1, TRUE);

      rig_modify (rig, &id, set_no_progress, GUINT_TO_POINTER (100));
      rig_fail (rig, &id, 0, BGC_ERROR_CONNECT_FAILED, TRUE);
      assert_retries_in (rig, &id, 5 * SECOND);
      if (byte)
        rig_progress (rig, &id, 0, 1, 100);
      rig_advance (rig, 100 * SECOND);
      rig_assert_state (rig, &id, byte ? "transferring" : "error");
      g_assert_cmpint (bgc_workers_fake_is_running (rig->workers, &id), ==, byte);
    }
}

/* While nothing could come it stands still: offline, and with a full disk. */
static void
test_no_progress_stands_still (void)
{
  for (guint offline = 0; offline < 2; offline++)
    {
      g_autoptr (Rig) rig = rig_new ();
      BgcJobId id = rig_create (rig, 1, TRUE);
      BgcFailure *failure = bgc_failure_new (BGC_CONTEXT_LOCAL_FILE, BGC_ERROR_NO_SPACE, TRUE, "full");

      rig_modify (rig, &id, set_delay, GUINT_TO_POINTER (90));
      rig_modify (rig, &id, set_no_progress, GUINT_TO_POINTER (100));
      failure->wait = offline ? BGC_WAIT_RETRY : BGC_WAIT_DISK_FULL;
      bgc_workers_fake_report_failed (rig->workers, rig_job (rig, &id), 0, failure);
      rig_settle (rig);
      if (offline)
        {
          rig_advance (rig, 8 * SECOND);
          rig_go_offline (rig);
          rig_advance (rig, 70 * SECOND);
        }
      rig_advance (rig, offline ? MAX (left (rig, &id), 0) : 5 * SECOND);
      rig_assert_state (rig, &id, "connecting");
      g_assert_cmpint (rig_job (rig, &id)->no_progress_time, ==, offline ? 10 * SECOND : 0);
    }
}

static void
fill_up (Rig *rig, const BgcJobId *id)
{
  BgcFailure *failure = bgc_failure_new (BGC_CONTEXT_LOCAL_FILE, BGC_ERROR_NO_SPACE, TRUE, "full");

  failure->wait = BGC_WAIT_DISK_FULL;
  bgc_workers_fake_report_failed (rig->workers, rig_job (rig, id), 0, failure);
  rig_settle (rig);
  rig_assert_state (rig, id, "transient-error");
  g_assert_cmpint (rig_job (rig, id)->wait_reason, ==, BGC_WAIT_DISK_FULL);
  g_assert_cmpint (rig_job (rig, id)->next_attempt, ==, 0);
}

/* While there is no room nobody is asked for a body; once there is, it goes on within seconds. */
static void
test_full (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id = rig_create (rig, 1, TRUE);
  g_autofree char *local = g_strdup (bgc_file_list_find (rig_job (rig, &id)->files, 0)->local);

  rig_modify (rig, &id, set_delay, GUINT_TO_POINTER (1000));
  bgc_workers_fake_set_source (rig->workers, local, BGC_ERROR_NO_SPACE, 0);
  fill_up (rig, &id);
  for (guint i = 0; i < 13; i++)
    rig_advance (rig, 5 * SECOND);
  rig_assert_state (rig, &id, "transient-error");
  g_assert_cmpuint (rig_job (rig, &id)->retry_count, ==, 0);
  g_assert_cmpuint (rig_job (rig, &id)->error_count, ==, 1);
  /* The network is no reason to ask. */
  rig_go_offline (rig);
  bgc_network_fake_set (rig->network, TRUE);
  rig_settle (rig);
  rig_assert_state (rig, &id, "transient-error");
  bgc_workers_fake_set_source (rig->workers, local, BGC_N_ERRORS, 100);
  rig_advance (rig, 30 * SECOND);
  rig_assert_state (rig, &id, "connecting");
  /* A restart remembers that it was the disk. */
  bgc_workers_fake_set_source (rig->workers, local, BGC_ERROR_NO_SPACE, 0);
  fill_up (rig, &id);
  rig_crash (rig);
  rig_start (rig);
  bgc_workers_fake_set_source (rig->workers, local, BGC_ERROR_NO_SPACE, 0);
  rig_advance (rig, 100 * SECOND);
  rig_assert_state (rig, &id, "transient-error");
  bgc_workers_fake_set_source (rig->workers, local, BGC_N_ERRORS, 100);
  g_assert_cmpint (rig_request (rig, &id, BGC_REQUEST_RESUME), ==, RIG_SUCCESS);
  rig_assert_state (rig, &id, "connecting");
}

/* A quota is not seen beforehand: the tries grow rarer, up to one in 80 s. */
static void
test_full_quota (void)
{
  static const gint64 delays[] = { 5, 10, 20, 40, 80, 80 };
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id = rig_create (rig, 1, TRUE);

  for (guint i = 0; i < G_N_ELEMENTS (delays); i++)
    {
      fill_up (rig, &id);
      rig_advance (rig, delays[i] * SECOND - 1);
      rig_assert_state (rig, &id, "transient-error");
      rig_advance (rig, 1);
      rig_assert_state (rig, &id, "connecting");
    }
}

/* An attempt tells what it is now. */
static void
test_full_and_away (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id = rig_create (rig, 1, TRUE);

  bgc_workers_fake_set_source (rig->workers, bgc_file_list_find (rig_job (rig, &id)->files, 0)->local,
                               BGC_ERROR_INVALID_PATH, 0);
  fill_up (rig, &id);
  rig_advance (rig, 5 * SECOND);
  rig_assert_state (rig, &id, "connecting");
}

static void
test_never (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id = rig_create (rig, 1, TRUE);

  rig_modify (rig, &id, set_no_progress, NULL);
  rig_fail (rig, &id, 0, BGC_ERROR_CONNECT_FAILED, TRUE);
  rig_assert_state (rig, &id, "error");
  g_assert_false (rig_job (rig, &id)->error->transient);
}

/* A restart keeps the time that is left, and no more than any wait can be. */
static void
test_restart (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id = rig_create (rig, 1, TRUE);

  rig_fail (rig, &id, 0, BGC_ERROR_CONNECT_FAILED, TRUE);
  rig_advance (rig, SECOND);
  rig_crash (rig);
  rig_start (rig);
  assert_retries_in (rig, &id, left (rig, &id));
  rig_fail (rig, &id, 0, BGC_ERROR_CONNECT_FAILED, TRUE);
  rig_crash (rig);
  bgc_clock_fake_shift_wall (rig->clock, -1000000 * SECOND);
  rig_start (rig);
  rig_advance (rig, 100000 * SECOND);
  rig_assert_state (rig, &id, "connecting");
}

static void
test_store_failed (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id = rig_create (rig, 1, TRUE);

  rig_fail (rig, &id, 0, BGC_ERROR_CONNECT_FAILED, TRUE);
  bgc_store_fake_fail (rig->store, 2, BGC_ERROR_STORE_FAILED);
  rig_expect_warning (rig);
  rig_advance (rig, left (rig, &id) + 5 * SECOND);
  rig_assert_state (rig, &id, "transient-error");
  rig_advance (rig, 10 * SECOND - 1);
  rig_assert_state (rig, &id, "transient-error");
  rig_advance (rig, 1);
  rig_assert_state (rig, &id, "connecting");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/waits/delays", test_delays);
  g_test_add_func ("/waits/own-delay", test_own_delay);
  g_test_add_func ("/waits/retry-after", test_retry_after);
  g_test_add_func ("/waits/wall-clock", test_wall_clock);
  g_test_add_func ("/waits/cut-short", test_cut_short);
  g_test_add_func ("/waits/offline", test_offline);
  g_test_add_func ("/waits/made-offline", test_made_offline);
  g_test_add_func ("/waits/order", test_order);
  g_test_add_func ("/waits/no-progress", test_no_progress);
  g_test_add_func ("/waits/no-progress-while-trying", test_no_progress_while_trying);
  g_test_add_func ("/waits/no-progress-stands-still", test_no_progress_stands_still);
  g_test_add_func ("/waits/never", test_never);
  g_test_add_func ("/waits/full", test_full);
  g_test_add_func ("/waits/full-quota", test_full_quota);
  g_test_add_func ("/waits/full-and-away", test_full_and_away);
  g_test_add_func ("/waits/restart", test_restart);
  g_test_add_func ("/waits/store-failed", test_store_failed);
  return g_test_run ();
}
