/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "engine/bgc-retry.h"

#include <string.h>

#define WALL   (G_GINT64_CONSTANT (1700000000) * G_USEC_PER_SEC)
#define SECOND ((gint64)G_USEC_PER_SEC)

static BgcJob *
make_job (void)
{
  BgcJobId id = { { 1 } };
  BgcLimits limits;
  BgcJob *job;

  bgc_limits_init (&limits);
  job = bgc_job_new (&id, BGC_JOB_TYPE_DOWNLOAD, 1000, "n", WALL, &limits);
  bgc_job_set_state (job, BGC_JOB_STATE_QUEUED, WALL, NULL);
  bgc_job_set_state (job, BGC_JOB_STATE_CONNECTING, WALL, NULL);
  return job;
}

static void
assert_delay (BgcJob *job, guint32 retry_after, gint64 seconds)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (3);
  gint64 shortest = G_MAXINT64;
  gint64 longest = 0;

  for (guint i = 0; i < 200; i++)
    {
      gint64 delay = bgc_retry_delay (job, retry_after, random);

      shortest = MIN (shortest, delay);
      longest = MAX (longest, delay);
    }
  g_assert_cmpint (shortest, >=, seconds * SECOND);
  g_assert_cmpint (longest, <=, seconds * SECOND * 11 / 10);
  /* Two hundred draws are spread over nearly all of the tenth. */
  g_assert_cmpint (longest - shortest, >, seconds * SECOND * 8 / 100);
}

static void
test_delay (void)
{
  g_autoptr (BgcJob) job = make_job ();

  assert_delay (job, 0, 5);
  job->retry_count = 1;
  assert_delay (job, 0, 15);
  job->retry_count = 2;
  assert_delay (job, 0, 60);
  job->retry_count = 3;
  assert_delay (job, 0, 600);
  assert_delay (job, 30, 600);
  assert_delay (job, 3600, 3600);
  job->retry_count = 0;
  assert_delay (job, 30, 30);
  bgc_job_set_minimum_retry_delay (job, 100);
  assert_delay (job, 0, 100);
  /* A default below the short waits is what the administrator wants. */
  job->retry_delay_is_set = FALSE;
  job->minimum_retry_delay = 10;
  job->retry_count = 2;
  assert_delay (job, 0, 10);
}

static void
test_is_network (void)
{
  g_autoptr (BgcFailure) dns = bgc_failure_new (BGC_CONTEXT_TRANSPORT, BGC_ERROR_NAME_RESOLUTION, TRUE, "x");
  g_autoptr (BgcFailure) disk = bgc_failure_new (BGC_CONTEXT_LOCAL_FILE, BGC_ERROR_NO_SPACE, TRUE, "x");
  g_autoptr (BgcFailure) gateway = bgc_failure_new (BGC_CONTEXT_REMOTE_FILE, BGC_ERROR_TIMEOUT, TRUE, "x");

  gateway->http_status = 504;
  g_assert_true (bgc_retry_is_network (dns));
  g_assert_false (bgc_retry_is_network (disk));
  g_assert_false (bgc_retry_is_network (gateway));
}

static void
test_counts (void)
{
  g_assert_true (bgc_retry_counts (BGC_WAIT_RETRY, TRUE));
  g_assert_true (bgc_retry_counts (BGC_WAIT_WORKER_LOST, TRUE));
  g_assert_false (bgc_retry_counts (BGC_WAIT_RETRY, FALSE));
  g_assert_false (bgc_retry_counts (BGC_WAIT_DISK_FULL, TRUE));
  g_assert_false (bgc_retry_counts (BGC_WAIT_STORAGE, TRUE));
  g_assert_false (bgc_retry_counts (BGC_WAIT_NETWORK, TRUE));
}

static void
test_no_progress (void)
{
  g_autoptr (BgcJob) job = make_job ();
  g_autoptr (BgcFailure) failure = NULL;

  g_assert_cmpint (bgc_retry_no_progress_left (job), ==, G_MAXINT64);
  bgc_retry_elapse (job, 10 * SECOND);
  g_assert_cmpint (job->no_progress_time, ==, -1);
  job->no_progress_timeout = 100;
  job->no_progress_time = 0;
  bgc_retry_elapse (job, 99 * SECOND);
  g_assert_cmpint (bgc_retry_no_progress_left (job), ==, SECOND);
  bgc_retry_elapse (job, 99 * SECOND);
  g_assert_cmpint (bgc_retry_no_progress_left (job), ==, 0);
  bgc_job_set_error (job,
                     bgc_failure_new (BGC_CONTEXT_REMOTE_FILE, BGC_ERROR_HTTP_STATUS, TRUE, "what it was"));
  job->error->http_status = 503;
  failure = bgc_retry_no_progress (job, WALL);
  g_assert_cmpint (failure->code, ==, BGC_ERROR_NO_PROGRESS);
  g_assert_cmpuint (failure->http_status, ==, 503);
  g_assert_nonnull (strstr (failure->message, "what it was"));
  g_assert_cmpint (failure->time, ==, WALL);
}

static BgcFailure *
fail_with (BgcErrorCode code, BgcWaitReason wait)
{
  BgcFailure *failure = bgc_failure_new (BGC_CONTEXT_TRANSPORT, code, TRUE, "x");

  failure->wait = wait;
  return failure;
}

static void
test_fail (void)
{
  g_autoptr (BgcJob) job = make_job ();
  g_autoptr (GRand) random = g_rand_new_with_seed (3);

  g_assert_true (
    bgc_retry_fail (job, fail_with (BGC_ERROR_TIMEOUT, BGC_WAIT_RETRY), 0, TRUE, TRUE, WALL, random, NULL));
  g_assert_cmpint (job->state, ==, BGC_JOB_STATE_TRANSIENT_ERROR);
  g_assert_cmpint (job->wait_reason, ==, BGC_WAIT_RETRY);
  g_assert_cmpuint (job->error_count, ==, 1);
  g_assert_cmpint (job->no_progress_time, ==, 0);
  g_assert_cmpint (job->next_attempt, >=, WALL + 5 * SECOND);
  g_assert_true (job->error->transient);
  /* From there it can't fail again without trying. */
  g_assert_false (
    bgc_retry_fail (job, fail_with (BGC_ERROR_TIMEOUT, BGC_WAIT_RETRY), 0, TRUE, TRUE, WALL, random, NULL));
}

/* No network, a full disk and an absent home are not counted alike. */
static void
test_fail_reasons (void)
{
  static const struct
  {
    BgcErrorCode code;
    BgcWaitReason wait;
    gboolean network_only;
    gboolean online;
    BgcWaitReason expected;
    guint errors;
  } cases[] = {
    { BGC_ERROR_NAME_RESOLUTION, BGC_WAIT_RETRY, TRUE, FALSE, BGC_WAIT_NETWORK, 0 },
    { BGC_ERROR_NAME_RESOLUTION, BGC_WAIT_NETWORK, TRUE, TRUE, BGC_WAIT_RETRY, 1 },
    { BGC_ERROR_HTTP_STATUS, BGC_WAIT_RETRY, FALSE, FALSE, BGC_WAIT_RETRY, 1 },
    { BGC_ERROR_NO_SPACE, BGC_WAIT_DISK_FULL, FALSE, TRUE, BGC_WAIT_DISK_FULL, 1 },
    { BGC_ERROR_NOT_FOUND, BGC_WAIT_STORAGE, FALSE, TRUE, BGC_WAIT_STORAGE, 0 },
    { BGC_ERROR_WORKER_LOST, BGC_WAIT_WORKER_LOST, FALSE, TRUE, BGC_WAIT_WORKER_LOST, 1 },
  };
  g_autoptr (GRand) random = g_rand_new_with_seed (3);

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (BgcJob) job = make_job ();

      g_assert_true (bgc_retry_fail (job, fail_with (cases[i].code, cases[i].wait), 0, cases[i].network_only,
                                     cases[i].online, WALL, random, NULL));
      g_assert_cmpint (job->wait_reason, ==, cases[i].expected);
      g_assert_cmpuint (job->error_count, ==, cases[i].errors);
      g_assert_cmpint (job->next_attempt == 0, ==, cases[i].expected == BGC_WAIT_DISK_FULL);
      if (cases[i].expected == BGC_WAIT_NETWORK)
        g_assert_cmpint (job->error->code, ==, BGC_ERROR_NETWORK_DISCONNECTED);
      else
        g_assert_cmpint (job->error->code, ==, cases[i].code);
    }
}

static void
test_never_retry (void)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (3);

  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (BgcJob) job = make_job ();

      job->no_progress_timeout = i * 100;
      bgc_job_set_minimum_retry_delay (job, 101);
      g_assert_true (bgc_retry_fail (job, fail_with (BGC_ERROR_TIMEOUT, BGC_WAIT_RETRY), 0, TRUE, TRUE, WALL,
                                     random, NULL));
      g_assert_cmpint (job->state, ==, BGC_JOB_STATE_ERROR);
      g_assert_false (job->error->transient);
      g_assert_cmpint (job->next_attempt, ==, 0);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/retry/delay", test_delay);
  g_test_add_func ("/retry/is-network", test_is_network);
  g_test_add_func ("/retry/counts", test_counts);
  g_test_add_func ("/retry/no-progress", test_no_progress);
  g_test_add_func ("/retry/fail", test_fail);
  g_test_add_func ("/retry/fail-reasons", test_fail_reasons);
  g_test_add_func ("/retry/never-retry", test_never_retry);
  return g_test_run ();
}
