/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "daemon/bgc-config-limits.h"

#include <string.h>

#include "bgc-config-scene.h"

static void
test_values (ConfigScene *scene, gconstpointer data)
{
  config_scene_read_text (scene, "# no\n; nor this\n\n[Limits]\nMaxJobsPerUser=12\n"
                                 "  MaxStoredBytesPerUser = 99999999999 \r\n"
                                 "FilesAtOnce=7\nFilesAtOnce=8");
  g_assert_cmpuint (scene->mistakes->len, ==, 0);
  g_assert_cmpuint (scene->config.limits.max_jobs_per_user, ==, 12);
  g_assert_cmpuint (scene->config.limits.max_stored_bytes_per_user, ==, G_GUINT64_CONSTANT (99999999999));
  g_assert_cmpuint (scene->config.limits.files_per_job_at_once, ==, 8);
  g_assert_cmpuint (scene->config.limits.max_jobs_per_machine, ==, 100000);
}

static void
test_units (ConfigScene *scene, gconstpointer data)
{
  config_scene_read_text (scene, "[Limits]\nMaxStoredBytesPerUser=3G\n"
                                 "MaxDownloadTime=2h\nMinimumRetryDelay=90 s\n"
                                 "NoProgressTimeout=5min\nJobInactivityTimeout=2w\n");
  g_assert_cmpuint (scene->mistakes->len, ==, 0);
  g_assert_cmpuint (scene->config.limits.max_stored_bytes_per_user, ==, G_GUINT64_CONSTANT (3) << 30);
  g_assert_cmpuint (scene->config.limits.max_download_time, ==, 7200);
  g_assert_cmpuint (scene->config.limits.minimum_retry_delay, ==, 90);
  g_assert_cmpuint (scene->config.limits.no_progress_timeout, ==, 300);
  g_assert_cmpuint (scene->config.limits.job_inactivity_timeout, ==, 14 * 86400);
}

/* A value that is refused: by name and line, and the setting is what the line before says. */
static void
test_refused (ConfigScene *scene, gconstpointer data)
{
  static const char *const values[] = { "0", "-1", "+4", "4 files", "4s", "4K", "99999999999999999999999",
                                        "65", "4.0", "0x4", "\xff" };

  for (gsize i = 0; i < G_N_ELEMENTS (values); i++)
    {
      g_autofree char *text
        = g_strdup_printf ("[Limits]\nFilesAtOnce=5\nMaxJobsPerUser=3\nFilesAtOnce=%s\n", values[i]);

      config_scene_read_text (scene, text);
      config_scene_assert_mistake (scene, 4, TRUE, "FilesAtOnce must be a whole number between 1 and 64");
      g_assert_cmpuint (scene->config.limits.files_per_job_at_once, ==, 5);
      g_assert_cmpuint (scene->config.limits.max_jobs_per_user, ==, 3);
    }
  config_scene_read_text (scene, "[Limits]\nMaxStoredBytesPerUser=99999999999T\n");
  config_scene_assert_mistake (scene, 2, TRUE, "MaxStoredBytesPerUser");
  config_scene_read_text (scene, "[Limits]\nMinimumRetryDelay=1\n");
  config_scene_assert_mistake (scene, 2, TRUE, "seconds");
}

static void
test_switch (ConfigScene *scene, gconstpointer data)
{
  config_scene_read_text (scene, "[Limits]\nOnlyWhileLoggedIn=Yes\n");
  g_assert_cmpuint (scene->mistakes->len, ==, 0);
  g_assert_cmpuint (scene->config.limits.only_while_logged_in, ==, 1);
  config_scene_read_text (scene, "[Limits]\nOnlyWhileLoggedIn=on\nOnlyWhileLoggedIn=off\n");
  g_assert_cmpuint (scene->config.limits.only_while_logged_in, ==, 0);
  config_scene_read_text (scene, "[Limits]\nOnlyWhileLoggedIn=2\n");
  config_scene_assert_mistake (scene, 2, TRUE, "OnlyWhileLoggedIn must be yes or no, not \"2\"");
}

static void
test_mark (ConfigScene *scene, gconstpointer data)
{
  static const char *const wrong[] = { "0x", "0x1g", "-1", "4294967296", "0x100000000", "1K", "mark" };

  config_scene_read_text (scene, "[Limits]\nSocketMark=0xFfffFFFF\n");
  g_assert_cmpuint (scene->mistakes->len, ==, 0);
  g_assert_cmphex (scene->config.limits.socket_mark, ==, 0xffffffff);
  config_scene_read_text (scene, "[Limits]\nSocketMark=16\n");
  g_assert_cmpuint (scene->config.limits.socket_mark, ==, 16);
  for (gsize i = 0; i < G_N_ELEMENTS (wrong); i++)
    {
      g_autofree char *text = g_strdup_printf ("[Limits]\nSocketMark=%s\n", wrong[i]);

      config_scene_read_text (scene, text);
      config_scene_assert_mistake (scene, 2, TRUE, "SocketMark must be a whole number, or hexadecimal");
      g_assert_cmpuint (scene->config.limits.socket_mark, ==, 0);
    }
}

/* What does not exist has no effect, and is only warned of. */
static void
test_unknown (ConfigScene *scene, gconstpointer data)
{
  config_scene_read_text (scene, "[Limits]\nMaxJobs=5\nMaxJobsPerUser=5\n");
  config_scene_assert_mistake (scene, 2, FALSE, "MaxJobs");
  g_assert_cmpuint (scene->config.limits.max_jobs_per_user, ==, 5);
  config_scene_read_text (scene, "[Limits]\nmaxjobsperuser=5\n");
  config_scene_assert_mistake (scene, 2, FALSE, "spelt MaxJobsPerUser");
  config_scene_read_text (scene, "[Limit]\nMaxJobsPerUser=6\nElse=none\n");
  config_scene_assert_mistake (scene, 1, FALSE, "[Limit]");
  g_assert_cmpuint (scene->config.limits.max_jobs_per_user, ==, 10000);
}

/* The example has every key with its default. */
static void
test_example (ConfigScene *scene, gconstpointer data)
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
  for (guint i = 0; (key = bgc_config_limits_key (i, &value, &minimum, &maximum, &unit)) != NULL; i++)
    {
      g_autofree char *start = g_strdup_printf ("\n#%s=", key);
      const char *found = strstr (text, start);

      g_assert_cmpuint (value, >=, minimum);
      g_assert_cmpuint (value, <=, maximum);
      if (found == NULL)
        g_error ("%s is not in the example", key);
      g_string_append_len (lines, found + 2, strcspn (found + 2, "\n") + 1);
    }
  config_scene_read_text (scene, lines->str);
  g_assert_cmpuint (scene->mistakes->len, ==, 0);
  bgc_limits_init (&defaults);
  g_assert_cmpmem (&defaults, sizeof defaults, &scene->config.limits, sizeof scene->config.limits);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  CONFIG_SCENE_ADD ("/config-limits/values", test_values);
  CONFIG_SCENE_ADD ("/config-limits/units", test_units);
  CONFIG_SCENE_ADD ("/config-limits/refused", test_refused);
  CONFIG_SCENE_ADD ("/config-limits/switch", test_switch);
  CONFIG_SCENE_ADD ("/config-limits/mark", test_mark);
  CONFIG_SCENE_ADD ("/config-limits/unknown", test_unknown);
  CONFIG_SCENE_ADD ("/config-limits/example", test_example);
  return g_test_run ();
}
