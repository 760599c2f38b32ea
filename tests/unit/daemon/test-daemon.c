/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "daemon/bgc-daemon.h"

#include <string.h>

#include <gio/gio.h>
#include <glib/gstdio.h>

#include "base/bgc-error.h"

typedef struct {
  char *directory; /* (owned) */
  BgcDaemonOptions options;
} Fixture;

static char *warned; /* (owned) (nullable) the last warning of ours */
static guint warnings; /* so many in this test */

static GLogWriterOutput
write_log (GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer data)
{
  if ((level & G_LOG_LEVEL_WARNING) == 0)
    return g_log_writer_default (level, fields, n_fields, data);
  for (gsize i = 0; i < n_fields; i++)
    if (strcmp (fields[i].key, "MESSAGE") == 0)
      {
        g_free (warned);
        warned = g_strdup (fields[i].value);
        warnings++;
      }
  return G_LOG_WRITER_HANDLED;
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  warnings = 0;
  fixture->directory = g_dir_make_tmp ("bgcopyd-daemon-XXXXXX", &error);
  g_assert_no_error (error);
  fixture->options.session = TRUE;
  fixture->options.state_directory = g_build_filename (fixture->directory, "state", NULL);
  fixture->options.worker = g_strdup ("/nonexistent/bgcopy-worker");
  fixture->options.config = g_build_filename (fixture->directory, "bgcopyd.conf", NULL);
  g_assert_true (g_file_set_contents (fixture->options.config, "[Limits]\n", -1, NULL));
}

static void
remove_all (const char *path)
{
  g_autoptr (GDir) directory = g_dir_open (path, 0, NULL);
  const char *name;

  while (directory != NULL && (name = g_dir_read_name (directory)) != NULL)
    {
      g_autofree char *child = g_build_filename (path, name, NULL);

      remove_all (child);
    }
  g_remove (path);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  remove_all (fixture->directory);
  g_free (fixture->options.state_directory);
  g_free (fixture->options.worker);
  g_free (fixture->options.config);
  g_free (fixture->directory);
}

static void
test_one_at_a_time (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (BgcDaemon) first = bgc_daemon_new (&fixture->options, g_rand_new (), &error);
  BgcDaemon *second;

  g_assert_no_error (error);
  second = bgc_daemon_new (&fixture->options, g_rand_new (), &error);
  g_assert_null (second);
  g_assert_error (error, BGC_ERROR, BGC_ERROR_BUSY);
}

static void
test_opens_again (Fixture *fixture, gconstpointer data)
{
  for (guint i = 0; i < 3; i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (BgcDaemon) daemon = bgc_daemon_new (&fixture->options, g_rand_new (), &error);

      g_assert_no_error (error);
      g_assert_nonnull (daemon);
    }
}

/* What a configuration says wrong keeps nobody's queue from him; that the one he named is missing does. */
static void
test_bad_config (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (BgcDaemon) daemon = NULL;

  g_assert_true (g_file_set_contents (fixture->options.config, "[Limits]\nFilesAtOnce=none\n", -1, NULL));
  daemon = bgc_daemon_new (&fixture->options, g_rand_new (), &error);
  g_assert_nonnull (warned);
  g_assert_nonnull (strstr (warned, "/bgcopyd.conf:2: FilesAtOnce must be"));
  g_assert_no_error (error);
  g_assert_nonnull (daemon);
}

/* A file of nothing else does not fill the journal. */
static void
test_many_mistakes (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (BgcDaemon) daemon = NULL;
  g_autoptr (GString) text = g_string_new ("[Bandwidth]\n");

  for (guint i = 0; i < 1000; i++)
    g_string_append (text, "Limit=fast\n");
  g_assert_true (g_file_set_contents (fixture->options.config, text->str, -1, NULL));
  daemon = bgc_daemon_new (&fixture->options, g_rand_new (), &error);
  g_assert_no_error (error);
  g_assert_nonnull (daemon);
  g_assert_cmpuint (warnings, ==, 101);
  g_assert_cmpstr (warned, ==, "And 900 more; bgcopyd --check-config tells them all");
}

static void
test_no_config (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  BgcDaemon *daemon;

  g_assert_cmpint (g_unlink (fixture->options.config), ==, 0);
  daemon = bgc_daemon_new (&fixture->options, g_rand_new (), &error);
  g_assert_null (daemon);
  g_assert_error (error, BGC_ERROR, BGC_ERROR_NOT_FOUND);
}

static void
test_bad_state_directory (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  BgcDaemon *daemon;

  /* A file stands where the directory should be. */
  g_assert_true (g_file_set_contents (fixture->options.state_directory, "", -1, NULL));
  daemon = bgc_daemon_new (&fixture->options, g_rand_new (), &error);
  g_assert_null (daemon);
  g_assert_nonnull (error);
  g_assert_true (error->domain == BGC_ERROR);
}

static void
test_no_bus (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (BgcDaemon) daemon = NULL;

  g_setenv ("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent/bus", TRUE);
  daemon = bgc_daemon_new (&fixture->options, g_rand_new (), &error);
  g_assert_no_error (error);
  g_assert_false (bgc_daemon_run (daemon, &error));
  g_assert_nonnull (error);
}

#define ADD(name, function) g_test_add (name, Fixture, NULL, set_up, function, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_log_set_writer_func (write_log, NULL, NULL);
  ADD ("/daemon/one-at-a-time", test_one_at_a_time);
  ADD ("/daemon/opens-again", test_opens_again);
  ADD ("/daemon/bad-config", test_bad_config);
  ADD ("/daemon/many-mistakes", test_many_mistakes);
  ADD ("/daemon/no-config", test_no_config);
  ADD ("/daemon/bad-state-directory", test_bad_state_directory);
  ADD ("/daemon/no-bus", test_no_bus);
  return g_test_run ();
}
