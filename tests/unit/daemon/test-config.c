/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "daemon/bgc-config.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "daemon/bgc-config-mistakes.h"

typedef struct {
  char *folder;        /* (owned) */
  GPtrArray *files;    /* (owned) written so far */
  GPtrArray *mistakes; /* (owned) of the last reading */
  BgcLimits limits;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->folder = g_dir_make_tmp ("bgcopyd-config-XXXXXX", NULL);
  g_assert_nonnull (fixture->folder);
  fixture->files = g_ptr_array_new_with_free_func (g_free);
  fixture->mistakes = bgc_config_mistakes_new ();
  bgc_limits_init (&fixture->limits);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  for (guint i = 0; i < fixture->files->len; i++)
    g_unlink (g_ptr_array_index (fixture->files, i));
  g_rmdir (fixture->folder);
  g_free (fixture->folder);
  g_ptr_array_unref (fixture->files);
  g_ptr_array_unref (fixture->mistakes);
}

/* Adds a file, whose name is its number. */
static void
write_bytes (Fixture *fixture, const char *text, gssize length)
{
  g_autofree char *name = g_strdup_printf ("%u", fixture->files->len + 1);
  char *path = g_build_filename (fixture->folder, name, NULL);

  g_assert_true (g_file_set_contents (path, text, length, NULL));
  g_ptr_array_add (fixture->files, path);
}

static void
write_file (Fixture *fixture, const char *text)
{
  write_bytes (fixture, text, -1);
}

static void
read_files (Fixture *fixture, const BgcLimits *running)
{
  g_ptr_array_set_size (fixture->mistakes, 0);
  bgc_config_read (fixture->files, running, &fixture->limits, fixture->mistakes);
}

static void
read_text (Fixture *fixture, const char *text)
{
  g_ptr_array_set_size (fixture->files, 0);
  write_file (fixture, text);
  read_files (fixture, NULL);
}

/* The only mistake is in line @line of the last file, and says @named. */
static void
assert_mistake (Fixture *fixture, guint line, gboolean grave, const char *named)
{
  BgcConfigMistake *mistake;

  g_assert_cmpuint (fixture->mistakes->len, ==, 1);
  mistake = g_ptr_array_index (fixture->mistakes, 0);
  g_assert_cmpstr (mistake->file, ==, g_ptr_array_index (fixture->files, fixture->files->len - 1));
  g_assert_cmpuint (mistake->line, ==, line);
  g_assert_cmpint (mistake->grave, ==, grave);
  g_assert_nonnull (strstr (mistake->text, named));
}

static void
test_values (Fixture *fixture, gconstpointer data)
{
  read_text (fixture, "# no\n; nor this\n\n[Limits]\nMaxJobsPerUser=12\n"
                      "  MaxStoredBytesPerUser = 99999999999 \r\n"
                      "FilesAtOnce=7\nFilesAtOnce=8");
  g_assert_cmpuint (fixture->mistakes->len, ==, 0);
  g_assert_cmpuint (fixture->limits.max_jobs_per_user, ==, 12);
  g_assert_cmpuint (fixture->limits.max_stored_bytes_per_user, ==, G_GUINT64_CONSTANT (99999999999));
  g_assert_cmpuint (fixture->limits.files_per_job_at_once, ==, 8);
  g_assert_cmpuint (fixture->limits.max_jobs_per_machine, ==, 100000);
}

static void
test_units (Fixture *fixture, gconstpointer data)
{
  read_text (fixture, "[Limits]\nMaxStoredBytesPerUser=3G\nMaxDownloadTime=2h\nMinimumRetryDelay=90 s\n"
                      "NoProgressTimeout=5min\nJobInactivityTimeout=2w\n");
  g_assert_cmpuint (fixture->mistakes->len, ==, 0);
  g_assert_cmpuint (fixture->limits.max_stored_bytes_per_user, ==, G_GUINT64_CONSTANT (3) << 30);
  g_assert_cmpuint (fixture->limits.max_download_time, ==, 7200);
  g_assert_cmpuint (fixture->limits.minimum_retry_delay, ==, 90);
  g_assert_cmpuint (fixture->limits.no_progress_timeout, ==, 300);
  g_assert_cmpuint (fixture->limits.job_inactivity_timeout, ==, 14 * 86400);
}

/* A value that is refused: by name and line, and the setting is what the line before says. */
static void
test_refused (Fixture *fixture, gconstpointer data)
{
  static const char *const values[] = { "0", "-1", "+4", "4 files", "4s", "4K", "99999999999999999999999",
                                        "65", "4.0", "0x4", "\xff" };

  for (gsize i = 0; i < G_N_ELEMENTS (values); i++)
    {
      g_autofree char *text
        = g_strdup_printf ("[Limits]\nFilesAtOnce=5\nMaxJobsPerUser=3\nFilesAtOnce=%s\n", values[i]);

      read_text (fixture, text);
      assert_mistake (fixture, 4, TRUE, "FilesAtOnce must be a whole number between 1 and 64");
      g_assert_cmpuint (fixture->limits.files_per_job_at_once, ==, 5);
      g_assert_cmpuint (fixture->limits.max_jobs_per_user, ==, 3);
    }
  read_text (fixture, "[Limits]\nMaxStoredBytesPerUser=99999999999T\n");
  assert_mistake (fixture, 2, TRUE, "MaxStoredBytesPerUser");
  read_text (fixture, "[Limits]\nMinimumRetryDelay=1\n");
  assert_mistake (fixture, 2, TRUE, "seconds");
}

static void
test_switch (Fixture *fixture, gconstpointer data)
{
  read_text (fixture, "[Limits]\nOnlyWhileLoggedIn=Yes\n");
  g_assert_cmpuint (fixture->mistakes->len, ==, 0);
  g_assert_cmpuint (fixture->limits.only_while_logged_in, ==, 1);
  read_text (fixture, "[Limits]\nOnlyWhileLoggedIn=on\nOnlyWhileLoggedIn=off\n");
  g_assert_cmpuint (fixture->limits.only_while_logged_in, ==, 0);
  read_text (fixture, "[Limits]\nOnlyWhileLoggedIn=2\n");
  assert_mistake (fixture, 2, TRUE, "OnlyWhileLoggedIn must be yes or no, not \"2\"");
}

static void
test_lines (Fixture *fixture, gconstpointer data)
{
  read_text (fixture, "[Limits]\n\nFilesAtOnce\n");
  assert_mistake (fixture, 3, TRUE, "\"FilesAtOnce\"");
  read_text (fixture, "[Limits]\n=4\n");
  assert_mistake (fixture, 2, TRUE, "=4");
  read_text (fixture, "[Limits\n");
  assert_mistake (fixture, 1, TRUE, "[Limits");
  read_text (fixture, "FilesAtOnce=4\n");
  assert_mistake (fixture, 1, TRUE, "[Limits]");
}

/* What does not exist has no effect, and is only warned of. */
static void
test_unknown (Fixture *fixture, gconstpointer data)
{
  read_text (fixture, "[Limits]\nMaxJobs=5\nMaxJobsPerUser=5\n");
  assert_mistake (fixture, 2, FALSE, "MaxJobs");
  g_assert_cmpuint (fixture->limits.max_jobs_per_user, ==, 5);
  read_text (fixture, "[Limits]\nmaxjobsperuser=5\n");
  assert_mistake (fixture, 2, FALSE, "spelt MaxJobsPerUser");
  read_text (fixture, "[Limit]\nMaxJobsPerUser=6\nElse=none\n");
  assert_mistake (fixture, 1, FALSE, "[Limit]");
  g_assert_cmpuint (fixture->limits.max_jobs_per_user, ==, 10000);
}

static void
test_order (Fixture *fixture, gconstpointer data)
{
  write_file (fixture, "[Limits]\nFilesAtOnce=2\nMaxJobsPerUser=2\nMaxFilesPerJob=2\n");
  write_file (fixture, "[Limits]\nMaxJobsPerUser=3\nMaxFilesPerJob=\n");
  read_files (fixture, NULL);
  g_assert_cmpuint (fixture->mistakes->len, ==, 0);
  g_assert_cmpuint (fixture->limits.files_per_job_at_once, ==, 2);
  g_assert_cmpuint (fixture->limits.max_jobs_per_user, ==, 3);
  g_assert_cmpuint (fixture->limits.max_files_per_job, ==, 100000);
}

/* At a reload what is refused stays as it runs, and only that. */
static void
test_reload (Fixture *fixture, gconstpointer data)
{
  BgcLimits running;

  bgc_limits_init (&running);
  running.files_per_job_at_once = 9;
  running.max_jobs_per_user = 9;
  running.max_files_per_job = 9;
  running.max_stored_bytes_per_user = 99999;
  write_file (fixture, "[Limits]\nFilesAtOnce=2\nMaxStoredBytesPerUser=none\nMaxFilesPerJob=none\n");
  write_file (fixture, "[Limits]\nMaxFilesPerJob=6\nFilesAtOnce=none\n");
  read_files (fixture, &running);
  g_assert_cmpuint (fixture->mistakes->len, ==, 3);
  g_assert_cmpuint (fixture->limits.files_per_job_at_once, ==, 9);
  g_assert_cmpuint (fixture->limits.max_stored_bytes_per_user, ==, 99999);
  g_assert_cmpuint (fixture->limits.max_files_per_job, ==, 6);
  g_assert_cmpuint (fixture->limits.max_jobs_per_user, ==, 10000);
}

/* Of what it would have said nothing is known. */
static void
test_unreadable (Fixture *fixture, gconstpointer data)
{
  BgcLimits running;

  bgc_limits_init (&running);
  running.max_jobs_per_user = 9;
  write_file (fixture, "[Limits]\nMaxJobsPerUser=5\n");
  g_ptr_array_add (fixture->files, g_build_filename (fixture->folder, "none", NULL));
  read_files (fixture, &running);
  assert_mistake (fixture, 0, TRUE, "");
  g_assert_cmpuint (fixture->limits.max_jobs_per_user, ==, 9);
  read_files (fixture, NULL);
  g_assert_cmpuint (fixture->limits.max_jobs_per_user, ==, 5);
}

static void
test_not_text (Fixture *fixture, gconstpointer data)
{
  g_autofree char *large = g_strnfill (1024 * 1024 + 1, '\n');
  g_autofree char *fifo = g_build_filename (fixture->folder, "fifo", NULL);

  write_bytes (fixture, "[Limits]\n\0FilesAtOnce=2\n", 24);
  read_files (fixture, NULL);
  assert_mistake (fixture, 0, TRUE, "text");
  read_text (fixture, large);
  assert_mistake (fixture, 0, TRUE, "long");
  g_assert_cmpint (mkfifo (fifo, 0600), ==, 0);
  g_unlink (g_ptr_array_index (fixture->files, 0));
  g_ptr_array_set_size (fixture->files, 0);
  g_ptr_array_add (fixture->files, g_strdup (fifo));
  read_files (fixture, NULL);
  assert_mistake (fixture, 0, TRUE, "regular");
}

static void
test_hidden (Fixture *fixture, gconstpointer data)
{
  char *path = g_build_filename (fixture->folder, "null", NULL);

  g_assert_cmpint (symlink ("/dev/null", path), ==, 0);
  g_ptr_array_add (fixture->files, path);
  read_files (fixture, NULL);
  g_assert_cmpuint (fixture->mistakes->len, ==, 0);
}

/* The example has every key with its default. */
static void
test_example (Fixture *fixture, gconstpointer data)
{
  g_autofree char *path = g_build_filename (g_getenv ("TOP_SRCDIR"), "data", "bgcopyd.conf", NULL);
  g_autofree char *text = NULL;
  g_autoptr (GString) lines = g_string_new ("[Limits]\n");
  BgcLimits defaults;
  guint64 value, minimum, maximum;
  BgcConfigUnit unit;
  const char *key;

  if (g_getenv ("TOP_SRCDIR") == NULL)
    {
      g_test_skip ("run by make");
      return;
    }
  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  for (guint i = 0; (key = bgc_config_key (i, &value, &minimum, &maximum, &unit)) != NULL; i++)
    {
      g_autofree char *start = g_strdup_printf ("\n#%s=", key);
      const char *found = strstr (text, start);

      g_assert_cmpuint (value, >=, minimum);
      g_assert_cmpuint (value, <=, maximum);
      if (found == NULL)
        g_error ("%s is not in the example", key);
      g_string_append_len (lines, found + 2, strcspn (found + 2, "\n") + 1);
    }
  read_text (fixture, lines->str);
  g_assert_cmpuint (fixture->mistakes->len, ==, 0);
  bgc_limits_init (&defaults);
  g_assert_cmpmem (&defaults, sizeof defaults, &fixture->limits, sizeof fixture->limits);
}

#define ADD(name, function) g_test_add (name, Fixture, NULL, set_up, function, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/config/values", test_values);
  ADD ("/config/units", test_units);
  ADD ("/config/refused", test_refused);
  ADD ("/config/switch", test_switch);
  ADD ("/config/lines", test_lines);
  ADD ("/config/unknown", test_unknown);
  ADD ("/config/order", test_order);
  ADD ("/config/reload", test_reload);
  ADD ("/config/unreadable", test_unreadable);
  ADD ("/config/not-text", test_not_text);
  ADD ("/config/hidden", test_hidden);
  ADD ("/config/example", test_example);
  return g_test_run ();
}
