/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "base/bgc-log.h"

#define JOB "0123456789abcdef0123456789abcdef"

/* Each case is a process of its own: the writer is installed once and for all. */
static void
run_in_child (void (*body) (void))
{
  if (g_test_subprocess ())
    {
      body ();
      return;
    }

  g_test_trap_subprocess (NULL, 0, 0);
}

static void
log_plainly (void)
{
  g_unsetenv ("G_MESSAGES_DEBUG");
  bgc_log_init ("someprogram", FALSE);
  g_warning ("look at\nthis");
  g_message ("a job");
  g_info ("a decision");
  g_debug ("a detail");
  g_log ("Elsewhere", G_LOG_LEVEL_MESSAGE, "from a library");
  {
    g_autofree char *much = g_strnfill (1 << 20, 'y');

    g_log ("Elsewhere", G_LOG_LEVEL_MESSAGE, "%s", much);
  }
}

static void
test_plain (void)
{
  run_in_child (log_plainly);
  if (g_test_subprocess ())
    return;

  g_test_trap_assert_passed ();
  g_test_trap_assert_stderr ("*someprogram[warning]: look at\\x0Athis\n*");
  g_test_trap_assert_stderr ("*someprogram[message]: a job\n*");
  g_test_trap_assert_stderr ("*someprogram[message]: Elsewhere: from a library\n*");
  g_test_trap_assert_stderr_unmatched ("*decision*");
  g_test_trap_assert_stderr_unmatched ("*detail*");
  g_test_trap_assert_stderr ("*yyyyyyyy*");
  {
    g_autofree char *more = g_strnfill (5000, 'y');
    g_autofree char *pattern = g_strconcat ("*", more, "*", NULL);

    g_test_trap_assert_stderr_unmatched (pattern);
  }
}

static void
log_verbosely (void)
{
  g_unsetenv ("G_MESSAGES_DEBUG");
  bgc_log_init ("someprogram", TRUE);
  g_info ("a decision");
  g_debug ("a detail");
  g_log ("Elsewhere", G_LOG_LEVEL_DEBUG, "chatter");
}

static void
test_verbose (void)
{
  run_in_child (log_verbosely);
  if (g_test_subprocess ())
    return;

  g_test_trap_assert_passed ();
  g_test_trap_assert_stderr ("*someprogram[info]: a decision\n*");
  g_test_trap_assert_stderr ("*someprogram[debug]: a detail\n*");
  g_test_trap_assert_stderr_unmatched ("*chatter*");
}

static void
log_by_environment (void)
{
  g_setenv ("G_MESSAGES_DEBUG", "Elsewhere", TRUE);
  bgc_log_init ("someprogram", FALSE);
  g_debug ("a detail");
  g_log ("Elsewhere", G_LOG_LEVEL_DEBUG, "chatter");
}

static void
test_environment (void)
{
  run_in_child (log_by_environment);
  if (g_test_subprocess ())
    return;

  g_test_trap_assert_passed ();
  g_test_trap_assert_stderr ("*someprogram[debug]: Elsewhere: chatter\n*");
  g_test_trap_assert_stderr_unmatched ("*detail*");
}

static void
log_job (void)
{
  g_unsetenv ("G_MESSAGES_DEBUG");
  bgc_log_init ("someprogram", FALSE);
  bgc_log_job (G_LOG_LEVEL_MESSAGE, JOB, 4294967295u, "%d of %s", 3, "many");
  bgc_log_job (G_LOG_LEVEL_DEBUG, JOB, 0, "hidden");
}

static void
test_job (void)
{
  run_in_child (log_job);
  if (g_test_subprocess ())
    return;

  g_test_trap_assert_passed ();
  g_test_trap_assert_stderr ("*someprogram[message]: job " JOB ": 3 of many\n*");
  g_test_trap_assert_stderr_unmatched ("*hidden*");
}

/* What a writer of the test's sees of a line about a job. */
static GLogWriterOutput
check_fields (GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer data)
{
  guint *seen = data;

  for (gsize i = 0; i < n_fields; i++)
    {
      if (g_strcmp0 (fields[i].key, "BGCOPY_JOB") == 0 && g_strcmp0 (fields[i].value, JOB) == 0)
        *seen |= 1;
      if (g_strcmp0 (fields[i].key, "BGCOPY_OWNER") == 0 && g_strcmp0 (fields[i].value, "4294967295") == 0)
        *seen |= 2;
      if (g_strcmp0 (fields[i].key, "PRIORITY") == 0 && g_strcmp0 (fields[i].value, "4") == 0)
        *seen |= 4;
    }

  return G_LOG_WRITER_HANDLED;
}

static void
log_fields (void)
{
  guint seen = 0;

  g_log_set_writer_func (check_fields, &seen, NULL);
  bgc_log_job (G_LOG_LEVEL_WARNING, JOB, 4294967295u, "text");
  g_assert_cmpuint (seen, ==, 7);
}

static void
test_fields (void)
{
  run_in_child (log_fields);
  if (!g_test_subprocess ())
    g_test_trap_assert_passed ();
}

/* "KEY=VALUE" of each field, in @data. */
static GLogWriterOutput
keep_fields (GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer data)
{
  GHashTable *kept = data;

  for (gsize i = 0; i < n_fields; i++)
    g_hash_table_add (kept, g_strdup_printf ("%s=%s", fields[i].key, (const char *)fields[i].value));

  return G_LOG_WRITER_HANDLED;
}

static void
log_event (void)
{
  g_autoptr (GHashTable) kept = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  BgcLogEvent event = { BGC_EVENT_JOB_FAILED, G_LOG_LEVEL_MESSAGE, JOB, 4294967295u, 7, "Tls", "http://h/p" };
  g_autofree char *id = g_strconcat ("MESSAGE_ID=", bgc_event_message_id (BGC_EVENT_JOB_FAILED), NULL);

  g_log_set_writer_func (keep_fields, kept, NULL);
  bgc_log_event (&event, "%s", "it failed");
  g_assert_cmpuint (g_hash_table_size (kept), ==, 9);
  g_assert_true (g_hash_table_contains (kept, id));
  g_assert_true (g_hash_table_contains (kept, "MESSAGE=it failed"));
  g_assert_true (g_hash_table_contains (kept, "PRIORITY=5"));
  g_assert_true (g_hash_table_contains (kept, "BGCOPY_JOB=" JOB));
  g_assert_true (g_hash_table_contains (kept, "BGCOPY_OWNER=4294967295"));
  g_assert_true (g_hash_table_contains (kept, "BGCOPY_FILE=7"));
  g_assert_true (g_hash_table_contains (kept, "BGCOPY_ERROR=Tls"));
  g_assert_true (g_hash_table_contains (kept, "BGCOPY_URL=http://h/p"));
  g_hash_table_remove_all (kept);
  event = (BgcLogEvent) { .event = BGC_EVENT_REFUSED, .level = G_LOG_LEVEL_WARNING, .file = BGC_LOG_NO_FILE };
  bgc_log_event (&event, "no");
  g_assert_cmpuint (g_hash_table_size (kept), ==, 5);
  g_assert_true (g_hash_table_contains (kept, "BGCOPY_OWNER=0"));
}

static void
test_event (void)
{
  run_in_child (log_event);
  if (!g_test_subprocess ())
    g_test_trap_assert_passed ();
}

static void
log_fatally (void)
{
  g_log_set_always_fatal (G_LOG_LEVEL_CRITICAL | G_LOG_LEVEL_WARNING);
  bgc_log_init ("someprogram", FALSE);
  g_warning ("survived");
  g_log_structured ("Elsewhere", G_LOG_LEVEL_WARNING, "MESSAGE", "%s", "the end");
  g_message ("not reached");
}

static void
test_fatal (void)
{
  run_in_child (log_fatally);
  if (g_test_subprocess ())
    return;

  g_test_trap_assert_failed ();
  g_test_trap_assert_stderr ("*survived*the end*");
  g_test_trap_assert_stderr_unmatched ("*not reached*");
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/log/plain", test_plain);
  g_test_add_func ("/log/verbose", test_verbose);
  g_test_add_func ("/log/environment", test_environment);
  g_test_add_func ("/log/job", test_job);
  g_test_add_func ("/log/fields", test_fields);
  g_test_add_func ("/log/event", test_event);
  g_test_add_func ("/log/fatal", test_fatal);

  return g_test_run ();
}
