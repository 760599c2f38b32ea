/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "base/bgc-enums.h"

#include <string.h>


/* The words as the API lists them, in the order of the numbers of BITS. */
static const char *const states[] = { "queued",          "connecting",  "transferring", "suspended", "error",
                                      "transient-error", "transferred", "acknowledged", "cancelled", NULL };
static const char *const types[] = { "download", "upload", "upload-reply", NULL };
static const char *const priorities[] = { "foreground", "high", "normal", "low", NULL };
static const char *const waits[] = { "none",        "scheduler",     "retry",
                                     "network",     "metered",       "power",
                                     "disk-full",   "bandwidth-policy", "owner-logged-out",
                                     "worker-lost", "server-cancel", "storage",
                                     NULL };
static const char *const contexts[] = { "none",       "unknown",     "queue-manager", "notification",
                                        "local-file", "remote-file", "transport",     "remote-application",
                                        "server-certificate", NULL };

static const char *const targets[] = { "server", "proxy", NULL };
static const char *const yields[] = { "nobody", "others", "queue", "limit", NULL };
static const char *const schemes[] = { "basic", "digest", "negotiate", "bearer", NULL };

/* All enumerations have the size of an int, so that one check serves them. */
#define CHECK(name, type, words)                                                                           \
  static void test_##name (void)                                                                           \
  {                                                                                                        \
    for (int i = 0; words[i] != NULL; i++)                                                                 \
      {                                                                                                    \
        type value = (type) 77;                                                                            \
        g_assert_cmpstr (bgc_enums_##name##_to_string ((type) i), ==, words[i]);                           \
        g_assert_true (bgc_enums_##name##_from_string (words[i], &value));                                 \
        g_assert_cmpint (value, ==, i);                                                                    \
        g_assert_null (strstr (bgc_enums_##name##_to_string ((type) i), "_"));                             \
      }                                                                                                    \
    g_assert_cmpstr (bgc_enums_##name##_to_string ((type) (G_N_ELEMENTS (words) - 1)), ==, "unknown");     \
    g_assert_cmpstr (bgc_enums_##name##_to_string ((type) -1), ==, "unknown");                             \
    check_refused_##name ("");                                                                             \
    check_refused_##name (NULL);                                                                           \
    check_refused_##name ("Queued");                                                                       \
    check_refused_##name ("high ");                                                                        \
  }

#define CHECK_REFUSED(name, type)                                                                          \
  static void check_refused_##name (const char *word)                                                      \
  {                                                                                                        \
    type value = (type) 77;                                                                                \
    g_assert_false (bgc_enums_##name##_from_string (word, &value));                                        \
    g_assert_cmpint (value, ==, 77);                                                                       \
  }

CHECK_REFUSED (job_state, BgcJobState)
CHECK_REFUSED (job_type, BgcJobType)
CHECK_REFUSED (priority, BgcPriority)
CHECK_REFUSED (wait_reason, BgcWaitReason)
CHECK_REFUSED (context, BgcErrorContext)
CHECK_REFUSED (login_target, BgcLoginTarget)
CHECK_REFUSED (login_scheme, BgcLoginScheme)
CHECK_REFUSED (cost_policy, BgcCostPolicy)
CHECK_REFUSED (yield, BgcYield)

CHECK (job_state, BgcJobState, states)
CHECK (job_type, BgcJobType, types)
CHECK (priority, BgcPriority, priorities)
CHECK (wait_reason, BgcWaitReason, waits)
CHECK (context, BgcErrorContext, contexts)
CHECK (login_target, BgcLoginTarget, targets)
CHECK (login_scheme, BgcLoginScheme, schemes)
CHECK (yield, BgcYield, yields)

static void
test_upload_protocol (void)
{
  BgcUploadProtocol value = BGC_UPLOAD_PROTOCOL_PUT;

  g_assert_true (bgc_enums_upload_protocol_from_string ("resumable", &value));
  g_assert_cmpint (value, ==, BGC_UPLOAD_PROTOCOL_RESUMABLE);
  g_assert_cmpstr (bgc_enums_upload_protocol_to_string (value), ==, "resumable");
  g_assert_false (bgc_enums_upload_protocol_from_string ("ftp", &value));
  g_assert_cmpint (value, ==, BGC_UPLOAD_PROTOCOL_RESUMABLE);
}

/* Numbered from 1: 0 says that nobody said. */
static void
test_cost_policy (void)
{
  static const char *const words[] = { "always", "not-roaming", "standard", "unrestricted" };

  for (guint i = 0; i < G_N_ELEMENTS (words); i++)
    {
      BgcCostPolicy value = BGC_COST_POLICY_BY_PRIORITY;

      g_assert_cmpstr (bgc_enums_cost_policy_to_string ((BgcCostPolicy) (i + 1)), ==, words[i]);
      g_assert_true (bgc_enums_cost_policy_from_string (words[i], &value));
      g_assert_cmpint (value, ==, i + 1);
    }
  g_assert_cmpstr (bgc_enums_cost_policy_to_string (BGC_COST_POLICY_BY_PRIORITY), ==, "unknown");
  g_assert_cmpstr (bgc_enums_cost_policy_to_string (BGC_N_COST_POLICIES), ==, "unknown");
  check_refused_cost_policy ("Always");
  check_refused_cost_policy ("unknown");
  check_refused_cost_policy (NULL);
}

static void
test_outcome (void)
{
  g_assert_cmpstr (bgc_enums_outcome_to_string (BGC_OUTCOME_OK), ==, "ok");
  g_assert_cmpstr (bgc_enums_outcome_to_string (BGC_OUTCOME_PARTIAL), ==, "partial");
  g_assert_cmpstr (bgc_enums_outcome_to_string (BGC_OUTCOME_UNABLE_TO_DELETE_FILES), ==,
                   "unable-to-delete-files");
  g_assert_cmpstr (bgc_enums_outcome_to_string (BGC_N_OUTCOMES), ==, "unknown");
}

static void
test_notify_flags (void)
{
  const guint all = 0x3f;

  for (guint flags = 0; flags <= all; flags++)
    {
      g_autofree const char **words = bgc_enums_notify_flags_to_strv (flags);
      guint back = 0;

      for (guint i = 0; words[i] != NULL; i++)
        {
          guint flag = 0;

          g_assert_true (bgc_enums_notify_flag_from_string (words[i], &flag));
          g_assert_cmpuint (back & flag, ==, 0);
          back |= flag;
        }
      g_assert_cmpuint (back, ==, flags);
    }
}

static void
test_notify_flags_unknown (void)
{
  g_autofree const char **words = bgc_enums_notify_flags_to_strv (0x40);
  guint flag = 77;

  g_assert_null (words[0]);
  g_assert_false (bgc_enums_notify_flag_from_string ("everything", &flag));
  g_assert_false (bgc_enums_notify_flag_from_string (NULL, &flag));
  g_assert_cmpuint (flag, ==, 77);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/enums/job-state", test_job_state);
  g_test_add_func ("/enums/job-type", test_job_type);
  g_test_add_func ("/enums/priority", test_priority);
  g_test_add_func ("/enums/wait-reason", test_wait_reason);
  g_test_add_func ("/enums/context", test_context);
  g_test_add_func ("/enums/upload-protocol", test_upload_protocol);
  g_test_add_func ("/enums/login-target", test_login_target);
  g_test_add_func ("/enums/login-scheme", test_login_scheme);
  g_test_add_func ("/enums/cost-policy", test_cost_policy);
  g_test_add_func ("/enums/yield", test_yield);
  g_test_add_func ("/enums/outcome", test_outcome);
  g_test_add_func ("/enums/notify-flags", test_notify_flags);
  g_test_add_func ("/enums/notify-flags/unknown", test_notify_flags_unknown);

  return g_test_run ();
}
