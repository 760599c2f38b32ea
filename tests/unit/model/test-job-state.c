/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "model/bgc-job-state.h"

#include <string.h>

/* Who may follow whom, drawn by hand: a row for each state in the order of the numbers, a column for
 * each that may follow. QCTS: queued connecting transferring suspended; EtX: error, transient error,
 * transferred; AZ: acknowledged, cancelled. */
static const char *const table[BGC_N_JOB_STATES] = {
  /*                   QCTSEtXAZ */
  /* queued */        "_C_SEtXAZ",
  /* connecting */    "Q_TSEtXAZ",
  /* transferring */  "Q__SEtXAZ",
  /* suspended */     "Q_____XAZ",
  /* error */         "Q__S__XAZ",
  /* transient */     "Q__SE_XAZ",
  /* transferred */   "Q__SE__AZ",
  /* acknowledged */  "_________",
  /* cancelled */     "_________",
};

static void
test_every_pair (void)
{
  for (int from = 0; from < BGC_N_JOB_STATES; from++)
    {
      g_assert_cmpuint (strlen (table[from]), ==, BGC_N_JOB_STATES);
      for (int to = 0; to < BGC_N_JOB_STATES; to++)
        {
          gboolean expected = table[from][to] != '_';

          g_test_message ("%s to %s", bgc_enums_job_state_to_string ((BgcJobState) from),
                          bgc_enums_job_state_to_string ((BgcJobState) to));
          g_assert_cmpint (bgc_job_state_may_follow ((BgcJobState) from, (BgcJobState) to), ==, expected);
        }
    }
}

static void
test_outside (void)
{
  g_assert_false (bgc_job_state_may_follow (BGC_N_JOB_STATES, BGC_JOB_STATE_QUEUED));
  g_assert_false (bgc_job_state_may_follow (BGC_JOB_STATE_QUEUED, BGC_N_JOB_STATES));
  g_assert_false (bgc_job_state_may_follow ((BgcJobState) -1, BGC_JOB_STATE_QUEUED));
  g_assert_false (bgc_job_state_may_follow (BGC_JOB_STATE_QUEUED, (BgcJobState) 400));
}

static void
test_classes (void)
{
  static const char *const classes[BGC_N_JOB_STATES] = {
    [BGC_JOB_STATE_QUEUED] = "runnable",
    [BGC_JOB_STATE_CONNECTING] = "runnable running",
    [BGC_JOB_STATE_TRANSFERRING] = "runnable running",
    [BGC_JOB_STATE_SUSPENDED] = "",
    [BGC_JOB_STATE_ERROR] = "",
    [BGC_JOB_STATE_TRANSIENT_ERROR] = "",
    [BGC_JOB_STATE_TRANSFERRED] = "",
    [BGC_JOB_STATE_ACKNOWLEDGED] = "final",
    [BGC_JOB_STATE_CANCELLED] = "final",
  };

  for (int i = 0; i < BGC_N_JOB_STATES; i++)
    {
      BgcJobState state = (BgcJobState) i;

      g_assert_cmpint (bgc_job_state_is_final (state), ==, strstr (classes[i], "final") != NULL);
      g_assert_cmpint (bgc_job_state_is_runnable (state), ==, strstr (classes[i], "runnable") != NULL);
      g_assert_cmpint (bgc_job_state_is_running (state), ==, strstr (classes[i], "running") != NULL);
    }
}

static gboolean
is_allowed (int type, int state, int request)
{
  if (state >= BGC_JOB_STATE_ACKNOWLEDGED)
    return FALSE;
  if (request == BGC_REQUEST_COMPLETE && type != BGC_JOB_TYPE_DOWNLOAD)
    return state == BGC_JOB_STATE_TRANSFERRED;

  return TRUE;
}

static void
check_request (int type, int state, int request)
{
  g_autoptr (GError) error = NULL;
  gboolean allowed
      = bgc_job_state_allows ((BgcJobType) type, (BgcJobState) state, (BgcRequest) request, &error);

  g_assert_cmpint (allowed, ==, is_allowed (type, state, request));
  if (allowed)
    {
      g_assert_no_error (error);
      return;
    }

  g_assert_error (error, BGC_ERROR, BGC_ERROR_INVALID_STATE);
  g_assert_nonnull (strstr (error->message, bgc_enums_job_state_to_string ((BgcJobState) state)));
}

static void
test_requests (void)
{
  for (int type = 0; type < BGC_N_JOB_TYPES; type++)
    for (int state = 0; state < BGC_N_JOB_STATES; state++)
      for (int request = 0; request < BGC_N_REQUESTS; request++)
        check_request (type, state, request);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/job-state/every-pair", test_every_pair);
  g_test_add_func ("/job-state/outside", test_outside);
  g_test_add_func ("/job-state/classes", test_classes);
  g_test_add_func ("/job-state/requests", test_requests);

  return g_test_run ();
}
