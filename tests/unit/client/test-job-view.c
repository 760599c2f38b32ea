/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "client/bgc-job-view.h"

#include <locale.h>

#include "base/bgc-enums.h"

#define PATH "/org/example/BackgroundCopy/Job/0123456789abcdef0123456789abcdef"
#define NOW  G_GINT64_CONSTANT (1700000000000000)

static BgcJobView *
make (const char *properties)
{
  g_autoptr (GVariant) value = g_variant_ref_sink (g_variant_new_parsed (properties));
  BgcJobView *view = bgc_job_view_new (PATH);

  bgc_job_view_update (view, value);
  return view;
}

static void
test_getters (void)
{
  g_autoptr (BgcJobView) view
    = make ("{'State': <'queued'>, 'Rate': <uint64 5>, 'Owner': <uint32 6>, 'NextAttempt': <int64 7>, "
            "'CompletionTime': <int64 -1>, 'AutoComplete': <true>}");

  g_assert_cmpstr (bgc_job_view_path (view), ==, PATH);
  g_assert_cmpstr (bgc_job_view_id (view), ==, "0123456789abcdef0123456789abcdef");
  g_assert_cmpstr (bgc_job_view_string (view, "State"), ==, "queued");
  g_assert_true (bgc_job_view_is_in (view, "queued"));
  g_assert_cmpuint (bgc_job_view_number (view, "Rate", 1), ==, 5);
  g_assert_cmpuint (bgc_job_view_number (view, "Owner", 1), ==, 6);
  g_assert_cmpuint (bgc_job_view_number (view, "NextAttempt", 1), ==, 7);
  g_assert_cmpuint (bgc_job_view_number (view, "CompletionTime", 1), ==, 1);
  g_assert_true (bgc_job_view_boolean (view, "AutoComplete"));
}

/* Absent, or of a type that nobody expects. */
static void
test_fallbacks (void)
{
  g_autoptr (BgcJobView) view
    = make ("{'State': <5>, 'Rate': <'x'>, 'AutoComplete': <'x'>, 'Error': <'x'>, 'WaitReason': <5>}");

  g_assert_cmpstr (bgc_job_view_string (view, "State"), ==, "");
  g_assert_cmpstr (bgc_job_view_string (view, "None"), ==, "");
  g_assert_cmpuint (bgc_job_view_number (view, "Rate", 1), ==, 1);
  g_assert_cmpuint (bgc_job_view_number (view, "None", 2), ==, 2);
  g_assert_false (bgc_job_view_boolean (view, "AutoComplete"));
  g_assert_false (bgc_job_view_boolean (view, "None"));
  g_assert_null (bgc_job_view_waiting (view, NOW));
}

static void
test_update (void)
{
  g_autoptr (BgcJobView) view = make ("{'State': <'queued'>, 'Rate': <uint64 5>}");
  g_autoptr (GVariant) changed = g_variant_ref_sink (g_variant_new_parsed ("{'State': <'error'>, 'A': <1>}"));
  g_autoptr (GVariant) all = NULL;
  g_autofree char *text = NULL;

  bgc_job_view_update (view, changed);
  all = bgc_job_view_to_variant (view);
  text = g_variant_print (all, FALSE);
  g_assert_cmpstr (text, ==, "{'A': <1>, 'Rate': <uint64 5>, 'State': <'error'>}");
}

static void
test_name_and_progress (void)
{
  g_autoptr (BgcJobView) named
    = make ("{'DisplayName': <'a\\u001bb'>, 'BytesTotal': <uint64 100>, 'BytesTransferred': <uint64 45>}");
  g_autoptr (BgcJobView) nameless = make ("{'DisplayName': <''>}");
  g_autofree char *name = bgc_job_view_name (named);
  g_autofree char *id = bgc_job_view_name (nameless);
  g_autofree char *progress = bgc_job_view_progress (named);
  g_autofree char *none = bgc_job_view_progress (nameless);

  g_assert_cmpstr (name, ==, "a\\x1Bb");
  g_assert_cmpstr (id, ==, "0123456789abcdef0123456789abcdef");
  g_assert_cmpstr (progress, ==, "45% of 100 B");
  g_assert_cmpstr (none, ==, "0 B");
}

static void
assert_waiting (const char *properties, const char *wanted)
{
  g_autoptr (BgcJobView) view = make (properties);
  g_autofree char *got = bgc_job_view_waiting (view, NOW);

  g_assert_cmpstr (got, ==, wanted);
}

static void
test_waiting (void)
{
  assert_waiting ("{'State': <'transferring'>, 'WaitReason': <'none'>}", NULL);
  assert_waiting ("{'State': <'suspended'>, 'WaitReason': <'none'>}", "suspended");
  assert_waiting ("{'State': <'queued'>, 'WaitReason': <'scheduler'>}", "waiting for its turn");
  assert_waiting ("{'State': <'queued'>, 'WaitReason': <'network'>}", "waiting for the network");
  assert_waiting ("{'State': <'queued'>, 'WaitReason': <'something-new'>}", "something-new");
  assert_waiting ("{'WaitReason': <'retry'>, 'NextAttempt': <int64 1700000012000000>}",
                  "waiting to try again in 0:12");
  assert_waiting ("{'WaitReason': <'retry'>, 'NextAttempt': <int64 1699999999000000>}",
                  "waiting to try again");
  assert_waiting ("{'WaitReason': <'retry'>, 'NextAttempt': <int64 1700000012000000>, "
                  "'Error': <{'name': <'Timeout'>, 'message': <'too slow'>}>}",
                  "waiting to try again in 0:12: The server did not answer in time: too slow");
}

/* When the timetable lets it run is a time of day. */
static void
test_until (void)
{
  assert_waiting ("{'WaitReason': <'bandwidth-policy'>, 'NextAttempt': <int64 1700000400000000>}",
                  "waiting for the timetable until 22:20");
  assert_waiting ("{'WaitReason': <'bandwidth-policy'>, 'NextAttempt': <int64 1700100000000000>}",
                  "waiting for the timetable until Thu 02:00");
  assert_waiting ("{'WaitReason': <'bandwidth-policy'>, 'NextAttempt': <int64 1701000000000000>}",
                  "waiting for the timetable until 2023-11-26 12:00");
  assert_waiting ("{'WaitReason': <'bandwidth-policy'>, 'NextAttempt': <int64 0>}",
                  "waiting for the timetable");
}

/* Each reason that the API has a sentence. */
static void
test_every_reason (void)
{
  for (guint i = BGC_WAIT_NONE + 1; i < BGC_N_WAIT_REASONS; i++)
    {
      const char *word = bgc_enums_wait_reason_to_string (i);
      g_autofree char *properties = g_strdup_printf ("{'State': <'queued'>, 'WaitReason': <'%s'>}", word);
      g_autoptr (BgcJobView) view = make (properties);
      g_autofree char *sentence = bgc_job_view_standing (view, NOW);

      g_assert_true (g_str_has_prefix (sentence, "waiting "));
    }
}

static void
test_yielding (void)
{
  static const char *const wanted[][2] = { { "nobody", NULL },
                                           { "others", "yields to others" },
                                           { "queue", "yields to a queue" },
                                           { "limit", "is at its limit" },
                                           { "", NULL },
                                           { "new\\u001b", "new\\x1B" } };

  for (guint i = 0; i < G_N_ELEMENTS (wanted); i++)
    {
      g_autofree char *properties = g_strdup_printf ("{'YieldsTo': <'%s'>}", wanted[i][0]);
      g_autoptr (BgcJobView) view = make (properties);
      g_autofree char *got = bgc_job_view_yielding (view);

      g_assert_cmpstr (got, ==, wanted[i][1]);
    }
}

static void
test_counters (void)
{
  g_autoptr (GVariant) counters = g_variant_ref_sink (
    g_variant_new_parsed ("{'received': uint64 2048, 'saved': uint64 1024, 'new': uint64 7}"));
  g_autofree char *text = bgc_job_view_counters (counters);

  g_assert_cmpstr (text, ==, "2.0 KiB received, 0 B sent, 0 B fetched again, 1.0 KiB saved by resuming");
}

int
main (int argc, char **argv)
{
  g_setenv ("TZ", "UTC", TRUE);
  setlocale (LC_ALL, "C");
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/job-view/getters", test_getters);
  g_test_add_func ("/job-view/fallbacks", test_fallbacks);
  g_test_add_func ("/job-view/update", test_update);
  g_test_add_func ("/job-view/name-and-progress", test_name_and_progress);
  g_test_add_func ("/job-view/waiting", test_waiting);
  g_test_add_func ("/job-view/until", test_until);
  g_test_add_func ("/job-view/every-reason", test_every_reason);
  g_test_add_func ("/job-view/yielding", test_yielding);
  g_test_add_func ("/job-view/counters", test_counters);
  return g_test_run ();
}
