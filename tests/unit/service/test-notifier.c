/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "service/bgc-notifier.h"

#include <string.h>

#include "host/bgc-clock-fake.h"
#include "service/bgc-object-path.h"

#define OWNER 1000

typedef struct {
  BgcClockFake *clock;
  BgcSubscribers *subscribers;
  BgcNotifier *notifier;
  BgcJob *job;
  GPtrArray *sent; /* (element-type utf8) "destination signal parameters" */
  gboolean listed;
} Fixture;

static void
send_hook (const char *connection, const char *path, const char *interface, const char *signal,
           GVariant *parameters, gpointer data)
{
  Fixture *f = data;
  g_autofree char *text = g_variant_print (parameters, FALSE);

  g_ptr_array_add (f->sent, g_strdup_printf ("%s %s %s", connection, signal, text));
}

static const BgcJob *
find_hook (const BgcJobId *id, gpointer data)
{
  Fixture *f = data;

  return f->job != NULL && bgc_job_id_equal (&f->job->id, id) ? f->job : NULL;
}

static BgcFigures
figures_hook (const BgcJob *job, gpointer data)
{
  return (BgcFigures){ 0 };
}

static gboolean
listed_hook (const BgcJob *job, gpointer data)
{
  return ((Fixture *) data)->listed;
}

static void
set_up (Fixture *f, gconstpointer data)
{
  static const BgcNotifierHooks hooks = { send_hook, find_hook, figures_hook, listed_hook };
  BgcJobId id = { { 9 } };
  BgcLimits limits;

  bgc_limits_init (&limits);
  f->clock = bgc_clock_fake_new (0, G_USEC_PER_SEC);
  f->subscribers = bgc_subscribers_new ();
  f->notifier = bgc_notifier_new (BGC_CLOCK (f->clock), f->subscribers, &hooks, f);
  f->job = bgc_job_new (&id, BGC_JOB_TYPE_DOWNLOAD, OWNER, "j", 5, &limits);
  f->sent = g_ptr_array_new_with_free_func (g_free);
  f->listed = TRUE;
  g_assert_true (bgc_subscribers_add (f->subscribers, ":1.1", OWNER, NULL));
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  bgc_notifier_free (f->notifier);
  g_assert_cmpuint (bgc_clock_fake_pending (f->clock), ==, 0);
  bgc_subscribers_free (f->subscribers);
  g_ptr_array_unref (f->sent);
  bgc_job_free (f->job);
  g_object_unref (f->clock);
}

static const char *
last (Fixture *f)
{
  return f->sent->len > 0 ? g_ptr_array_index (f->sent, f->sent->len - 1) : "";
}

static void
rename_job (Fixture *f, const char *name)
{
  g_assert_true (bgc_job_set_display_name (f->job, name, NULL));
  bgc_notifier_job_changed (f->notifier, f->job);
}

static void
test_added_then_only_differences (Fixture *f, gconstpointer data)
{
  bgc_notifier_job_added (f->notifier, f->job);
  g_assert_cmpuint (f->sent->len, ==, 1);
  g_assert_true (g_str_has_prefix (last (f), ":1.1 InterfacesAdded "));
  g_assert_nonnull (strstr (last (f), "'MinimumRetryDelay': <uint32 600>"));
  rename_job (f, "k");
  g_assert_cmpuint (f->sent->len, ==, 1);
  bgc_clock_fake_advance (f->clock, 500 * 1000);
  g_assert_cmpuint (f->sent->len, ==, 2);
  g_assert_cmpstr (last (f), ==, ":1.1 PropertiesChanged ('org.example.BackgroundCopy.Job',"
                                 " {'DisplayName': <'k'>}, [])");
}

static void
test_coalesces (Fixture *f, gconstpointer data)
{
  bgc_notifier_job_added (f->notifier, f->job);
  for (guint i = 0; i < 100; i++)
    {
      g_autofree char *name = g_strdup_printf ("n%u", i);

      rename_job (f, name);
      bgc_clock_fake_advance (f->clock, 10 * 1000);
    }
  g_assert_cmpuint (f->sent->len, ==, 3);
  g_assert_nonnull (strstr (last (f), "'n99'"));
}

static void
test_first_words_are_not_delayed (Fixture *f, gconstpointer data)
{
  rename_job (f, "k");
  g_assert_cmpuint (f->sent->len, ==, 1);
  g_assert_nonnull (strstr (last (f), "'ErrorCount': <"));
  bgc_clock_fake_advance (f->clock, 600 * 1000);
  rename_job (f, "l");
  g_assert_cmpuint (f->sent->len, ==, 2);
  g_assert_null (strstr (last (f), "ErrorCount"));
}

static void
test_heard_from_now_on (Fixture *f, gconstpointer data)
{
  bgc_notifier_job_heard (f->notifier, f->job);
  rename_job (f, "k");
  g_assert_cmpuint (f->sent->len, ==, 0);
  bgc_clock_fake_advance (f->clock, 500 * 1000);
  g_assert_cmpuint (f->sent->len, ==, 1);
  g_assert_nonnull (strstr (last (f), "{'DisplayName': <'k'>}"));
}

static void
test_nothing_changed (Fixture *f, gconstpointer data)
{
  bgc_notifier_job_added (f->notifier, f->job);
  rename_job (f, "k");
  rename_job (f, "j");
  bgc_clock_fake_advance (f->clock, G_USEC_PER_SEC);
  g_assert_cmpuint (f->sent->len, ==, 1);
}

static void
test_what_was_seen_meanwhile_is_told (Fixture *f, gconstpointer data)
{
  bgc_notifier_job_added (f->notifier, f->job);
  rename_job (f, "k");
  bgc_notifier_job_read (f->notifier, f->job);
  rename_job (f, "j");
  bgc_clock_fake_advance (f->clock, G_USEC_PER_SEC);
  g_assert_cmpuint (f->sent->len, ==, 2);
  g_assert_nonnull (strstr (last (f), "{'DisplayName': <'j'>}"));
}

static void
enter (Fixture *f, BgcJobState state)
{
  bgc_job_restore_state (f->job, state);
  bgc_notifier_job_changed (f->notifier, f->job);
  bgc_notifier_job_state_changed (f->notifier, f->job);
}

static void
test_state_flushes (Fixture *f, gconstpointer data)
{
  bgc_notifier_job_added (f->notifier, f->job);
  rename_job (f, "k");
  enter (f, BGC_JOB_STATE_TRANSFERRED);
  g_assert_cmpuint (f->sent->len, ==, 3);
  g_assert_nonnull (strstr (g_ptr_array_index (f->sent, 1), "'State': <'transferred'>"));
  g_assert_nonnull (strstr (g_ptr_array_index (f->sent, 1), "'DisplayName': <'k'>"));
  g_assert_cmpstr (last (f), ==, ":1.1 Transferred ()");
  g_assert_cmpuint (bgc_clock_fake_pending (f->clock), ==, 0);
}

static void
test_failed (Fixture *f, gconstpointer data)
{
  bgc_job_set_error (f->job, bgc_failure_new (BGC_CONTEXT_TRANSPORT, BGC_ERROR_TIMEOUT, TRUE, "slow"));
  enter (f, BGC_JOB_STATE_TRANSIENT_ERROR);
  g_assert_cmpuint (f->sent->len, ==, 1);
  g_assert_nonnull (strstr (last (f), "'slow'"));
  bgc_job_set_error (f->job, bgc_failure_new (BGC_CONTEXT_TRANSPORT, BGC_ERROR_TLS, FALSE, "forged"));
  enter (f, BGC_JOB_STATE_ERROR);
  g_assert_cmpuint (f->sent->len, ==, 3);
  g_assert_true (g_str_has_prefix (last (f), ":1.1 Failed ({"));
  g_assert_nonnull (strstr (last (f), "'forged'"));
}

static void
test_auto_complete (Fixture *f, gconstpointer data)
{
  f->job->auto_complete = TRUE;
  enter (f, BGC_JOB_STATE_TRANSFERRED);
  g_assert_null (strstr (last (f), "Transferred ("));
  enter (f, BGC_JOB_STATE_ACKNOWLEDGED);
  g_assert_cmpstr (last (f), ==, ":1.1 Transferred ()");
  bgc_notifier_repeat (f->notifier, f->job, ":1.7");
  g_assert_cmpstr (last (f), ==, ":1.7 Transferred ()");
}

static void
test_completed_by_owner_is_not_repeated (Fixture *f, gconstpointer data)
{
  f->listed = FALSE;
  enter (f, BGC_JOB_STATE_ACKNOWLEDGED);
  g_assert_cmpuint (f->sent->len, ==, 1);
  bgc_notifier_repeat (f->notifier, f->job, ":1.7");
  g_assert_cmpuint (f->sent->len, ==, 1);
}

static void
test_repeat (Fixture *f, gconstpointer data)
{
  bgc_notifier_repeat (f->notifier, f->job, ":1.7");
  g_assert_cmpuint (f->sent->len, ==, 0);
  bgc_job_restore_state (f->job, BGC_JOB_STATE_TRANSFERRED);
  bgc_notifier_repeat (f->notifier, f->job, ":1.7");
  g_assert_cmpstr (last (f), ==, ":1.7 Transferred ()");
  f->job->notify_flags = BGC_NOTIFY_ERROR;
  bgc_notifier_repeat (f->notifier, f->job, ":1.8");
  g_assert_cmpuint (f->sent->len, ==, 1);
  for (guint state = 0; state < BGC_N_JOB_STATES; state++)
    {
      bgc_job_restore_state (f->job, (BgcJobState) state);
      f->job->notify_flags = BGC_NOTIFY_ERROR | BGC_NOTIFY_TRANSFERRED;
      g_ptr_array_set_size (f->sent, 0);
      bgc_notifier_repeat (f->notifier, f->job, ":1.7");
      g_assert_false (f->sent->len > 0 && (bgc_notifier_repeated_states () & 1u << state) == 0);
    }
}

static void
test_flags (Fixture *f, gconstpointer data)
{
  bgc_notifier_file_transferred (f->notifier, f->job, 3);
  g_assert_cmpuint (f->sent->len, ==, 0);
  f->job->notify_flags = BGC_NOTIFY_FILE_TRANSFERRED;
  bgc_notifier_file_transferred (f->notifier, f->job, 3);
  g_assert_cmpstr (last (f), ==, ":1.1 FileTransferred (3,)");
  rename_job (f, "k");
  enter (f, BGC_JOB_STATE_TRANSFERRED);
  g_assert_cmpuint (f->sent->len, ==, 1);
  f->job->notify_flags = G_MAXUINT;
  bgc_notifier_file_transferred (f->notifier, f->job, 3);
  enter (f, BGC_JOB_STATE_ERROR);
  g_assert_cmpuint (f->sent->len, ==, 1);
  bgc_notifier_job_added (f->notifier, f->job);
  bgc_notifier_job_left (f->notifier, f->job);
  g_assert_cmpuint (f->sent->len, ==, 3);
  g_assert_true (g_str_has_prefix (last (f), ":1.1 InterfacesRemoved ('/org/example/"));
}

static void
test_nobody_hears (Fixture *f, gconstpointer data)
{
  bgc_subscribers_remove (f->subscribers, ":1.1");
  bgc_notifier_job_added (f->notifier, f->job);
  rename_job (f, "k");
  enter (f, BGC_JOB_STATE_TRANSFERRED);
  bgc_notifier_job_left (f->notifier, f->job);
  g_assert_cmpuint (f->sent->len, ==, 0);
}

static void
test_forgotten_with_alarm (Fixture *f, gconstpointer data)
{
  bgc_notifier_job_added (f->notifier, f->job);
  rename_job (f, "k");
  g_assert_cmpuint (bgc_clock_fake_pending (f->clock), ==, 1);
  bgc_notifier_job_forgotten (f->notifier, f->job);
  g_assert_cmpuint (bgc_clock_fake_pending (f->clock), ==, 0);
  bgc_clock_fake_advance (f->clock, G_USEC_PER_SEC);
  g_assert_cmpuint (f->sent->len, ==, 1);
}

static void
test_many_jobs (Fixture *f, gconstpointer data)
{
  /* More than are remembered: the first are pushed out, and told in full again. */
  for (guint i = 0; i < 5000; i++)
    {
      memcpy (f->job->id.bytes, &i, sizeof i);
      bgc_notifier_job_added (f->notifier, f->job);
    }
  memset (f->job->id.bytes, 0, sizeof f->job->id.bytes);
  g_ptr_array_set_size (f->sent, 0);
  rename_job (f, "k");
  g_assert_cmpuint (f->sent->len, ==, 1);
  g_assert_nonnull (strstr (last (f), "'ErrorCount': <"));
}

int
main (int argc, char **argv)
{
#define ADD(name, function) g_test_add ("/notifier/" name, Fixture, NULL, set_up, function, tear_down)
  g_test_init (&argc, &argv, NULL);
  ADD ("added-then-only-differences", test_added_then_only_differences);
  ADD ("coalesces", test_coalesces);
  ADD ("first-words-are-not-delayed", test_first_words_are_not_delayed);
  ADD ("heard-from-now-on", test_heard_from_now_on);
  ADD ("nothing-changed", test_nothing_changed);
  ADD ("what-was-seen-meanwhile-is-told", test_what_was_seen_meanwhile_is_told);
  ADD ("state-flushes", test_state_flushes);
  ADD ("failed", test_failed);
  ADD ("auto-complete", test_auto_complete);
  ADD ("completed-by-owner-is-not-repeated", test_completed_by_owner_is_not_repeated);
  ADD ("repeat", test_repeat);
  ADD ("flags", test_flags);
  ADD ("nobody-hears", test_nobody_hears);
  ADD ("forgotten-with-alarm", test_forgotten_with_alarm);
  ADD ("many-jobs", test_many_jobs);
  return g_test_run ();
}
